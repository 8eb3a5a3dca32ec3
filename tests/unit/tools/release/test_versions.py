"""A version is named in one way in all places, and a cut leaves nothing half done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.release.changelog import cut, part
from tools.release.versions import PLACES, ROOT, named, set_to, version_of

if TYPE_CHECKING:
    from pathlib import Path

CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- More.\n\n## [0.1.0] - 2026-01-02\n\n- All.\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that name the version, as they are in this checkout."""
    for place in PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text((ROOT / place).read_text("utf-8"), "utf-8")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, "utf-8")
    return tmp_path


def test_this_checkout_names_one_version() -> None:
    assert version_of() in (ROOT / "deploy/charts/teal/Chart.yaml").read_text("utf-8")


def test_places_that_differ_are_told(checkout: Path) -> None:
    chart = checkout / "deploy/charts/teal/Chart.yaml"
    chart.write_text("version: 0.9.0\nappVersion: 0.8.0\n", "utf-8")
    with pytest.raises(ValueError, match=r"sets all of them: .*teal/Chart.yaml: 0\.8\.0, 0\.9\.0; "):
        version_of(checkout)


def test_a_cut_sets_the_version_everywhere_and_dates_the_changelog(checkout: Path) -> None:
    before = {place: (checkout / place).read_text("utf-8") for place in PLACES}
    set_to(checkout, "7.8.9", "2026-11-28")
    assert set(map(frozenset, named(checkout).values())) == {frozenset({"7.8.9"})}
    for place, text in before.items():
        assert (checkout / place).read_text("utf-8").replace("7.8.9", version_of()) == text
    told = (checkout / "CHANGELOG.md").read_text("utf-8")
    assert "## [Unreleased]\n\n## [7.8.9] - 2026-11-28\n\n### Added\n\n- More.\n\n## [0.1.0]" in told


@pytest.mark.parametrize("version", ["", "v1.2.3", "1.2", "1.2.3-rc1", "1.2.3 "])
def test_what_is_no_version_changes_nothing(checkout: Path, version: str) -> None:
    with pytest.raises(ValueError, match=r"is no version such as 0\.2\.0 or 0\.2\.0-rc\.1"):
        set_to(checkout, version, "2026-11-28")
    assert (checkout / "CHANGELOG.md").read_text("utf-8") == CHANGELOG


def test_a_version_is_cut_once_and_never_empty() -> None:
    with pytest.raises(ValueError, match=r"has 0\.1\.0 already"):
        cut(CHANGELOG, "0.1.0", "2026-11-28")
    with pytest.raises(ValueError, match="has nothing under"):
        cut(cut(CHANGELOG, "0.2.0", "2026-11-28"), "0.3.0", "2026-11-28")


def test_the_notes_of_a_version_are_its_part_or_what_is_unreleased() -> None:
    assert part(CHANGELOG, "0.1.0") == "- All."
    assert part(CHANGELOG, "0.2.0") == "### Added\n\n- More."
    with pytest.raises(ValueError, match=r"no part for 0\.2\.0, and no Unreleased"):
        part("# Changelog\n", "0.2.0")

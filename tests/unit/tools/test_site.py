"""The docs' site: its navigation, what its pages may load, and that a mistake in a page fails the build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.site.__main__ import build
from tools.site.assets import from_elsewhere
from tools.site.navigation import HOME, REST, parts, toctrees

if TYPE_CHECKING:
    from pathlib import Path


def test_each_page_stands_in_one_part_in_the_order_of_its_patterns() -> None:
    pages = ["SECURITY", HOME, "docs/threats", "docs/rules", "docs/reasons", "docs/tutorial"]
    assert parts(pages) == {
        "Start": ("docs/tutorial",),
        "Reference": ("docs/reasons", "docs/rules"),
        "Security": ("docs/threats", "SECURITY"),
    }


def test_a_page_that_no_pattern_takes_is_listed_all_the_same() -> None:
    assert parts(["docs/tutorial", "docs/brand-new"])[REST] == ("docs/brand-new",)


def test_the_home_page_ends_with_a_hidden_list_for_each_part() -> None:
    assert list(toctrees(["docs/tutorial", "README", HOME])) == [
        (
            "\n```{toctree}\n:hidden:\n:caption: Start\n\n"
            "/docs/tutorial\nInstall, and Teal in short </README>\n```\n"
        ),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.html", '<script src="https://cdn.example/x.js"></script>'),
        ("page.html", '<img src="//cdn.example/x.png">'),
        ("page.html", '<link rel="stylesheet" href="https://fonts.example/css">'),
        ("page.html", '<p style="background: url(https://cdn.example/x.png)">'),
        ("page.html", "<style>@import 'https://cdn.example/x.css';</style>"),
        ("style.css", '@font-face { src: url("https://fonts.example/x.woff2") }'),
    ],
)
def test_what_is_loaded_from_elsewhere_is_told_with_its_page(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert {told.partition(": ")[0] for told in from_elsewhere(tmp_path)} == {name}


@pytest.mark.parametrize(
    "text",
    [
        '<script src="_static/x.js"></script><img src="../x.svg"><img src="data:image/png;base64,AA">',
        '<a href="https://istio.io">Istio</a><link rel="canonical" href="https://teal.example/">',
    ],
)
def test_what_the_site_has_and_what_readers_follow_is_not_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "page.html").write_text(text, "utf-8")
    assert list(from_elsewhere(tmp_path)) == []


@pytest.mark.filterwarnings("ignore::sphinx.deprecation.RemovedInSphinx11Warning")  # MyST-Parser's own
def test_links_and_anchors_that_lead_nowhere_fail_the_build(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(
        "# Home\n\n[a](none.md) [b](../README.md#none) [c](#home)\n", "utf-8"
    )
    (tmp_path / "README.md").write_text("# Read me\n\n[d](docs/none.yaml) [e](docs/index.md#home)\n", "utf-8")
    assert build(tmp_path, tmp_path / "site") == 1
    told = capfd.readouterr().err
    assert [link for link in ("none.md", "'README': 'none'", "docs/none.yaml") if link not in told] == []
    assert told.count("WARNING") == 3

"""`make cut VERSION=<version>`: a version in all places that name it, and the changelog's part for it."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from tools.release.changelog import cut

ROOT = Path(__file__).parents[2]
PLACES = {
    "pyproject.toml": r'(?m)^version = "(.*)"$',
    "deploy/charts/teal/Chart.yaml": r"(?m)^(?:appVersion|version): (.*)$",
    "deploy/charts/routing-actions/Chart.yaml": r"(?m)^(?:appVersion|version): (.*)$",
}
"""Files, and what names the version there."""
_VERSION = re.compile(r"\d+\.\d+\.\d+(-(alpha|beta|rc)\.\d+)?")


def named(root: Path) -> dict[str, set[str]]:
    """Return the versions that each place names: one and the same, where all is well."""
    return {
        place: set(re.findall(pattern, (root / place).read_text("utf-8")))
        for place, pattern in PLACES.items()
    }


def version_of(root: Path = ROOT) -> str:
    """Return the version of a checkout. Raises ValueError where places differ."""
    versions = set().union(*(found := named(root)).values())
    if len(versions) != 1:
        told = "; ".join(f"{place}: {', '.join(sorted(each))}" for place, each in found.items())
        raise ValueError(f"these name different versions; `make cut VERSION=…` sets all of them: {told}")
    return versions.pop()


def set_to(root: Path, version: str, date: str) -> None:
    """Set a version everywhere, and cut the changelog. Raises ValueError, with nothing written."""
    if not _VERSION.fullmatch(version):
        raise ValueError(f"{version!r} is no version such as 0.2.0 or 0.2.0-rc.1")
    texts = {"CHANGELOG.md": cut((root / "CHANGELOG.md").read_text("utf-8"), version, date)}
    for place, pattern in PLACES.items():
        text = (root / place).read_text("utf-8")
        texts[place] = re.sub(pattern, lambda found: found[0].replace(found[1], version), text)
    for place, text in texts.items():
        (root / place).write_text(text, "utf-8")


def main(arguments: list[str]) -> int:
    """Do what the command line says; return the exit code."""
    try:
        set_to(ROOT, "".join(arguments), f"{datetime.now(UTC):%Y-%m-%d}")
    except ValueError as error:
        print(f"make cut: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

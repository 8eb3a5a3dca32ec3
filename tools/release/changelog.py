"""The changelog: what it says of a version, and the cut that makes a version of what is unreleased."""

from __future__ import annotations

import re

UNRELEASED = "Unreleased"
_HEADING = r"^## \[{}\].*$"


def part(text: str, version: str) -> str:
    """Return what the changelog says of a version; of what is unreleased where it has no such version.

    Raises ValueError where it has neither.
    """
    for name in (version, UNRELEASED):
        found = re.search(_HEADING.format(re.escape(name)), text, re.MULTILINE)
        if found:
            return re.split(r"^## ", text[found.end() :], maxsplit=1, flags=re.MULTILINE)[0].strip()
    raise ValueError(f"CHANGELOG.md has no part for {version}, and no {UNRELEASED}")


def cut(text: str, version: str, date: str) -> str:
    """Return the changelog with what is unreleased under a version and its date, and an empty part above.

    Raises ValueError where there is nothing to be cut, or that version already.
    """
    if re.search(_HEADING.format(re.escape(version)), text, re.MULTILINE):
        raise ValueError(f"CHANGELOG.md has {version} already")
    heading = f"## [{UNRELEASED}]"
    if heading not in text or not part(text, UNRELEASED):
        raise ValueError(f"CHANGELOG.md has nothing under {heading}")
    return text.replace(heading, f"{heading}\n\n## [{version}] - {date}", 1)

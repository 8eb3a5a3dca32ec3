"""What a page loads: nothing from elsewhere, so that it reads offline and tells nobody who reads what."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOADED = {"src", "srcset", "poster", "data", "action"}
_LINKS_THAT_ONLY_TELL = {"canonical", "next", "prev", "index", "search", "author", "license"}
_IN_STYLE = re.compile(r"""(?:url\(|@import)\s*["']?\s*([^"')\s;]+)""")


class _Page(HTMLParser):
    """Collects the addresses that a browser loads on its own, in `loads`."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the addresses of a tag; those of `<a>` are followed by readers only."""
        given = {name: value or "" for name, value in attrs}
        self.loads += [value for name, value in given.items() if name in _LOADED]
        self.loads += _IN_STYLE.findall(given.get("style", ""))
        if tag == "link" and not _LINKS_THAT_ONLY_TELL & set(given.get("rel", "").split()):
            self.loads.append(given.get("href", ""))


def _loads(file: Path) -> list[str]:
    """Return what a page or a style sheet loads."""
    text = file.read_text("utf-8")
    page = _Page()
    if file.suffix == ".html":
        page.feed(text)
    return page.loads + _IN_STYLE.findall(text)


def from_elsewhere(site: Path) -> Iterator[str]:
    """Yield `<file>: <address>` for all that pages and style sheets of a built site load from other hosts."""
    for file in sorted([*site.rglob("*.html"), *site.rglob("*.css")]):
        for address in _loads(file):
            if urlsplit(address).netloc:
                yield f"{file.relative_to(site)}: {address}"

"""Recordings of a terminal in asciinema's format, version 2: a line of JSON for each thing printed."""

from __future__ import annotations

import io
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH, HEIGHT = 110, 30


@dataclass(frozen=True)
class Cast:
    """What was printed when, in seconds since the beginning; colours as escape sequences, no other ones."""

    title: str
    printed: tuple[tuple[float, str], ...]

    def dump(self) -> str:
        """Return the file's text."""
        head = {"version": 2, "width": WIDTH, "height": HEIGHT, "title": self.title}
        rows = [json.dumps(head), *(json.dumps([at, "o", text]) for at, text in self.printed)]
        return "\n".join(rows) + "\n"


def load(text: str) -> Cast:
    """Return what a file has. Raises ValueError where it is none of this version."""
    head, *rows = (json.loads(line) for line in text.splitlines())
    if not isinstance(head, dict) or head.get("version") != 2:  # noqa: PLR2004 - the format's
        raise ValueError("this is no recording in asciinema's format, version 2")
    return Cast(head.get("title", ""), tuple((at, said) for at, kind, said in rows if kind == "o"))


class Recorder(io.StringIO):
    """A terminal's output that is kept with its times, and shown on another one."""

    def __init__(self, shown: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.printed: list[tuple[float, str]] = []
        self._shown = shown
        self._clock = clock
        self._begin: float | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override] # theirs can't be set, either
        """All signs can be printed."""
        return "utf-8"

    def write(self, text: str) -> int:
        """Keep what is printed; the first of it is at second 0."""
        now = self._clock()
        self._begin = now if self._begin is None else self._begin
        if text:
            self.printed.append((round(now - self._begin, 3), text.replace("\n", "\r\n")))
            self._shown(text)
        return len(text)

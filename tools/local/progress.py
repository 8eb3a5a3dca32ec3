"""Progress on standard error: what is being done, for how long, and how long it took last time."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tools.local.cache import cache

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVERY_SECONDS = 30.0
_EVERY_SECONDS_ON_A_TERMINAL = 1.0
_CLEAR = "\r\x1b[K"


@dataclass(frozen=True)
class _Step:
    what: str
    last: str
    begin: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        return f"{self.what}: {self.seconds} s" + (f" of about {self.last} s" if self.last else "")

    @property
    def seconds(self) -> int:
        return round(time.monotonic() - self.begin)


_under_way: list[_Step] = []


@contextmanager
def step(what: str, key: str) -> Iterator[None]:
    """Show a step; `key` names it in the record of how long it took. Several may be under way at a time.

    On a terminal one line counts seconds; elsewhere a line is printed now and then.
    """
    record = cache("times") / key
    this, over = _Step(what, record.read_text() if record.exists() else ""), threading.Event()
    _under_way.append(this)
    ticker = threading.Thread(target=_tick, args=(this, over), daemon=True)
    ticker.start()
    end = "failed after"
    try:
        yield
        end = "done in"
        record.write_text(str(this.seconds))
    finally:
        over.set()
        ticker.join()
        _under_way.remove(this)
        _say(f"{what}: {end} {this.seconds} s", stays=True)


def _tick(this: _Step, over: threading.Event) -> None:
    terminal = sys.stderr.isatty()
    if not terminal:
        _say(f"{this.what} …" + (f" (took {this.last} s last time)" if this.last else ""), stays=True)
    while not over.wait(_EVERY_SECONDS_ON_A_TERMINAL if terminal else _EVERY_SECONDS):
        if not terminal:
            _say(f"{this} …", stays=True)
        elif this is _under_way[0]:  # one of several writes for all
            _say("; ".join(str(each) for each in _under_way) + " …", stays=False)


def _say(text: str, *, stays: bool) -> None:
    clear = _CLEAR if sys.stderr.isatty() else ""
    print(f"{clear}{text}", end="\n" if stays else "", file=sys.stderr, flush=True)

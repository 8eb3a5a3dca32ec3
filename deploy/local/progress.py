"""Progress on standard error: what is being done, for how long, and how long it took last time."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deploy.local.cache import cache

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVERY_SECONDS = 30.0


@contextmanager
def step(what: str, key: str) -> Iterator[None]:
    """Show a step; `key` names it in the record of how long it took."""
    record = cache("times") / key
    last = f" (took {record.read_text()} s last time)" if record.exists() else ""
    begin, over = time.monotonic(), threading.Event()
    _say(f"{what} …{last}")
    ticker = threading.Thread(target=_tick, args=(what, begin, over), daemon=True)
    ticker.start()
    try:
        yield
    finally:
        over.set()
        ticker.join()
    seconds = f"{time.monotonic() - begin:.0f}"
    record.write_text(seconds)
    _say(f"{what}: done in {seconds} s")


def _tick(what: str, begin: float, over: threading.Event) -> None:
    while not over.wait(_EVERY_SECONDS):
        _say(f"{what} … {time.monotonic() - begin:.0f} s")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

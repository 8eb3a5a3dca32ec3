"""How the VirtualService, or HTTPRoute, changes, as kubectl's watch tells it."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routing import names
from routing.routes import ROUTERS, shares

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Split = Mapping[str, int]

_WATCH = ("--field-selector=metadata.name=httpbin", "--watch", "--output-watch-events", "--output=json")
_AGAIN_SECONDS = 0.5
_STOP_SECONDS = 5.0


def documents(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield each JSON object of a stream of them as soon as its last line is there."""
    text = ""
    for line in lines:
        text += line
        if not line.rstrip().endswith("}"):
            continue
        try:
            found = json.loads(text)
        except ValueError:
            continue  # the brace of an inner object
        text = ""
        yield found


def split_of(event: Mapping[str, Any]) -> dict[str, int]:
    """Return the percentages by version after a watch event; none once the object has gone."""
    return {} if event["type"] == "DELETED" else shares(event["object"])


@dataclass(frozen=True)
class Change:
    """From this time on the router's object gave this split."""

    at: float
    split: Split


class Timeline:
    """The split as it changes. One thread notes, others wait; `heard` is told of every change first."""

    def __init__(self, heard: Callable[[Change], None]) -> None:
        self._heard = heard
        self._changed = threading.Condition()
        self._last = Change(0.0, {})

    @property
    def last(self) -> Change:
        """The last change; before the first: no split."""
        return self._last

    def note(self, split: Split, at: float) -> None:
        """Take notice of a split; the same again is no change."""
        with self._changed:
            if split != self._last.split:
                self._last = Change(at, split)
                self._heard(self._last)
                self._changed.notify_all()

    def until(self, split: Split, seconds: float) -> Change | None:
        """Wait until the split is this one; return the change that made it so, None if none does in time."""
        with self._changed:
            right = self._changed.wait_for(lambda: self._last.split == split, seconds)
            return self._last if right else None


class SplitWatch:
    """Follows the router's object `httpbin` by kubectl until closed; `router` is its kind."""

    def __init__(
        self, environment: Mapping[str, str], timeline: Timeline, router: str = names.VIRTUAL_SERVICE
    ) -> None:
        self._command = ("kubectl", "get", ROUTERS[router].resource.plural, *_WATCH)
        self._environment = environment
        self._timeline = timeline
        self._over = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._follow, name="splits", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the watch."""
        self._over.set()
        if self._process:
            self._process.terminate()
        self._thread.join(_STOP_SECONDS)

    def _follow(self) -> None:
        """Watch, and watch again when the API server ends it; each begins with the state as it is."""
        while not self._over.wait(_AGAIN_SECONDS if self._process else 0):
            with subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                process_group=0,  # Ctrl-C is for the demo
            ) as self._process:
                for event in documents(self._process.stdout or ()):
                    self._timeline.note(split_of(event), time.monotonic())

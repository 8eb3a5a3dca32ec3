"""More events than an API server on two cores can make in the time: EndpointSlices that change, made up.

They come through the watch, as text; of each thousand, two change who is ready. What Teal then writes is
real.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from itertools import cycle
from typing import TYPE_CHECKING, Any

from routing.kinds import ENDPOINT_SLICES
from tools.bench.recording import RecordingCluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from routing.kinds import Resource

_FLIP_EVERY = 1000


class SoakedCluster(RecordingCluster):
    """A recording cluster whose first watch of EndpointSlices brings so many events once SIGUSR1 comes."""

    def __init__(self, kubeconfig: str, path: Path, events: int) -> None:
        super().__init__(kubeconfig, path)
        self._events = events
        self._begin = threading.Event()
        signal.signal(signal.SIGUSR1, lambda *_: self._begin.set())

    def watch(self, resource: Resource, selector: str, version: str) -> Iterator[dict[str, Any]]:
        """Yield what is made up, then what happens."""
        if resource == ENDPOINT_SLICES and self._events:
            texts = [json.dumps(item) for items, _ in self.pages(resource, selector) for item in items]
            self._begin.wait()
            begin = time.monotonic()
            yield from _made_up(texts, int(version), self._events)
            self._events = 0
            sys.stdout.write(f"{time.monotonic() - begin}\n")
            sys.stdout.flush()
        yield from super().watch(resource, selector, version)


def _made_up(texts: list[str], version: int, events: int) -> Iterator[dict[str, Any]]:
    # Primaries: the candidates have lost their endpoints in the storm.
    primaries = cycle([text for text in texts if json.loads(text)["metadata"]["name"].endswith("-0")])
    every, flipped, out = cycle(texts), "", ""
    for number in range(events):
        beat = number % _FLIP_EVERY
        text = next(every)
        if beat == 0:
            text = flipped = next(primaries)
        elif beat == _FLIP_EVERY // 2:
            text = flipped
        manifest = json.loads(text)
        metadata = manifest["metadata"]
        metadata["resourceVersion"] = str(version + number)
        metadata["annotations"] = {"endpoints.kubernetes.io/last-change-trigger-time": str(number)}
        if text is flipped:
            out = metadata["name"] if beat == 0 else ""
        if metadata["name"] == out:
            manifest["endpoints"] = []
        yield {"type": "MODIFIED", "object": manifest}

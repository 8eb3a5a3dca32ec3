"""What a tool told in the course of time: each change of its words, seen by a watch."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kube.client import Cluster
    from routing.kinds import Resource


@dataclass(frozen=True)
class Diary:
    """The words told of the objects of a kind, of which there is one; no word is none."""

    cluster: Cluster
    kind: Resource
    words: Callable[[dict[str, Any]], str]
    _lines: list[str] = field(default_factory=list)

    def since(self, line: int) -> list[str]:
        """Return what was told after so many lines."""
        return self._lines[line:]

    @property
    def lines(self) -> int:
        """How many there are."""
        return len(self._lines)

    @contextmanager
    def kept(self) -> Iterator[Diary]:
        """Keep it until the context ends: from what is there now, each change."""
        over = threading.Event()
        thread = threading.Thread(target=self._write, args=(over,), name="diary", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            over.set()

    def _write(self, over: threading.Event) -> None:
        version = "0"
        while not over.is_set():
            try:
                for event in self.cluster.watch(self.kind, "", version):
                    version = event["object"]["metadata"]["resourceVersion"]
                    if event["type"] in {"ADDED", "MODIFIED"}:
                        self._note(self.words(event["object"]))
            except ClusterError:
                over.wait(0.5)

    def _note(self, words: str) -> None:
        if words and self._lines[-1:] != [words]:
            self._lines.append(words)

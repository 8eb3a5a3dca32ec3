"""Every request of a run, kept in a file; and the writes among them as they would be on other objects."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from kube.client import Cluster
from kube.connections import Connections
from kube.receiving import MOST_BYTES
from reconciler.watching.skimming import skimming
from tools.bench.wire import raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from io import FileIO
    from pathlib import Path

    from kube.connections import Message
    from kube.receiving import Answer, Timeout
    from tools.bench.population import Population

WATCH = "WATCH"
_UID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAMED = re.compile(r'"name": ?"(app\d+)')


@dataclass(frozen=True, slots=True)
class Request:
    """A request and when it was answered (CLOCK_MONOTONIC, seconds); of a watch, a part of its answer."""

    method: str
    target: str
    content_type: str
    ended: float
    status: int
    sent: int
    received: int
    body: bytes

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method not in ("GET", WATCH)

    @property
    def kind(self) -> str:
        """The verb, and what of: `PATCH deployments`, `PATCH routemaps/status`."""
        parts = self.target.partition("?")[0].split("/")
        if "namespaces" not in parts:
            return f"{self.method} {parts[-1]}"
        plural, *rest = parts[parts.index("namespaces") + 2 :]
        return f"{self.method} {'/'.join([plural, *rest[1:]])}"

    @property
    def application(self) -> str:
        """Which application it is about: `app7` of `app7`, `app7-1` and of an Event about `app7`."""
        path = self.target.partition("?")[0].removesuffix("/status")
        named = path.rpartition("/")[2]
        if named == "events":
            found = _NAMED.search(self.body.decode())
            return found[1] if found else ""
        return named.partition("-")[0]


class RecordingCluster(Cluster):
    """A cluster that writes every request to `file`, open until the process ends: little work, no memory."""

    def __init__(self, kubeconfig: str, path: Path) -> None:
        super().__init__(kubeconfig)
        self.reading = skimming
        self.file = path.open("ab", buffering=0)
        self._connections = _Recorded(self._connections, self.file)


class _Recorded(Connections):
    """Connections that note what goes over them."""

    def __init__(self, connections: Connections, file: FileIO) -> None:
        self._connections = connections
        self._file = file

    @contextmanager
    def answer(
        self, message: Message, timeout: Timeout, permit: Callable[[], None] = lambda: None
    ) -> Iterator[Answer]:
        """Do as the real ones, and note it."""
        with self._connections.answer(message, timeout, permit) as answer:
            watched = "&watch=true" in message.target
            noted = _Noted(
                answer, (lambda size: self._note(message, answer.status, size)) if watched else None
            )
            try:
                yield cast("Answer", noted)
            finally:
                if not watched:
                    self._note(message, answer.status, noted.received)

    def _note(self, message: Message, status: int, received: int) -> None:
        watched = "&watch=true" in message.target
        method, body = (WATCH, b"") if watched else (message.method, message.body or b"")
        told = f"{method} {message.target} {message.headers['Content-Type']}"
        line = f"{told} {time.monotonic()} {status} {len(body)} {received}"
        # One write to a file that is appended to: others' come before or after. A lock held while the file is
        # written would have all threads wait in line.
        self._file.write(line.encode() + b"\n" + body + b"\n")


class _Noted:
    """An answer whose bytes are counted, and told line by line if somebody asks for that."""

    def __init__(self, answer: Answer, heard: Callable[[int], None] | None) -> None:
        self._answer = answer
        self._heard = heard
        self.received = 0

    def __getattr__(self, name: str) -> Any:
        """Have the answer tell what else there is."""
        return getattr(self._answer, name)

    def read(self, most: int = MOST_BYTES) -> bytes:
        """Return the whole body."""
        body = self._answer.read(most)
        self.received += len(body)
        return body

    def lines(self, most: int = MOST_BYTES) -> Iterator[bytes]:
        """Yield the body's lines as they come."""
        for line in self._answer.lines(most):
            if self._heard:
                self._heard(len(line) + 1)
            yield line


class Recording:
    """Reads a file of requests, also while it is being written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def size(self) -> int:
        """Return how many bytes there are: it grows with every request."""
        return self._path.stat().st_size

    def new(self) -> list[Request]:
        """Return what has been added since this was last asked."""
        with self._path.open("rb") as file:
            file.seek(self._at)
            text = file.read()
        requests, at = [], 0
        while (end := text.find(b"\n", at)) >= 0:
            method, target, content_type, ended, status, sent, received = text[at:end].decode().split(" ")
            after = end + 1 + int(sent) + 1
            if after > len(text):
                break
            figures = (float(ended), int(status), int(sent), int(received))
            requests.append(Request(method, target, content_type, *figures, text[end + 1 : after - 1]))
            at = after
        self._at += at
        return requests


def moved(requests: Iterable[Request], source: Population, target: Population) -> list[list[bytes]]:
    """Return the writes as they would be in another namespace, uids exchanged, by application."""
    new = target.uids()
    exchanged = {uid.encode(): new[key].encode() for key, uid in source.uids().items()}
    old_name, new_name = source.namespace.encode(), target.namespace.encode()
    batches: dict[str, list[bytes]] = {}
    for request in requests:
        body = _UID.sub(lambda found: exchanged.get(found[0], found[0]), request.body)
        path = request.target.replace(source.namespace, target.namespace)
        message = raw(request.method, path, body.replace(old_name, new_name), request.content_type)
        batches.setdefault(request.application, []).append(message)
    return list(batches.values())


def writes(requests: Sequence[Request]) -> list[Request]:
    """Return those that changed something."""
    return [request for request in requests if request.writes and request.status in (200, 201)]

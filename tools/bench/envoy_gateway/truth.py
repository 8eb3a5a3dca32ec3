"""A client that asks who has really answered, whatever the header says that a proxy puts to an answer."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from routing import names
from tools.demo.answers import OK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Told:
    """One answer: when it was asked for, the version that the header names, and the one that answered."""

    sent: float
    status: int
    named: str
    version: str

    @property
    def fine(self) -> bool:
        """Whether it was answered as it should."""
        return self.status == OK


@dataclass(eq=False)
class Truth:
    """All answers so far."""

    answers: list[Told] = field(default_factory=list)

    def failed(self) -> int:
        """Return how many requests failed."""
        return sum(not each.fine for each in self.answers)

    def misnamed(self) -> Counter[tuple[str, str]]:
        """Count the answers whose header names another than who answered, by both."""
        return Counter((each.named, each.version) for each in self._fine() if each.named != each.version)

    def versions(self, begin: float, end: float) -> Counter[str]:
        """Count who answered what was sent in a time."""
        return Counter(each.version for each in self._fine() if begin <= each.sent < end)

    def told(self, begin: float, end: float) -> list[Told]:
        """Return the answers to what was sent in a time."""
        return [each for each in tuple(self.answers) if begin <= each.sent < end]

    def _fine(self) -> Iterator[Told]:
        return (each for each in tuple(self.answers) if each.fine)


@contextmanager
def asking(url: str, host: str, rate: float, header: tuple[str, str] | None = None) -> Iterator[Truth]:
    """Ask so many times a second, on one connection, until the context ends; `header`: one that it sends."""
    truth, over = Truth(), threading.Event()
    headers = {"Host": host, **dict([header] if header else [])}

    def work() -> None:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=_TIMEOUT_SECONDS)
        due = time.monotonic()
        while not over.wait(max(due - time.monotonic(), 0.0)):
            truth.answers.append(_asked(connection, parts.path, headers))
            due += 1 / rate
        connection.close()

    thread = threading.Thread(target=work, name="truth", daemon=True)
    thread.start()
    try:
        yield truth
    finally:
        over.set()
        thread.join()


def _asked(connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str]) -> Told:
    sent = time.monotonic()
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()  # opens again by itself
        return Told(sent, 0, "", "")
    if answer.status != OK:
        return Told(sent, answer.status, "", "")
    return Told(sent, OK, answer.getheader(names.VERSION_HEADER) or "", json.loads(body)["version"])

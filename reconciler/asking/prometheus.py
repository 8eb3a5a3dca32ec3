"""Prometheus' HTTP API: each query is answered in time and in bounds, or not at all."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlencode, urlsplit

from kube.connections import Message
from kube.receiving import BrokenError, OversizeError, SilentError, Timeout
from reconciler import outgoing
from reconciler.asking import readings
from reconciler.asking.readings import NoAnswerError
from reconciler.outgoing import Outgoing
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kube.receiving import Answer
    from reconciler.asking.readings import Series

MOST_BYTES = 1 << 22
"""Of an answer, which takes up to ten times as much in memory: 40 MB of the reconciler's 256."""
MOST_OF_AN_ERROR = 1 << 16
CONNECT_SECONDS = 3.0
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OK = 200


class UnreachableError(NoAnswerError):
    """Prometheus can't be asked, whatever the question. `rest`: seconds for which it wants peace."""

    def __init__(self, reason: str, rest: float = 0.0) -> None:
        super().__init__(reason)
        self.rest = rest


@dataclass(frozen=True, slots=True)
class Place:
    """Where Prometheus is, and by which credentials, all the administrator's.

    `url`: http or https, with the path before /api, if there is one. `timeout`: seconds, of an answer as a
    whole. Both files are read for each request: their contents may be renewed. `authorities`: PEM, None for
    the system's.
    """

    url: str
    timeout: float = 10.0
    token: Path | None = None
    authorities: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def wrong_url(url: str) -> str:
    """Return why an address can't be Prometheus', "" for one that can be."""
    wrong = outgoing.wrong_url(url)
    return wrong or ("nothing follows its path" if urlsplit(url).query else "")


def header(text: str) -> tuple[str, str]:
    """Return the name and the value of `Name: value`. Raises ValueError for what is no header."""
    name, colon, value = text.partition(":")
    value = value.strip()
    if not (colon and _HEADER.fullmatch(name) and value.isprintable() and value.isascii()):
        raise ValueError(f"{text!r} is not a header; use NAME: VALUE")
    return name, value


class Prometheus:
    """Asks one Prometheus, or what answers like one. For one thread.

    Redirects are not followed: credentials go to the address that the administrator gave. What is raised is
    UnreachableError where any question would fare like that, else NoAnswerError.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._parts = urlsplit(place.url)
        self._timeout = Timeout(min(CONNECT_SECONDS, place.timeout), place.timeout, place.timeout)
        self._outgoing = Outgoing(place.authorities)

    def growth(self, query: str, start: int, end: int, step: int) -> list[Series]:
        """Return a range query's series; times are seconds since the epoch."""
        form = {"query": query, "start": str(start), "end": str(end), "step": str(step)}
        return readings.matrix(self._asked("query_range", form))

    def number(self, query: str, moment: float, namespace: str) -> float:
        """Return an instant query's only number. The namespace is told to whoever enforces one in between.

        That may be prom-label-proxy, by its flag `-query-param=namespace`; Prometheus itself takes no notice.
        """
        form = {"query": query, "time": f"{moment:.3f}"}
        return readings.number(self._asked("query", form, {"namespace": namespace}))

    def _asked(self, what: str, form: Mapping[str, str], query: Mapping[str, str] | None = None) -> bytes:
        """Send a query and return the answer's body, whole and in time.

        Raises UnreachableError and NoAnswerError, whatever goes wrong on the way.
        """
        limit = {"timeout": f"{max(int(self._place.timeout), 1)}s"}
        target = f"{self._parts.path.rstrip('/')}/api/v1/{what}"
        if query:
            target = f"{target}?{urlencode(query)}"
        try:
            message = Message("POST", target, self._headers(), urlencode({**form, **limit}).encode())
            with self._outgoing.to(self._parts).answer(message, self._timeout) as answer:
                if answer.status != _OK:
                    _refuse(answer)
                return answer.read(MOST_BYTES)
        except SilentError as error:
            raise UnreachableError(f"Prometheus did not answer within {self._place.timeout:g} s") from error
        except OversizeError as error:
            raise NoAnswerError(f"Prometheus' answer is larger than {MOST_BYTES >> 20} MiB") from error
        except BrokenError as error:
            raise UnreachableError(f"Prometheus is out of reach: {error}") from error
        except (OSError, ValueError) as error:
            raise UnreachableError(f"Teal can't ask Prometheus: {error}") from error

    def _headers(self) -> Mapping[str, str]:
        """Return a request's headers, with the token of the moment. Raises OSError where there is none."""
        headers = {
            "Host": self._parts.netloc,
            "User-Agent": "teal",
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            **self._place.headers,
        }
        if self._place.token is not None:
            headers["Authorization"] = f"Bearer {self._place.token.read_text('ascii').strip()}"
        return headers


def _refuse(answer: Answer) -> NoReturn:
    """Raise what an answer means that is none."""
    status = answer.status
    try:
        told = readings.complaint(answer.read(MOST_OF_AN_ERROR))
    except OversizeError:
        told = ""
    said = f" ({told})" if told else ""
    match status:
        case 400 | 422:
            raise NoAnswerError(f"Prometheus refused the query{said}")
        case 401 | 403:
            raise UnreachableError(f"Prometheus refused Teal's credentials with {status}{said}")
        case 404 | 405:
            raise UnreachableError(f"at prometheus.url there is no Prometheus: {status}{said}")
        case 429:
            raise UnreachableError(f"Prometheus is asked too often, it says{said}", answer.retry_after)
        case _ if 300 <= status < 400:  # noqa: PLR2004
            raise UnreachableError(
                f"Prometheus is elsewhere ({status}): set prometheus.url to its own address"
            )
        case _:
            raise UnreachableError(f"Prometheus answered {status}{said}", answer.retry_after)

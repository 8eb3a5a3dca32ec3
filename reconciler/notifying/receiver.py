"""Who takes notices: an HTTP address of the administrator's. Each is signed, if there is a key.

The signature is that of Standard Webhooks (standardwebhooks.com), for which there are libraries in most
languages: HMAC-SHA256 over id, time and body.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from kube.connections import Message
from kube.receiving import BrokenError, SilentError, Timeout
from reconciler.outgoing import Outgoing, wrong_url
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from reconciler.notifying.bodies import Form

CONNECT_SECONDS = 3.0
MOST_BYTES = 1 << 16
"""Of an answer: its status is all that is wanted."""
ENCODED = "whsec_"
"""What a key in Base64 begins with; any other is taken as it is."""
_LATER = (408, 425, 429)
"""Statuses below 500 after which the same may be taken later."""


class UntakenError(Exception):
    """A notice was not taken; `for_good`: later it will not be, either. `rest`: seconds for which to wait."""

    def __init__(self, reason: str, rest: float = 0.0, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.rest = rest
        self.for_good = for_good


@dataclass(frozen=True, slots=True)
class Place:
    """Where notices go, and by which secrets, all the administrator's.

    `url`: http or https; "" where it is in `url_file`, since it is a secret itself. `key`: what signs. All
    files are read for each notice. `timeout`: seconds, of an answer as a whole.
    """

    url: str = ""
    url_file: Path | None = None
    key: Path | None = None
    authorities: Path | None = None
    timeout: float = 10.0


class Receiver:
    """Sends notices to one place. For one thread. Redirects are not followed. `clock`: since the epoch."""

    def __init__(self, place: Place, form: Form, clock: Callable[[], float]) -> None:
        self._place = place
        self.form = form
        self._clock = clock
        self._timeout = Timeout(min(CONNECT_SECONDS, place.timeout), place.timeout, place.timeout)
        self._outgoing = Outgoing(place.authorities)

    def send(self, event: str, body: bytes) -> None:
        """Send an event, by its id.

        Raises UntakenError, whatever goes wrong; its reason has no more of the address than the host.
        """
        try:
            url = self._url()
            message = Message("POST", _target(url), self._headers(url, event, body), body)
            with self._outgoing.to(url).answer(message, self._timeout) as answer:
                if not 200 <= answer.status < 300:  # noqa: PLR2004
                    raise untaken(answer.status, answer.retry_after)
                answer.read(MOST_BYTES)
        except SilentError as error:
            raise UntakenError(f"no answer within {self._place.timeout:g} s") from error
        except BrokenError as error:
            raise UntakenError(f"out of reach: {error}") from error
        except (OSError, ValueError) as error:
            raise UntakenError(f"Teal can't send it: {error}") from error

    def _url(self) -> SplitResult:
        """Return the address of the moment. Raises OSError, and ValueError for one that is none."""
        file = self._place.url_file
        url = self._place.url if file is None else file.read_text("utf-8").strip()
        wrong = wrong_url(url)
        if wrong:
            raise ValueError(f"the address is none: {wrong}")
        return urlsplit(url)

    def _headers(self, url: SplitResult, event: str, body: bytes) -> Mapping[str, str]:
        """Return a request's headers. Raises OSError where the key can't be read."""
        headers = {"Host": url.netloc, "User-Agent": "teal", "Content-Type": self.form.content_type}
        if self._place.key is None:
            return headers
        moment = f"{self._clock():.0f}"
        signed = sign(key_of(self._place.key.read_bytes()), event, moment, body)
        return {**headers, "webhook-id": event, "webhook-timestamp": moment, "webhook-signature": signed}


def key_of(told: bytes) -> bytes:
    """Return the key that a Secret tells. Raises ValueError for an empty one, or Base64 that is none."""
    text = told.strip()
    if not text:
        raise ValueError("the signing key is empty")
    if not text.startswith(ENCODED.encode()):
        return text
    try:
        return base64.b64decode(text[len(ENCODED) :], validate=True)
    except binascii.Error as error:
        raise ValueError(f"the signing key is not Base64 after {ENCODED}") from error


def sign(key: bytes, event: str, moment: str, body: bytes) -> str:
    """Return the signature of an event that is sent at a time: `v1,` and the HMAC in Base64."""
    content = b".".join((event.encode(), moment.encode(), body))
    return f"v1,{base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()}"


def _target(url: SplitResult) -> str:
    return f"{url.path or '/'}{'?' if url.query else ''}{url.query}"


def untaken(status: int, rest: float) -> UntakenError:
    """Return what is raised of an answer's status; `rest`: seconds of peace that it asks for."""
    if 300 <= status < 400:  # noqa: PLR2004
        return UntakenError(f"it is elsewhere ({status}): name its own address", for_good=True)
    for_good = 400 <= status < 500 and status not in _LATER  # noqa: PLR2004
    return UntakenError(f"it answered {status}", rest, for_good=for_good)

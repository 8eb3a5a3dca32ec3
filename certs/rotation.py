"""How the authority is replaced while requests go on: a pure plan, and the leader's step that carries it out.

A new authority is stored, then published to the API servers, and signs only after they have had time to hear;
the old one stays trusted until the last certificate that it signed has ended (cert-controller#50: without it,
30 to 100 s of x509 errors). A Secret that was lost or spoilt is healed in the same way.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from certs import authorities, lifecycle
from certs.authorities import Authorities, end, split
from certs.issue import new_authority
from certs.keeper import ContendedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from certs.keeper import AuthorityStore, Stored
    from certs.lifecycle import Lifetimes

_log = logging.getLogger(__name__)

AUTHORITY_NAME = "teal-ca"
HOLD_SECONDS = 10.0
"""From publishing a new authority to its first signature. API servers hear of it by a watch, mostly within a
second; there is no word of theirs that they have."""
SKEW = timedelta(minutes=1)
"""How much longer than computed an old authority is trusted: clocks differ, a pod may be about to sign."""


class TrustAnchors(Protocol):
    """Where the API servers read whom to trust. The methods raise errors of their own."""

    def published(self) -> Sequence[bytes]:
        """Return, for each webhook, PEM of whom the API servers are told to trust."""

    def publish(self, bundle: bytes) -> None:
        """Have exactly these trusted. Writes only what differs."""


@dataclass(frozen=True)
class Observed:
    """What a plan is made from. `held`: the successor has been published for long enough to sign."""

    stored: Authorities
    published: Sequence[bytes]
    held: bool


def plan(seen: Observed, lifetimes: Lifetimes, now: datetime) -> tuple[Authorities, str | None]:
    """Return the authorities as they are to be, and what is wrong with the signer, if anything is."""
    fault = _fault(seen.stored, now)
    wanted = seen.stored
    if wanted.signer is None or not lifecycle.signs(wanted.signer, now):
        # Whoever is published may have signed what serves now, wherever its key has gone.
        lost = split(wanted.signer.certificate) if wanted.signer else []
        wanted = replace(wanted, signer=None).with_former([*lost, *split(b"\n".join(seen.published))])
    wanted = _without_ended(wanted, lifetimes, now)
    if fault is None:
        return replace(wanted, successor=None), None
    if wanted.successor is None or lifecycle.authority_fault(wanted.successor, now):
        fresh = new_authority(AUTHORITY_NAME, lifetimes.authority, now)
        wanted, seen = replace(wanted, successor=fresh), replace(seen, held=False)
    if seen.held or not (wanted.signer or wanted.former):
        former = split(wanted.signer.certificate) if wanted.signer else []
        return replace(wanted, signer=wanted.successor, successor=None, since=now).with_former(former), fault
    return wanted, fault


def _fault(stored: Authorities, now: datetime) -> str | None:
    return "there is none" if stored.signer is None else lifecycle.authority_fault(stored.signer, now)


def _without_ended(wanted: Authorities, lifetimes: Lifetimes, now: datetime) -> Authorities:
    """Drop former authorities that have ended, and all once the last of their leaves has."""
    last = wanted.signer and wanted.since and wanted.since + lifetimes.leaf + SKEW
    if last and last <= now:
        return replace(wanted, former=())
    return replace(wanted, former=tuple(pem for pem in wanted.former if now < end(pem)))


class Rotator:
    """The leader's keeping of the authorities: one writer, which compares first and writes what differs."""

    def __init__(self, store: AuthorityStore, anchors: TrustAnchors, lifetimes: Lifetimes) -> None:
        self._store = store
        self._anchors = anchors
        self._lifetimes = lifetimes
        self._held: tuple[bytes, float] = (b"", 0.0)  # the published successor, and since when

    def step(self, now: datetime, monotonic: float) -> None:
        """Bring the store and the API servers' trust to what is due. Idempotent; may be cut off anywhere.

        Raises ContendedError, and what the store and the anchors raise.
        """
        stored = self._store.read()
        before = authorities.parse(stored.content) if stored else Authorities()
        published = self._anchors.published()
        if any(self._held[0] not in split(bundle) for bundle in published):
            self._held = (b"", monotonic)  # somebody took it out meanwhile: the hold begins anew
        seen = Observed(before, published, self._is_held(before, monotonic))
        wanted, why = plan(seen, self._lifetimes, now)
        if stored is None or wanted != before:
            self._write(stored, wanted)
            _log.warning(
                "certificate authorities changed", extra={"because": why or "a former one has ended"}
            )
        # Stored first: what is trusted and then forgotten could sign nothing.
        self._anchors.publish(wanted.bundle)
        self._note(wanted, monotonic)

    def _write(self, stored: Stored | None, wanted: Authorities) -> None:
        content = authorities.dump(wanted)
        done = self._store.replace(stored.version, content) if stored else self._store.create(content)
        if not done:
            raise ContendedError("the certificate authorities changed meanwhile")

    def _is_held(self, before: Authorities, monotonic: float) -> bool:
        successor, since = self._held
        return (
            before.successor is not None
            and before.successor.certificate == successor
            and monotonic >= since + min(HOLD_SECONDS, self._lifetimes.authority.total_seconds() / 6)
        )

    def _note(self, wanted: Authorities, monotonic: float) -> None:
        certificate = wanted.successor.certificate if wanted.successor else b""
        if certificate != self._held[0]:
            self._held = (certificate, monotonic)

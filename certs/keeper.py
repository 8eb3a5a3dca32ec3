"""One step of keeping a pod's serving certificate: run in a loop by every replica, none of which leads."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from certs import files, issue, lifecycle

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from certs.issue import KeyPair, Subject

_log = logging.getLogger(__name__)

CHECK_EVERY = timedelta(seconds=10)
"""A Secret that was deleted or spoilt is noticed this soon, for one read by each replica."""
SOONEST = timedelta(seconds=1)
_ATTEMPTS = 5

AUTHORITY_NAME = "teal-ca"


@dataclass(frozen=True)
class Stored:
    """What a store holds, and the version by which `replace` recognises it."""

    pair: KeyPair
    version: str


class AuthorityStore(Protocol):
    """Where the replicas share one certificate authority. The store raises its own errors."""

    def read(self) -> Stored | None:
        """Return what is stored, None when nothing is. A part that is missing is empty bytes."""

    def create(self, pair: KeyPair) -> bool:
        """Store a first pair. False, and nothing changed, when there is one already."""

    def replace(self, version: str, pair: KeyPair) -> bool:
        """Store a pair in place of that version. False, and nothing changed, when that is gone by now."""


class ContendedError(RuntimeError):
    """The store changed under every attempt; the next step tries again."""


@dataclass(frozen=True)
class Kept:
    """The outcome of a step: PEM of all authorities to be trusted, and how long to wait for the next step."""

    bundle: bytes
    again: timedelta


@dataclass(frozen=True)
class Keeper:
    """Keeps one pod's serving pair in `path`, signed by the authority in `store`."""

    store: AuthorityStore
    path: Path
    subject: Subject
    lifetimes: lifecycle.Lifetimes = field(default_factory=lifecycle.Lifetimes)

    def keep(self, now: datetime) -> Kept:
        """Make or renew what is due. Writes nothing when nothing is.

        Raises ContendedError, OSError (the file) and what the store raises; a pair in place then stays.
        """
        authority = self._authority(now)
        leaf = files.read(self.path)
        fault = lifecycle.leaf_fault(leaf, authority, self.subject, now)
        if leaf is None or fault is not None:
            lifetime = lifecycle.leaf_lifetime(authority, self.lifetimes.leaf, now)
            leaf = issue.issue(authority, self.subject, lifetime, now)
            files.write(self.path, leaf)
            _log.info("serving certificate issued", extra={"because": fault, "names": self.subject.names})
        due = min(lifecycle.renewal(issue.load(pair)[0]) for pair in (authority, leaf))
        return Kept(bundle=authority.certificate, again=max(SOONEST, min(CHECK_EVERY, due - now)))

    def _authority(self, now: datetime) -> KeyPair:
        # Whoever loses a race reads again and finds the winner's, so many replicas make one write.
        for _ in range(_ATTEMPTS):
            stored = self.store.read()
            fault = "there is none" if stored is None else lifecycle.authority_fault(stored.pair, now)
            if stored is not None and fault is None:
                return stored.pair
            fresh = issue.new_authority(AUTHORITY_NAME, self.lifetimes.authority, now)
            if self.store.create(fresh) if stored is None else self.store.replace(stored.version, fresh):
                _log.warning("certificate authority made", extra={"because": fault})
                return fresh
        raise ContendedError(f"the certificate authority changed during each of {_ATTEMPTS} attempts")

"""One step of keeping a pod's serving certificate: run in a loop by every replica, none of which leads."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from certs import authorities, files, issue, lifecycle
from certs.authorities import Authorities, end

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from certs.issue import KeyPair, Subject

_log = logging.getLogger(__name__)

CHECK_EVERY = timedelta(seconds=5)
"""How soon another signer, or a spoilt file, is noticed: one read of the Secret by each replica."""
SOONEST = timedelta(seconds=1)


@dataclass(frozen=True)
class Stored:
    """What a store holds, and the version by which `replace` recognises it."""

    content: Mapping[str, bytes] = field(repr=False)  # private keys are in it
    version: str


class AuthorityStore(Protocol):
    """Where the replicas share their certificate authorities. The store raises its own errors."""

    def read(self) -> Stored | None:
        """Return what is stored, None when nothing is. An entry that can't be decoded is empty bytes."""

    def create(self, content: Mapping[str, bytes]) -> bool:
        """Store the first content. False, and nothing changed, when there is some already."""

    def replace(self, version: str, content: Mapping[str, bytes]) -> bool:
        """Store content in place of that version. False, and nothing changed, when that is gone by now."""


class ContendedError(RuntimeError):
    """The store changed meanwhile; the next step tries again."""


class NoAuthorityError(RuntimeError):
    """There is no certificate to serve with, and nobody to sign one yet."""


@dataclass(frozen=True)
class Kept:
    """The outcome of a step: how long to wait for the next, and when what serves and who signs now end."""

    again: timedelta
    leaf_ends: datetime
    authority_ends: datetime | None
    """None: there is nobody who could sign."""


@dataclass(frozen=True)
class Keeper:
    """Keeps one pod's serving pair in `path`, signed by the authority in `store`."""

    store: AuthorityStore
    path: Path
    subject: Subject
    lifetimes: lifecycle.Lifetimes = field(default_factory=lifecycle.Lifetimes)

    def keep(self, now: datetime) -> Kept:
        """Issue the serving pair anew if that is due. Writes nothing when it is not.

        Raises NoAuthorityError, OSError (the file) and what the store raises; a pair in place then stays.
        """
        stored = self.store.read()
        known = authorities.parse(stored.content) if stored else Authorities()
        leaf = files.read(self.path)
        if known.signer is not None and lifecycle.signs(known.signer, now):
            fault = lifecycle.leaf_fault(leaf, known.signer, self.subject, now)
            if leaf is None or fault is not None:
                leaf = self._issue(known.signer, fault, now)
            return _kept(leaf, known.signer.certificate, now)
        if leaf is None or lifecycle.ended(leaf, now):
            raise NoAuthorityError("no certificate authority yet")
        # The leader is about to heal the Secret; what was signed before is trusted for as long as it lives.
        return _kept(leaf, None, now)

    def _issue(self, signer: KeyPair, because: str | None, now: datetime) -> KeyPair:
        lifetime = lifecycle.leaf_lifetime(signer, self.lifetimes.leaf, now)
        leaf = issue.issue(signer, self.subject, lifetime, now)
        files.write(self.path, leaf)
        _log.info("serving certificate issued", extra={"because": because, "names": self.subject.names})
        return leaf


def _kept(leaf: KeyPair, authority: bytes | None, now: datetime) -> Kept:
    certificate = issue.load(leaf)[0]
    again = max(SOONEST, min(CHECK_EVERY, lifecycle.renewal(certificate) - now))
    ends = None if authority is None else end(authority)
    return Kept(again, certificate.not_valid_after_utc, ends)

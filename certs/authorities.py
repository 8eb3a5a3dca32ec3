"""Whom the replicas share: who signs serving certificates, who will, and who did. Pure, given the time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.issue import KeyPair

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SIGNER, SUCCESSOR = ("tls.crt", "tls.key"), ("next.crt", "next.key")
BUNDLE, SINCE = "ca.crt", "since"
"""Keys of the Secret: two pairs, the certificates of all that are trusted, and since when the first signs."""


@dataclass(frozen=True)
class Authorities:
    """The authorities at one time. Either pair may be absent, or unfit (`certs.lifecycle`)."""

    signer: KeyPair | None = None
    successor: KeyPair | None = None
    former: tuple[bytes, ...] = ()
    """PEM certificates of earlier signers, whose leaves may still serve."""
    since: datetime | None = None
    """When the signer began to sign; None: not known."""

    @property
    def bundle(self) -> bytes:
        """Return PEM of every certificate that is to be trusted, oldest first.

        In an order of its own: a successor that becomes the signer changes nothing for the API server.
        """
        pairs = [pair.certificate for pair in (self.signer, self.successor) if pair]
        return joined([*pairs, *self.former])

    def with_former(self, certificates: Iterable[bytes]) -> Authorities:
        """Return these with more former ones; those that sign or will are none."""
        own = {pem for pair in (self.signer, self.successor) if pair for pem in split(pair.certificate)}
        return replace(self, former=tuple(sorted({*self.former, *certificates} - own)))


def parse(content: Mapping[str, bytes]) -> Authorities:
    """Read a Secret's content; what is missing or can't be read is as if it were not there."""
    signer, successor = (_pair(content, names) for names in (SIGNER, SUCCESSOR))
    found = Authorities(signer, successor, since=_time(content.get(SINCE, b"")))
    return found.with_former(split(content.get(BUNDLE, b"")))


def dump(authorities: Authorities) -> dict[str, bytes]:
    """Return the Secret's content. The type kubernetes.io/tls wants the signer's keys, if only empty."""
    content = dict.fromkeys(SIGNER, b"") | {BUNDLE: authorities.bundle}
    for names, pair in ((SIGNER, authorities.signer), (SUCCESSOR, authorities.successor)):
        if pair is not None:
            content |= zip(names, (pair.certificate, pair.key), strict=True)
    if authorities.since is not None:
        content[SINCE] = authorities.since.isoformat(timespec="seconds").encode()
    return content


def split(bundle: bytes) -> list[bytes]:
    """Return the certificates in PEM text one by one, in one spelling; what is none is passed over."""
    end = b"-----END CERTIFICATE-----"
    found = []
    for part in bundle.split(end)[:-1]:
        try:
            certificate = x509.load_pem_x509_certificate(part + end)
        except ValueError:
            continue
        found.append(certificate.public_bytes(Encoding.PEM))
    return found


def joined(certificates: Iterable[bytes]) -> bytes:
    """Return certificates as one PEM text, each once, oldest first."""
    found: set[bytes] = {pem for certificate in certificates for pem in split(certificate)}
    ordered: list[bytes] = sorted(found, key=_age)
    return b"".join(ordered)


def end(pem: bytes) -> datetime:
    """Return when a certificate's life ends."""
    return x509.load_pem_x509_certificate(pem).not_valid_after_utc


def _age(pem: bytes) -> tuple[datetime, bytes]:
    return x509.load_pem_x509_certificate(pem).not_valid_before_utc, pem


def _pair(content: Mapping[str, bytes], names: tuple[str, str]) -> KeyPair | None:
    certificate, key = (content.get(name, b"") for name in names)
    return KeyPair(certificate, key) if certificate or key else None


def _time(text: bytes) -> datetime | None:
    try:
        time = datetime.fromisoformat(text.decode("ascii"))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)

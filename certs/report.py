"""What an operator wants to know of the certificates. Pure, given the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509

from certs import lifecycle
from certs.authorities import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from certs.authorities import Authorities


@dataclass(frozen=True)
class Row:
    """A certificate: who it is, until when it is valid, and from when it is replaced (None: it is not)."""

    name: str
    ends: datetime
    renewed: datetime | None


def authority_rows(known: Authorities) -> list[Row]:
    """Return the authorities that are stored: the signer, its successor, and those that signed before."""
    pairs = (("signer", known.signer), ("successor", known.successor))
    named = [(name, pem) for name, pair in pairs if pair for pem in split(pair.certificate)]
    return [_row(name, pem) for name, pem in (*named, *(("former", pem) for pem in known.former))]


def faults(known: Authorities, published: Mapping[str, bytes], now: datetime) -> list[str]:
    """Return what is wrong, as sentences; `published` is each configuration's trust, as PEM."""
    found = []
    if known.signer is None:
        found.append("no authority signs: the leader makes one within seconds, if there is a leader")
    elif not lifecycle.signs(known.signer, now):
        found.append(f"the signer can't sign: {lifecycle.unfit(known.signer) or 'it has ended'}")
    wanted = set(split(known.bundle))
    for configuration, bundle in published.items():
        if missing := wanted - set(split(bundle)):
            found.append(f"{configuration} lacks {len(missing)} of {len(wanted)} authorities in its caBundle")
    return found


def serving_faults(ends: Mapping[str, datetime | None], now: datetime) -> list[str]:
    """Return what is wrong with the pods' serving certificates, given when each ends (None: it has none)."""
    return [
        f"pod {pod} has no serving certificate" if end is None else f"the certificate of pod {pod} has ended"
        for pod, end in ends.items()
        if end is None or end <= now
    ]


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return lines of columns that are as wide as they need to be."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]


def day(time: datetime | None) -> str:
    """Return a time as people read it."""
    return f"{time:%Y-%m-%d %H:%M} UTC" if time else "-"


def _row(name: str, pem: bytes) -> Row:
    certificate = x509.load_pem_x509_certificate(pem)
    renewed = None if name == "former" else lifecycle.renewal(certificate)
    return Row(name, certificate.not_valid_after_utc, renewed)

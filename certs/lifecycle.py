"""What is due with a certificate at a given time. Pure: the caller brings the time and does the writing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from certs.issue import load

if TYPE_CHECKING:
    from datetime import datetime

    from certs.issue import KeyPair, Subject


@dataclass(frozen=True)
class Lifetimes:
    """How long certificates are valid. They are renewed when two thirds of that have passed.

    The authority's 10 years: replacing it needs a new bundle in every API server, so it is rare; it signs
    nothing but leaves and is trusted by Teal's own webhooks only. The leaf's 30 days: renewal needs nobody
    else, and 10 days remain to notice that it fails.
    """

    authority: timedelta = timedelta(days=3650)
    leaf: timedelta = timedelta(days=30)


def authority_fault(pair: KeyPair, now: datetime) -> str | None:
    """Tell why this authority has to be replaced, or None while it is good.

    One that begins in the future is good: replicas whose clocks differ would replace each other's for ever.
    """
    fault = unfit(pair)
    if fault is None and now >= renewal(load(pair)[0]):
        return f"two thirds of its life ended at {renewal(load(pair)[0]):%Y-%m-%dT%H:%M:%SZ}"
    return fault


def unfit(pair: KeyPair) -> str | None:
    """Tell why a pair can sign no leaf, whatever the time; None if it can."""
    try:
        certificate, _ = load(pair)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, x509.ExtensionNotFound) as error:
        return f"it can't be used: {error}"
    return None if constraints.ca else "it is no certificate authority"


def signs(pair: KeyPair, now: datetime) -> bool:
    """Tell whether leaves can be signed by a pair: it is fit, and has not ended."""
    return unfit(pair) is None and now < load(pair)[0].not_valid_after_utc


def leaf_fault(leaf: KeyPair | None, authority: KeyPair, subject: Subject, now: datetime) -> str | None:
    """Tell why a leaf has to be issued anew, or None while this one is good.

    `authority` must be a good one; a leaf is checked to be signed by it and to name whom `subject` names.
    """
    if leaf is None:
        return "there is none"
    try:
        certificate, _ = load(leaf)
        certificate.verify_directly_issued_by(load(authority)[0])
    except ValueError as error:
        return f"it can't be used: {error}"
    except InvalidSignature:
        return "another authority signed it"
    if names(certificate) != set(subject.names):
        return "it names other hosts"
    if not certificate.not_valid_before_utc <= now < renewal(certificate):
        return "it is due for renewal"
    return None


def ended(leaf: KeyPair, now: datetime) -> bool:
    """Tell whether a leaf can't serve any more: it can't be used, or its life is over."""
    try:
        return now >= load(leaf)[0].not_valid_after_utc
    except ValueError:
        return True


def leaf_lifetime(authority: KeyPair, wanted: timedelta, now: datetime) -> timedelta:
    """Return how long a leaf issued now may live: one that outlives its authority looks valid and is not."""
    return min(wanted, load(authority)[0].not_valid_after_utc - now)


def renewal(certificate: x509.Certificate) -> datetime:
    """Return when two thirds of a certificate's life are over."""
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return start + (end - start) * 2 / 3


def names(certificate: x509.Certificate) -> set[str]:
    """Return the DNS names and IP addresses that a certificate is valid for."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return set()
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    return {*extension.value.get_values_for_type(x509.DNSName), *map(str, addresses)}

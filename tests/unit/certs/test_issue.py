from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from certs.issue import KeyPair, Subject, issue, load, new_authority
from certs.lifecycle import names

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_leaf_is_signed_by_its_authority_and_names_its_hosts() -> None:
    authority = new_authority("teal-ca", 10 * DAY, NOW)
    leaf, _ = load(issue(authority, Subject("teal", ("teal.teal.svc", "10.0.0.1")), DAY, NOW))
    leaf.verify_directly_issued_by(load(authority)[0])
    assert names(leaf) == {"teal.teal.svc", "10.0.0.1"}
    assert leaf.not_valid_after_utc == NOW + DAY


def test_an_authority_signs_leaves_and_no_further_authorities() -> None:
    certificate, _ = load(new_authority("teal-ca", DAY, NOW))
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)


@pytest.mark.parametrize(
    ("lifetime", "backdated"),
    [(20 * timedelta(seconds=1), timedelta(seconds=1)), (3650 * DAY, timedelta(hours=1))],
)
def test_a_certificate_begins_a_little_before_its_issue(lifetime: timedelta, backdated: timedelta) -> None:
    certificate, _ = load(new_authority("teal-ca", lifetime, NOW))
    assert certificate.not_valid_before_utc == NOW - backdated


def test_a_foreign_key_is_refused() -> None:
    one, two = new_authority("one", DAY, NOW), new_authority("two", DAY, NOW)
    with pytest.raises(ValueError, match=r"^the private key is not the certificate's$"):
        issue(KeyPair(one.certificate, two.key), Subject("teal"), DAY, NOW)


def test_a_pair_does_not_show_its_key_when_printed() -> None:
    assert repr(new_authority("teal-ca", DAY, NOW)) == "KeyPair(<hidden>)"

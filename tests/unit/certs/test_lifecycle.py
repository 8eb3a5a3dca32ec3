from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from certs.issue import KeyPair, Subject, issue, load, new_authority
from certs.lifecycle import authority_fault, leaf_fault, leaf_lifetime, renewal

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
TEAL = Subject("teal", ("teal.teal.svc", "127.0.0.1"))
AUTHORITY = new_authority("teal-ca", 3000 * DAY, NOW)
LEAF = issue(AUTHORITY, TEAL, 30 * DAY, NOW)
AUTHORITY_RENEWAL = renewal(load(AUTHORITY)[0])
LEAF_RENEWAL = renewal(load(LEAF)[0])
OTHER = new_authority("teal-ca", 3000 * DAY, NOW)
UNREADABLE = ("empty", "garbage", "cut off", "of the other kind")


def test_two_thirds_of_thirty_days_are_twenty() -> None:
    assert abs(LEAF_RENEWAL - (NOW + 20 * DAY)) < timedelta(hours=1)


@pytest.mark.parametrize(
    "now", [NOW - 365 * DAY, NOW, AUTHORITY_RENEWAL - SECOND], ids=["before it begins", "new", "last second"]
)
def test_an_authority_is_good_until_two_thirds_of_its_life_and_whatever_clocks_say_before(
    now: datetime,
) -> None:
    assert authority_fault(AUTHORITY, now) is None


def test_an_authority_is_due_at_two_thirds_of_its_life() -> None:
    assert (
        authority_fault(AUTHORITY, AUTHORITY_RENEWAL)
        == "two thirds of its life ended at 2032-05-14T11:40:00Z"
    )


@pytest.mark.parametrize(
    ("pair", "fault"),
    [
        (
            KeyPair(AUTHORITY.certificate, OTHER.key),
            "it can't be used: the private key is not the certificate's",
        ),
        (LEAF, "it is no certificate authority"),
    ],
    ids=["foreign key", "leaf"],
)
def test_an_authority_that_can_not_sign_is_to_be_replaced(pair: KeyPair, fault: str) -> None:
    assert authority_fault(pair, NOW) == fault


@pytest.mark.parametrize(
    "certificate", [b"", b"garbage", AUTHORITY.certificate[:100], AUTHORITY.key], ids=UNREADABLE
)
@pytest.mark.parametrize("key", [b"", b"garbage", AUTHORITY.key[:100], AUTHORITY.certificate], ids=UNREADABLE)
def test_an_authority_that_can_not_be_read_is_to_be_replaced(certificate: bytes, key: bytes) -> None:
    assert str(authority_fault(KeyPair(certificate, key), NOW)).startswith("it can't be used: ")


@pytest.mark.parametrize("now", [NOW, LEAF_RENEWAL - SECOND])
def test_a_leaf_is_good_until_two_thirds_of_its_life(now: datetime) -> None:
    assert leaf_fault(LEAF, AUTHORITY, TEAL, now) is None


@pytest.mark.parametrize("now", [LEAF_RENEWAL, NOW - 2 * DAY], ids=["late", "clock stepped back"])
def test_a_leaf_is_due_at_two_thirds_of_its_life_and_before_it_begins(now: datetime) -> None:
    assert leaf_fault(LEAF, AUTHORITY, TEAL, now) == "it is due for renewal"


@pytest.mark.parametrize(
    ("leaf", "fault"),
    [
        (None, "there is none"),
        (issue(OTHER, TEAL, 30 * DAY, NOW), "another authority signed it"),
        (issue(AUTHORITY, replace(TEAL, names=("teal",)), 30 * DAY, NOW), "it names other hosts"),
        (issue(AUTHORITY, replace(TEAL, names=()), 30 * DAY, NOW), "it names other hosts"),
        (KeyPair(LEAF.certificate, OTHER.key), "it can't be used: the private key is not the certificate's"),
    ],
)
def test_a_leaf_that_would_not_serve_is_issued_anew(leaf: KeyPair | None, fault: str) -> None:
    assert leaf_fault(leaf, AUTHORITY, TEAL, NOW) == fault


def test_a_leaf_never_outlives_its_authority() -> None:
    assert leaf_lifetime(AUTHORITY, 30 * DAY, NOW) == 30 * DAY
    assert leaf_lifetime(AUTHORITY, 30 * DAY, NOW + 2999 * DAY) == DAY

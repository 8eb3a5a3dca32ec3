from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from certs.authorities import Authorities, joined
from certs.issue import KeyPair, new_authority
from certs.report import Row, authority_rows, day, faults, serving_faults, table

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ONE, TWO, THREE = (new_authority(name, 40 * DAY, NOW) for name in ("one", "two", "three"))
ALL = Authorities(ONE, TWO, (THREE.certificate,))
BOTH = {"MutatingWebhookConfiguration": ALL.bundle, "ValidatingWebhookConfiguration": ALL.bundle}


def test_every_authority_is_told_with_its_end_and_when_it_is_replaced() -> None:
    ends, renewed = NOW + 40 * DAY, NOW + timedelta(days=26, hours=15, minutes=40)
    assert authority_rows(ALL) == [
        Row("signer", ends, renewed),
        Row("successor", ends, renewed),
        Row("former", ends, None),
    ]


def test_when_all_is_well_nothing_is_wrong() -> None:
    assert faults(ALL, BOTH, NOW) == []


@pytest.mark.parametrize(
    ("known", "published", "now", "sentence"),
    [
        (
            Authorities(),
            {},
            NOW,
            "no authority signs: the leader makes one within seconds, if there is a leader",
        ),
        (Authorities(ONE), {}, NOW + 40 * DAY, "the signer can't sign: it has ended"),
        (
            Authorities(KeyPair(ONE.certificate, TWO.key)),
            {},
            NOW,
            "the signer can't sign: it can't be used: the private key is not the certificate's",
        ),
        (
            ALL,
            {"ValidatingWebhookConfiguration": joined([ONE.certificate])},
            NOW,
            "ValidatingWebhookConfiguration lacks 2 of 3 authorities in its caBundle",
        ),
    ],
    ids=["nobody", "ended", "foreign key", "not published"],
)
def test_what_is_wrong_is_a_sentence(
    known: Authorities, published: dict[str, bytes], now: datetime, sentence: str
) -> None:
    assert faults(known, published, now) == [sentence]


def test_pods_without_a_certificate_or_with_one_that_has_ended_are_named() -> None:
    assert serving_faults({"a": NOW + DAY, "b": None, "c": NOW}, NOW) == [
        "pod b has no serving certificate",
        "the certificate of pod c has ended",
    ]


def test_columns_are_as_wide_as_they_need_to_be() -> None:
    assert table(("A", "END"), [("longer", "x"), ("b", day(NOW))]) == [
        "A       END",
        "longer  x",
        "b       2026-11-22 12:00 UTC",
    ]
    assert day(None) == "-"

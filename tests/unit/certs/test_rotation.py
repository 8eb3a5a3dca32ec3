"""The authority's life, step by step on a clock of the test's own, and random histories of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs import authorities
from certs.authorities import Authorities, split
from certs.issue import KeyPair, Subject, issue, new_authority
from certs.keeper import ContendedError
from certs.lifecycle import Lifetimes, leaf_lifetime, signs
from certs.rotation import HOLD_SECONDS, SKEW, Observed, Rotator, plan
from tests.unit.certs.memory_authority import MemoryAuthority

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
SHORT = Lifetimes(authority=90 * SECOND, leaf=22 * SECOND)
ONE, TWO = (new_authority(name, 90 * DAY, START) for name in ("one", "two"))
FOREIGN = KeyPair(ONE.certificate, TWO.key)


@dataclass
class Configurations:
    """What the API servers trust; counts its writes."""

    bundle: bytes = b""
    writes: int = 0

    def published(self) -> list[bytes]:
        return [self.bundle, self.bundle]

    def publish(self, bundle: bytes) -> None:
        if bundle != self.bundle:
            self.bundle = bundle
            self.writes += 1


@dataclass
class Life:
    """A leader that steps every few seconds, and a pod whose leaf is signed as `Keeper` would have it."""

    lifetimes: Lifetimes = SHORT
    store: MemoryAuthority = field(default_factory=MemoryAuthority)
    anchors: Configurations = field(default_factory=Configurations)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.restart()

    @property
    def now(self) -> datetime:
        return START + self.seconds * SECOND

    @property
    def known(self) -> Authorities:
        stored = self.store.read()
        return authorities.parse(stored.content) if stored else Authorities()

    def restart(self) -> None:
        self.rotator = Rotator(self.store, self.anchors, self.lifetimes)

    def step(self, seconds: float = 0.0) -> None:
        self.seconds += seconds
        self.rotator.step(self.now, self.seconds)

    def put(self, known: Authorities) -> None:
        stored = self.store.read()
        assert stored is not None
        assert self.store.replace(stored.version, authorities.dump(known))


def signer(life: Life) -> KeyPair:
    found = life.known.signer
    assert found is not None
    return found


def test_from_nothing_one_step_makes_a_signer_and_publishes_it() -> None:
    life = Life()
    life.step()
    assert life.known == Authorities(signer=signer(life), since=START)
    assert life.anchors.bundle == signer(life).certificate
    assert (life.store.writes, life.anchors.writes) == (1, 1)


def test_a_step_with_nothing_due_writes_nothing() -> None:
    life = Life()
    life.step()
    for _ in range(5):
        life.step(10)
    life.restart()
    life.step()
    assert (life.store.writes, life.anchors.writes) == (1, 1)


def test_a_successor_is_published_then_signs_then_the_old_one_is_dropped() -> None:
    life = Life()
    life.step()
    old = signer(life)
    life.step(59)
    assert life.known.signer == old
    new = life.known.successor
    assert new is not None
    assert split(life.anchors.bundle) == [old.certificate, new.certificate]
    life.step(HOLD_SECONDS - 1)
    assert life.known.signer == old
    life.step(1)
    assert life.known == Authorities(new, former=(old.certificate,), since=life.now)
    assert split(life.anchors.bundle) == [old.certificate, new.certificate]
    life.step(20)
    assert life.known.former == (old.certificate,)  # of 90 s of its life, 89 have passed
    life.step(1)
    assert not life.known.former
    assert life.anchors.bundle == new.certificate
    # Successor, signer, without the old one; published twice.
    assert (life.store.writes, life.anchors.writes) == (4, 3)


def test_an_old_authority_is_dropped_a_leafs_life_after_it_signed_last() -> None:
    life = Life(Lifetimes(authority=3650 * DAY, leaf=30 * DAY))
    life.step()
    old = signer(life)
    life.step(2434 * DAY.total_seconds())
    life.step(HOLD_SECONDS)
    assert life.known.former == (old.certificate,)
    life.step((30 * DAY + SKEW).total_seconds() - 1)
    assert life.known.former == (old.certificate,)
    life.step(1)
    assert not life.known.former


def test_a_new_leader_waits_anew_before_the_successor_signs() -> None:
    life = Life()
    life.step()
    life.step(60)
    life.step(HOLD_SECONDS - 1)
    life.restart()
    life.step(1)
    assert life.known.successor is not None
    life.step(HOLD_SECONDS)
    assert life.known.successor is None


def test_a_successor_that_was_taken_out_of_the_trust_is_held_anew() -> None:
    life = Life()
    life.step()
    old = signer(life)
    life.step(60)
    life.anchors.bundle = old.certificate
    life.step(HOLD_SECONDS)
    assert life.known.signer == old
    life.step(HOLD_SECONDS - 1)
    assert life.known.signer == old
    life.step(1)
    assert life.known.signer != old


SPOILT = {
    "emptied": Authorities(),
    "garbage": Authorities(KeyPair(b"garbage", b"garbage")),
    "foreign key": Authorities(FOREIGN),
    "no authority": Authorities(issue(ONE, Subject("teal"), DAY, START)),
}


@pytest.mark.parametrize("spoilt", SPOILT.values(), ids=SPOILT)
def test_a_spoilt_secret_is_healed_while_what_was_signed_stays_trusted(spoilt: Authorities) -> None:
    life = Life()
    life.step()
    old = signer(life)
    life.put(spoilt)
    life.step(5)
    new = life.known.successor
    assert new is not None
    assert {old.certificate, new.certificate} <= set(split(life.anchors.bundle))
    life.step(HOLD_SECONDS)
    assert life.known.signer == new
    assert old.certificate in life.known.former


def test_a_deleted_secret_is_healed_in_the_same_way() -> None:
    life = Life()
    life.step()
    old = signer(life)
    life.store.delete()
    life.step(5)
    assert life.known.signer is None
    assert old.certificate in split(life.anchors.bundle)
    life.step(HOLD_SECONDS)
    assert signer(life) != old
    assert old.certificate in split(life.anchors.bundle)


def test_a_spoilt_bundle_is_published_again() -> None:
    life = Life()
    life.step()
    wanted = life.anchors.bundle
    life.anchors.bundle = b"garbage"
    life.step(5)
    assert life.anchors.bundle == wanted
    assert life.store.writes == 1


def test_after_everything_has_ended_nothing_is_waited_for() -> None:
    life = Life()
    life.step()
    life.step(7 * DAY.total_seconds())
    assert signs(signer(life), life.now)
    assert life.anchors.bundle == signer(life).certificate


def test_a_clock_that_steps_back_changes_nothing() -> None:
    life = Life()
    life.step()
    before = life.known
    life.step(-3600)
    assert life.known == before


def test_a_signer_that_recovers_makes_a_successor_unneeded() -> None:
    stored = Authorities(ONE, TWO, since=START)
    wanted, fault = plan(Observed(stored, [], held=True), Lifetimes(), START)
    assert (wanted, fault) == (Authorities(ONE, since=START), None)


def test_a_store_that_changes_meanwhile_ends_the_step_and_nothing_is_published() -> None:
    class Restless(MemoryAuthority):
        def create(self, _content: object) -> bool:
            return False

    life = Life(store=Restless())
    with pytest.raises(ContendedError, match=r"^the certificate authorities changed meanwhile$"):
        life.step()
    assert life.anchors.writes == 0


class Cut(Exception):  # noqa: N818 -- what happens, not an error
    """The process ends here."""


def test_cut_off_between_the_store_and_the_publication_the_next_step_publishes() -> None:
    class Gone(Configurations):
        def publish(self, bundle: bytes) -> None:
            raise Cut(bundle)

    life = Life()
    life.step()
    life.rotator = Rotator(life.store, Gone(life.anchors.bundle), SHORT)
    with pytest.raises(Cut):
        life.step(60)
    life.restart()
    life.step(1)
    assert life.known.successor is not None
    assert life.known.successor.certificate in life.anchors.bundle
    life.step(HOLD_SECONDS)
    assert life.known.successor is None


def test_what_is_stored_is_what_is_read() -> None:
    known = Authorities(ONE, TWO, (FOREIGN.certificate,), START)
    assert authorities.parse(authorities.dump(known)) == replace(known, former=())
    third = new_authority("three", DAY, START).certificate
    known = Authorities(ONE, TWO, (third,), START)
    assert authorities.parse(authorities.dump(known)) == known


@given(
    st.lists(
        st.sampled_from(["step"] * 12 + ["delete", "empty", "foreign", "restart", "spoil bundle"]),
        min_size=10,
        max_size=80,
    )
)
def test_whatever_happens_to_the_secret_the_leaf_that_serves_is_trusted(history: list[str]) -> None:
    """The leaf of a pod that follows the signer is trusted at every step, from when there first is one."""
    life = Life()
    life.step()
    issuer, ends = signer(life), life.now + leaf_lifetime(signer(life), SHORT.leaf, life.now)
    for what in history:
        if what == "delete":
            life.store.delete()
        elif what == "empty" and life.store.read():
            life.put(Authorities())
        elif what == "foreign" and life.store.read():
            life.put(Authorities(FOREIGN))
        elif what == "restart":
            life.restart()
        elif what == "spoil bundle" and life.store.read():
            # The former ones of a Secret that was lost are known by the bundle only: spoil one, not both.
            life.anchors.bundle = life.anchors.bundle if life.known.signer is None else b""
            life.step()
        life.step(5)
        known = life.known
        if known.signer is not None and (known.signer != issuer or life.now >= ends - 8 * SECOND):
            issuer = known.signer
            ends = life.now + leaf_lifetime(issuer, SHORT.leaf, life.now)
        if life.now < ends:
            assert issuer.certificate in split(life.anchors.bundle)

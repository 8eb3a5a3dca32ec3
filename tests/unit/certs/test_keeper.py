from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from certs import authorities, files
from certs.authorities import Authorities
from certs.issue import KeyPair, Subject, load, new_authority
from certs.keeper import Keeper, NoAuthorityError
from certs.lifecycle import Lifetimes
from tests.unit.certs.memory_authority import MemoryAuthority

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
TEAL = Subject("teal", ("teal.teal.svc",))
ONE, TWO = (new_authority(name, 3650 * DAY, NOW) for name in ("one", "two"))
FOREIGN = KeyPair(ONE.certificate, TWO.key)


def keeper(store: MemoryAuthority, folder: Path, lifetimes: Lifetimes | None = None) -> Keeper:
    return Keeper(store, folder / files.SERVING, TEAL, lifetimes or Lifetimes())


def holding(known: Authorities) -> MemoryAuthority:
    store = MemoryAuthority()
    store.create(authorities.dump(known))
    return store


def now_holding(store: MemoryAuthority, known: Authorities) -> None:
    before = store.read()
    assert before is not None
    store.replace(before.version, authorities.dump(known))


def serving(folder: Path) -> KeyPair:
    pair = files.read(folder / files.SERVING)
    assert pair is not None
    return pair


def test_the_first_step_issues_a_leaf_and_writes_nothing_to_the_store(tmp_path: Path) -> None:
    store = holding(Authorities(ONE))
    kept = keeper(store, tmp_path).keep(NOW)
    assert kept.again == timedelta(seconds=5)
    assert kept.leaf_ends == NOW + 30 * DAY
    assert kept.authority_ends == NOW + 3650 * DAY
    load(serving(tmp_path))[0].verify_directly_issued_by(load(ONE)[0])
    assert store.writes == 1


def test_a_step_with_nothing_due_writes_nothing(tmp_path: Path) -> None:
    store = holding(Authorities(ONE))
    first = keeper(store, tmp_path).keep(NOW)
    before = (tmp_path / files.SERVING).stat()
    assert keeper(store, tmp_path).keep(NOW + 19 * DAY) == first
    assert (tmp_path / files.SERVING).stat() == before


def test_a_leaf_is_renewed_at_two_thirds_of_its_life(tmp_path: Path) -> None:
    store = holding(Authorities(ONE))
    keeper(store, tmp_path).keep(NOW)
    assert keeper(store, tmp_path).keep(NOW + 20 * DAY).leaf_ends == NOW + 50 * DAY
    assert load(serving(tmp_path))[0].not_valid_after_utc == NOW + 50 * DAY


def test_another_signer_signs_a_new_leaf_at_once(tmp_path: Path) -> None:
    store = holding(Authorities(ONE, TWO))
    keeper(store, tmp_path).keep(NOW)
    load(serving(tmp_path))[0].verify_directly_issued_by(load(ONE)[0])
    now_holding(store, Authorities(TWO))
    keeper(store, tmp_path).keep(NOW + SECOND)
    load(serving(tmp_path))[0].verify_directly_issued_by(load(TWO)[0])


@pytest.mark.parametrize(
    "known",
    [Authorities(), Authorities(FOREIGN), Authorities(successor=TWO)],
    ids=["emptied", "foreign key", "successor only"],
)
def test_without_a_signer_a_leaf_serves_on_and_a_new_pod_waits(tmp_path: Path, known: Authorities) -> None:
    store = holding(Authorities(ONE))
    keeper(store, tmp_path).keep(NOW)
    before = serving(tmp_path)
    now_holding(store, known)
    assert keeper(store, tmp_path).keep(NOW + 29 * DAY).leaf_ends == NOW + 30 * DAY
    assert serving(tmp_path) == before
    with pytest.raises(NoAuthorityError, match=r"^no certificate authority yet$"):
        keeper(store, tmp_path).keep(NOW + 30 * DAY)
    with pytest.raises(NoAuthorityError):
        keeper(store, tmp_path / "new").keep(NOW)


def test_a_deleted_store_leaves_the_leaf_in_place(tmp_path: Path) -> None:
    store = holding(Authorities(ONE))
    keeper(store, tmp_path).keep(NOW)
    before = serving(tmp_path)
    store.delete()
    kept = keeper(store, tmp_path).keep(NOW)
    assert serving(tmp_path) == before
    assert (kept.leaf_ends, kept.authority_ends) == (NOW + 30 * DAY, None)


def test_a_spoilt_file_is_issued_anew(tmp_path: Path) -> None:
    store = holding(Authorities(ONE))
    keeper(store, tmp_path).keep(NOW)
    (tmp_path / files.SERVING).write_bytes(b"garbage")
    keeper(store, tmp_path).keep(NOW)
    load(serving(tmp_path))


def test_a_clock_that_steps_back_before_the_leaf_begins_has_it_issued_anew(tmp_path: Path) -> None:
    store = holding(Authorities(ONE))
    keeper(store, tmp_path).keep(NOW)
    assert keeper(store, tmp_path).keep(NOW - 10 * DAY).leaf_ends == NOW + 20 * DAY


def test_the_next_step_is_due_with_the_renewal_but_never_at_once(tmp_path: Path) -> None:
    short = Lifetimes(authority=timedelta(days=1), leaf=timedelta(seconds=6))
    store = holding(Authorities(ONE))
    kept = keeper(store, tmp_path, short).keep(NOW)
    # A life of 6.3 s from 0.3 s before now, in X.509's whole seconds: two thirds are 3 to 4 s away.
    assert timedelta(seconds=3) <= kept.again <= timedelta(seconds=4)
    assert keeper(store, tmp_path, short).keep(NOW + 3 * SECOND).again == SECOND

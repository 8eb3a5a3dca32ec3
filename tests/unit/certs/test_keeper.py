from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from certs import files
from certs.issue import KeyPair, Subject, load, new_authority
from certs.keeper import ContendedError, Keeper, Kept, Stored
from certs.lifecycle import Lifetimes
from tests.unit.certs.memory_authority import MemoryAuthority

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TEAL = Subject("teal", ("teal.teal.svc",))


def keeper(store: MemoryAuthority, folder: Path, lifetimes: Lifetimes | None = None) -> Keeper:
    return Keeper(store, folder / files.SERVING, TEAL, lifetimes or Lifetimes())


def serving(folder: Path) -> KeyPair:
    pair = files.read(folder / files.SERVING)
    assert pair is not None
    return pair


def stored(store: MemoryAuthority) -> Stored:
    found = store.read()
    assert found is not None
    return found


def test_from_nothing_one_step_makes_an_authority_and_a_leaf_that_it_signed(tmp_path: Path) -> None:
    store = MemoryAuthority()
    kept = keeper(store, tmp_path).keep(NOW)
    assert kept == Kept(bundle=stored(store).pair.certificate, again=timedelta(seconds=10))
    load(serving(tmp_path))[0].verify_directly_issued_by(load(stored(store).pair)[0])


def test_a_step_with_nothing_due_writes_nothing(tmp_path: Path) -> None:
    store = MemoryAuthority()
    first = keeper(store, tmp_path).keep(NOW)
    before = (tmp_path / files.SERVING).stat()
    assert keeper(store, tmp_path).keep(NOW + 19 * DAY) == first
    assert (tmp_path / files.SERVING).stat() == before
    assert store.writes == 1


def test_a_leaf_is_renewed_at_two_thirds_of_its_life_under_the_same_authority(tmp_path: Path) -> None:
    store = MemoryAuthority()
    first = keeper(store, tmp_path).keep(NOW)
    old = serving(tmp_path)
    assert keeper(store, tmp_path).keep(NOW + 20 * DAY).bundle == first.bundle
    assert serving(tmp_path) != old
    assert load(serving(tmp_path))[0].not_valid_after_utc == NOW + 50 * DAY
    assert store.writes == 1


def test_replicas_racing_from_nothing_end_with_one_authority_and_one_write(tmp_path: Path) -> None:
    store, replicas = MemoryAuthority(), 8
    start = threading.Barrier(replicas, timeout=30)

    def run(index: int) -> Kept:
        folder = tmp_path / str(index)
        folder.mkdir()
        start.wait()
        return keeper(store, folder).keep(NOW)

    with ThreadPoolExecutor(replicas) as pool:
        outcomes = set(pool.map(run, range(replicas)))
    assert len(outcomes) == 1
    assert store.writes == 1
    authority, _ = load(stored(store).pair)
    for index in range(replicas):
        load(serving(tmp_path / str(index)))[0].verify_directly_issued_by(authority)


FOREIGN = KeyPair(new_authority("a", DAY, NOW).certificate, new_authority("b", DAY, NOW).key)


@pytest.mark.parametrize(
    "spoilt",
    [KeyPair(b"", b""), KeyPair(b"garbage", b"garbage"), FOREIGN],
    ids=["emptied", "garbage", "foreign key"],
)
def test_a_spoilt_authority_is_replaced_once_for_all_replicas(tmp_path: Path, spoilt: KeyPair) -> None:
    store = MemoryAuthority()
    store.create(spoilt)
    first = keeper(store, tmp_path).keep(NOW)
    (tmp_path / "second").mkdir()
    assert keeper(store, tmp_path / "second").keep(NOW) == first
    assert store.writes == 2


def test_a_deleted_authority_is_made_anew_and_the_leaf_with_it(tmp_path: Path) -> None:
    store = MemoryAuthority()
    first = keeper(store, tmp_path).keep(NOW)
    store.delete()
    second = keeper(store, tmp_path).keep(NOW)
    assert second.bundle != first.bundle
    load(serving(tmp_path))[0].verify_directly_issued_by(load(stored(store).pair)[0])


def test_a_spoilt_file_is_issued_anew(tmp_path: Path) -> None:
    store = MemoryAuthority()
    keeper(store, tmp_path).keep(NOW)
    (tmp_path / files.SERVING).write_bytes(b"garbage")
    keeper(store, tmp_path).keep(NOW)
    load(serving(tmp_path))


def test_the_next_step_is_due_with_the_earliest_renewal_but_never_at_once(tmp_path: Path) -> None:
    short = Lifetimes(authority=timedelta(seconds=60), leaf=timedelta(seconds=12))
    store = MemoryAuthority()
    kept = keeper(store, tmp_path, short).keep(NOW)
    # A life of 12.6 s from 0.6 s before now, in X.509's whole seconds: two thirds are 7 to 8 s away.
    assert timedelta(seconds=7) <= kept.again <= timedelta(seconds=8)
    assert keeper(store, tmp_path, short).keep(NOW + timedelta(seconds=7)).again == timedelta(seconds=1)


class Restless(MemoryAuthority):
    """Someone else always comes first."""

    def create(self, pair: KeyPair) -> bool:  # noqa: ARG002 -- the interface's parameter
        return False


def test_a_store_that_changes_under_every_attempt_ends_the_step_with_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        ContendedError, match=r"^the certificate authority changed during each of 5 attempts$"
    ):
        keeper(Restless(), tmp_path).keep(NOW)

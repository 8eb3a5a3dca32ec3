"""What every AuthorityStore does. Each function takes a factory of empty stores that share one place.

`factory()` called twice in one test returns two stores (two replicas) that see the same pair.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from certs.issue import KeyPair

if TYPE_CHECKING:
    from collections.abc import Callable

    from certs.keeper import AuthorityStore

    Factory = Callable[[], AuthorityStore]

ONE = KeyPair(b"certificate one", b"key one")
TWO = KeyPair(b"certificate two", b"key two")
EMPTY = KeyPair(b"", b"")


def an_empty_store_reads_as_none(factory: Factory) -> None:
    assert factory().read() is None


def a_created_pair_is_read_by_another_replica(factory: Factory) -> None:
    assert factory().create(ONE)
    stored = factory().read()
    assert stored is not None
    assert stored.pair == ONE


def a_second_create_is_refused_and_changes_nothing(factory: Factory) -> None:
    store = factory()
    assert store.create(ONE)
    assert not factory().create(TWO)
    stored = store.read()
    assert stored is not None
    assert stored.pair == ONE


def a_replace_of_the_version_read_takes_its_place(factory: Factory) -> None:
    store = factory()
    store.create(ONE)
    before = store.read()
    assert before is not None
    assert store.replace(before.version, TWO)
    after = store.read()
    assert after is not None
    assert after.pair == TWO
    assert after.version != before.version


def a_replace_of_a_version_that_is_gone_is_refused(factory: Factory) -> None:
    store = factory()
    store.create(ONE)
    before = store.read()
    assert before is not None
    assert factory().replace(before.version, TWO)
    assert not store.replace(before.version, ONE)
    stored = store.read()
    assert stored is not None
    assert stored.pair == TWO


def a_replace_where_nothing_is_stored_is_refused(factory: Factory) -> None:
    store = factory()
    assert not store.replace("1", ONE)
    assert store.read() is None


def an_emptied_pair_reads_as_empty_bytes(factory: Factory) -> None:
    store = factory()
    store.create(EMPTY)
    stored = store.read()
    assert stored is not None
    assert stored.pair == EMPTY


def of_many_creating_at_once_one_wins(factory: Factory) -> None:
    stores = [factory() for _ in range(8)]
    start = threading.Barrier(len(stores), timeout=30)
    pairs = [KeyPair(b"certificate %d" % index, b"key %d" % index) for index in range(len(stores))]

    def create(index: int) -> bool:
        start.wait()
        return stores[index].create(pairs[index])

    with ThreadPoolExecutor(len(stores)) as pool:
        won = list(pool.map(create, range(len(stores))))
    assert sum(won) == 1
    stored = stores[0].read()
    assert stored is not None
    assert stored.pair == pairs[won.index(True)]


CONTRACT: tuple[Callable[[Factory], None], ...] = (
    an_empty_store_reads_as_none,
    a_created_pair_is_read_by_another_replica,
    a_second_create_is_refused_and_changes_nothing,
    a_replace_of_the_version_read_takes_its_place,
    a_replace_of_a_version_that_is_gone_is_refused,
    a_replace_where_nothing_is_stored_is_refused,
    an_emptied_pair_reads_as_empty_bytes,
    of_many_creating_at_once_one_wins,
)

"""What every AuthorityStore does. Each function takes a factory of empty stores that share one place.

`factory()` called twice in one test returns two stores (two replicas) that see the same pair.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from certs.keeper import AuthorityStore

    Factory = Callable[[], AuthorityStore]


def content(name: str) -> dict[str, bytes]:
    return {"tls.crt": f"certificate {name}".encode(), "tls.key": f"key {name}".encode()}


ONE, TWO = content("one"), content("two")
MORE: Mapping[str, bytes] = {**ONE, "next.crt": b"certificate", "next.key": b"key", "ca.crt": b"all"}
EMPTY = {"tls.crt": b"", "tls.key": b""}


def an_empty_store_reads_as_none(factory: Factory) -> None:
    assert factory().read() is None


def what_is_created_is_read_by_another_replica(factory: Factory) -> None:
    assert factory().create(ONE)
    stored = factory().read()
    assert stored is not None
    assert stored.content == ONE


def a_second_create_is_refused_and_changes_nothing(factory: Factory) -> None:
    store = factory()
    assert store.create(ONE)
    assert not factory().create(TWO)
    stored = store.read()
    assert stored is not None
    assert stored.content == ONE


def a_replace_of_the_version_read_takes_its_place(factory: Factory) -> None:
    store = factory()
    store.create(ONE)
    before = store.read()
    assert before is not None
    assert store.replace(before.version, TWO)
    after = store.read()
    assert after is not None
    assert after.content == TWO
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
    assert stored.content == TWO


def a_replace_where_nothing_is_stored_is_refused(factory: Factory) -> None:
    store = factory()
    assert not store.replace("1", ONE)
    assert store.read() is None


def emptied_entries_read_as_empty_bytes(factory: Factory) -> None:
    store = factory()
    store.create(EMPTY)
    stored = store.read()
    assert stored is not None
    assert stored.content == EMPTY


def entries_come_and_go(factory: Factory) -> None:
    store = factory()
    store.create(ONE)
    for wanted in (MORE, TWO):
        before = store.read()
        assert before is not None
        assert store.replace(before.version, wanted)
        after = store.read()
        assert after is not None
        assert after.content == wanted


def of_many_creating_at_once_one_wins(factory: Factory) -> None:
    stores = [factory() for _ in range(8)]
    start = threading.Barrier(len(stores), timeout=60)
    pairs = [content(str(index)) for index in range(len(stores))]

    def create(index: int) -> bool:
        start.wait()
        return stores[index].create(pairs[index])

    with ThreadPoolExecutor(len(stores)) as pool:
        won = list(pool.map(create, range(len(stores))))
    assert sum(won) == 1
    stored = stores[0].read()
    assert stored is not None
    assert stored.content == pairs[won.index(True)]


CONTRACT: tuple[Callable[[Factory], None], ...] = (
    an_empty_store_reads_as_none,
    what_is_created_is_read_by_another_replica,
    a_second_create_is_refused_and_changes_nothing,
    a_replace_of_the_version_read_takes_its_place,
    a_replace_of_a_version_that_is_gone_is_refused,
    a_replace_where_nothing_is_stored_is_refused,
    emptied_entries_read_as_empty_bytes,
    entries_come_and_go,
    of_many_creating_at_once_one_wins,
)

"""Locks on versions, and the count of failures."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from reconciler.passes import locks
from reconciler.passes.deletion_deadline import DeletionDeadline
from reconciler.passes.locks import VersionLocks
from reconciler.watching.mentions import RoutemapKey

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = RoutemapKey("default", "httpbin")


def test_a_pass_over_a_version_waits_for_another_over_it() -> None:
    version_locks = VersionLocks()
    order: list[str] = []

    def second() -> None:
        with version_locks.held("default", ["b", "a"]):
            order.append("second")

    waits = threading.Thread(target=second)
    with version_locks.held("default", ["a"]):
        waits.start()
        order.append("first")
    waits.join(60)
    assert order == ["first", "second"]


def test_who_waits_for_a_version_stands_aside_and_who_does_not_wait_does_not() -> None:
    stood = threading.Event()

    @contextmanager
    def aside() -> Iterator[None]:
        stood.set()
        yield

    def second() -> None:
        with version_locks.held("default", ["b"]):
            pass

    version_locks = VersionLocks(aside)
    with version_locks.held("default", ["a", "b"]):
        assert not stood.is_set()
        waits = threading.Thread(target=second)
        waits.start()
        assert stood.wait(60)
    waits.join(60)
    assert not waits.is_alive()


def test_passes_over_other_versions_do_not_wait() -> None:
    version_locks = VersionLocks()
    done = threading.Event()

    def other() -> None:
        with version_locks.held("other", [str(number) for number in range(3)]):
            done.set()

    names = (f"v{number}" for number in range(100))
    apart = next(name for name in names if not _shared("default", name))
    with version_locks.held("default", [apart]):
        threading.Thread(target=other, daemon=True).start()
        assert done.wait(60)


def _shared(namespace: str, name: str) -> bool:
    """Names are hashed anew in each process; of very many some share a lock."""
    many = locks._LOCKS  # noqa: SLF001 -- how many there are to share
    taken = {hash(("other", str(number))) % many for number in range(3)}
    return hash((namespace, name)) % many in taken


def test_whoever_takes_locks_in_whatever_order_nobody_waits_in_a_circle() -> None:
    version_locks = VersionLocks()
    names = [f"v{number}" for number in range(20)]

    def work(order: list[str]) -> None:
        for _ in range(200):
            with version_locks.held("default", order):
                pass

    workers = [threading.Thread(target=work, args=[order], daemon=True) for order in (names, names[::-1])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert not any(worker.is_alive() for worker in workers)


def test_a_pass_that_fails_gives_its_locks_back() -> None:
    version_locks = VersionLocks()
    with pytest.raises(ZeroDivisionError), version_locks.held("default", ["a"]):
        raise ZeroDivisionError
    with version_locks.held("default", ["a", "a"]):
        pass


def test_failures_count_from_the_first_until_a_success() -> None:
    deadline = DeletionDeadline()
    assert deadline.failing_since(KEY) is None
    assert [deadline.failed(KEY, now) for now in (5.0, 9.0)] == [5.0, 5.0]
    assert deadline.failing_since(KEY) == 5.0
    assert deadline.failing_since(RoutemapKey("default", "other")) is None
    deadline.succeeded(KEY)
    deadline.succeeded(KEY)
    assert deadline.failing_since(KEY) is None
    assert deadline.failed(KEY, 20.0) == 20.0

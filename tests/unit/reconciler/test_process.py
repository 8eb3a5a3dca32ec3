"""A replica that leads: what makes it look after the authorities again."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from kube.errors import UnavailableError
from reconciler.leading import process
from reconciler.leading.process import Certificates, Process
from reconciler.serving.metrics import Metrics
from reconciler.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certs.keeper import Keeper
    from reconciler.passes.controller import Controller

WAIT_SECONDS = 30.0


class Rotator:
    """Notes its steps."""

    def __init__(self) -> None:
        self.steps = queue.Queue[None]()

    def step(self, *_: object) -> None:
        self.steps.put(None)


class Idle:
    """A controller that has nothing to do."""

    synced = threading.Event()

    def __init__(self, idle: str | None = None) -> None:
        self._stopped = threading.Event()
        self._idle = idle

    def run(self) -> None:
        """Wait to be stopped."""
        self._stopped.wait()

    def stuck(self) -> str | None:
        return self._idle

    def stop(self, _: float) -> None:
        """Let `run` end."""
        self._stopped.set()


class Changes:
    """A watch: an exception ends it with that, None without one, anything else is a change."""

    def __init__(self) -> None:
        self.coming = queue.Queue[Any]()

    def begin(self) -> Iterator[object]:
        while (coming := self.coming.get()) is not None:
            if isinstance(coming, Exception):
                raise coming
            yield coming


@pytest.mark.parametrize("before", [(), (None,), (UnavailableError("away"),)], ids=["", "ended", "broken"])
def test_a_change_has_the_authorities_looked_after_at_once(
    before: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "ROTATION_SECONDS", 1e6)
    monkeypatch.setattr(process, "REST_SECONDS", 0.0)
    rotator, changes = Rotator(), Changes()
    certificates = Certificates(cast("Keeper", None), cast("Any", rotator), [changes.begin])
    threads = Threads(lambda: None)
    leader = Process(certificates, cast("Controller", Idle()), Metrics(), threads)
    leader.lead()
    rotator.steps.get(timeout=WAIT_SECONDS)
    for each in (*before, "a change"):
        changes.coming.put(each)
    rotator.steps.get(timeout=WAIT_SECONDS)
    with pytest.raises(queue.Empty):
        rotator.steps.get(timeout=0.1)
    leader.stop(0.0)
    changes.coming.put(None)


def _process(controller: Idle, threads: Threads) -> Process:
    return Process(None, cast("Controller", controller), Metrics(), threads)


def test_a_process_that_does_what_it_is_for_is_alive_whether_it_leads_or_not() -> None:
    threads = Threads(lambda: None)
    replica = _process(Idle(), threads)
    assert replica.not_alive() is None
    replica.lead()
    assert replica.not_alive() is None
    replica.stop(0.0)


def test_a_process_whose_passes_do_not_run_is_not_alive() -> None:
    replica = _process(Idle("keys have waited for 181 s and no pass has begun"), Threads(lambda: None))
    assert replica.not_alive() == "keys have waited for 181 s and no pass has begun"


def test_a_process_that_has_lost_a_thread_is_not_alive() -> None:
    ended = threading.Event()
    threads = Threads(ended.set)
    replica = _process(Idle(), threads)
    threads.spawn(lambda: None, "watch")
    assert ended.wait(WAIT_SECONDS)
    assert replica.not_alive() == "thread watch has ended"

"""A replica that leads: what makes it look after the authorities again."""

from __future__ import annotations

import queue
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from certs.keeper import ContendedError, Kept, NoAuthorityError
from kube.errors import UnavailableError
from reconciler.leading import process
from reconciler.leading.process import Certificates, Process
from reconciler.serving.metrics import Metrics
from reconciler.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from certs.keeper import Keeper
    from reconciler.asking.asker import Asker
    from reconciler.passes.controller import Controller
    from reconciler.watching.mentions import RoutemapKey

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

    def wake(self, key: object) -> None:
        """Have a pass look at a key."""

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


class Asking:
    """Asks nobody; notes whom to wake."""

    def __init__(self) -> None:
        self.wakes = queue.Queue[Any]()
        self._stopped = threading.Event()

    def run(self, wake: Any) -> None:
        """Wait to be stopped."""
        self.wakes.put(wake)
        self._stopped.wait()

    def stop(self) -> None:
        """Let `run` end."""
        self._stopped.set()


def test_a_leader_asks_prometheus_until_it_stops_and_wakes_its_passes() -> None:
    ended = queue.Queue[None]()
    threads, asking, controller = Threads(lambda: ended.put(None)), Asking(), Idle()
    replica = Process(
        None, cast("Controller", controller), Metrics(), threads, cast("Asker[RoutemapKey]", asking)
    )
    replica.start()
    assert asking.wakes.empty(), "only the leader asks"
    replica.lead()
    assert asking.wakes.get(timeout=WAIT_SECONDS) == controller.wake
    asking.stop()
    ended.get(timeout=WAIT_SECONDS)
    assert replica.not_alive() == "thread prometheus has ended"
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


def test_a_replica_is_ready_when_it_has_what_it_needs() -> None:
    controller = Idle()
    controller.synced = threading.Event()
    follower = _process(controller, Threads(lambda: None))
    follower.start()  # without certificates of its own there is nothing to keep
    assert follower.not_ready() is None
    follower.lead()
    assert follower.not_ready() == "the caches are not filled yet"
    controller.synced.set()
    assert follower.not_ready() is None
    follower.stop(0.0)


class Steps:
    """Keeps a certificate, or fails; `steps` says what each attempt comes to, the last one for ever."""

    def __init__(self, *steps: Any) -> None:
        self.tried = queue.Queue[Any]()
        self._steps = list(steps)

    def keep(self, _: object) -> Any:
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        self.tried.put(step)
        if isinstance(step, Exception):
            raise step
        return step

    def step(self, *given: object) -> None:
        self.keep(given)


DAYS = timedelta(days=30)
LEAF, AUTHORITY = (datetime(year, 1, 1, tzinfo=UTC) for year in (2027, 2036))


@pytest.mark.parametrize("error", [NoAuthorityError("none"), UnavailableError("away"), OSError("full")])
def test_a_certificate_that_can_not_be_had_yet_is_tried_for_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "FAILED_SECONDS", 0.0)
    keeper, metrics = Steps(error, Kept(DAYS, LEAF, AUTHORITY)), Metrics()
    certificates = Certificates(cast("Keeper", keeper), cast("Any", None), [])
    replica = Process(certificates, cast("Controller", Idle()), metrics, Threads(lambda: None))
    assert replica.not_ready() == "no serving certificate yet"
    replica.start()
    assert keeper.tried.get(timeout=WAIT_SECONDS) is error
    keeper.tried.get(timeout=WAIT_SECONDS)
    _until(lambda: replica.not_ready() is None)
    name = "teal_certificate_expiry_timestamp_seconds"
    ends = [
        metrics.registry.get_sample_value(name, {"certificate": which}) for which in ("serving", "authority")
    ]
    assert ends == [LEAF.timestamp(), AUTHORITY.timestamp()]
    replica.stop(0.0)


@pytest.mark.parametrize("error", [UnavailableError("away"), ContendedError("another")])
def test_an_authority_that_can_not_be_kept_is_tried_again_and_published_then(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "FAILED_SECONDS", 0.0)
    rotator = Steps(error, None)
    certificates = Certificates(cast("Keeper", Steps(Kept(DAYS, LEAF, None))), cast("Any", rotator), [])
    controller = Idle()
    controller.synced = threading.Event()
    leader = Process(certificates, cast("Controller", controller), Metrics(), Threads(lambda: None))
    leader.start()
    _until(lambda: leader.not_ready() is None)
    leader.lead()
    assert rotator.tried.get(timeout=WAIT_SECONDS) is error
    _until(lambda: leader.not_ready() == "the caches are not filled yet")
    leader.stop(0.0)


def test_a_leader_that_has_published_nothing_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "FAILED_SECONDS", 1e6)
    certificates = Certificates(
        cast("Keeper", Steps(Kept(DAYS, LEAF, None))), cast("Any", Steps(UnavailableError("away"))), []
    )
    leader = Process(certificates, cast("Controller", Idle()), Metrics(), Threads(lambda: None))
    leader.start()
    leader.lead()
    _until(lambda: leader.not_ready() == "the certificate authority is not published yet")
    leader.stop(0.0)


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)

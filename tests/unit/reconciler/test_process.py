"""A replica that leads: what makes it look after the authorities again."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from kube.errors import UnavailableError
from reconciler.leading import process
from reconciler.leading.process import Certificates, Replica
from reconciler.serving.metrics import Metrics

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

    def run(self) -> None:
        """Return at once."""

    def stop(self, _: float) -> None:
        """Stop nothing."""


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
    leader = Replica(certificates, cast("Controller", Idle()), Metrics())
    leader.lead()
    rotator.steps.get(timeout=WAIT_SECONDS)
    for each in (*before, "a change"):
        changes.coming.put(each)
    rotator.steps.get(timeout=WAIT_SECONDS)
    with pytest.raises(queue.Empty):
        rotator.steps.get(timeout=0.1)
    leader.stop(0.0)
    changes.coming.put(None)

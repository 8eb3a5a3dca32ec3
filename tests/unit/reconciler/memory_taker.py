"""Whoever takes notices, in memory; it keeps `tests/contracts/takers`."""

from __future__ import annotations

import threading

from reconciler.notifying.bodies import Form
from reconciler.notifying.receiver import UntakenError, untaken


class MemoryTaker:
    """Answers with `status` (0: nobody is there), `rest` seconds of peace; keeps what it has taken."""

    def __init__(self, form: Form = Form.CLOUD_EVENTS) -> None:
        self.form = form
        self.status = 200
        self.rest = 0.0
        self.taken: list[tuple[str, bytes]] = []
        self.tries = 0
        self.may = threading.Event()
        self.may.set()
        self.tried = threading.Event()
        self.breaks = False

    def send(self, event: str, content: bytes) -> None:
        self.tries += 1
        self.tried.set()
        assert self.may.wait(60)
        if self.breaks:
            raise LookupError("a bug")
        if not self.status:
            raise UntakenError("out of reach: nobody is there")
        if not 200 <= self.status < 300:
            raise untaken(self.status, self.rest)
        self.taken.append((event, content))

"""A program that somebody looks at: it runs in a real terminal (a pty) of some size, and is typed to."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, Self

from tests.api.stage import DEADLINE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

ROWS, COLUMNS = 40, 120
_LEAD = """\
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal the program's own, so that a Ctrl-C typed into it reaches it."""


class Screen:
    """Runs a program; `shown` is all that it has sent to its terminal so far, control sequences included."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-ISc", _LEAD, *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**environment, "TERM": "xterm-256color"},
        )
        os.close(theirs)
        self.shown = ""
        self._looked_at = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def type(self, keys: str) -> None:
        """Type keys."""
        os.write(self._ours, keys.encode())

    def until(self, wanted: str) -> str:
        """Wait until it has sent some text after what was waited for before; return all up to its end.

        Fails with all that was sent.
        """
        end, begin = time.monotonic() + DEADLINE_SECONDS, self._looked_at
        while (at := self.shown.find(wanted, begin)) < 0:
            assert time.monotonic() < end, f"wanted {wanted!r}, shown {self.shown!r}"
            assert self._read(), f"wanted {wanted!r}, it has ended with {self.shown!r}"
        self._looked_at = at + len(wanted)
        return self.shown[begin : self._looked_at]

    def ended(self) -> int:
        """Wait until it has ended; return its exit code."""
        end = time.monotonic() + DEADLINE_SECONDS
        while self._read():
            assert time.monotonic() < end, f"it goes on: {self.shown!r}"
        return self._process.wait(DEADLINE_SECONDS)

    def _read(self) -> bool:
        """Take what it sends within a moment; tell whether there may be more."""
        ready, _, _ = select.select([self._ours], [], [], 0.1)
        if not ready:
            return True
        try:
            sent = os.read(self._ours, 65536)
        except OSError:  # EIO: nobody holds the other side any more (pty(7))
            return False
        self.shown += sent.decode(errors="replace")
        return bool(sent)

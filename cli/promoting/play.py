"""Plays a promotion or an abort: look, decide, write, tell, and again until it has ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cli import terminal
from cli.failures import NoError
from cli.promoting import carry
from cli.spans import Span, line
from cli.writing import said
from kube.errors import RefusedError, StaleError, UnavailableError
from routing.promoting.steps import Do, Done, Stop, Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from kube.client import Cluster
    from routing.promoting.steps import Step

AGAIN_SECONDS = 0.5
"""Between two looks while there is something to wait for."""


def play(cluster: Cluster, step: Callable[[], Step], seconds: float) -> None:
    """Carry out step after step until it has ended, and tell each.

    `step` looks anew and decides. Raises NoError where it can't go on, or has not ended within `seconds` (0:
    however long it takes), and ClusterErrors. Once it has begun, it waits for an API server that does not
    answer just now.
    """
    end = time.monotonic() + seconds if seconds else None
    told, begun = "", False
    while True:
        try:
            due = _once(cluster, step)
            waits = due.told if isinstance(due, Wait) else ""
        except StaleError:
            due, waits = Wait(told), told  # somebody else has changed what was seen: look again
        except UnavailableError as error:
            if not begun:
                raise
            due, waits = Wait(str(error)), str(error)
        if due is None:
            return
        begun = True
        if waits and waits != told:
            terminal.show([line("  … ", Span(waits, "waits"), indent=4)])
        told = waits
        if end is not None and time.monotonic() >= end:
            raise NoError(f"it has not ended within {seconds:g} s: {told}. Run it again, and it goes on")
        if isinstance(due, Wait):
            time.sleep(AGAIN_SECONDS)


def _once(cluster: Cluster, step: Callable[[], Step]) -> Step | None:
    """Decide on a step and carry it out; return what is to be waited for or done next, None at the end."""
    due = step()
    if isinstance(due, Stop):
        raise NoError("\n".join(due.told))
    if isinstance(due, Do):
        try:
            carry.out(cluster, due.write)
        except RefusedError as error:
            raise NoError(f"{due.told}: refused: {said(error)}") from error
        terminal.show([line(Span("✓ ", "good"), due.told, indent=2)])
        return None if due.last else due
    if isinstance(due, Done):
        terminal.show([line(Span("✓ ", "good"), due.told, indent=2)])
        return None
    return due

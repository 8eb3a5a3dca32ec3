"""Never stuck: deletions that wait while passes keep failing are let go after a time, and users are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.deciding.decide import give_up
from routing.telling.events import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.passes.carry_out import Writer
    from reconciler.passes.observe import Observer
    from reconciler.watching.mentions import RoutemapKey

    Manifest = Mapping[str, Any]

DEADLINE_SECONDS = 600.0
"""Longer than any drain (300 s), and time for somebody to read why the pass fails, and to help."""


class Overdue:
    """Counts how long the passes over each Routemap have been failing; lets go of what waits for too long.

    `deadline` is in seconds, from the deletion or from the first failure, whichever came later. The count is
    this process's own: a new leader begins anew, since it may well succeed.
    """

    def __init__(self, observer: Observer, writer: Writer, deadline: float) -> None:
        self._observer = observer
        self._writer = writer
        self._deadline = deadline
        self._failing_since: dict[RoutemapKey, float] = {}

    def succeeded(self, key: RoutemapKey) -> None:
        """Take notice of a pass that did all it had to, or of a Routemap that is not there."""
        self._failing_since.pop(key, None)

    def failed(self, key: RoutemapKey, manifest: Manifest, why: str, now: float) -> float | None:
        """Take notice of a pass that did not; let go what has waited too long.

        Returns the time when the next deletion will have, None when there is none. Raises ClusterError.
        """
        since = self._failing_since.setdefault(key, now)
        seen = self._observer.observe(manifest, now)
        decision = give_up([version.facts for version in seen], since, self._deadline, now)
        self._writer.release(seen, decision.versions)
        for plan in decision.versions:
            if plan.reason == "DeadlineExceeded":
                self._writer.tell(manifest, _event(plan.name, self._deadline, why), now)
        return decision.again_at


def _event(version: str, deadline: float, why: str) -> Event:
    message = (
        f"{version} is let go although it may still get requests: "
        f"its deletion could not be drained for {deadline:.0f} s ({why})"
    )
    return Event("Warning", "DeadlineExceeded", message)

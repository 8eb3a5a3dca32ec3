"""What is told of a rollout to whom the administrator names: one notice for each way that it goes. Pure.

A notice is of how a rollout stands, not of a change: whoever sees each knows by its `turn` what is new.
"""

from __future__ import annotations

from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING, Any

from routing.reading.rollout_status import Phase
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.reading.rollout_status import RolloutStatus


class Kind(StrEnum):
    """What has happened, as the last word of an event's type.

    STARTED: the first step has begun; STEP: another one, or the same anew. GATE: all is shown, and somebody
    is to open the gate. ROLLED_BACK: the candidate has failed; ABORTED: somebody has given it up.
    """

    STARTED = "started"
    STEP = "step"
    GATE = "gate"
    PAUSED = "paused"
    HELD = "held"
    ROLLED_BACK = "rolledback"
    ABORTED = "aborted"
    SUCCEEDED = "succeeded"
    PROMOTED = "promoted"


_KINDS = {
    Phase.PAUSED: Kind.PAUSED,
    Phase.HELD: Kind.HELD,
    Phase.SUCCEEDED: Kind.SUCCEEDED,
    Phase.PROMOTED: Kind.PROMOTED,
}
_AT_ONCE = (Kind.GATE,)
"""Kinds whose time no status has: that of the step's beginning is earlier."""


@dataclass(frozen=True, slots=True)
class Notice:
    """How a rollout stands, for people who are elsewhere.

    `id`: the same for the same turn of events, whoever tells it. `since`: when it came to be so, seconds
    since the epoch, None where nobody has noted that. `by`: whose wish it was, "" for nobody's.
    """

    id: str
    kind: Kind
    uid: str
    namespace: str
    routemap: str
    candidate: str
    revision: str
    step: int
    share: int
    reason: str
    message: str
    by: str
    since: float | None

    @property
    def turn(self) -> tuple[str, str, Kind, int, int]:
        """What makes it news: two that follow each other and have the same are one."""
        return self.candidate, self.revision, self.kind, self.step, self.share


def notice(routemap: Mapping[str, Any], state: RolloutStatus | None) -> Notice | None:
    """Return what is told of a Routemap whose rollout stands so; None where nothing has begun."""
    kind = None if state is None else _kind(state)
    if state is None or kind is None or not state.history:
        return None
    metadata, last = routemap["metadata"], state.history[-1]
    return Notice(
        # As the time is written: who reads it again has to come to the same.
        id=f"{metadata['uid']}-{ceil(last.at)}-{state.step}-{kind}",
        kind=kind,
        uid=metadata["uid"],
        namespace=metadata["namespace"],
        routemap=metadata["name"],
        candidate=state.version,
        revision=state.revision,
        step=state.step,
        share=state.share,
        reason=state.reason,
        message=state.message,
        by=last.by,
        since=None if kind in _AT_ONCE else last.at,
    )


def _kind(state: RolloutStatus) -> Kind | None:
    if state.phase is Phase.STEPPING:
        if state.reason == "GateClosed":
            return Kind.GATE
        return Kind.STARTED if state.step == 1 else Kind.STEP
    if state.phase is Phase.FAILED:
        return Kind.ROLLED_BACK if state.reason == "RolledBack" else Kind.ABORTED
    return _KINDS.get(state.phase)

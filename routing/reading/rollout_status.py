"""`status.rollout` as a value: how far a rollout is, output for users and memory for the next pass.

As of the rest of the status, anybody with rights on it may have written anything there: reading takes what it
understands, bounded, and never fails.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any

from routing import names
from routing.reading.raw import listing, section
from routing.reading.rollouts import MOST_CHECKS, MOST_STEPS
from routing.reading.times import seconds, timestamp
from routing.split import WHOLE
from routing.stepping.rollout import Verdict
from routing.values import dataclass

MOST_HISTORY = 10
MOST_WORD = 128
MOST_SENTENCE = 512
MOST_LOSSES = 100
MOST_COUNTED = 1e15


class Phase(StrEnum):
    """How a rollout stands.

    WAITING: no step has begun, for want of a candidate that is ready, say. STEPPING: a step is under way.
    PAUSED: it is, and a user has said that no other follows. HELD: it has ended without a verdict, or in a
    failure that is not to be rolled back. FAILED: the candidate gets nothing any more. SUCCEEDED: the last
    step is through. PROMOTED: who was the candidate is the primary, and no other has come since.
    """

    WAITING = "Waiting"
    STEPPING = "Stepping"
    PAUSED = "Paused"
    HELD = "Held"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"
    PROMOTED = "Promoted"


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a check: the candidate's good requests of all, and what that says."""

    name: str
    verdict: Verdict = Verdict.OPEN
    good: float = 0.0
    total: float = 0.0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened: when (seconds since the epoch), what, and by whom, "" for Teal's own doing."""

    at: float
    what: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class RolloutStatus:
    """How far a rollout is.

    `version`: the candidate; `revision`: which one of this name and which pod template. `step` counts from 1,
    0 before the first; `share` is the step's, in percent. `since`: since when it has been under way with all
    that it needs, None while something stops its clock; `unready_since`: since when the candidate, which had
    requests, is not ready; `losses`: how often that was so. `wish`: the annotation that was taken last.
    `reason` and `message`: why it stands as it does. Times are seconds since the epoch.
    """

    version: str = ""
    revision: str = ""
    phase: Phase = Phase.WAITING
    step: int = 0
    share: int = 0
    since: float | None = None
    unready_since: float | None = None
    losses: int = 0
    wish: str = ""
    reason: str = ""
    message: str = ""
    checks: tuple[Told, ...] = ()
    history: tuple[Entry, ...] = ()

    @property
    def course(self) -> tuple[str, str, Phase, int, int]:
        """What requests follow: it is written down before they do."""
        return self.version, self.revision, self.phase, self.step, self.share

    def manifest(self) -> dict[str, Any]:
        """Return the status as it is written; what does not apply is left out."""
        words = {"version": self.version, "revision": self.revision, "wish": self.wish}
        times = {"since": self.since, "unreadySince": self.unready_since}
        return {
            **{key: word for key, word in words.items() if word},
            "phase": str(self.phase),
            "step": self.step,
            "share": self.share,
            **{key: timestamp(time) for key, time in times.items() if time is not None},
            **({"losses": self.losses} if self.losses else {}),
            "reason": self.reason,
            "message": self.message[:MOST_SENTENCE],
            "checks": [_written_check(check) for check in self.checks],
            "history": [_written_entry(entry) for entry in self.history],
        }


_PHASES = {str(phase): phase for phase in Phase}
_VERDICTS = {str(verdict): verdict for verdict in Verdict}


def read(value: Any) -> RolloutStatus | None:
    """Return what a status says of a rollout, None where it says nothing; what makes no sense is left out."""
    if not isinstance(value, dict):
        return None
    version, told = value.get("version"), value.get("phase")
    if not isinstance(version, str) or not names.is_service_name(version):
        version = ""
    return RolloutStatus(
        version=version,
        revision=_text(value.get("revision"), MOST_WORD),
        phase=_PHASES.get(told, Phase.WAITING) if isinstance(told, str) else Phase.WAITING,
        step=_count(value.get("step"), MOST_STEPS),
        share=_count(value.get("share"), WHOLE),
        since=seconds(value.get("since")),
        unready_since=seconds(value.get("unreadySince")),
        losses=_count(value.get("losses"), MOST_LOSSES),
        wish=_text(value.get("wish"), MOST_WORD),
        reason=_text(value.get("reason"), MOST_WORD),
        message=_text(value.get("message"), MOST_SENTENCE),
        checks=tuple(_check(section(item)) for item in listing(value, "checks")[:MOST_CHECKS]),
        history=tuple(filter(None, map(_entry, listing(value, "history")[:MOST_HISTORY]))),
    )


def _check(item: dict[str, Any]) -> Told:
    """Return what is told of a check: of one whose verdict is none, that it is open."""
    told = item.get("verdict")
    return Told(
        name=_text(item.get("name"), MOST_WORD),
        verdict=_VERDICTS.get(told, Verdict.OPEN) if isinstance(told, str) else Verdict.OPEN,
        good=_number(item.get("good")),
        total=_number(item.get("total")),
        message=_text(item.get("message"), MOST_SENTENCE),
    )


def _entry(item: Any) -> Entry | None:
    """Return an entry of the history, None for one without time or words."""
    fields = section(item)
    at = seconds(fields.get("time"))
    what = _text(fields.get("what"), MOST_SENTENCE)
    return None if at is None or not what else Entry(at, what, _text(fields.get("by"), MOST_WORD))


def _written_check(check: Told) -> dict[str, Any]:
    """Return what is told of a check as it is written."""
    return {
        "name": check.name,
        "verdict": str(check.verdict),
        # Whole requests: Prometheus extrapolates, and what is written has to read back as it is.
        "good": round(check.good),
        "total": round(check.total),
        "message": check.message[:MOST_SENTENCE],
    }


def _written_entry(entry: Entry) -> dict[str, Any]:
    by = {"by": entry.by[:MOST_WORD]} if entry.by else {}
    return {"time": timestamp(entry.at), "what": entry.what[:MOST_SENTENCE], **by}


def _count(value: Any, most: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else 0


def _number(value: Any) -> float:
    """Return a count, 0 for whatever is none, or too large to be one."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if number and math.isfinite(value) and 0 <= value <= MOST_COUNTED else 0.0


def _text(value: Any, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""

"""A Routemap's status as a value: the one file that knows its shape.

It is output for users and memory for the next pass (which versions may be marked, when drains end), and
anybody with rights on `routemaps/status` may have written anything there. Reading takes what it
understands, bounded, and never fails; what it does not understand is rewritten by the next pass.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from routing import names
from routing.model import State
from routing.reading import rollout_status
from routing.reading.raw import listing, section
from routing.reading.times import EARLIEST, seconds, timestamp
from routing.split import WHOLE
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_VERSIONS = 72
"""Eight that are listed, and eight times as many that may still drain."""
MOST_CONDITIONS = 16
MOST_WORD = 256
MOST_MESSAGE = 1024
"""Conditions are read in a terminal; metav1.Condition would allow 32768."""
MOST_SPLIT = 2048
MOST_COUNT = 1_000_000
_TYPE = re.compile(r"[A-Za-z]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_REASON = re.compile(r"[A-Za-z][A-Za-z0-9]{0,255}")
_CALLED = re.compile(r"[A-Za-z][A-Za-z0-9.-]*/[a-z0-9][a-z0-9.-]*")
_STATES = {str(state): state for state in State}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as Kubernetes' API conventions have it.

    `since`: the time of its last transition, seconds since the epoch; None in one that has not been told yet.
    """

    type: str
    holds: bool
    reason: str
    message: str = ""
    since: float | None = None


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """What is told of a version. `weight` is a percentage.

    `copies`: the percentage of requests of which it gets copies; `matched`: whether some go to it by a match;
    `workload`: its object for kubectl, such as "statefulset/httpbin-0"; "" for the Deployment of its name.
    `message`: what the reason says in a sentence, where it takes one. `state_since` and `weight_since`: since
    when it has been in this state, and had this weight. Times: seconds since the epoch, None if not told yet.
    """

    name: str
    state: State
    weight: int = 0
    ready_endpoints: int = 0
    reason: str = ""
    protected: bool = False
    draining_until: float | None = None
    copies: int = 0
    matched: bool = False
    state_since: float | None = None
    weight_since: float | None = None
    message: str = ""
    workload: str = ""

    @property
    def exposed(self) -> bool:
        """Whether it may have been getting requests."""
        return bool(self.weight or self.copies or self.matched)

    @property
    def held(self) -> bool:
        """Whether its Deployment or its Service may carry a mark."""
        return self.state is not State.ABSENT or self.draining_until is not None


@dataclass(frozen=True, slots=True)
class RoutemapStatus:
    """What is told of a Routemap.

    `split` is read back from the cluster, such as "httpbin-0=20 httpbin-1=80"; `override` the weights of the
    WeightOverride that has the say, in the same form; `rollout` how far one is, None without one.
    """

    observed_generation: int = 0
    split: str = ""
    versions: tuple[VersionStatus, ...] = ()
    conditions: tuple[Condition, ...] = ()
    override: str = ""
    rollout: rollout_status.RolloutStatus | None = None

    @property
    def held(self) -> tuple[str, ...]:
        """The versions that may carry a mark."""
        return tuple(version.name for version in self.versions if version.held)

    @property
    def draining(self) -> Mapping[str, float]:
        """The end of each drain by version, seconds since the epoch."""
        ends = ((version.name, version.draining_until) for version in self.versions)
        return {name: end for name, end in ends if end is not None}

    def drain_of(self, name: str, *, exposed: bool) -> float | None:
        """Return the end of a version's drain, seconds since the epoch, None where none is noted that counts.

        One that was noted while the version still got requests (there was nowhere better) says nothing once
        it gets none: those ended later, in a pass that was cut off before it could note so.
        """
        told = self.version(name)
        gone = told is not None and told.exposed and not exposed
        return None if gone else self.draining.get(name)

    def version(self, name: str) -> VersionStatus | None:
        """Return what is told of a version."""
        return next((version for version in self.versions if version.name == name), None)

    def condition(self, kind: str) -> Condition | None:
        """Return the condition of a type."""
        return next((condition for condition in self.conditions if condition.type == kind), None)

    def with_conditions(self, conditions: Iterable[Condition], now: float) -> RoutemapStatus:
        """Return this status with conditions in place of those of the same types.

        One that holds as before keeps its time; those of other types stay.
        """
        before = {condition.type: condition for condition in self.conditions}
        after = before | {told.type: timed(told, before.get(told.type), now) for told in conditions}
        return replace(self, conditions=tuple(after.values()))

    def manifest(self) -> dict[str, Any]:
        """Return the status as it is written."""
        return {
            "observedGeneration": self.observed_generation,
            "split": self.split,
            **({"override": self.override} if self.override else {}),
            **({"rollout": self.rollout.manifest()} if self.rollout else {}),
            "versions": [_written_version(version) for version in self.versions],
            "conditions": [written_condition(condition) for condition in self.conditions],
        }


def read(value: Any) -> RoutemapStatus:
    """Return what a status says, whatever wrote it: what is not understood, or too much, is left out."""
    status = section(value)
    return RoutemapStatus(
        observed_generation=count(status.get("observedGeneration"), 2**53),
        split=_text(status.get("split"), MOST_SPLIT),
        override=_text(status.get("override"), MOST_SPLIT),
        versions=versions_in(status),
        conditions=conditions_in(status),
        rollout=rollout_status.read(status.get("rollout")),
    )


def versions_in(status: Mapping[str, Any]) -> tuple[VersionStatus, ...]:
    """Return the versions of a status, each once; one whose name no Service can have is left out."""
    versions = (_version(item) for item in listing(status, "versions")[:MOST_VERSIONS])
    return _once((item.name, item) for item in versions if item is not None)


def held_in(status: Mapping[str, Any]) -> tuple[str, ...]:
    """Return `RoutemapStatus.held` of what `read` makes of a status; nothing else of it is read."""
    held: dict[str, bool] = {}
    for item in listing(status, "versions")[:MOST_VERSIONS]:
        fields = section(item)
        name = fields.get("name")
        if isinstance(name, str) and names.is_service_name(name):
            draining = seconds(fields.get("drainingUntil")) is not None
            held.setdefault(name, draining or fields.get("state") != State.ABSENT)
    return tuple(name for name in held if held[name])


def _version(item: Any) -> VersionStatus | None:
    """Return what is told of a version, None for one whose name no Service can have."""
    fields = section(item)
    name = fields.get("name")
    # A name that is none can't be that of a Service, and must not get into a path.
    if not isinstance(name, str) or not names.is_service_name(name):
        return None
    told = fields.get("state")
    return VersionStatus(
        name=name,
        # In doubt it may be marked, and so is looked at.
        state=_STATES.get(told, State.DRAINING) if isinstance(told, str) else State.DRAINING,
        weight=count(fields.get("weight"), WHOLE),
        copies=count(fields.get("copies"), WHOLE),
        matched=fields.get("matched") is True,
        message=_text(fields.get("message"), MOST_MESSAGE),
        # It gets into commands that users are told.
        workload=called if _CALLED.fullmatch(called := _text(fields.get("workload"), MOST_WORD)) else "",
        ready_endpoints=count(fields.get("readyEndpoints")),
        reason=_text(fields.get("reason"), MOST_WORD),
        protected=fields.get("protected") is True,
        draining_until=seconds(fields.get("drainingUntil")),
        state_since=seconds(fields.get("stateSince")),
        weight_since=seconds(fields.get("weightSince")),
    )


def _condition(item: Any) -> Condition | None:
    """Return a condition that can be written again: the kinds' schema takes no other."""
    fields = section(item)
    kind, told, reason = fields.get("type"), fields.get("status"), fields.get("reason")
    since = seconds(fields.get("lastTransitionTime"))
    if since is None or told not in ("True", "False"):
        return None
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        return None
    if not isinstance(reason, str) or not _REASON.fullmatch(reason):
        return None
    return Condition(kind, told == "True", reason, _text(fields.get("message"), MOST_MESSAGE), since)


def conditions_in(status: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Return the conditions of a status of ours, each type once; what can't be written again is left out."""
    conditions = (_condition(item) for item in listing(status, "conditions")[:MOST_CONDITIONS])
    return _once((item.type, item) for item in conditions if item is not None)


def timed(told: Condition, before: Condition | None, now: float) -> Condition:
    """Return a condition with the time of its last transition: the one before's, if it holds as that."""
    kept = before.since if before is not None and before.holds == told.holds else None
    since = now if kept is None else kept
    return Condition(told.type, told.holds, told.reason, told.message[:MOST_MESSAGE], since)


def lasting(since: float | None, now: float) -> float:
    """Return since when something has been as it is, given since when it was told to be so: if not, now.

    Times are told in whole seconds, rounded up; a later one is a hand's.
    """
    return since if since is not None and since <= now + 1 else now


def _written_version(version: VersionStatus) -> dict[str, Any]:
    """Return a version as it is written; what does not apply is left out."""
    written: dict[str, Any] = {
        "name": version.name,
        "state": str(version.state),
        "weight": version.weight,
        "readyEndpoints": version.ready_endpoints,
        "reason": version.reason,
    }
    if version.copies:
        written["copies"] = version.copies
    if version.matched:
        written["matched"] = True
    if version.message:
        written["message"] = version.message[:MOST_MESSAGE]
    if version.workload:
        written["workload"] = version.workload
    if version.protected:
        written["protected"] = True
    if version.draining_until is not None:
        written["drainingUntil"] = timestamp(version.draining_until)
    if version.state_since is not None:
        written["stateSince"] = timestamp(version.state_since)
    if version.weight_since is not None:
        written["weightSince"] = timestamp(version.weight_since)
    return written


def written_condition(condition: Condition) -> dict[str, Any]:
    """Return a condition as it is written."""
    return {
        "type": condition.type,
        "status": "True" if condition.holds else "False",
        "reason": condition.reason,
        "message": condition.message,
        "lastTransitionTime": timestamp(condition.since or EARLIEST),
    }


def _once(items: Iterable[tuple[str, Any]]) -> tuple[Any, ...]:
    """Return the values of which each key's first counts."""
    found: dict[str, Any] = {}
    for key, value in items:
        found.setdefault(key, value)
    return tuple(found.values())


def count(value: Any, most: int = MOST_COUNT) -> int:
    """Return a number from 0 to `most`, 0 for whatever is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else 0


def _text(value: Any, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""

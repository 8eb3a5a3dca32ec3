"""An application as `teal status` tells of it: a value, from the stored objects and the time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.past import in_order, times_told, told_at
from cli.status.pods import trouble
from routing.kinds import WORKLOADS
from routing.model import State
from routing.reading import override_status
from routing.reading.defaults import STRATEGY
from routing.reading.raw import listing, section
from routing.reading.status import Condition, VersionStatus, read
from routing.telling.reasons import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.reading.rollout_status import RolloutStatus
    from routing.reading.status import RoutemapStatus

    Manifest = Mapping[str, Any]

MOST_EVENTS = 8
KINDS = {kind.word: kind.resource.kind for kind in WORKLOADS}
_LAST = float("inf")


@dataclass(frozen=True, slots=True)
class Stored:
    """The objects that a status is told from.

    `events`: of the Routemap, None where they may not be read; `deployments`: by name, of versions on their
    way in, as far as they are there and may be read; `pods`: theirs, as far as they may be.
    """

    routemap: Manifest
    override: Manifest | None = None
    events: Sequence[Manifest] | None = ()
    deployments: Mapping[str, Manifest] | None = None
    pods: Mapping[str, Sequence[Manifest]] | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A version, in its own words (`told`) and a sentence. `listed`: the Routemap has it.

    `pods`: what keeps its pods from being ready, "" where nothing does, or nobody tells.
    """

    told: VersionStatus
    listed: bool
    sentence: str
    remedy: str = ""
    pods: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """What comes next: at a time in seconds since the epoch, or (None) as soon as it can."""

    what: str
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """An Event: `at` is when it was seen last, `warns` whether somebody has to do something."""

    reason: str
    message: str
    at: float | None
    warns: bool
    count: int = 1


@dataclass(frozen=True, slots=True)
class Application:
    """All that is told of one application.

    `generation`: of the Routemap, `observed` the one that is told of. `override`: the weights of the
    WeightOverride that has the say, `override_fault` why one that is there counts in part or not at all.
    `rollout`: how its steps stand, None where it has none. `events`: newest last, None where they may not be
    read.
    """

    namespace: str
    name: str
    strategy: str
    generation: int
    observed: int
    split: str
    versions: tuple[Version, ...]
    override: str
    override_fault: str
    rollout: RolloutStatus | None
    conditions: tuple[Condition, ...]
    next: tuple[Happening, ...]
    events: tuple[Past, ...] | None

    @property
    def seen(self) -> bool:
        """Whether what is told is told of the Routemap as it is now."""
        return 0 < self.generation <= self.observed

    def condition(self, kind: str) -> Condition | None:
        """Return the condition of a type."""
        return next((condition for condition in self.conditions if condition.type == kind), None)


def application(stored: Stored, now: float) -> Application:
    """Return what is told of an application. `now`: seconds since the epoch. Never fails on odd objects."""
    metadata, spec = section(stored.routemap, "metadata"), section(stored.routemap, "spec")
    status = read(stored.routemap.get("status"))
    generation = metadata.get("generation")
    listed = [str(section(item).get("name")) for item in listing(spec, "versions")]
    return Application(
        namespace=str(metadata.get("namespace")),
        name=str(metadata.get("name")),
        strategy=str(spec.get("strategy") or STRATEGY),
        generation=generation if isinstance(generation, int) else 0,
        observed=status.observed_generation,
        split=status.split,
        versions=_versions(listed, status, stored.pods or {}),
        override=status.override,
        override_fault=_fault(stored.override),
        rollout=status.rollout,
        conditions=status.conditions,
        next=_next(stored, status, now),
        events=None if stored.events is None else _past(stored.events),
    )


def starting(routemap: Manifest) -> tuple[str, ...]:
    """Return the versions on their way in: until when they have time is told by their Deployments."""
    told = read(routemap.get("status")).versions
    return tuple(version.name for version in told if version.state is State.STARTING)


def sentence(told: VersionStatus) -> str:
    """Return what a version's state and reason mean, and what becomes of requests."""
    reason = VERSIONS.get(told.reason)
    means = told.message or (_of(told, reason.means) if reason else told.reason) or "nothing is told of it"
    requests = reason.requests if reason else ""
    if told.exposed and told.state not in (State.READY, State.DRAINING):
        requests = "requests stay with it for want of another version"
    return "; ".join(filter(None, (means, requests)))


def _versions(
    listed: Sequence[str], status: RoutemapStatus, pods: Mapping[str, Sequence[Manifest]]
) -> tuple[Version, ...]:
    """Return the versions, listed ones first; of one that nothing is told of yet, that."""
    told = {version.name: version for version in status.versions}
    names = dict.fromkeys((*listed, *told))
    return tuple(
        Version(each, each.name in listed, sentence(each), _remedy(each), trouble(pods.get(each.name, ())))
        for each in (told.get(name) or VersionStatus(name, State.ABSENT) for name in names)
    )


def _remedy(told: VersionStatus) -> str:
    reason = VERSIONS.get(told.reason)
    return _of(told, reason.remedy) if reason and not told.message else ""


def _of(told: VersionStatus, text: str) -> str:
    """Return what is said of a reason with the version's own words: its name, and what kind it is of."""
    if told.workload:
        word, _, name = told.workload.partition("/")
        kind = KINDS.get(word, word.partition(".")[0])
        text = text.replace("deployment VERSION", f"{word} {name}").replace("its Deployment", f"its {kind}")
    return text.replace("VERSION", told.name)


def _fault(override: Manifest | None) -> str:
    """Return why a WeightOverride counts in part or not at all."""
    if override is None:
        return ""
    applied = override_status.read(override.get("status")).condition("Applied")
    return applied.message if applied is not None and not applied.holds else ""


def _next(stored: Stored, status: RoutemapStatus, now: float) -> tuple[Happening, ...]:
    """Return what happens without anybody's doing, soonest first; what waits for somebody comes last."""
    generation = section(stored.routemap, "metadata").get("generation", 0)
    found = [Happening(f"Teal takes in generation {generation} of the Routemap")] * (
        status.observed_generation < generation
    )
    for version in status.versions:
        name = version.name
        if version.draining_until is not None:
            found.append(Happening(f"{name} has drained and is let go", max(version.draining_until, now)))
        elif version.state is State.STARTING and version.reason == "Settling":
            found.append(Happening(f"{name} comes in, once every proxy knows its pods"))
        elif version.state is State.STARTING:
            found += _late(name, stored, status, now)
            found.append(Happening(f"{name} comes in once that is mended", _LAST))
    found.sort(key=lambda each: now if each.at is None else each.at)
    return tuple(Happening(each.what) if each.at == _LAST else each for each in found)


def _late(name: str, stored: Stored, status: RoutemapStatus, now: float) -> list[Happening]:
    """Return when a version is late, by the reconciler's own reckoning; nothing once it is."""
    deployment = (stored.deployments or {}).get(name)
    if deployment is None:
        return []
    # Here, since few have a version on its way in, and these take a sixth of the time of a start.
    from routing.facts import Facts, workload  # noqa: PLC0415
    from routing.telling.progress import late_at  # noqa: PLC0415

    at = late_at(Facts(name, workload(deployment)), status)
    return [] if at is None or at <= now else [Happening(f"{name} is late, and Progressing turns False", at)]


def _past(events: Sequence[Manifest]) -> tuple[Past, ...]:
    """Return the last Events, newest last; ones without a time count as the oldest."""
    found = [
        Past(
            reason=str(event.get("reason")),
            message=str(event.get("message")),
            at=told_at(event),
            warns=event.get("type") == "Warning",
            count=times_told(event),
        )
        for event in in_order(events)
    ]
    return tuple(found[-MOST_EVENTS:])

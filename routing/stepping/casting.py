"""Who takes part in a rollout: from the facts of an application's versions to a scene, and to shares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from routing.deciding import life
from routing.model import State
from routing.reading.rollout_status import Phase, RolloutStatus
from routing.split import WHOLE
from routing.stepping.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.facts import Facts
    from routing.model import Routemap, Version


def cast(routemap: Routemap, facts: Sequence[Facts], now: float) -> Scene:
    """Return who is there, as it is: the primary, and the candidate that is rolled out.

    `facts` begins with the Routemap's versions in its order. Of several candidates the last that is
    listed and there is rolled out; one whose weight is 0 is none, but with strategy canary, where that is
    the default.
    """
    listed = list(zip(routemap.versions, facts, strict=False))
    primary = facts[0]
    there = [fact for version, fact in listed[1:] if _there(fact) and _rolled(routemap, version)]
    candidate = there[-1] if there else None
    scene = Scene(
        primary.name, primary_ready=_ready(routemap, primary, now), primary_pods=primary.ready_endpoints
    )
    if candidate is None or candidate.deployment is None:
        return scene
    return replace(
        scene,
        candidate=candidate.name,
        revision=candidate.deployment.revision,
        # What pods of an earlier template answer says nothing of this one.
        ready=_ready(routemap, candidate, now) and candidate.deployment.renewed,
        pods=candidate.ready_endpoints,
        beside=tuple(fact.name for fact in there[:-1]),
    )


def stepped(routemap: Routemap, state: RolloutStatus) -> Routemap:
    """Return a Routemap with the shares of a rollout as weights: only its candidate gets something beside.

    Before the first step and after a failure it gets nothing, not by its match either; nor does any other
    once it is the primary.
    """
    gets = state.phase not in (Phase.WAITING, Phase.FAILED, Phase.PROMOTED)
    share = state.share if gets else 0
    primary, *candidates = routemap.versions
    others = [
        replace(version, weight=share)
        if gets and version.name == state.version
        else replace(version, weight=0, match="")
        for version in candidates
    ]
    return replace(routemap, versions=(replace(primary, weight=WHOLE - share), *others))


def goal_of(routemap: Routemap, state: RolloutStatus) -> Routemap:
    """Return a Routemap with the shares as they are to be when its rollout, at a state now, has succeeded.

    While no candidate is there, it is the one that would be rolled out: also when the last one has become the
    primary.
    """
    if routemap.rollout is None:
        return routemap
    listed = [version.name for version in routemap.versions[1:] if _rolled(routemap, version)]
    candidate = "" if state.phase is Phase.PROMOTED else state.version
    version, share = candidate or (listed or [""])[-1], routemap.rollout.steps[-1].share
    return stepped(routemap, RolloutStatus(version, phase=Phase.SUCCEEDED, share=share if version else 0))


def _rolled(routemap: Routemap, version: Version) -> bool:
    return bool(version.weight) or routemap.strategy == "canary"


def _there(fact: Facts) -> bool:
    """Tell whether a version's Deployment is there and is to be: it may be anything but ready."""
    return fact.deployment is not None and fact.deployment.watched and not fact.deployment.deleting


def _ready(routemap: Routemap, fact: Facts, now: float) -> bool:
    """Tell whether a version would get its share: the table of states is the split's own."""
    return life.state(fact, life.settled_at(fact, routemap), now)[0] is State.READY

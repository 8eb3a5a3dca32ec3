"""Passes over what has no Routemap: versions with something of Teal's, a router's object, an override."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from routing import facts
from routing.deciding.letting_go import let_go
from routing.facts import Facts
from routing.passes import Pass
from routing.plan import LOOK_AGAIN_SECONDS
from routing.reading.raw import listing, section
from routing.reading.times import seconds
from routing.telling.overrides import report_of
from routing.telling.unlisted import UNLISTED_SECONDS, notice_of
from routing.writes import SeenVersion, given_back, taken_off

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.routes.router import Router
    from routing.telling.unlisted import Unlisted

    Manifest = Mapping[str, Any]

ALONE_SECONDS = 10.0
"""The age at which a WeightOverride without Routemap is told so: one file may bring both."""


def plan_orphan(version: SeenVersion, now: float, *, routed: bool, unlisted: Unlisted | None = None) -> Pass:
    """Return the pass over a version that no Routemap mentions: what Teal has put on it goes.

    `routed`: a router's object of a Routemap that is still there exposes it; a pass that is due drains it
    first. `unlisted`: its user has not been told that no Routemap lists it, and is after a while.
    """
    parts = [part for part in (version.deployment, version.service) if part is not None]
    left = any(facts.is_marked(part) or facts.is_protected(part) for part in parts)
    if left and routed:
        return Pass(again_at=now + LOOK_AGAIN_SECONDS)
    gone = let_go([Facts(version.facts.name)], now)
    due = Pass(after=taken_off([version], gone.versions))
    if unlisted is None or version.deployment is None or not _waits_for_requests(version.deployment):
        return due
    if now < unlisted.since + UNLISTED_SECONDS:
        return replace(due, again_at=unlisted.since + UNLISTED_SECONDS)
    return replace(due, notice=notice_of(version.deployment, unlisted.routemaps, version.kind))


def _waits_for_requests(deployment: Manifest) -> bool:
    """Tell whether somebody wants a workload to get requests: it is watched, and is to stay."""
    return facts.is_watched(deployment) and "deletionTimestamp" not in section(deployment, "metadata")


def plan_left(router: Router, route: Manifest, now: float) -> Pass:
    """Return the pass over a router's object whose Routemap has gone: it goes, too, after LEFT_SECONDS."""
    patches, again_at = given_back(router, route, now)
    return Pass(route=patches, again_at=again_at)


def plan_alone(override: Manifest, now: float) -> Pass:
    """Return the pass over a WeightOverride without Routemap.

    One that is new, or is a Routemap's that has gone, is given time: either comes with the other.
    """
    metadata = override["metadata"]
    due = (seconds(metadata.get("creationTimestamp")) or 0.0) + ALONE_SECONDS
    if now < due <= now + ALONE_SECONDS:
        return Pass(again_at=due)
    if any(section(owner).get("kind") == "Routemap" for owner in listing(metadata, "ownerReferences")):
        return Pass()  # Kubernetes is about to delete it
    return Pass(report=report_of(override, None, None, now))

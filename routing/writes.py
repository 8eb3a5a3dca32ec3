"""The writes of a pass as values, each only where something is to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import facts, names, patches
from routing.deciding.decide import earliest
from routing.deciding.life import LEAVING, NOT_THERE
from routing.kinds import DEPLOYMENT, ROUTEMAPS, SERVICES, WEIGHT_OVERRIDES, Resource, WorkloadKind
from routing.model import State
from routing.reading.raw import listing, section
from routing.reading.times import seconds, timestamp
from routing.routes.objects import owned, owner_reference
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from routing.deciding.decide import VersionPlan
    from routing.facts import Facts
    from routing.model import Routemap
    from routing.patches import Operation
    from routing.reading.status import RoutemapStatus
    from routing.routes.router import Router

    Manifest = Mapping[str, Any]


LEFT_SECONDS = 5.0
"""For so long a router's object stays when its Routemap has gone, for one of the same name to take over.

`kubectl replace --force` looks once a second whether the old one has gone, and then makes the new one.
"""
_CASCADES = {"foregroundDeletion", "orphan"}
"""Finalizers by which garbage collection does what `kubectl delete --cascade` asks (meta/v1)."""


@dataclass(frozen=True, slots=True)
class SeenVersion:
    """A version's facts beside the manifests that they were read from: workload, Service, EndpointSlices.

    `deployment` is of the `kind`, whichever that is. Manifests are trimmed where they come from a store,
    whole where they were read live; None: not there.
    """

    facts: Facts
    deployment: Manifest | None = None
    service: Manifest | None = None
    kind: WorkloadKind = DEPLOYMENT
    slices: Sequence[Manifest] = ()


@dataclass(frozen=True, slots=True)
class Patch:
    """A JSON patch of an object as it was seen. One that has gone meanwhile needs none.

    It is sent behind a test of the uid (`patches.guarded`): an object made anew under the name refuses it,
    and the pass begins again from what is there now. `ends` a version's leaving: what is told of it, or what
    waits for it, is another then, so another pass is due.
    """

    resource: Resource
    manifest: Manifest
    operations: tuple[Operation, ...]
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Apply:
    """An object to be applied on the server's side, made where it is missing."""

    resource: Resource
    manifest: Manifest


def route(router: Router, current: Manifest | None, wanted: Manifest) -> tuple[Patch | Apply, ...]:
    """Return the writes that make a router's object as wanted, none where it is.

    At most two, in this order: what the apply would leave is removed, then all of Teal's own is applied.
    """
    if current is None:
        return (Apply(router.resource, wanted),)
    if router.same(current, wanted):
        return ()
    # Applying takes over fields, but takes none away that only somebody else has set.
    there, want = section(current, "spec"), wanted["spec"]
    strange = sorted(there.keys() - want.keys())
    # With it comes what takes its place: nobody is to see a route that leads nowhere, and Istio refuses one.
    instead = sorted(want.keys() - there.keys()) if strange else []
    removed = [patches.addition("spec", key, want[key]) for key in instead]
    removed += [patches.removal("spec", key) for key in strange]
    # It was left by a Routemap of this name, whose place this one takes.
    removed += patches.entry(current, "annotations", names.LEFT, None)
    applied = Apply(router.resource, wanted)
    return (Patch(router.resource, current, tuple(removed)), applied) if removed else (applied,)


def leave(router: Router, current: Manifest | None, routemap: Manifest, now: float) -> tuple[Patch, ...]:
    """Return what has the router's object outlive its deleted Routemap, for as long as `left` says.

    Nothing where it is not that Routemap's, or where the user has said what becomes of it (`--cascade`). One
    without owner, whose taking over was cut off before a split was told, would stay for ever: it is left,
    too. Once a split has been told, an owner that is missing was taken off: `--cascade=orphan` does so, and
    may be done with before this pass.
    """
    metadata = routemap["metadata"]
    if current is None or _CASCADES & {*metadata.get("finalizers", ())}:
        return ()
    labelled = section(current, "metadata", "labels").get(names.ROUTEMAP) == metadata["name"]
    told = names.LEFT in section(current, "metadata", "annotations")
    routed = bool(section(routemap, "status").get("split"))
    without_owner = not (told or routed) and not any(
        section(owner).get("kind") == "Routemap" for owner in listing(current, "metadata", "ownerReferences")
    )
    if not labelled or not (owned(current, metadata["uid"]) or without_owner):
        return ()
    since = f"{timestamp(now)} {metadata['uid']}"
    operations = patches.disowned(current, metadata["uid"])
    operations += patches.entry(current, "annotations", names.LEFT, since)
    return (Patch(router.resource, current, tuple(operations)),)


def left(current: Manifest) -> tuple[float, str] | None:
    """Return since when a router's object is without its Routemap, and whose it was (its uid).

    Seconds since the epoch. None where it is not, is not Teal's, or has been given back.
    What a hand has made of the annotation is long ago.
    """
    metadata = section(current, "metadata")
    told = section(metadata, "annotations").get(names.LEFT)
    if not isinstance(told, str) or section(metadata, "labels").get(names.ROUTEMAP) != metadata.get("name"):
        return None
    since, _, uid = told.partition(" ")
    return None if owned(current, uid) else (seconds(since) or 0.0, uid)


def given_back(router: Router, current: Manifest, now: float) -> tuple[tuple[Patch, ...], float | None]:
    """Return what takes away a router's object that its Routemap has left, and when it is due.

    It makes the Routemap that has gone the owner again: garbage collection takes the object then. So Teal
    needs no right to delete anything of the router's.
    """
    told = left(current)
    if told is None:
        return (), None
    since, uid = told
    # Times are written in whole seconds, rounded up. A later one is a hand's.
    if since - 1 <= now < since + LEFT_SECONDS:
        return (), since + LEFT_SECONDS
    name = current["metadata"]["name"]
    owner = {"apiVersion": names.API_VERSION, "kind": "Routemap", "name": name, "uid": uid}
    return (Patch(router.resource, current, tuple(patches.owner(current, owner))),), None


def returned_of(
    others: Iterable[tuple[Router, Manifest]], now: float
) -> tuple[tuple[Patch, ...], float | None]:
    """Return what takes away the routes that other routers have left, and when it is due."""
    found = [given_back(router, other, now) for router, other in others]
    return tuple(patch for writes, _ in found for patch in writes), earliest(at for _, at in found)


def put_on(seen: Sequence[SeenVersion], plans: Sequence[VersionPlan]) -> tuple[Patch, ...]:
    """Return what is added to the versions' objects: marks, protections, the Services' watch label.

    They come before traffic, so that a version is held from before its first request. A Service gets the
    label as its version comes in: EndpointSlices, which take it over, are watched by it. One without its
    workload has it, too: no watch tells of a workload that comes without the label, its pods do.
    """
    found = []
    for resource, manifest, planned in _parts(seen, plans):
        operations = _mark(manifest, planned, adding=True)
        if planned.protected is not None:
            operations += patches.entry(manifest, "annotations", names.PROTECTED, planned.protected)
        awaited = planned.state in (State.STARTING, State.READY) or planned.reason in NOT_THERE
        if resource == SERVICES and awaited:
            operations += patches.entry(manifest, "labels", names.WATCH, "true")
        if operations:
            found.append(Patch(resource, manifest, tuple(operations)))
    return tuple(found)


def in_order(due: Sequence[Patch], told: RoutemapStatus) -> tuple[tuple[Patch, ...], tuple[Patch, ...]]:
    """Return what of `put_on` comes before traffic, and what after it.

    All of it comes before. But while a write is refused, as was told last, one that may be it and marks
    nothing holds up no requests: they would stay with a version that goes.
    """
    ready = told.condition("Ready")
    refused = ready is not None and ready.reason == "WriteRefused"
    late = tuple(patch for patch in due if refused and not marks(patch))
    return tuple(patch for patch in due if patch not in late), late


def taken_off(seen: Sequence[SeenVersion], plans: Sequence[VersionPlan]) -> tuple[Patch, ...]:
    """Return what is taken off the versions' objects: marks and protections whose reason has gone.

    They come after traffic, since a deletion that waits goes through at once when its mark is off.
    """
    found = []
    for resource, manifest, planned in _parts(seen, plans):
        freed = _mark(manifest, planned, adding=False)
        operations = tuple(freed)
        if planned.protected is None:
            operations += tuple(patches.entry(manifest, "annotations", names.PROTECTED, None))
        if operations:
            ends = bool(freed) and planned.state in LEAVING
            found.append(Patch(resource, manifest, operations, ends=ends))
    return tuple(found)


def _parts(
    seen: Sequence[SeenVersion], plans: Sequence[VersionPlan]
) -> Iterator[tuple[Resource, Manifest, VersionPlan]]:
    """Yield the workload and the Service of each version, those that are there, with its plan."""
    for version, planned in zip(seen, plans, strict=True):
        for resource, manifest in ((version.kind.resource, version.deployment), (SERVICES, version.service)):
            if manifest is not None:
                yield resource, manifest, planned


def _mark(manifest: Manifest, planned: VersionPlan, *, adding: bool) -> list[Operation]:
    """Return what puts the mark on, or takes it off, where that is what is planned; nothing otherwise."""
    return patches.finalizer(manifest, names.MARK, wanted=adding) if planned.mark == adding else []


def marks(patch: Patch) -> bool:
    """Tell whether a patch puts the mark on."""
    return facts.is_marked(patches.patched(patch.manifest, patch.operations)) and not facts.is_marked(
        patch.manifest
    )


def hold(routemap: Manifest, *, held: bool) -> tuple[Patch, ...]:
    """Return what puts the Routemap's own finalizer on, or takes it off.

    While it is on, a deleted Routemap stays until nothing is marked by it: nobody else would take the marks
    off.
    """
    operations = patches.finalizer(routemap, names.RELEASE, wanted=held)
    return (Patch(ROUTEMAPS, routemap, tuple(operations)),) if operations else ()


def adopted(override: Manifest | None, routemap: Routemap) -> tuple[Patch, ...]:
    """Return what makes the Routemap an owner of its WeightOverride, so that cleaning up takes it along.

    One that Argo CD applies is left as it is: Argo CD would not delete what has an owner.
    """
    if override is None or "deletionTimestamp" in override["metadata"] or owned(override, routemap.uid):
        return ()
    if names.ARGOCD in section(override, "metadata", "annotations"):
        return ()
    # An owner, not the controller: an object has only one of those, and it may be somebody else's.
    owner = {key: value for key, value in owner_reference(routemap).items() if key != "controller"}
    operations = patches.owner(override, owner)
    return (Patch(WEIGHT_OVERRIDES, override, tuple(operations)),)

"""`next_step` of bringing an application in, and of taking it out again, however far it is.

In: its Deployments are watched, Services that versions lack are made, then the Routemap, and last the
VirtualService that somebody else wrote becomes the Routemap's. Until then the Routemap stands back
(`Conflict`), and from then on Teal writes the same routes by its own means: no moment is without one.

Out: the VirtualService becomes what it was, and nobody's, so that the Routemap stands back again and goes
without it; one that Teal made goes with it, and Services lead to their pods as before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing import names, patches
from routing.adopting.finding import Found, NotFoundOutError, find, selected
from routing.adopting.scene import Scene, Wish, before, brought_in, labelled, name_of, noted, restored
from routing.kinds import ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, WEIGHT_OVERRIDES, resource_of
from routing.promoting.record import UnreadableError, record_of
from routing.promoting.steps import Create, Delete, Do, Done, Step, Stop, Wait, leaving
from routing.reading import hosts
from routing.reading.defaults import DRAIN_SECONDS
from routing.reading.raw import listing, section
from routing.reading.status import read
from routing.routes.connections import every_route
from routing.writes import Patch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    Manifest = Mapping[str, Any]


def next_step(scene: Scene, wish: Wish) -> Step:
    """Return the next step of bringing in. Each one carried out leads to another, and the last ends it."""
    if scene.routemap is None:
        return _begin(scene, wish)
    if brought_in(scene.routemap) is None:
        return Done(f"Routemap {scene.name} is there already: teal status {scene.name}")
    if leaving(scene.routemap):
        return Wait(f"the Routemap {scene.name} before is being deleted")
    return _taken(scene) or _waited(scene, scene.routemap)


def proposal(scene: Scene, wish: Wish) -> Manifest | None:
    """Return the Routemap that is to be tried by a dry run before anything begins, None for none."""
    if scene.routemap is not None:
        return None
    try:
        found = find(scene, wish)
    except NotFoundOutError:
        return None
    return None if found.left and not wish.drop else found.routemap


def _begin(scene: Scene, wish: Wish) -> Step:
    """Return the first steps: nothing is written before the whole of it is known to be possible.

    What a Routemap can't say stops it unless `drop`; what the API server refused by a dry run stops it, too.
    """
    try:
        found = find(scene, wish)
    except NotFoundOutError as error:
        return Stop(error.told)
    if found.left and not wish.drop:
        head = f"a Routemap can't say all of VirtualService {scene.name}; --drop takes it over without:"
        return Stop((head, *(f"  {text}" for text in found.left)))
    if scene.refused:
        return Stop((f"Routemap {scene.name} would be refused: {scene.refused}",))
    return next(_made(scene, found))


def _made(scene: Scene, found: Found) -> Iterator[Step]:
    """Yield what is to be made, or to be watched, in this order; what is so already is left out."""
    for deployment in found.deployments:
        operations = [
            *patches.entry(deployment, "annotations", names.BROUGHT_IN, scene.name),
            *patches.entry(deployment, "labels", names.WATCH, "true"),
        ]
        if section(deployment, "metadata", "labels").get(names.WATCH) != "true":
            resource = resource_of(deployment)
            told = f"{resource.kind} {name_of(deployment)} is watched"
            yield Do(Patch(resource, deployment, tuple(operations)), told)
    for service in found.services:
        told = f"Service {name_of(service)} is made, for the pods of {name_of(service)} alone"
        yield Do(Create(SERVICES, service), told)
    listed = " ".join(section(item)["name"] for item in listing(found.routemap, "spec", "versions"))
    yield Do(Create(ROUTEMAPS, found.routemap), f"Routemap {scene.name} is made ({listed})")


def _taken(scene: Scene) -> Step | None:
    """Return the step by which the VirtualService becomes Teal's, None where it is, or there is none."""
    route = scene.route
    if route is None or labelled(route, scene.name):
        return None
    operations = [
        *patches.entry(route, "annotations", names.BROUGHT_IN, noted(route)),
        *patches.entry(route, "labels", names.ROUTEMAP, scene.name),
    ]
    # What is noted is what is taken over.
    operations.insert(0, {"op": "test", "path": "/spec", "value": section(route, "spec")})
    told = f"VirtualService {scene.name} becomes the Routemap's; what it was is noted on it"
    return Do(Patch(VIRTUAL_SERVICES, route, tuple(operations)), told)


def _waited(scene: Scene, routemap: Manifest) -> Step:
    """Return what is waited for until Teal shares the requests, then the end.

    What the Routemap says of itself while it stands back, or is not ready, is told.
    """
    status = read(routemap.get("status"))
    ready = status.condition("Ready")
    observed = status.observed_generation >= routemap["metadata"].get("generation", 0)
    if not observed or ready is None:
        return Wait(f"Teal has not looked at Routemap {scene.name} yet")
    if not ready.holds:
        return Wait(f"Routemap {scene.name} is not ready: {ready.message or ready.reason}")
    return Done(f"{scene.app} is Teal's to share: {status.split}. Out again: teal init {scene.app} --undo")


def undo(scene: Scene) -> Step:
    """Return the next step of taking an application out again."""
    if scene.routemap is not None:
        return _let_go(scene, scene.routemap)
    return next(_cleared(scene), None) or Done(f"{scene.app} is as it was before teal init")


def _let_go(scene: Scene, routemap: Manifest) -> Step:
    """Return the step by which the Routemap goes, or why it stays.

    A VirtualService that somebody else wrote is theirs again before it goes.
    """
    if leaving(routemap) and not _is_kept(scene):
        return Wait(f"Routemap {scene.name} is being deleted")
    told = _kept(scene, routemap)
    if told:
        return Stop(tuple(told))
    if _is_kept(scene):
        return _back(scene)
    return Do(Delete(ROUTEMAPS, routemap), f"Routemap {scene.name} is deleted")


def _kept(scene: Scene, routemap: Manifest) -> list[str]:
    """Return why an application can't be taken out, a sentence each with its remedy."""
    if brought_in(routemap) is None:
        told = f"Routemap {scene.name} was not brought in by teal init"
        return [f"{told}; kubectl delete routemap {scene.name} takes it away with its VirtualService"]
    try:
        promotion = record_of(routemap)
    except UnreadableError as error:
        return [str(error)]
    if promotion is not None and promotion.under_way:
        return [f"a promotion is under way; take it back first: teal promote {scene.name} --undo"]
    return [text for service in sorted(_targets(scene)) if (text := _silent(scene, service))]


def _is_kept(scene: Scene) -> bool:
    """Tell whether the VirtualService is Teal's, and is to be what it was before."""
    route = scene.route
    return route is not None and labelled(route, scene.name) and before(route) is not None


def _back(scene: Scene) -> Do:
    """Return the step that makes the VirtualService what it was before; `_is_kept` holds."""
    route = scene.route or {}
    told = f"VirtualService {scene.name} is what it was before"
    return Do(Patch(VIRTUAL_SERVICES, route, tuple(restored(route))), told)


def _targets(scene: Scene) -> set[str]:
    """Return the Services of this namespace that get the requests once Teal has gone."""
    told = before(scene.route) if scene.route is not None else None
    if told is None:
        return {scene.app}
    found = {
        hosts.service_of(str(section(item, "destination").get("host")), scene.namespace)
        for rule in every_route(told["spec"])
        for item in listing(rule, "route")
        if section(item).get("weight") != 0
    }
    return {name for name in found if name is not None}


def _silent(scene: Scene, name: str) -> str:
    """Return why requests would not be answered by a Service, "" where they would."""
    service = scene.services.get(name)
    if service is None:
        return f"requests would go to Service {name} again, which is not there; make it first"
    ready = [
        section(each, "status").get("readyReplicas") or 0 for each in selected(service, scene.deployments)
    ]
    if not sum(ready):
        return f"requests would go to Service {name} again, and no pod of its workloads is ready"
    return ""


def _cleared(scene: Scene) -> Iterator[Step]:
    """Yield what is to go, or to be as it was, once the Routemap has gone; in this order."""
    route = scene.route
    if _is_kept(scene):
        yield _back(scene)
    if route is not None and labelled(route, scene.name):
        yield Wait(f"VirtualService {scene.name} is about to go")
    if route is not None and brought_in(route) is not None:
        operations = patches.entry(route, "annotations", names.BROUGHT_IN, None)
        told = f"the note on VirtualService {scene.name} is taken off"
        yield Do(Patch(VIRTUAL_SERVICES, route, tuple(operations)), told)
    if scene.override is not None:
        yield Do(Delete(WEIGHT_OVERRIDES, scene.override), f"WeightOverride {scene.name} is deleted")
    made = [each for each in scene.services.values() if brought_in(each) == scene.name]
    if made and scene.quiet < DRAIN_SECONDS:
        yield Wait("proxies are given time to hear of it, before Services go that they may still send to")
    for service in made:
        if not leaving(service):
            told = f"Service {name_of(service)}, which was made for Teal, is deleted"
            yield Do(Delete(SERVICES, service), told)
    for deployment in scene.deployments:
        if brought_in(deployment) == scene.name:
            operations = [
                *patches.entry(deployment, "labels", names.WATCH, None),
                *patches.entry(deployment, "annotations", names.BROUGHT_IN, None),
            ]
            resource = resource_of(deployment)
            told = f"{resource.kind} {name_of(deployment)} is watched no more"
            yield Do(Patch(resource, deployment, tuple(operations)), told)

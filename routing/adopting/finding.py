"""What runs, as the Routemap that takes it over: of a plain Service, or of a VirtualService before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.adopting.expressible import Expressed, expressed
from routing.adopting.scene import Scene, Wish, brought_in, labelled, name_of, noted, routes_of
from routing.kinds import ROUTEMAPS, SERVICES, resource_of
from routing.promoting import owners
from routing.reading.parse import parse_routemap
from routing.reading.raw import listing, section
from routing.reading.violation import InvalidManifestError, joined
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from routing.kinds import Resource

    Manifest = Mapping[str, Any]

MOST_NOTED = 200_000
"""Characters of a VirtualService that are noted on it: all annotations of an object may have 256 KiB."""
_STAYS = ("ports", "ipFamilyPolicy", "ipFamilies")
"""Fields of a Service's spec that one for the same pods has, too."""


class NotFoundOutError(Exception):
    """What runs is nothing that a Routemap can take over; `told`: sentences with field, value and remedy."""

    def __init__(self, *told: str) -> None:
        super().__init__("\n".join(told))
        self.told = told


@dataclass(frozen=True, slots=True)
class Found:
    """What takes an application over.

    `routemap` and `services` are to be made, `deployments` to be watched; `route` is the VirtualService that
    is to become Teal's. `left`: what the Routemap can't say of it.
    """

    routemap: Manifest
    services: tuple[Manifest, ...]
    deployments: tuple[Manifest, ...]
    route: Manifest | None
    left: tuple[str, ...]


def called(app: str, namespace: str, routes: Sequence[Manifest]) -> str:
    """Return the name of the Routemap that takes a Service over.

    It is that of the VirtualService by which the Service is called, since that becomes the Routemap's own: so
    no moment is without one. Else it is the Service's. Raises NotFoundOutError for several.
    """
    found = routes_of(app, namespace, routes)
    if len(found) > 1:
        told = joined([name_of(route) for route in found])
        raise NotFoundOutError(f"VirtualServices {told} have to do with Service {app}; make them one first")
    return name_of(found[0]) if found else app


def find(scene: Scene, wish: Wish) -> Found:
    """Return what takes an application over. Raises NotFoundOutError where it can't be."""
    route = scene.route
    if route is not None and brought_in(route) is None:
        _judge(route, scene, wish)
    said = expressed(route) if route is not None else Expressed({}, ((scene.app, 100),), {}, ())
    if not said.split:
        raise NotFoundOutError(*said.left)
    wanted = [service for service, _ in said.split] + [*said.candidates]
    found = {service: _deployment(scene, service) for service in wanted}
    versions = _versions(said, {service: name_of(each) for service, each in found.items()}, scene.app, wish)
    spec = {"versions": versions, **said.spec}
    if said.candidates:
        spec = {"strategy": "canary", **spec}
    routemap = _object(ROUTEMAPS, scene, scene.name, spec)
    try:
        parse_routemap(routemap)
    except InvalidManifestError as error:
        wrong = [str(violation) for violation in error.violations]
        raise NotFoundOutError(*said.left, *(f"Routemap {scene.name}: {text}" for text in wrong)) from error
    services = tuple(_service(scene, service, each) for service, each in found.items())
    return Found(
        routemap,
        tuple(service for service in services if service is not None),
        tuple(found.values()),
        route,
        said.left,
    )


def selected(service: Manifest, deployments: Iterable[Manifest]) -> list[Manifest]:
    """Return the workloads whose pods a Service selects, by the labels of their templates.

    A Service without selector (Kubernetes: its endpoints are somebody else's) selects none.
    """
    selector = section(service, "spec", "selector")
    if not selector:
        return []
    return [
        each
        for each in deployments
        if selector.items() <= section(each, "spec", "template", "metadata", "labels").items()
    ]


def _judge(route: Manifest, scene: Scene, wish: Wish) -> None:
    """Raise NotFoundOutError for a VirtualService that can't become Teal's."""
    name = name_of(route)
    if labelled(route, name):
        raise NotFoundOutError(f"VirtualService {name} is Teal's already; see teal status {name}")
    if not names.is_service_name(name):
        raise NotFoundOutError(
            f"VirtualService {name}: a Routemap of its name takes it over, which has {names.SERVICE_NAME}; "
            "make one of such a name with the same hosts first, then delete this one"
        )
    if len(noted(route)) > MOST_NOTED:
        raise NotFoundOutError(f"VirtualService {name}: it is too large to be noted for the way back")
    keepers = owners.keepers(route)
    if keepers and not wish.force:
        raise NotFoundOutError(
            f"{joined(keepers)} keeps VirtualService {name} and would bring back what it has; commit the "
            f"Routemap in its place (teal init {scene.app} prints it), have nothing pruned, or use --force"
        )


def _deployment(scene: Scene, name: str) -> Manifest:
    """Return the workload behind a Service. Raises NotFoundOutError unless there is exactly one."""
    service = scene.services.get(name)
    if service is None:
        raise NotFoundOutError(f"there is no Service {name} in namespace {scene.namespace}")
    found = selected(service, scene.deployments)
    if len(found) > 1:
        told = joined([name_of(each) for each in found])
        kinds = " and ".join(f"{kind}s" for kind in dict.fromkeys(resource_of(each).kind for each in found))
        raise NotFoundOutError(
            f"Service {name} selects the pods of {kinds} {told}; a version is one workload and a "
            "Service of its name: narrow spec.selector to one of them first"
        )
    if not found:
        selector = section(service, "spec", "selector")
        labels = ",".join(f"{key}={value}" for key, value in selector.items()) or "none"
        raise NotFoundOutError(
            f"Service {name} selects the pods of no Deployment or StatefulSet (spec.selector: {labels}); "
            "Teal shares requests among these"
        )
    if not names.is_service_name(name_of(found[0])):
        raise NotFoundOutError(
            f"{resource_of(found[0]).kind} {name_of(found[0])}: its version's Service has to bear its name, "
            f"too; rename it so that it has {names.SERVICE_NAME}"
        )
    return found[0]


def _versions(said: Expressed, called_: Mapping[str, str], app: str, wish: Wish) -> list[dict[str, Any]]:
    """Return the Routemap's versions, the primary first; one that runs alone is given a candidate to come."""
    if said.candidates:
        first = {"name": called_[said.split[0][0]], "weight": 100}
        return [
            first,
            *(
                {"name": called_[service], "weight": 0, "match": match}
                for service, match in said.candidates.items()
            ),
        ]
    listed: list[dict[str, Any]] = [
        {"name": called_[service], "weight": weight} for service, weight in said.split
    ]
    if len(listed) > 1:
        return listed
    return [{"name": listed[0]["name"]}, {"name": wish.candidate or f"{app}-next"}]


def _service(scene: Scene, behind: str, deployment: Manifest) -> Manifest | None:
    """Return the Service of a version's own that is to be made, None where it is there.

    Raises NotFoundOutError for one that is for other pods.
    """
    name = name_of(deployment)
    there = scene.services.get(name)
    if there is not None:
        if deployment not in selected(there, scene.deployments):
            raise NotFoundOutError(
                f"Service {name} does not select the pods of {resource_of(deployment).kind} {name}; "
                "have it do so, or delete it"
            )
        return None
    spec = {key: value for key, value in scene.services[behind]["spec"].items() if key in _STAYS}
    spec["ports"] = [
        {key: value for key, value in section(port).items() if key != "nodePort"}
        for port in listing(spec, "ports")
    ]
    spec["selector"] = section(deployment, "spec", "selector", "matchLabels")
    return _object(SERVICES, scene, name, spec)


def _object(resource: Resource, scene: Scene, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object to be made, which says of which application it was brought in."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {
            "name": name,
            "namespace": scene.namespace,
            "annotations": {names.BROUGHT_IN: scene.name},
        },
        "spec": dict(spec),
    }

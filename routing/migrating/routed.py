"""What a routing template routes, as a Routemap says it: strategy, hosts, gateways, port, and who gets what.

A template is read as the object that it makes, and that as `teal init` reads one (`adopting.expressible`);
copies, which that can't say of somebody's VirtualService, are strategy mirror here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.adopting.expressible import expressed
from routing.migrating import http_routes, templates
from routing.migrating.scene import NotMigratedError
from routing.reading import hosts
from routing.reading.raw import bounded, listing, section
from routing.reading.violation import shown
from routing.split import WHOLE
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.migrating.listed import Listed
    from routing.migrating.scene import Given, Manifest, Parse

_GROUPS = {
    names.VIRTUAL_SERVICE: "networking.istio.io",
    names.HTTP_ROUTE: "gateway.networking.k8s.io",
}
_MIRRORS = ("mirror", "mirrorPercentage", "mirrorPercent", "mirrors")


@dataclass(frozen=True, slots=True)
class Routed:
    """What an object of a router's kind does.

    `name` is the object's, `kind` its kind. `shares`, `matches` and `copies` are by Service: weights of the
    split, Istio's matches, percentages. `left`: what a Routemap can't say, a sentence each.
    """

    name: str
    kind: str
    spec: Manifest
    shares: Mapping[str, int]
    matches: Mapping[str, Sequence[Manifest]]
    copies: Mapping[str, int]
    left: tuple[str, ...]

    @property
    def strategy(self) -> str:
        """The strategy of a Routemap that does the same."""
        if self.copies:
            return "mirror"
        return "canary" if self.matches else "blue-green"


def route(listed: Listed, weights: Sequence[int], given: Given, parse: Parse) -> Routed:
    """Return what a routemap routes with these weights, by version in its order. Raises NotMigratedError.

    Iter8 applies what the template makes on top of the object that is there (server-side apply, with force),
    so a field of the spec that the template leaves out is that object's, where one is given. The namespace is
    the routemap's, whatever the template says.
    """
    path, text = listed.template
    manifest, told = _made(path, text, weights, parse)
    kind = str(manifest.get("kind"))
    group = str(manifest.get("apiVersion")).partition("/")[0]
    if _GROUPS.get(kind) != group:
        raise NotMigratedError(
            f"{path}: it makes {shown(manifest.get('apiVersion'))} {shown(manifest.get('kind'))}; Teal "
            "routes by Istio's VirtualService or Gateway API's HTTPRoute: write the Routemap by hand"
        )
    name = section(manifest, "metadata").get("name")
    if not isinstance(name, str):
        raise NotMigratedError(f"{path}: metadata.name: {shown(name)} is no name of a {kind}; give it one")
    told += _elsewhere(manifest, listed.namespace)
    spec = {**section(given.route(kind, listed.namespace, name), "spec"), **section(manifest, "spec")}
    whole = {**manifest, "spec": spec, "metadata": {"name": name, "namespace": listed.namespace}}
    return _said(whole, kind, [f"{path}: {each}" for each in told], path)


def _made(path: str, text: str, weights: Sequence[int], parse: Parse) -> tuple[Manifest, list[str]]:
    """Return the object that a template makes, and what is told of it. Raises NotMigratedError."""
    yaml, unknown = templates.plain(text, weights)
    if unknown:
        raise NotMigratedError(*(f"{path}: {each}" for each in unknown))
    try:
        return section(bounded(parse(yaml))), []
    except ValueError as error:
        raise NotMigratedError(f"{path}: {error}") from error


def _elsewhere(manifest: Manifest, namespace: str) -> list[str]:
    """Tell of an object that the template puts into another namespace, where the API server refuses it."""
    where = section(manifest, "metadata").get("namespace") or namespace
    if where == namespace:
        return []
    told = f"metadata.namespace: {shown(where)} is not {shown(namespace)}, where the routemap is"
    return [f"{told}; the Routemap is made there"]


def _said(manifest: Manifest, kind: str, told: list[str], path: str) -> Routed:
    """Return what an object says that is whole, its namespace given.

    `told`: what is known already; `path`: of the template, at the head of each sentence. Fields of an
    HTTPRoute's rules are told by the name that they have there.
    """
    namespace = manifest["metadata"]["namespace"]
    known = http_routes.as_virtual_service(manifest, namespace) if kind == names.HTTP_ROUTE else manifest
    copies, wrong, spec = _mirrored(section(known, "spec"), namespace)
    said = expressed({**known, "spec": spec})
    left = [*said.left, *wrong]
    if kind == names.HTTP_ROUTE:
        left = [each.replace("spec.http", "spec.rules") for each in left]
    if "hosts" not in said.spec:
        left.append(
            "spec.hosts: the template has none, so those of the object that is there count; give that, too, "
            "or set the Routemap's hosts and gateways"
        )
    return Routed(
        name=manifest["metadata"]["name"],
        kind=kind,
        spec=said.spec,
        shares=dict(said.split),
        matches=said.candidates,
        copies=copies,
        left=(*told, *(f"{path}: {each}" for each in left)),
    )


def _mirrored(spec: Manifest, namespace: str) -> tuple[dict[str, int], list[str], Manifest]:
    """Return whom copies go to, of how many requests in a hundred; what is wrong; and the rest of the spec.

    Of several rules each may have its own copies, which a Routemap can't say: they stay in the spec, to be
    told of.
    """
    http = [*map(section, listing(spec, "http"))]
    if len(http) != 1:
        return {}, [], spec
    copies: dict[str, int] = {}
    wrong: list[str] = []
    for path, target, percentage in _targets(http[0]):
        host = target.get("host")
        service = hosts.service_of(host, namespace) if isinstance(host, str) and host else None
        if service is None:
            wrong.append(f"{path}.host: {shown(host)} is no Service of namespace {namespace}; versions are")
            continue
        if "subset" in target:
            wrong.append(f"{path}.subset: {shown(target['subset'])}: give each version a Service of its own")
        copies[service] = _whole(percentage, path, wrong)
    rest = {key: value for key, value in http[0].items() if key not in _MIRRORS}
    return copies, wrong, {**spec, "http": [rest]}


def _targets(rule: Manifest) -> list[tuple[str, Manifest, Any]]:
    """Return path, destination and percentage of each mirror (Istio: HTTPRoute), None where none is told."""
    found: list[tuple[str, Manifest, Any]] = []
    if rule.get("mirror") is not None:
        percent = section(rule, "mirrorPercentage").get("value", rule.get("mirrorPercent"))
        found.append(("spec.http[0].mirror", section(rule, "mirror"), percent))
    for index, item in enumerate(map(section, listing(rule, "mirrors"))):
        path = f"spec.http[0].mirrors[{index}].destination"
        percent = section(item, "percentage").get("value", item.get("fraction"))
        found.append((path, section(item, "destination"), percent))
    return found


def _whole(value: Any, path: str, wrong: list[str]) -> int:
    """Return a percentage as a whole number; Istio's default is each request.

    A part of one is one, since it is not nothing; what is no percentage is none, and told.
    """
    if value is None:
        return WHOLE
    sound = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= WHOLE
    if not sound or value != int(value):
        wrong.append(
            f"{path}: {shown(value)} is no whole percentage, as a Routemap's copies are; set its weight"
        )
    return max(1, int(value)) if sound and value else 0

"""Values of Iter8's charts routing-actions and release, as what these charts would have Iter8 route.

Defaults are the charts' own. To them 0 is a weight that is not given (sprig's `default`), and so it is here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.migrating import http_routes, scene
from routing.migrating.scene import Migrated, NotMigratedError
from routing.reading import defaults
from routing.reading.hosts import MESH
from routing.reading.raw import bounded, listing, section
from routing.reading.violation import joined, shown
from routing.split import WHOLE
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from routing.migrating.scene import Manifest

_GATEWAY = "mm-gateway"
"""`externalGateway` of the chart routing-actions where none is given."""
_PORT = 80
"""Of a version in the chart release where neither it nor the application has one."""
_ROUTERS = {"deployment-istio": names.VIRTUAL_SERVICE, "deployment-gtw": names.HTTP_ROUTE}
"""By `environment` of the chart release."""
_NO_ROUTES = (None, "none")
_FIRST_WEIGHTS = {"blue-green": defaults.WEIGHT, "mirror": WHOLE}


def of_values(value: Manifest) -> Callable[[Manifest, str], Migrated] | None:
    """Return what migrates values by what they hold, None for what are no values of Iter8's charts.

    It takes the values and the namespace that is asked for, "" for none, and raises NotMigratedError.
    """
    if "kind" in value or "apiVersion" in value:
        return None
    if "appName" in value and value.keys() & {"action", "appType", "strategy"}:
        return _routing_actions
    return _release if {"environment", "application"} <= value.keys() else None


@dataclass(frozen=True, slots=True)
class _Version:
    """A version in the values; `path`: where it stands, `given`: what is said of it."""

    path: str
    name: str
    given: Manifest

    def listed(self, strategy: str, index: int, match: Any, remarks: list[str]) -> dict[str, Any]:
        """Return it as the Routemap lists it.

        `index`: its place, 0 for the primary, which has no match and gets no copies; `match`: in Istio's
        form, a list or one alternative, empty for the chart's default. A weight of 0 is told in `remarks`.
        """
        if strategy == "canary":
            alternatives = [match] if isinstance(match, dict) else match
            own = {"weight": 0, "match": alternatives or [*defaults.MATCH]}
            return {"name": self.name, **(own if index else {"weight": WHOLE})}
        if strategy == "mirror" and not index:
            return {"name": self.name}
        weight = self.given.get("weight")
        if weight == 0:
            remarks.append(
                f"{self.path}.weight: 0 is not given to Iter8's chart, which makes it "
                f"{_FIRST_WEIGHTS[strategy]}, and so it is here"
            )
        return {"name": self.name, "weight": weight or _FIRST_WEIGHTS[strategy]}


def _versions(
    items: Sequence[Any], path: str, app: str, namespace: str, metadata: str = ""
) -> list[_Version]:
    """Return the versions, named by default as the charts do. Raises NotMigratedError for another namespace.

    `metadata`: the field in which name and namespace are, "" for the version itself.
    """
    found = []
    for index, item in enumerate(map(section, items)):
        at = f"{path}[{index}]"
        about = section(item, metadata) if metadata else item
        where = about.get("namespace") or namespace
        if where != namespace:
            within = ".".join(filter(None, (at, metadata, "namespace")))
            raise NotMigratedError(
                f"{within}: {shown(where)} is not {shown(namespace)}; a version is in its Routemap's "
                "namespace: move it there, or give -n"
            )
        name = about.get("name") or f"{app}-{index}"
        found.append(_Version(at, name if isinstance(name, str) else shown(name), item))
    return found


def _routing_actions(values: Manifest, asked: str) -> Migrated:
    """Return what the chart routing-actions has Iter8 do.

    Without `appVersions` there are two, as in the chart. Its canary and mirror for Deployments, which it says
    it has and fails to render, are what they are for other types.
    """
    values = section(bounded(values))
    app = _text(values.get("appName"), "appName")
    strategy = _strategy(values.get("strategy"), "strategy")
    kind = values.get("appType", "deployment")
    if kind != "deployment":
        raise NotMigratedError(
            f"appType: {shown(kind)} is KServe's, and is not migrated; in its Standard mode write the "
            "Routemap by hand (docs/strategies.md, Kinds of your own), else leave it to Iter8"
        )
    namespace = asked or "default"
    versions = _versions(listing(values, "appVersions") or [{}, {}], "appVersions", app, namespace)
    action = values.get("action")
    if action == "modify-weights":
        return _weighted(values, app, namespace, versions)
    if action != "initialize":
        raise NotMigratedError(
            f"action: {shown(action)} is none of the chart's; use initialize or modify-weights"
        )
    remarks: list[str] = []
    spec = {
        "strategy": strategy,
        "versions": [
            each.listed(strategy, index, each.given.get("match"), remarks)
            for index, each in enumerate(versions)
        ],
        "hosts": [*names.default_hosts(app, namespace)],
        "gateways": [values.get("externalGateway") or _GATEWAY, MESH],
        **({} if values.get("appPort") is None else {"port": values["appPort"]}),
    }
    return _migrated((app, namespace), spec, versions, remarks)


def _weighted(values: Manifest, app: str, namespace: str, versions: Sequence[_Version]) -> Migrated:
    """Return what its action modify-weights has Iter8 do: annotations, which are a WeightOverride here.

    With mirror each candidate gets `mirrorPercentage`; a version without a weight keeps what it has.
    """
    if values.get("strategy") == "mirror":
        weights = {each.name: values.get("mirrorPercentage", WHOLE) for each in versions[1:]}
    else:
        weights = {each.name: each.given["weight"] for each in versions if each.given.get("weight")}
    override = scene.override(app, namespace, weights)
    if override is None:
        raise NotMigratedError("appVersions: none has a weight, so Iter8 changes none; give each its weight")
    return Migrated(app, namespace, None, override)


def _release(values: Manifest, asked: str) -> Migrated:
    """Return what the chart release has Iter8 do; the Deployments and Services that it renders stay.

    Weights are the routemap's there: those that it annotates are on no version's first object, where alone
    Iter8 looks.
    """
    values = section(bounded(values))
    application = section(values, "application")
    environment = values.get("environment")
    if not isinstance(environment, str) or environment not in _ROUTERS:
        raise NotMigratedError(
            f"environment: {shown(environment)} has nothing that Teal can take over; it has with "
            f"{joined([*_ROUTERS])}"
        )
    about = section(application, "metadata")
    if "name" not in about:
        raise NotMigratedError(
            "application.metadata.name: missing, so the chart takes the release's; give it, or pipe "
            "`helm template NAME …` into `teal migrate -f -`"
        )
    app = _text(about["name"], "application.metadata.name")
    namespace = str(about.get("namespace") or asked or "default")
    strategy = _strategy(application.get("strategy"), "application.strategy")
    path, router = "application.versions", _ROUTERS[environment]
    versions = _versions(listing(application, "versions"), path, app, namespace, "metadata")
    left, remarks = [*_renamed(versions)], list[str]()
    spec = {
        "strategy": strategy,
        **({} if router == names.VIRTUAL_SERVICE else {"router": router}),
        "versions": [
            each.listed(strategy, index, _matched(each, router), remarks)
            for index, each in enumerate(versions)
        ],
        "hosts": [*names.default_hosts(app, namespace)],
        "gateways": [*([values["gateway"]] if values.get("gateway") else []), MESH],
        "port": _port(application, versions, left),
    }
    return _migrated((app, namespace), spec, versions, remarks, left)


def _matched(version: _Version, router: str) -> Any:
    """Return a version's match in Istio's form; by HTTPRoute the chart takes `matches`, in Gateway API's."""
    if router == names.VIRTUAL_SERVICE:
        return version.given.get("match")
    return [http_routes.match(item) for item in listing(version.given, "matches")]


def _port(application: Manifest, versions: Sequence[_Version], left: list[str]) -> Any:
    """Return the one port that all versions have; several are told, and the first is taken."""
    ports = [each.given.get("port", application.get("port", _PORT)) for each in versions]
    if any(port != ports[0] for port in ports):
        left.append(
            f"application.versions: ports {joined([*map(shown, ports)])}; a Routemap has one for all: give "
            "their Services one port"
        )
    return ports[0] if ports else _PORT


def _renamed(versions: Sequence[_Version]) -> list[str]:
    """Tell of Deployments and Services that have other names than their versions."""
    found = []
    for each in versions:
        for key in ("deploymentSpecification", "serviceSpecification"):
            name = section(each.given, key, "metadata").get("name", each.name)
            if name != each.name:
                found.append(
                    f"{each.path}.{key}.metadata.name: {shown(name)} is not {shown(each.name)}; a version's "
                    "Deployment and Service both bear its name: rename it"
                )
    return found


def _migrated(
    place: tuple[str, str],
    spec: Mapping[str, Any],
    versions: Sequence[_Version],
    remarks: Sequence[str],
    left: Sequence[str] = (),
) -> Migrated:
    """Return what takes over what a chart has rendered, whose names are the chart's.

    `place`: name and namespace. The ConfigMaps of the weights are rendered where a strategy has weights, with
    mirror for candidates alone.
    """
    app, namespace = place
    weighted = {"blue-green": versions, "mirror": versions[1:]}.get(spec["strategy"], ())
    configs = [f"{each.name}-weight-config" for each in weighted]
    return Migrated(
        name=app,
        namespace=namespace,
        routemap=scene.routemap(app, namespace, spec, left),
        left=tuple(left),
        remarks=tuple(remarks),
        objects=(
            *(("Deployment", each.name) for each in versions),
            *(("ConfigMap", name) for name in configs),
        ),
        config_maps=(f"{app}-routemap", *configs),
        route=spec.get("router", names.VIRTUAL_SERVICE),
    )


def _text(value: Any, path: str) -> str:
    """Return an application's name, which is the Routemap's. Raises NotMigratedError for what is none."""
    if isinstance(value, str) and names.is_service_name(value):
        return value
    raise NotMigratedError(f"{path}: {shown(value)} is no application's name; use {names.SERVICE_NAME}")


def _strategy(value: Any, path: str) -> str:
    """Return a strategy. Raises NotMigratedError for none, and for one that there is not."""
    if value in _NO_ROUTES:
        raise NotMigratedError(
            f"{path}: {shown(value)}: Iter8 routes nothing by it; bring the application in by teal init APP"
        )
    if value not in defaults.STRATEGIES:
        raise NotMigratedError(
            f"{path}: {shown(value)} is not a strategy; use {', '.join(defaults.STRATEGIES)}"
        )
    return str(value)

"""Every shape of route goes through a real istiod to a real Envoy, which takes it and does what was meant."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from routing.kinds import HTTP_ROUTES, SERVICES, VIRTUAL_SERVICES, Resource
from routing.routes import ROUTERS
from tests.api.mesh import Proxy, sidecar
from tests.api.stage import Stage
from tests.unit.routing import shapes
from tests.unit.routing.manifests import changed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kube.client import Cluster
    from tools.local.controlplane import ControlPlane

    Manifest = dict[str, Any]

SIDECARS = Resource("networking.istio.io/v1", "Sidecar", "sidecars")
RESOURCES = {kind.kind: kind for kind in (VIRTUAL_SERVICES, HTTP_ROUTES)}
WHOLE = 100
PARTS = {"HUNDRED": 1, "TEN_THOUSAND": 100, "MILLION": 10_000}
"""Of a percent, by a fraction's denominator (envoy.type.v3.FractionalPercent)."""
VIRTUAL, BY_HTTP_ROUTE, CONNECTIONS = 178, 336, 56


class Pushed(NamedTuple):
    """What was made, by the name of its virtual host or listener, and the proxy that is told of it."""

    made: Mapping[str, Manifest]
    connections: Mapping[str, Manifest]
    proxy: Proxy
    stage: Stage


class Reached(NamedTuple):
    """How versions are reached: by shares, by copies, and by a match of their own."""

    shares: Mapping[str, int]
    copies: Mapping[str, int]
    matched: frozenset[str]


def service(name: str, namespace: str, port: str = "http") -> Manifest:
    return {
        "apiVersion": SERVICES.api_version,
        "kind": SERVICES.kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ports": [{"name": port, "port": 80}]},
    }


def alone(namespace: str) -> Manifest:
    """Return what keeps a namespace's proxies from hearing of other tests' objects."""
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Sidecar",
        "metadata": {"name": "default", "namespace": namespace},
        "spec": {"egress": [{"hosts": ["./*"]}]},
    }


@pytest.fixture(scope="module")
def pushed(
    cluster: Cluster, plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pushed]:
    """All shapes, made before istiod starts, so that it tells of them at once."""
    stage = Stage(cluster, f"shapes-{uuid.uuid4().hex[:8]}")
    cluster.create(SIDECARS, alone(stage.namespace))
    for index in range(shapes.MOST_VERSIONS):
        cluster.create(SERVICES, service(f"httpbin-{index}", stage.namespace))
    made = {
        f"{name}.{stage.namespace}{suffix}:80": manifest
        for name, suffix, manifest in (*virtual_services(stage.namespace), *http_routes(stage.namespace))
    }
    for manifest in made.values():
        if manifest["kind"] == HTTP_ROUTES.kind:
            cluster.create(SERVICES, service(manifest["metadata"]["name"], stage.namespace))
        cluster.create(RESOURCES[manifest["kind"]], manifest)
    connections = {called(cluster, manifest): manifest for manifest in of_connections(stage.namespace)}
    for manifest in connections.values():
        cluster.create(VIRTUAL_SERVICES, manifest)
    with sidecar(plane.kubeconfig, stage.namespace, tmp_path_factory.mktemp("mesh")) as proxy:
        yield Pushed(made, connections, proxy, stage)


def virtual_services(namespace: str) -> Iterator[tuple[str, str, Manifest]]:
    for index, each in enumerate(shapes.for_proxies()):
        yield f"shape-{index}", "", shapes.moved(each, namespace, f"shape-{index}")


def http_routes(namespace: str) -> Iterator[tuple[str, str, Manifest]]:
    for index, each in enumerate(shapes.http_routes()):
        yield f"route-{index}", ".svc.cluster.local", shapes.moved(each, namespace, f"route-{index}")


def of_connections(namespace: str) -> Iterator[Manifest]:
    for index, each in enumerate(shapes.connections()):
        yield shapes.moved(each, namespace, f"connections-{index}")


def called(cluster: Cluster, manifest: Manifest) -> str:
    """Make the Service whose connections a VirtualService splits; return the listener's name."""
    namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
    port = "tls" if "tls" in manifest["spec"] else "tcp"
    made = cluster.create(SERVICES, service(name, namespace, port))
    return f"{made['spec']['clusterIP']}_80"


def meant(manifest: Manifest) -> Reached:
    """Return what Teal reads in an object; its named routes bear the Routemap's name."""
    metadata = {**manifest["metadata"], "name": "httpbin"}
    found = ROUTERS[manifest["kind"]].exposures({**manifest, "metadata": metadata})
    return Reached(
        {each.version: each.share for each in found if each.share},
        {each.version: each.copies for each in found if each.copies},
        frozenset(each.version for each in found if each.matches or each.by_cookie),
    )


def done(host: Manifest) -> Reached:
    """Return what a proxy does with a virtual host's requests (envoy.config.route.v3)."""
    *before, last = host["routes"]
    shares = shapes.summed((version(each["name"]), each["weight"]) for each in split_of(last))
    copies = {
        version(each["cluster"]): percent(each["runtime_fraction"]["default_value"])
        for each in last["route"].get("request_mirror_policies", ())
    }
    picked = [
        route for route in before if is_picked(route["match"]) and not shapes.is_nobodys(route["match"])
    ]
    assert [len(split_of(route)) for route in picked] == [1] * len(picked)
    return Reached(shares, copies, frozenset(version(split_of(route)[0]["name"]) for route in picked))


def connected(listener: Manifest) -> Reached:
    """Return what a proxy does with a listener's connections (envoy.config.listener.v3)."""
    [chain] = listener["filter_chains"]
    tcp = chain["filters"][-1]["typed_config"]
    alone = [{"name": tcp.get("cluster"), "weight": WHOLE}]
    clusters = tcp.get("weighted_clusters", {}).get("clusters", alone)
    return Reached({version(each["name"]): each["weight"] for each in clusters}, {}, frozenset())


def asked_for(listener: Manifest) -> list[str]:
    """Return the names (SNI) for which a listener takes connections; none: whatever is asked for."""
    [chain] = listener["filter_chains"]
    return [*chain.get("filter_chain_match", {}).get("server_names", ())]


def percent(fraction: Manifest) -> int:
    """Return a fraction in percent."""
    return int(fraction["numerator"]) // PARTS[fraction.get("denominator", "HUNDRED")]


def split_of(route: Manifest) -> list[Manifest]:
    """Return the clusters of a route with their weights, one alone with all."""
    action = route["route"]
    alone = [{"name": action.get("cluster"), "weight": WHOLE}]
    clusters: list[Manifest] = action.get("weighted_clusters", {}).get("clusters", alone)
    return clusters


def is_picked(match: Manifest) -> bool:
    """Tell whether a route asks for a header or a parameter: methods and paths are the named routes' own."""
    names = [header["name"] for header in match.get("headers", ())]
    return bool(match.get("query_parameters")) or any(not name.startswith(":") for name in names)


def version(cluster: str) -> str:
    """Return the version that a cluster of istiod's is."""
    return cluster.rpartition("|")[2].partition(".")[0]


def test_every_shape_is_taken_and_does_what_was_meant(pushed: Pushed) -> None:
    assert len(pushed.made) == VIRTUAL + BY_HTTP_ROUTE
    pushed.stage.until(set(), lambda: pushed.made.keys() - pushed.proxy.routes().keys())
    hosts = pushed.proxy.routes()
    odd = {
        name: (done(hosts[name]), meant(manifest))
        for name, manifest in pushed.made.items()
        if done(hosts[name]) != meant(manifest)
    }
    assert odd == {}
    assert pushed.proxy.rejected() == 0


def test_every_shape_of_connections_is_taken_and_does_what_was_meant(pushed: Pushed) -> None:
    made = pushed.connections
    assert len(made) == CONNECTIONS
    pushed.stage.until(set(), lambda: made.keys() - pushed.proxy.listeners().keys())
    found = pushed.proxy.listeners()
    odd = {
        name: (connected(found[name]), meant(manifest))
        for name, manifest in made.items()
        if connected(found[name]) != meant(manifest)
    }
    assert odd == {}
    named = {name: asked_for(found[name]) for name in made}
    assert named == {
        name: manifest["spec"]["hosts"] if "tls" in manifest["spec"] else []
        for name, manifest in made.items()
    }
    assert pushed.proxy.rejected() == 0


@pytest.mark.parametrize(
    ("kind", "spec", "path", "value"),
    [
        (
            VIRTUAL_SERVICES,
            {"headers": {"request": {"set": {"x-a": "%PROTOCOL%"}}}},
            "spec.http.0.headers.request.set.x-a",
            "%NOPE%",
        ),
        (
            HTTP_ROUTES,
            {"router": "HTTPRoute"},
            "spec.rules.0.matches",
            [{"path": {"type": "RegularExpression", "value": "/a(?=b)"}}],
        ),
    ],
    ids=["variable", "expression"],
)
def test_what_teal_refuses_is_refused_by_the_proxy(
    pushed: Pushed, kind: Resource, spec: Manifest, path: str, value: Any
) -> None:
    fine = shapes.moved(
        shapes.rendered("blue-green", 1, spec, ["httpbin-0"]), pushed.stage.namespace, "httpbin-0"
    )
    before = pushed.proxy.rejected()
    pushed.stage.cluster.create(kind, changed(fine, path, value))
    pushed.stage.until(True, lambda: pushed.proxy.rejected() > before)
    pushed.stage.delete(kind, "httpbin-0")

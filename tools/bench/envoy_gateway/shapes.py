"""Every shape of HTTPRoute and GRPCRoute that Teal renders, through Envoy Gateway to its Envoy."""

from __future__ import annotations

import json
import time
import urllib.request
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from routing import names
from routing.deciding.strategies import STRATEGIES
from routing.kinds import ENDPOINT_SLICES, GRPC_ROUTES, HTTP_ROUTES, SERVICES
from routing.routes import ROUTERS
from routing.routes.parents import GATEWAY_GROUP, NOT_ACCEPTED_YET, word
from tests.unit.routing import shapes
from tools.bench.envoy_gateway.gateway import ADMIN_PORT, GATEWAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tools.bench.envoy_gateway.site import Site

    Manifest = dict[str, Any]

NAMESPACE = "shapes"
_PARTS = {"HUNDRED": 1, "TEN_THOUSAND": 100, "MILLION": 10_000}
"""Of a percent, by a fraction's denominator (envoy.type.v3.FractionalPercent)."""
_WHOLE = 100
_SECONDS = 120.0
_LOOK_SECONDS = 1.0
_ADDRESS = "10.244.254."
"""What the addresses of versions begin with; the last part is the version's number, from 1."""


class Reached(NamedTuple):
    """How versions are reached: by shares, by copies, and by a match of their own or a cookie."""

    shares: Mapping[str, int]
    copies: Mapping[str, int]
    matched: frozenset[str]


class Judged(NamedTuple):
    """How many shapes there are, which are not as they were meant, and how many updates Envoy refused."""

    played: int
    odd: Mapping[str, str]
    rejected: int


def judged(site: Site) -> Judged:
    """Make all shapes, wait until Envoy Gateway has spoken of each and Envoy has it, and compare."""
    site.ask(f"kubectl create namespace {NAMESPACE}")
    for index in range(shapes.MOST_VERSIONS):
        _version(site, index)
    routes = {"http": shapes.http_routes(), "grpc": _grpc_routes()}
    named = {f"{kind}-{index}": each for kind, found in routes.items() for index, each in enumerate(found)}
    made = {name: _at_gateway(each, name) for name, each in named.items()}
    for manifest in made.values():
        site.cluster.create(ROUTERS[manifest["kind"]].resource, manifest)
    odd = _refused(site)
    hosts = _hosts({_host(name) for name in made.keys() - odd.keys()})
    behind = _behind()
    for name in made.keys() - odd.keys():
        found, meant = done(hosts[_host(name)], behind), _meant(made[name])
        if found != meant:
            odd[name] = f"Envoy has {found}, meant was {meant}"
    return Judged(len(made), odd, _rejected())


def _grpc_routes() -> Iterator[Manifest]:
    """Yield GRPCRoutes: each strategy x 1 to 8 versions x up to four states."""
    for strategy, count in product(STRATEGIES, range(1, shapes.MOST_VERSIONS + 1)):
        versions: list[Manifest] = [{"name": f"httpbin-{index}"} for index in range(count)]
        if strategy == "canary":
            for index, version in enumerate(versions[1:], 1):
                call, team = {"exact": f"/shop.v1.Cart/V{index}"}, {"team": {"exact": f"{index}"}}
                version["match"] = [{"uri": call}, {"headers": team}]
        spec = {"router": GRPC_ROUTES.kind, "versions": versions, "gateways": [GATEWAY]}
        for ready in shapes.ready_of([version["name"] for version in versions]):
            yield shapes.rendered(strategy, count, spec, ready)


def _host(name: str) -> str:
    return f"{name}.example"


def _at_gateway(route: Manifest, name: str) -> Manifest:
    """Return a route as that of another application, by the bench's Gateway, under a host of its own."""
    moved = shapes.moved(route, NAMESPACE, name)
    parent = {"group": GATEWAY_GROUP, "kind": "Gateway", "name": GATEWAY, "namespace": "default"}
    moved["spec"] |= {"parentRefs": [parent], "hostnames": [_host(name)]}
    return moved


def _version(site: Site, index: int) -> None:
    """Make a version's Service and its endpoint, at which nobody listens."""
    name = f"httpbin-{index}"
    metadata = {"name": name, "namespace": NAMESPACE}
    site.cluster.create(
        SERVICES,
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}},
    )
    endpoint = {"addresses": [f"{_ADDRESS}{index + 1}"], "conditions": {"ready": True}}
    site.cluster.create(
        ENDPOINT_SLICES,
        {
            "apiVersion": ENDPOINT_SLICES.api_version,
            "kind": "EndpointSlice",
            "metadata": {**metadata, "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4",
            "endpoints": [endpoint],
            "ports": [{"port": 80}],
        },
    )


def _refused(site: Site) -> dict[str, str]:
    """Return what Envoy Gateway has against which routes, once it has spoken of all."""
    end = time.monotonic() + _SECONDS
    while True:
        said = {
            item["metadata"]["name"]: word(item, kind.kind)
            for kind in (HTTP_ROUTES, GRPC_ROUTES)
            for item in site.cluster.request("GET", kind.path(NAMESPACE))["items"]
        }
        reasons = {fault.reason for each in said.values() for fault in each.faults}
        if NOT_ACCEPTED_YET not in reasons or time.monotonic() > end:
            return {name: "; ".join(map(str, each.faults)) for name, each in said.items() if each.faults}
        time.sleep(_LOOK_SECONDS)


def _hosts(wanted: set[str]) -> dict[str, Manifest]:
    """Return Envoy's virtual hosts by their domains, once the wanted are there."""
    end = time.monotonic() + _SECONDS
    while True:
        dump = _read("/config_dump?resource=dynamic_route_configs")
        tables = [each["route_config"] for each in dump.get("configs", ())]
        hosts = {
            domain: host
            for table in tables
            for host in table.get("virtual_hosts", ())
            for domain in host["domains"]
        }
        if wanted <= hosts.keys():
            return hosts
        if time.monotonic() > end:
            raise TimeoutError(f"Envoy has not got {sorted(wanted - hosts.keys())}")
        time.sleep(_LOOK_SECONDS)


def _behind() -> dict[str, str]:
    """Return which version is behind each of Envoy's clusters, by the address of its endpoint."""
    dump = _read("/config_dump?include_eds&resource=dynamic_endpoint_configs")
    found = {}
    for each in dump.get("configs", ()):
        config = each["endpoint_config"]
        addresses = [
            endpoint["endpoint"]["address"]["socket_address"]["address"]
            for group in config.get("endpoints", ())
            for endpoint in group.get("lb_endpoints", ())
        ]
        if [address.startswith(_ADDRESS) for address in addresses] == [True]:
            found[config["cluster_name"]] = f"httpbin-{int(addresses[0].rpartition('.')[2]) - 1}"
    return found


def _rejected() -> int:
    return sum(each.get("value", 0) for each in _read("/stats?filter=update_rejected&format=json")["stats"])


def _read(path: str) -> Manifest:
    """Return a page of Envoy's administration."""
    with urllib.request.urlopen(f"http://127.0.0.1:{ADMIN_PORT}{path}", timeout=30) as answer:
        found: Manifest = json.load(answer)
    return found


def _meant(manifest: Manifest) -> Reached:
    """Return what Teal reads in an object."""
    found = ROUTERS[manifest["kind"]].exposures(manifest)
    return Reached(
        {each.version: each.share for each in found if each.share},
        {each.version: each.copies for each in found if each.copies},
        frozenset(each.version for each in found if each.matches or each.by_cookie),
    )


def done(host: Manifest, behind: Mapping[str, str]) -> Reached:
    """Return what Envoy does with a virtual host's requests (envoy.config.route.v3)."""
    *before, last = host["routes"]
    copies = {
        behind[each["cluster"]]: _percent(each.get("runtime_fraction"))
        for each in last["route"].get("request_mirror_policies", ())
    }
    own = [route for route in before if not shapes.is_nobodys(route["match"])]
    alone = {version for route in own for version, _ in _split(route, behind)}
    return Reached(shapes.summed(_split(last, behind)), copies, frozenset(alone))


def _split(route: Manifest, behind: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Yield the versions of a route with their weights; the header of an answer has to name each."""
    for cluster in route["route"]["weighted_clusters"]["clusters"]:
        version = behind[cluster["name"]]
        headers = [each["header"] for each in cluster["response_headers_to_add"]]
        named = [each["value"] for each in headers if each["key"] == names.VERSION_HEADER]
        yield version if named == [version] else f"{version}, named {named}", cluster["weight"]


def _percent(fraction: Manifest | None) -> int:
    if fraction is None:
        return _WHOLE
    value = fraction["default_value"]
    return int(value["numerator"]) // _PARTS[value.get("denominator", "HUNDRED")]

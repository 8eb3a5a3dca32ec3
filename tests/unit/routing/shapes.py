"""Routes of every shape that Teal renders: strategy, versions, who is ready, settings, routes."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

from routing.deciding.keeping import keeping
from routing.deciding.strategies import STRATEGIES
from routing.reading.parse import parse_routemap
from routing.routes import ROUTERS, places
from tests.unit.routing import setting_examples
from tests.unit.routing.manifests import routemap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Spec = dict[str, Any]

MOST_VERSIONS = 8
PLAIN: Spec = {}
ROUTES: Spec = {
    "routes": [
        {"name": "api", "match": [{"uri": {"prefix": "/api/"}}], "rewrite": {"uri": "/"}},
        {
            "name": "read",
            "match": [{"method": {"exact": "GET"}}, {"uri": {"regex": "/v[0-9]+"}}],
            "timeout": "1s",
        },
    ]
}
WHOLE: Spec = {**setting_examples.EVERYTHING, **ROUTES}
KEPT: Spec = {"affinity": {"cookie": "__Host-version", "ttl": "24h", "secure": True}}
SETTINGS: tuple[Spec, ...] = (
    PLAIN,
    ROUTES,
    WHOLE,
    {**WHOLE, "delegate": True},
    *(
        spec
        for spec in setting_examples.ACCEPTED
        if "versions" not in spec and spec != setting_examples.large(43)
    ),
)


def versions(count: int, strategy: str) -> list[Spec]:
    """Return so many versions; candidates of a canary have two alternatives each, header and parameter."""
    matches = [
        [{"headers": {"team": {"exact": f"{index}"}}}, {"queryParams": {"v": {"regex": f"{index}[a-z]*"}}}]
        for index in range(count)
    ]
    return [
        {"name": f"httpbin-{index}"} | ({"match": match} if strategy == "canary" and index else {})
        for index, match in enumerate(matches)
    ]


def ready_of(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield who may be ready: all, the primary alone, the candidates alone, the last alone; each once."""
    seen: list[Sequence[str]] = []
    for ready in (names, names[:1], names[1:], names[-1:]):
        if ready and ready not in seen:
            seen.append(ready)
            yield ready


def sampled() -> Iterator[Spec]:
    """Yield each strategy x 1 to 8 versions x up to four states x each setting."""
    for strategy, count, spec in product(STRATEGIES, range(1, MOST_VERSIONS + 1), SETTINGS):
        for ready in ready_of([f"httpbin-{index}" for index in range(count)]):
            yield rendered(strategy, count, spec, ready)


def every_state() -> Iterator[Spec]:
    """Yield each strategy x 1 to 8 versions x everybody who may be ready, with every setting and routes."""
    for strategy, count in product(STRATEGIES, range(1, MOST_VERSIONS + 1)):
        for chosen in product((False, True), repeat=count):
            ready = [f"httpbin-{index}" for index, is_ready in enumerate(chosen) if is_ready]
            if ready:
                yield rendered(strategy, count, WHOLE, ready)


def kept() -> Iterator[Spec]:
    """Yield those with affinity, with and without settings and routes, of several and of one alone."""
    for strategy, count, spec in product(
        ("blue-green", "canary"), range(1, MOST_VERSIONS + 1), (PLAIN, WHOLE)
    ):
        for ready in ready_of([f"httpbin-{index}" for index in range(count)]):
            yield rendered(strategy, count, {**spec, **KEPT}, ready)


def for_proxies() -> Iterator[Spec]:
    """Yield fewer: each setting with as many versions as there may be, and each state with every setting."""
    names = [f"httpbin-{index}" for index in range(MOST_VERSIONS)]
    for strategy, spec in product(STRATEGIES, SETTINGS):
        yield rendered(strategy, MOST_VERSIONS, spec, names)
    for strategy, count in product(STRATEGIES, range(1, MOST_VERSIONS + 1)):
        for ready in ready_of(names[:count]):
            yield rendered(strategy, count, WHOLE, ready)
    for strategy in ("blue-green", "canary"):
        for ready in (names, names[:1]):
            yield rendered(strategy, MOST_VERSIONS, {**WHOLE, **KEPT}, ready)


def connections() -> Iterator[Spec]:
    """Yield those of connections: each protocol x 1 to 8 versions x up to four states."""
    for protocol, count in product(("TCP", "TLS"), range(1, MOST_VERSIONS + 1)):
        for ready in ready_of([f"httpbin-{index}" for index in range(count)]):
            yield rendered("blue-green", count, {"protocol": protocol}, ready)


def http_routes() -> Iterator[Spec]:
    """Yield HTTPRoutes: each strategy x 1 to 8 versions x up to four states.

    Plain and with a setting, and the same at a Gateway, where places are kept.
    """
    by_http_route: Spec = {"router": "HTTPRoute"}
    at_gateway: Spec = {**by_http_route, "gateways": ["web", "mesh"]}
    for strategy, count in product(STRATEGIES, range(1, MOST_VERSIONS + 1)):
        for ready in ready_of([f"httpbin-{index}" for index in range(count)]):
            more = KEPT if strategy == "blue-green" else {"timeout": "1m30s"}
            for spec in (by_http_route, {**by_http_route, **more}, at_gateway, {**at_gateway, **more}):
                yield rendered(strategy, count, spec, ready)


def moved(route: Spec, namespace: str, name: str, gateways: Sequence[str] = ("mesh",)) -> Spec:
    """Return a router's object as that of another application, in another namespace, owned by nobody.

    One of Gateway API is for the mesh then.
    """
    made: Spec = json.loads(json.dumps(route).replace(".default.svc", f".{namespace}.svc"))
    made["metadata"] = {"name": name, "namespace": namespace}
    if "parentRefs" in made["spec"]:
        services = [each for each in made["spec"]["parentRefs"] if each["kind"] == "Service"]
        made["spec"]["parentRefs"] = [{**each, "name": name} for each in services]
        made["spec"].pop("hostnames", None)
    else:
        # Sidecars look a Service's connections up by its full name.
        hosts = [f"{name}.{namespace}{'' if 'http' in made['spec'] else '.svc.cluster.local'}"]
        made["spec"] |= {"hosts": hosts, "gateways": [*gateways]}
        for each in made["spec"].get("tls", ()):
            each["match"] = [{"sniHosts": hosts}]
    return made


def summed(split: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the percentages of versions that a proxy has in several places; next to no weight is none."""
    weights: dict[str, int] = {}
    for version, weight in split:
        weights[version] = weights.get(version, 0) + weight
    return {version: round(100 * weight / sum(weights.values())) for version, weight in weights.items()}


def is_nobodys(match: Spec) -> bool:
    """Tell whether a proxy's route only keeps the place of a version that has none."""
    return any(header["name"] == places.NOBODY for header in match.get("headers", ()))


def rendered(strategy: str, count: int, spec: Spec, ready: Sequence[str]) -> Spec:
    """Return the router's object of a Routemap."""
    asked = parse_routemap(
        routemap(port=80, **({"strategy": strategy, "versions": versions(count, strategy)} | spec))
    )
    exposures = keeping(asked, STRATEGIES[strategy](asked.versions, ready), ready)
    return dict(ROUTERS[asked.router].render(asked, exposures))

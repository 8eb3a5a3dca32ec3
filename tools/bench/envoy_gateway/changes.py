"""What a change of a route costs those who ask meanwhile: each kind of change many times, there and back."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from routing.kinds import HTTP_ROUTES
from routing.routes.parents import GATEWAY_GROUP
from tests.unit.routing import shapes
from tools.bench.envoy_gateway.gateway import GATEWAY
from tools.bench.envoy_gateway.lives import CANDIDATE, PRIMARY, URL, clean, deploy_candidate, deploy_primary
from tools.bench.envoy_gateway.truth import asking

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tools.bench.envoy_gateway.site import Site
    from tools.bench.envoy_gateway.truth import Truth

    Manifest = dict[str, Any]

TIMES = 12
RATE = 100.0
"""Requests a second of each client."""
USERS, TESTERS = 4, 1
_HOST = "changes.example"
_NAME = "changes"
_HEADER = ("team", "1")
"""By which shapes' candidate of a canary is reached."""
_SECONDS = 1.0
"""From one change to the next: a proxy has heard of it long before."""
_BOTH = (PRIMARY, CANDIDATE)
_BY_HTTP_ROUTE: Manifest = {"router": "HTTPRoute"}


@dataclass(frozen=True)
class Step:
    """A change of a route; `users`: who may answer those without the header, before and after."""

    title: str
    rules: Sequence[Manifest]
    users: frozenset[str]


@dataclass
class Cost:
    """What became of the requests around all changes of a kind."""

    asked: int = 0
    failed: int = 0
    strays: int = 0
    misnamed: int = 0
    struck: int = 0
    statuses: Counter[int] = field(default_factory=Counter)


def costs(site: Site, times: int = TIMES) -> Iterator[tuple[str, Cost]]:
    """Make each kind of change so many times; yield its title, and what it cost."""
    deploy_primary(site)
    deploy_candidate(site)
    try:
        for there, back in kinds():
            yield from _played(site, (there, back), times).items()
    finally:
        site.ask(f"kubectl delete httproute {_NAME} --ignore-not-found")
        clean(site)


def kinds() -> Iterator[tuple[Step, Step]]:
    """Yield changes in pairs, there and back: of routes as one writes them by hand, and of Teal's."""
    either, primary = frozenset(_BOTH), frozenset({PRIMARY})
    for how, more in (("plain", {}), ("Teal", {"gateways": [GATEWAY]})):

        def rules(strategy: str, ready: Sequence[str], more: Manifest = more, **spec: Any) -> list[Manifest]:
            made = shapes.rendered(strategy, len(_BOTH), {**_BY_HTTP_ROUTE, **more, **spec}, ready)
            found: list[Manifest] = made["spec"]["rules"]
            return found

        def pair(there: Step, back: Step, how: str = how) -> tuple[Step, Step]:
            return replace(there, title=f"{there.title} ({how})"), replace(
                back, title=f"{back.title} ({how})"
            )

        split = rules("blue-green", _BOTH)
        yield pair(
            Step("a candidate comes", split, either),
            Step("a candidate goes", rules("blue-green", [PRIMARY]), either),
        )
        yield pair(
            Step("the primary goes", rules("blue-green", [CANDIDATE]), either),
            Step("the primary comes", split, either),
        )
        tested = rules("canary", _BOTH)
        yield pair(
            Step("a canary comes", tested if more else tested[::-1], primary),
            Step("a canary goes", rules("canary", [PRIMARY]), primary),
        )
        yield pair(
            Step("copies begin", rules("mirror", _BOTH), primary),
            Step("copies end", rules("mirror", [PRIMARY]), primary),
        )
        yield pair(
            Step("a candidate comes, with affinity", rules("blue-green", _BOTH, **shapes.KEPT), either),
            Step("it goes, with affinity", rules("blue-green", [PRIMARY], **shapes.KEPT), either),
        )


def _played(site: Site, pair: tuple[Step, Step], times: int) -> dict[str, Cost]:
    found = {step.title: Cost() for step in pair}
    _begin(site, pair[1])
    with ExitStack() as stack:
        users = [stack.enter_context(asking(URL, _HOST, RATE)) for _ in range(USERS)]
        testers = [stack.enter_context(asking(URL, _HOST, RATE, _HEADER)) for _ in range(TESTERS)]
        for _ in range(times):
            for step in pair:
                begin = time.monotonic()
                change(site, step.rules)
                time.sleep(_SECONDS)
                _count(found[step.title], step, users, testers, (begin, time.monotonic()))
    return found


def _begin(site: Site, step: Step) -> None:
    parent = {"group": GATEWAY_GROUP, "kind": "Gateway", "name": GATEWAY}
    spec = {"parentRefs": [parent], "hostnames": [_HOST], "rules": [*step.rules]}
    route = {"apiVersion": HTTP_ROUTES.api_version, "kind": HTTP_ROUTES.kind, "spec": spec}
    site.cluster.apply(HTTP_ROUTES, {**route, "metadata": {"name": _NAME, "namespace": "default"}})
    time.sleep(2 * _SECONDS)


def change(site: Site, rules: Sequence[Manifest]) -> None:
    """Give the route other rules."""
    operation = {"op": "replace", "path": "/spec/rules", "value": [*rules]}
    site.cluster.patch(HTTP_ROUTES, "default", _NAME, [operation])


def _count(
    cost: Cost, step: Step, users: Sequence[Truth], testers: Sequence[Truth], when: tuple[float, float]
) -> None:
    begin, end = when
    before = cost.failed
    for truth in (*users, *testers):
        for told in truth.told(begin, end):
            cost.asked += 1
            cost.statuses[told.status] += 1
            cost.failed += not told.fine
            cost.misnamed += told.fine and told.named != told.version
            cost.strays += told.fine and truth in users and told.version not in step.users
    cost.struck += cost.failed > before

"""What a changed Routemap or WeightOverride would do to the routes, by the reconciler's functions. Pure."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from cli.spans import Line, Span, line
from routing import facts, reaching
from routing.deciding.decide import asked, decide
from routing.facts import Facts
from routing.model import State
from routing.reading.defaults import defaulted
from routing.reading.parse import parse_routemap, parse_weight_override
from routing.reading.raw import section
from routing.routes import router_of
from routing.routes.exposure import by_version, split_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from routing.facts import Workload
    from routing.model import Routemap, WeightOverride
    from routing.routes.exposure import Exposure
    from routing.routes.router import Router

    Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class There:
    """What is in the cluster of an application: its objects, None or absent where they are not there.

    `workloads` and `services` by name, `slices` by the Service's name.
    """

    routemap: Manifest | None = None
    override: Manifest | None = None
    route: Manifest | None = None
    workloads: Mapping[str, Workload] = field(default_factory=dict)
    services: Mapping[str, Manifest] = field(default_factory=dict)
    slices: Mapping[str, Sequence[Manifest]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of an application's route.

    `now` and `then` are exposures, `before` and `after` the object of its `router`, as far as it is Teal's.
    `waiting`: by version, why it gets nothing yet; `whole`: the split once nothing waits.
    """

    name: str
    namespace: str
    now: tuple[Exposure, ...]
    then: tuple[Exposure, ...]
    before: Manifest | None
    after: Manifest | None
    waiting: Mapping[str, str]
    whole: str
    router: Router

    @property
    def changes(self) -> bool:
        """Whether the route would be another."""
        return self.after is not None and not self._same()

    def _same(self) -> bool:
        return (
            self.before is not None and self.after is not None and self.router.same(self.before, self.after)
        )


def foresee(there: There, routemap: Manifest, override: Manifest | None, now: float, domain: str) -> Foreseen:
    """Return what a Routemap and an override would give. `now`: seconds since the epoch.

    `domain` is the cluster's. Both are as the file, else the cluster, has them. Versions that are ready now
    count as settled. Raises InvalidManifestError for what the webhook would refuse.
    """
    wanted = parse_routemap(_stored(there, defaulted(routemap, domain)), domain)
    counts = override is not None and "deletionTimestamp" not in section(override, "metadata")
    weights = parse_weight_override(override) if override is not None and counts else None
    router = router_of(routemap)
    exposures = tuple(router.exposures(there.route)) if there.route else ()
    seen = _facts(router, there, wanted, by_version(exposures))
    decision = decide(wanted, weights, seen, now)
    after = router.render(wanted, decision.exposures) if decision.exposures else None
    waiting = {
        plan.name: plan.reason
        for plan in decision.versions[: len(wanted.versions)]
        if plan.state is not State.READY
    }
    whole = split_of(_whole(wanted, weights))
    return Foreseen(
        wanted.name,
        wanted.namespace,
        exposures,
        decision.exposures or exposures,
        there.route,
        after,
        waiting,
        whole,
        router,
    )


def told(seen: Foreseen) -> list[Line]:
    """Return what would change, in words and as a difference of YAML."""
    lines = [line(Span(seen.name, "head"), f" in {seen.namespace}: {_verdict(seen)}")]
    lines.append(line(f"  now   {split_of(seen.now) or 'nothing is routed'}", indent=8))
    lines.append(line(f"  then  {split_of(seen.then) or 'nothing is routed'}", indent=8))
    lines += [line(f"  {text}", indent=4) for text in _moves(seen)]
    for name, reason in seen.waiting.items():
        lines.append(line(f"  {name} gets nothing yet: {reason} (`teal explain {reason}`)", indent=4))
    if seen.waiting:
        lines.append(line(f"  once all are ready: {seen.whole}", indent=4))
    return lines + _difference(seen)


def _verdict(seen: Foreseen) -> str:
    if not seen.changes:
        return "the route stays as it is"
    return "a route is made" if seen.before is None else "the route changes"


def _moves(seen: Foreseen) -> Iterator[str]:
    now, then = by_version(seen.now), by_version(seen.then)
    for name in dict.fromkeys((*now, *then)):
        was, will = now.get(name), then.get(name)
        shares = (was.share if was else 0), (will.share if will else 0)
        if shares[0] != shares[1]:
            yield f"{name} goes from {shares[0]} % to {shares[1]} %"
        if was and was.exposed and not (will and will.exposed):
            yield f"{name} drains, and is let go then"


def _difference(seen: Foreseen) -> list[Line]:
    """Return a unified difference of what Teal writes of the router's object."""
    if seen.after is None or not seen.changes:
        return []
    before = {} if seen.before is None else {"spec": seen.before.get("spec")}
    was, will = (
        yaml.safe_dump(each, sort_keys=True).splitlines() if each else []
        for each in (before, {"spec": seen.after.get("spec")})
    )
    name = f"{seen.router.resource.kind} {seen.namespace}/{seen.name}"
    styles = {"+": "good", "-": "bad"}
    found = difflib.unified_diff(was, will, f"{name} now", f"{name} then", lineterm="")
    return [line(Span(each, styles.get(each[:1], "dim")), indent=0) for each in found]


def _stored(there: There, routemap: Manifest) -> Manifest:
    """Return a Routemap under the uid that it has in the cluster: the route names it as its owner."""
    uid = section(there.routemap, "metadata").get("uid", "")
    return {**routemap, "metadata": {**routemap["metadata"], "uid": uid}}


def _facts(router: Router, there: There, wanted: Routemap, exposures: Mapping[str, Exposure]) -> list[Facts]:
    """Return the facts of the versions listed, then of those that the route names beside them."""
    names = dict.fromkeys((*(version.name for version in wanted.versions), *exposures))
    routed = router.port(there.route) if there.route else None
    return [_fact(there, name, exposures.get(name), (wanted.port, routed)) for name in names]


def _fact(there: There, name: str, exposure: Exposure | None, ports: tuple[int | None, int | None]) -> Facts:
    """Return the facts of a version; `ports`: the one that is asked for, and the one that is routed to."""
    port, routed = ports
    service = there.services.get(name)
    slices = there.slices.get(name, ())
    return Facts(
        name=name,
        deployment=there.workloads.get(name),
        service=facts.part(service) if service else None,
        ready_endpoints=facts.ready_endpoints(slices),
        ready_since=0.0,
        unreachable=reaching.unreachable(service, port, slices) if service else None,
        astray=routed is not None and service is not None and routed not in reaching.ports(service),
        exposure=exposure,
    )


def _whole(wanted: Routemap, weights: WeightOverride | None) -> tuple[Exposure, ...]:
    return asked(wanted, weights, [version.name for version in wanted.versions])

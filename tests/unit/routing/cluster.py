"""A cluster as a value: the manifests that a pass looks at, and what they are after each of its writes.

`Cluster.seen` reads them as the reconciler does, `Cluster.after` does what the API server and the garbage
collector do, and `replayed` runs the real plan until nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from routing import facts, names, patches
from routing.deciding.routable import Surroundings
from routing.facts import Facts
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, WEIGHT_OVERRIDES
from routing.passes import Pass, Seen
from routing.plan import LOOK_AGAIN_SECONDS, plan
from routing.reading import status
from routing.reading.defaults import DEADLINE_SECONDS
from routing.reading.times import timestamp
from routing.routes import ROUTER
from routing.routes.exposure import Exposure, by_version
from routing.writes import Apply, Patch, SeenVersion
from tests.unit.routing.worlds import NOW, SETTLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from routing.facts import Part, Workload
    from routing.model import Routemap

    Manifest = Mapping[str, Any]

AROUND = Surroundings(services={"httpbin": {}}, gateways={"default/httpbin": ("*",)})
"""The Service and the Gateway by which requests come."""
ELSEWHERE = "elsewhere.example.com"
"""Who gets the requests that a hand has left to none of the versions."""
_PLACES = {
    ROUTEMAPS: "routemaps",
    WEIGHT_OVERRIDES: "overrides",
    DEPLOYMENTS: "deployments",
    SERVICES: "services",
    VIRTUAL_SERVICES: "routes",
}


@dataclass(frozen=True)
class Cluster:
    """The objects of one application by name; of a Service, the ready endpoints and since when it has one."""

    routemaps: Mapping[str, Manifest] = field(default_factory=dict)
    overrides: Mapping[str, Manifest] = field(default_factory=dict)
    deployments: Mapping[str, Manifest] = field(default_factory=dict)
    services: Mapping[str, Manifest] = field(default_factory=dict)
    routes: Mapping[str, Manifest] = field(default_factory=dict)
    endpoints: Mapping[str, tuple[int, float | None]] = field(default_factory=dict)

    @property
    def routemap(self) -> Manifest | None:
        """The Routemap, until it has gone."""
        return next(iter(self.routemaps.values()), None)

    @cached_property
    def exposures(self) -> Mapping[str, Exposure]:
        """Whom the router's object exposes."""
        return by_version([each for route in self.routes.values() for each in ROUTER.exposures(route)])

    @property
    def split(self) -> dict[str, int]:
        """The percentages of the versions that the router's object names."""
        return {name: exposure.share for name, exposure in self.exposures.items()}

    @cached_property
    def marked(self) -> set[str]:
        """The versions of which an object is marked."""
        parts = (*self.deployments.items(), *self.services.items())
        return {name for name, manifest in parts if facts.is_marked(manifest)}

    def seen(self) -> Seen:
        """Return what a pass sees: what is listed, what was told of, and what the router's object names."""
        assert self.routemap is not None
        told = status.read(self.routemap.get("status"))
        # A route that somebody has deleted was as it was told of last.
        last = {item.name: Exposure(item.name, item.weight) for item in told.versions if item.weight}
        exposures = self.exposures if self.routes else last
        exposed = {name for name, exposure in exposures.items() if exposure.exposed}
        listed = [version["name"] for version in self.routemap["spec"]["versions"]]
        return Seen(
            routemap=self.routemap,
            status=told,
            versions=tuple(
                self._version(name, exposures.get(name), told.drain_of(name, exposed=name in exposed))
                for name in dict.fromkeys((*listed, *told.held, *exposures))
            ),
            override=next(iter(self.overrides.values()), None),
            route=next(iter(self.routes.values()), None),
            around=AROUND,
        )

    def after(self, due: Pass) -> Cluster:
        """Return the cluster after a whole pass."""
        *_, last = self.cut(due)
        return last

    def cut(self, due: Pass) -> Iterator[Cluster]:
        """Yield the cluster as it is, and after each write of a pass: it may be cut off at any of these."""
        now = self
        yield now
        for write in chain.from_iterable(due.steps):
            now = now.written(write).collected()
            yield now
        told = {} if due.status is None else {"status": due.status.manifest()}
        maps = {name: {**manifest, **told} for name, manifest in now.routemaps.items()}
        yield replace(now, routemaps=maps).collected()

    def written(self, write: Patch | Apply) -> Cluster:
        """Return the cluster after one write. One of an object that has gone does nothing."""
        place, name = _PLACES[write.resource], write.manifest["metadata"]["name"]
        objects: Mapping[str, Manifest] = getattr(self, place)
        if isinstance(write, Patch):
            if name not in objects:
                return self
            made: Manifest = patches.patched(objects[name], write.operations)
        else:
            made = _applied(objects.get(name), write.manifest)
        changed: dict[str, Any] = {place: {**objects, name: made}}
        return replace(self, **changed)

    def _version(self, name: str, exposure: Exposure | None, draining_until: float | None) -> SeenVersion:
        deployment, service = self.deployments.get(name), self.services.get(name)
        count, since = self.endpoints.get(name, (0, None))
        told = Facts(
            name=name,
            deployment=facts.workload(deployment) if deployment else None,
            service=facts.part(service) if service else None,
            ready_endpoints=count,
            ready_since=since,
            exposure=exposure,
            draining_until=draining_until,
        )
        return SeenVersion(told, deployment, service)

    def collected(self) -> Cluster:
        """What is being deleted and has no finalizer has gone, and with it what depends on it."""
        maps = _left(self.routemaps)
        versions = self.deployments, self.services
        gone = {name for parts in versions for name in parts.keys() - _left(parts).keys()}
        return Cluster(
            routemaps=maps,
            overrides=_left(self.overrides) if maps else {},
            deployments=_left(self.deployments),
            services=_left(self.services),
            routes=self.routes if maps else _without_owner(self.routes),
            endpoints={name: told for name, told in self.endpoints.items() if name not in gone},
        )


def _left(objects: Mapping[str, Manifest]) -> Mapping[str, Manifest]:
    left = {
        name: manifest
        for name, manifest in objects.items()
        if "deletionTimestamp" not in manifest["metadata"] or manifest["metadata"].get("finalizers")
    }
    return objects if len(left) == len(objects) else left


def _without_owner(objects: Mapping[str, Manifest]) -> Mapping[str, Manifest]:
    return {
        name: manifest for name, manifest in objects.items() if not manifest["metadata"]["ownerReferences"]
    }


def _applied(current: Manifest | None, wanted: Manifest) -> Manifest:
    """Return what server-side apply makes of an object: what only others have set stays."""
    if current is None:
        return wanted
    metadata = {**current["metadata"], **wanted["metadata"]}
    return {**current, **wanted, "metadata": metadata, "spec": {**current["spec"], **wanted["spec"]}}


def cluster(asked: Routemap, versions: Sequence[Facts]) -> Cluster:
    """Return the cluster of which these facts hold.

    A share that no VirtualService can give to a version alone is made up by a host that is none of ours.
    """
    weighted = any(version.weight for version in asked.versions)
    return Cluster(
        routemaps={asked.name: _routemap(asked, versions, weighted=weighted)},
        overrides={} if weighted else {asked.name: _zeros(asked)},
        deployments={
            fact.name: _deployment(fact.name, fact.deployment) for fact in versions if fact.deployment
        },
        services={fact.name: _service(fact.name, fact.service) for fact in versions if fact.service},
        routes=_routes(asked, versions),
        endpoints={fact.name: (fact.ready_endpoints, fact.ready_since) for fact in versions},
    )


def _routemap(asked: Routemap, versions: Sequence[Facts], *, weighted: bool) -> Manifest:
    # Weights that are all 0 are refused; only an override can make them so.
    listed = [{"name": item.name, "weight": item.weight if weighted else 50} for item in asked.versions]
    told = [_told(fact) for fact in versions if fact.exposure is not None or fact.draining_until is not None]
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Routemap",
        "metadata": {
            "namespace": asked.namespace,
            "name": asked.name,
            "uid": asked.uid,
            "generation": asked.generation,
            "finalizers": [names.RELEASE],
        },
        "spec": {
            "versions": listed,
            "hosts": [*asked.hosts],
            "gateways": [*asked.gateways],
            "port": asked.port,
            "settleSeconds": asked.settle_seconds,
            "drainSeconds": asked.drain_seconds,
        },
        **({"status": {"versions": told}} if told else {}),
    }


def _zeros(asked: Routemap) -> Manifest:
    weights = [{"version": version.name, "weight": 0} for version in asked.versions]
    metadata = {"namespace": asked.namespace, "name": asked.name, "uid": "0ver"}
    return {"kind": "WeightOverride", "metadata": metadata, "spec": {"weights": weights}}


@cache
def _deployment(name: str, workload: Workload) -> Manifest:
    probe = {"readinessProbe": {"tcpSocket": {"port": 80}}} if workload.probed else {}
    available = {"type": "Available", "status": str(workload.available)}
    return {
        "metadata": _metadata(name, workload, watched=workload.watched),
        "spec": {
            "replicas": 0 if workload.scaled_to_zero else 2,
            "template": {"spec": {"containers": [probe]}},
        },
        "status": {"conditions": [available]},
    }


@cache
def _service(name: str, part: Part) -> Manifest:
    return {"metadata": _metadata(name, part, watched=True)}


def _metadata(name: str, part: Part, *, watched: bool) -> Manifest:
    metadata: dict[str, Any] = {"namespace": "default", "name": name, "uid": name}
    metadata["labels"] = {names.WATCH: "true"} if watched else {}
    if part.marked:
        metadata["finalizers"] = [names.MARK]
    if part.deleting_since is not None:
        metadata["deletionTimestamp"] = timestamp(part.deleting_since)
    return metadata


def _told(fact: Facts) -> Manifest:
    draining = fact.draining_until is not None
    return {
        "name": fact.name,
        "state": "draining" if draining else "ready",
        **({"weight": fact.exposure.share} if fact.exposure is not None else {}),
        **({"drainingUntil": timestamp(fact.draining_until)} if fact.draining_until is not None else {}),
    }


def _routes(asked: Routemap, versions: Sequence[Facts]) -> Mapping[str, Manifest]:
    exposures = [fact.exposure for fact in versions if fact.exposure is not None]
    if not exposures:
        return {}
    rest = max(100 - sum(exposure.share for exposure in exposures), 0)
    route = ROUTER.render(asked, exposures)
    [http] = route["spec"]["http"]
    weighted = [
        {**destination, "weight": exposure.share}
        for destination, exposure in zip(http["route"], exposures, strict=True)
    ]
    elsewhere = {"destination": {"host": ELSEWHERE}, "weight": rest}
    destinations = [*weighted, elsewhere] if rest else http["route"]
    return {asked.name: {**route, "spec": {**route["spec"], "http": [{**http, "route": destinations}]}}}


@dataclass(frozen=True)
class Played:
    """One pass of a history: when, over what, and what it did."""

    now: float
    before: Cluster
    due: Pass
    after: Cluster


def replayed(start: Cluster, passes: int, plan_at: Callable[[Seen, float], Pass] = plan) -> list[Played]:
    """Return the passes up to the one that changes nothing and waits for nothing, or the Routemap's end.

    What is only looked for again and again, since it sends no event, is not waited for.
    """
    now: float | None = NOW
    before = start
    history: list[Played] = []
    while before.routemap is not None and now is not None:
        assert len(history) < passes, f"not settled after {passes} passes: {history[-1]}"
        due = plan_at(before.seen(), now)
        after = before.after(due)
        history.append(Played(now, before, due, after))
        if after == before:
            now = due.again_at if due.again_at != now + LOOK_AGAIN_SECONDS else _next(after, now)
        before = after
    return history


def _next(rests: Cluster, now: float) -> float | None:
    """Return when time alone brings something: the end of a drain, of settling, of a deletion's patience."""
    told = status.read((rests.routemap or {}).get("status"))
    times = [*told.draining.values()]
    times += [since + SETTLE for _, since in rests.endpoints.values() if since is not None]
    deletions = [version.facts.deleting_since for version in rests.seen().versions]
    times += [since + DEADLINE_SECONDS for since in deletions if since is not None]
    return min((time for time in times if time > now), default=None)

"""From the stores to what a pass rests on: the one place where a pass looks at the cluster."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from reconciler.passes.loners import Loners
from reconciler.passes.look import Look, Looks
from reconciler.passes.readiness import Readiness
from reconciler.passes.surroundings import Neighbourhood
from reconciler.passes.workloads import Workloads
from reconciler.watching.compact import place
from reconciler.watching.mentions import listed_versions
from routing import facts, names, reaching
from routing.facts import Facts
from routing.kinds import ENDPOINT_SLICES
from routing.passes import Seen
from routing.reading.raw import section
from routing.routes import ROUTERS, router_of
from routing.telling.unlisted import UNLISTED_SECONDS, Unlisted
from routing.values import dataclass
from routing.writes import SeenVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.passes.live_reads import Reader
    from reconciler.watching.kinds import Change, Kind
    from reconciler.watching.mentions import Mentions, OrphanKey, RoutemapKey
    from reconciler.watching.stores import Stores
    from routing.routes.exposure import Exposure
    from routing.routes.router import Router

    Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _How:
    """How a version is looked at: when, by which port it is asked for, and by which it is routed to.

    `held`: by its status or by the router's object it may carry a mark; `taken`: as of `Facts`.
    """

    now: float
    asked: int | None
    routed: int | None
    held: bool
    taken: bool | None


class Observer:
    """Reads what passes rest on. Of each version it remembers since when it has had a ready endpoint.

    `scope`: the only namespace that is watched, None for all. `heard` runs in the threads that fill the
    stores, all else in those of passes. What is remembered is this process's own: a new leader takes versions
    that the router's object names for settled.
    """

    def __init__(self, stores: Stores, mentions: Mentions, reader: Reader, scope: str | None = None) -> None:
        self._looks = Looks(stores)
        self._neighbourhood = Neighbourhood(stores, reader, scope)
        self._stores = stores
        self._mentions = mentions
        self._workloads = Workloads(stores, reader)
        self._lock = threading.Lock()  # of what is remembered: a watch's thread and passes change it
        self._ready: dict[str, Readiness] = {}  # by place
        self._loners = Loners()

    def heard(self, kind: Kind, change: Change) -> None:
        """Take notice of a change, from the thread that has put it into its store.

        Endpoints that went may be back before a pass looks; proxies have to hear of them again all the same.
        """
        if kind.workload is not None and change.gone:
            namespace, name = change.name
            self._loners.forget(namespace, kind.workload.version_of(name))
        if kind.resource != ENDPOINT_SLICES:
            return
        namespace, _ = change.name
        for service in kind.indexed(change.manifest):
            where = place(namespace, service)
            if where not in self._ready:  # no pass has seen one that could be lost
                continue
            gone = not facts.ready_endpoints(self._stores.endpoint_slices.indexed(namespace, service))
            with self._lock:
                before = self._ready.get(where)
                if before is not None and gone:
                    self._ready[where] = before.lost()

    def look(self, key: RoutemapKey) -> Look | None:
        """Return what is seen of a Routemap itself, None when there is none: the versions a pass concerns.

        It is asked before their locks are taken, so it looks at the stores only; under the locks `observe`
        looks again.
        """
        return self._looks.at(key)

    def observe(self, key: RoutemapKey, now: float, before: Look | None = None) -> Seen | None:
        """Return what is seen of a Routemap, None when there is none. Raises ClusterError.

        The locks of its versions are held. `before`: the look that told which these are. The API server
        itself is asked for what no store can tell: a workload that may be there without the watch label. A
        settled Routemap costs no request.
        """
        look = self._looks.at(key, before)
        if look is None:
            return None
        routemap, told = look.routemap, look.told
        router = router_of(routemap)
        route = next((found for other, found in look.routes if other is router), None)
        held = {*told.held, *look.exposures}
        port = router.port(route) if route else None
        word = router.word(route) if route else None
        versions = tuple(
            self._seen(
                (key.namespace, version),
                look.exposures.get(version),
                told.drain_of(version, exposed=_exposed(look.exposures.get(version))),
                _How(now, _port(routemap), port, version in held, word.taken if word else None),
            )
            for version in look.versions
        )
        return Seen(
            routemap=routemap,
            status=told,
            versions=versions,
            around=self._neighbourhood.of(routemap, route, versions),
            override=self.override(key),
            route=route,
            others=tuple((other, found) for other, found in look.routes if other is not router),
            senior=self._seniors(key, routemap),
            routable=self._stores.of(router.resource).installed,
        )

    def override(self, key: RoutemapKey) -> Manifest | None:
        """Return the WeightOverride of a name, None where there is none."""
        return self._stores.weight_overrides.get(key.namespace, key.name)

    def orphan(self, key: OrphanKey) -> SeenVersion | None:
        """Return a version that no Routemap mentions, watched or not; None while one does.

        The version's lock is held. What is not watched is read live: the label may be gone and the mark still
        on. Since when it was ready is forgotten. Raises ClusterErrors.
        """
        if self._mentions.of(key.namespace, key.name):
            self._loners.forget(key.namespace, key.name)
            return None
        with self._lock:
            self._ready.pop(place(key.namespace, key.name), None)
        found = self._workloads.of(key.namespace, key.name, held=True)
        service = self._stores.services.get(key.namespace, key.name)
        return SeenVersion(Facts(key.name), found.manifest, service, found.kind)

    def unlisted(self, key: OrphanKey, now: float) -> Unlisted | None:
        """Return what the user of a version that no Routemap mentions is to be told; None: nothing any more.

        `told` is to be called when that has been done.
        """
        if not self._workloads.watched(key.namespace, key.name):
            return None
        since = self._loners.since(key.namespace, key.name, now)
        if since is None:
            return None
        due = now >= since + UNLISTED_SECONDS
        return Unlisted(since, self._stores.routemaps.within(key.namespace) if due else ())

    def told(self, key: OrphanKey) -> None:
        """Take notice that the user of a version has been told that no Routemap lists it."""
        self._loners.told(key.namespace, key.name)

    def left(self, key: RoutemapKey) -> Sequence[tuple[Router, Manifest]]:
        """Return the routers' objects that a Routemap has left, none while there is one of that name."""
        if self._stores.routemaps.get(key.namespace, key.name) is not None:
            return ()
        return self._looks.routes(key)

    def routed(self, key: OrphanKey) -> bool:
        """Tell whether a router's object exposes a version, for a Routemap that is still there."""
        stores = [self._stores.of(router.resource) for router in ROUTERS.values()]
        for route in (found for store in stores for found in store.indexed(key.namespace, key.name)):
            owner = section(route, "metadata", "labels").get(names.ROUTEMAP)
            routemap = self._stores.routemaps.get(key.namespace, str(owner))
            if routemap is not None and "deletionTimestamp" not in routemap["metadata"]:
                return True
        return False

    def _seniors(self, key: RoutemapKey, routemap: Manifest) -> Mapping[str, str]:
        """Return, by version, the name of the Routemap that has it, where that is an older one."""
        found = {version: self._mentions.senior(key, version) for version in listed_versions(routemap)}
        return {version: other for version, other in found.items() if other is not None}

    def _seen(
        self, of: tuple[str, str], exposure: Exposure | None, draining_until: float | None, how: _How
    ) -> SeenVersion:
        """Return the facts of a version, and the manifests that they were read from.

        `of`: its namespace and name.
        """
        service: Manifest | None = self._stores.services.get(*of)
        kind, workload, besides = self._workloads.of(*of, held=how.held or service is not None)
        slices = self._stores.endpoint_slices.indexed(*of)
        endpoints = facts.ready_endpoints(slices)
        ready = self._noted(place(*of), how, endpoints, (workload, service))
        told = Facts(
            name=of[1],
            deployment=facts.workload(workload, kind) if workload else None,
            service=facts.part(service) if service else None,
            ready_endpoints=endpoints,
            ready_since=ready.since,
            flaps=ready.flaps,
            was_unready=ready.was_unready,
            unreachable=reaching.unreachable(service, how.asked, slices) if service else None,
            astray=how.routed is not None
            and service is not None
            and how.routed not in reaching.ports(service),
            exposure=exposure,
            draining_until=draining_until,
            taken=how.taken,
            besides=besides,
            lacking=self._workloads.lacking(of[1]) if service and not workload else "",
            grpc=service is not None and reaching.takes_grpc(service, how.asked),
        )
        return SeenVersion(told, workload, service, kind, slices)

    def _noted(self, where: str, how: _How, endpoints: int, parts: tuple[Manifest | None, ...]) -> Readiness:
        """Note whether a version has a ready endpoint; return since when, and how often it lost its last.

        One of whose parts one is deleted loses its endpoints for good: the next of its name begins anew. That
        it has been without is known for as long as requests may come to it.
        """
        deleted = any(part is None or "deletionTimestamp" in part["metadata"] for part in parts)
        with self._lock:
            before = Readiness() if deleted and not endpoints else self._ready.get(where, Readiness())
            after = before.seen(how.now, ready=endpoints > 0)
            if after.since is not None or after.flaps or how.held:
                self._ready[where] = after
            else:
                self._ready.pop(where, None)
        return after


def _port(routemap: Manifest) -> int | None:
    port = section(routemap, "spec").get("port")
    return port if isinstance(port, int) else None


def _exposed(exposure: Exposure | None) -> bool:
    return exposure is not None and exposure.exposed

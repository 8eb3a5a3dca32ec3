"""From the cluster to what bringing in is decided from."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from cli.failures import NoError
from cli.reads import items, maybe
from cli.writing import FIELD_MANAGER, said
from kube.errors import RefusedError
from routing.adopting import bring_in
from routing.adopting.finding import NotFoundOutError, called
from routing.adopting.scene import Scene, labelled, name_of
from routing.kinds import ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, WEIGHT_OVERRIDES, WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kube.client import Cluster
    from routing.adopting.scene import Manifest, Wish


class Looker:
    """Looks at one application, again and again.

    It lists the namespace's Services, workloads and VirtualServices: which of them belong together is what
    is to be found out. It remembers one thing: since when it has seen nothing of Teal's lead requests, by its
    own clock.
    """

    def __init__(
        self, cluster: Cluster, namespace: str, app: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._app = app
        self._clock = clock
        self._quiet_since: float | None = None

    def scene(self) -> Scene:
        """Return what is seen. Raises NoError where no one Routemap could be meant, and ClusterErrors."""
        routes = tuple(items(self._cluster, VIRTUAL_SERVICES, self._namespace))
        try:
            name = called(self._app, self._namespace, routes)
        except NotFoundOutError as error:
            raise NoError(str(error)) from error
        services = {name_of(each): each for each in items(self._cluster, SERVICES, self._namespace)}
        routemap = maybe(self._cluster, ROUTEMAPS, self._namespace, name)
        leads = routemap is not None or any(labelled(route, name) for route in routes)
        return Scene(
            app=self._app,
            name=name,
            namespace=self._namespace,
            routemap=routemap,
            override=maybe(self._cluster, WEIGHT_OVERRIDES, self._namespace, name),
            services=services,
            deployments=tuple(self._workloads()),
            routes=routes,
            quiet=self._quiet(leads=leads),
        )

    def _workloads(self) -> Iterator[Manifest]:
        """Yield the namespace's Deployments and StatefulSets, each with its kind, which lists leave out."""
        for resource in (kind.resource for kind in WORKLOADS):
            for each in items(self._cluster, resource, self._namespace):
                yield {"apiVersion": resource.api_version, "kind": resource.kind, **each}

    def tried(self, wish: Wish) -> Scene:
        """Return what is seen, the Routemap tried by a dry run: nothing begins that would be refused."""
        scene = self.scene()
        proposed = bring_in.proposal(scene, wish)
        if proposed is None:
            return scene
        query = {"fieldManager": FIELD_MANAGER, "dryRun": "All"}
        try:
            self._cluster.request("POST", ROUTEMAPS.path(self._namespace), proposed, query)
        except RefusedError as error:
            return replace(scene, refused=said(error))
        return scene

    def _quiet(self, *, leads: bool) -> float:
        """Return for how many seconds nothing of Teal's has led requests; who begins anew waits anew."""
        now = self._clock()
        if leads:
            self._quiet_since = None
            return 0.0
        self._quiet_since = now if self._quiet_since is None else self._quiet_since
        return now - self._quiet_since

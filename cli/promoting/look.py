"""From the cluster to what a promotion is decided from."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cli.failures import NoError
from cli.promoting import carry
from cli.reads import items, maybe
from cli.workloads import called_by, workloads
from cli.writing import said
from kube.errors import RefusedError
from routing.kinds import DEPLOYMENTS, REPLICA_SETS, ROUTEMAPS, SERVICES, WEIGHT_OVERRIDES
from routing.promoting import promote
from routing.promoting.rollouts import rollout
from routing.promoting.steps import Scene
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kube.client import Cluster
    from routing.kinds import Resource
    from routing.promoting.steps import Wish

    Manifest = Mapping[str, Any]


class Looker:
    """Looks at one application, again and again.

    It remembers since when it has seen the primary's rollout complete, by its own clock, and how versions'
    workloads are called. Who begins anew waits anew.
    """

    def __init__(
        self, cluster: Cluster, namespace: str, name: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._name = name
        self._clock = clock
        self._complete_since: float | None = None
        self._called: dict[str, str] = {}

    def scene(self, wish: Wish) -> Scene:
        """Return what is seen. Raises NoError where there is no such Routemap, and ClusterErrors.

        In place, the change of the primary is tried by a dry run, so nothing begins that would be refused.
        """
        routemap = maybe(self._cluster, ROUTEMAPS, self._namespace, self._name)
        if routemap is None:
            raise NoError(f"there is no Routemap {self._name} in namespace {self._namespace}")
        versions = promote.involved(routemap)
        # Of one that is listed no more the status tells nothing.
        self._called |= called_by(routemap)
        found = workloads(self._cluster, self._called, self._namespace, versions)
        resource, primary = found.get(promote.primary_of(routemap), (DEPLOYMENTS, None))
        in_place = resource == DEPLOYMENTS and not wish.by_order
        scene = Scene(
            routemap=routemap,
            override=maybe(self._cluster, WEIGHT_OVERRIDES, self._namespace, self._name),
            deployments={name: manifest for name, (_, manifest) in found.items()},
            resources={name: each for name, (each, _) in found.items()},
            services=self._there(SERVICES, versions),
            replica_sets=self._replica_sets(primary) if primary and in_place else (),
            settled=self._settled(primary),
        )
        return self._tried(scene, wish)

    def plain(self) -> Scene:
        """Return what an abort is decided from. Raises as `scene`."""
        routemap = maybe(self._cluster, ROUTEMAPS, self._namespace, self._name)
        if routemap is None:
            raise NoError(f"there is no Routemap {self._name} in namespace {self._namespace}")
        canary = section(routemap, "spec").get("strategy") == "canary"
        versions = promote.involved(routemap) if canary else ()
        found = workloads(self._cluster, called_by(routemap), self._namespace, versions)
        return Scene(
            routemap=routemap,
            override=maybe(self._cluster, WEIGHT_OVERRIDES, self._namespace, self._name),
            deployments={name: manifest for name, (_, manifest) in found.items()},
            resources={name: each for name, (each, _) in found.items()},
        )

    def _tried(self, scene: Scene, wish: Wish) -> Scene:
        proposed = promote.proposal(scene, wish)
        if proposed is None:
            return scene
        try:
            return replace(scene, proposed=carry.patch(self._cluster, proposed, dry_run=True))
        except RefusedError as error:
            return replace(scene, refused=said(error))

    def _there(self, resource: Resource, names: tuple[str, ...]) -> dict[str, Manifest]:
        found = {name: maybe(self._cluster, resource, self._namespace, name) for name in names}
        return {name: manifest for name, manifest in found.items() if manifest is not None}

    def _replica_sets(self, primary: Manifest) -> tuple[Manifest, ...]:
        """Return a Deployment's ReplicaSets, none where they may not be read: an undoing alone needs them."""
        labels = section(primary, "spec", "selector", "matchLabels")
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        uid = primary["metadata"]["uid"]
        try:
            found = list(items(self._cluster, REPLICA_SETS, self._namespace, {"labelSelector": selector}))
        except RefusedError:
            return ()
        return tuple(
            item
            for item in found
            if any(section(owner).get("uid") == uid for owner in listing(item, "metadata", "ownerReferences"))
        )

    def _settled(self, primary: Manifest | None) -> float:
        """Return for how many seconds the rollout has been seen complete."""
        now = self._clock()
        if primary is None or not rollout(primary).complete:
            self._complete_since = None
            return 0.0
        self._complete_since = now if self._complete_since is None else self._complete_since
        return now - self._complete_since

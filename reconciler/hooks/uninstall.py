"""`python -m reconciler.hooks.uninstall`: takes off everything that would outlive its reason.

Helm runs it as a pre-delete hook. Marks, protections and the Routemaps' finalizers go, and so does what was
made at run time, and the VirtualServices that deleted Routemaps have left; Routemaps that are there and their
VirtualServices stay and carry traffic. Idempotent: it may be cut off anywhere and run again.
"""

from __future__ import annotations

import argparse
import logging
import math
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import logs
from kube.client import Cluster
from kube.errors import NotFoundError, NotInstalledError, StaleError
from routing import names, patches
from routing.kinds import (
    CERTIFICATES,
    DEPLOYMENTS,
    LEASES,
    PODS,
    REPLICA_SETS,
    ROUTEMAPS,
    SECRETS,
    SERVICES,
    STATEFUL_SETS,
    WEBHOOK_CONFIGURATIONS,
    Resource,
    named_workload,
)
from routing.routes import ROUTERS
from routing.writes import given_back

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from routing.routes.router import Router

    Changes = Callable[[Mapping[str, Any]], list[dict[str, Any]]]

log = logging.getLogger("uninstall")

LEASE_WAIT_SECONDS = 60.0
PODS_WAIT_SECONDS = 90.0
"""Twice the pods' terminationGracePeriodSeconds."""
ATTEMPTS = 10


def main() -> None:
    """Ask nobody any more, stop the reconciler, strip, and delete what was made at run time.

    In this order: with no pod left to ask, the webhook configurations would have changes refused, and a
    reconciler would put a mark, or a Secret, back.
    """
    parser = argparse.ArgumentParser(prog="python -m reconciler.hooks.uninstall", description=__doc__)
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--release", default="teal")
    parser.add_argument("--pods", required=True, metavar="SELECTOR", help="of the Deployment's pods")
    parser.add_argument("--watch-namespace", metavar="NAME", help="the only namespace looked after")
    parser.add_argument("--cert-manager", action="store_true", help="it has issued the certificates")
    parser.add_argument("--workload", action="append", default=[], metavar="KIND", help="as the reconciler's")
    parser.add_argument("--kubeconfig")
    args = parser.parse_args()
    logs.configure("info")
    cluster, name = Cluster(args.kubeconfig, args.watch_namespace), args.release
    for configurations in WEBHOOK_CONFIGURATIONS:
        _delete(cluster, configurations, "", name)
    stop_reconciler(cluster, args.namespace, name)
    strip_all(cluster, [named_workload(text).resource for text in args.workload])
    give_back_all(cluster)
    wait_for_pods(Cluster(args.kubeconfig, args.namespace), args.pods)
    for resource, made in _made_at_run_time(name, cert_manager=args.cert_manager):
        _delete(cluster, resource, args.namespace, made)


def stop_reconciler(cluster: Cluster, namespace: str, release: str) -> None:
    """Scale Teal to zero and wait until nobody holds its Lease: a leader would put the marks back.

    It waits for LEASE_WAIT_SECONDS at most, since a leader that was killed leaves its name there. Without a
    Deployment there is nobody to stop. Raises ClusterErrors.
    """
    try:
        cluster.merge(DEPLOYMENTS, namespace, release, {"spec": {"replicas": 0}}, "scale")
    except NotFoundError:
        return
    end = time.monotonic() + LEASE_WAIT_SECONDS
    while _holder(cluster, namespace, release) and time.monotonic() < end:
        time.sleep(0.5)


def wait_for_pods(namespace: Cluster, selector: str) -> None:
    """Wait until none of Teal's pods is left in its namespace, each of which would make a new authority.

    For PODS_WAIT_SECONDS at most. `namespace` is a Cluster that lists Teal's own namespace, `selector` is by
    labels.
    """
    end = time.monotonic() + PODS_WAIT_SECONDS
    while any(items for items, _ in namespace.pages(PODS, selector)) and time.monotonic() < end:
        time.sleep(0.5)


def strip_all(cluster: Cluster, named: Sequence[Resource] = ()) -> None:
    """Strip every object that Teal has put something on, watched or not.

    Kubernetes copies a Deployment's annotations to its ReplicaSets, never takes them off there, and copies
    them back at `kubectl rollout undo`.

    Of `named` kinds none has to be there. Raises StaleError for an object that changes during each of
    ATTEMPTS, and other ClusterErrors at once.
    """
    for resource in (DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS, SERVICES, ROUTEMAPS):
        _change_all(cluster, resource, stripping)
    for resource in named:
        with suppress(NotInstalledError):
            _change_all(cluster, resource, stripping)


def give_back_all(cluster: Cluster) -> None:
    """Have what deleted Routemaps have left of the routers go: nobody would do so later.

    Without a kind there is nothing of it. Raises as `strip_all`.
    """
    for router in ROUTERS.values():
        with suppress(NotInstalledError):
            _change_all(cluster, router.resource, partial(giving_back, router))


def giving_back(router: Router, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the operations that hand over a router's object whose Routemap has gone, however short ago."""
    writes, _ = given_back(router, manifest, math.inf)
    return [dict(operation) for write in writes for operation in write.operations]


def stripping(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the operations that take everything of ours off an object."""
    finalizers = manifest["metadata"].get("finalizers") or ()
    own = [name for name in (names.MARK, names.RELEASE) if name in finalizers]
    operations = [step for name in own for step in patches.finalizer(manifest, name, wanted=False)]
    return operations + patches.entry(manifest, "annotations", names.PROTECTED, None)


def _change_all(cluster: Cluster, resource: Resource, changes: Changes) -> None:
    for metadata in (item["metadata"] for item in cluster.every(resource) if changes(item)):
        _change(cluster, resource, (metadata["namespace"], metadata["name"]), changes)


def _change(cluster: Cluster, resource: Resource, place: tuple[str, str], changes: Changes) -> None:
    """Change an object as it is now: what was listed may be long ago. One that has gone needs nothing."""
    namespace, name = place
    for _ in range(ATTEMPTS):
        try:
            manifest = cluster.get(resource, namespace, name)
            operations = changes(manifest)
            if operations:
                cluster.patch(resource, namespace, name, patches.guarded(manifest, operations))
                log.info("stripped", extra={"kind": resource.kind, "namespace": namespace, "object": name})
        except NotFoundError:
            return
        except StaleError:
            continue  # somebody else wrote: read it again
        return
    raise StaleError(f"{resource.kind} {namespace}/{name} changed during each of {ATTEMPTS} attempts")


def _made_at_run_time(name: str, *, cert_manager: bool) -> list[tuple[Resource, str]]:
    """Return what was made of Teal's by Teal or cert-manager, in the order in which it does not come back.

    The Secrets of both: the release may have had certificates from either, and cert-manager leaves its own.
    """
    certificates = (f"{name}-authority", name) if cert_manager else ()
    return [
        (LEASES, name),
        *((CERTIFICATES, each) for each in certificates),
        *((SECRETS, f"{name}-{each}") for each in ("ca", "authority", "serving")),
    ]


def _delete(cluster: Cluster, resource: Resource, namespace: str, name: str) -> None:
    try:
        cluster.request("DELETE", resource.path(namespace, name))
    except NotFoundError:
        return
    log.info("deleted", extra={"kind": resource.kind, "object": name})


def _holder(cluster: Cluster, namespace: str, release: str) -> str:
    """Return who holds the Lease, "" for nobody, whether or not its time is over."""
    try:
        lease = cluster.get(LEASES, namespace, release)
    except NotFoundError:
        return ""
    return str((lease.get("spec") or {}).get("holderIdentity") or "")


if __name__ == "__main__":
    main()

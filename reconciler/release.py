"""`python -m reconciler.release`: before an uninstall, takes off everything that would outlive its reason.

Helm runs it as a pre-delete hook. Marks, protections and the Routemaps' finalizers go; Routemaps and their
VirtualServices stay and carry traffic. Idempotent: it may be cut off anywhere and run again.
"""

from __future__ import annotations

import argparse
import logging
import time
from typing import TYPE_CHECKING, Any

import logs
from reconciler import patches
from reconciler.cluster import Cluster
from reconciler.errors import NotFoundError, StaleError
from reconciler.resources import DEPLOYMENTS, LEASES, ROUTEMAPS, SERVICES, Resource
from routing import names

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger("release")

LEASE_WAIT_SECONDS = 60.0
ATTEMPTS = 10


def main() -> None:
    """Stop the reconciler, then strip."""
    parser = argparse.ArgumentParser(prog="python -m reconciler.release", description=__doc__)
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--release", default="teal")
    parser.add_argument("--kubeconfig")
    args = parser.parse_args()
    logs.configure("info")
    cluster = Cluster(args.kubeconfig)
    stop_reconciler(cluster, args.namespace, args.release)
    strip_all(cluster)


def stop_reconciler(cluster: Cluster, namespace: str, release: str) -> None:
    """Scale Teal to zero and wait until nobody holds its Lease: a leader would put the marks back."""
    try:
        cluster.merge(DEPLOYMENTS, namespace, release, {"spec": {"replicas": 0}}, "scale")
    except NotFoundError:
        return
    end = time.monotonic() + LEASE_WAIT_SECONDS
    while _holder(cluster, namespace, release) and time.monotonic() < end:
        time.sleep(0.5)


def strip_all(cluster: Cluster) -> None:
    """Strip every object that Teal has put something on, watched or not."""
    for resource in (DEPLOYMENTS, SERVICES, ROUTEMAPS):
        for metadata in (item["metadata"] for item in cluster.every(resource) if stripping(item)):
            _strip(cluster, resource, metadata["namespace"], metadata["name"])


def stripping(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the operations that take everything of ours off an object."""
    finalizers = manifest["metadata"].get("finalizers") or ()
    own = [name for name in (names.MARK, names.RELEASE) if name in finalizers]
    operations = [step for name in own for step in patches.finalizer(manifest, name, wanted=False)]
    return operations + patches.entry(manifest, "annotations", names.PROTECTED, None)


def _strip(cluster: Cluster, resource: Resource, namespace: str, name: str) -> None:
    for _ in range(ATTEMPTS):
        try:
            manifest = cluster.get(resource, namespace, name)
            operations = stripping(manifest)
            if operations:
                cluster.patch(resource, namespace, name, patches.guarded(manifest, operations))
                log.info("stripped", extra={"kind": resource.kind, "namespace": namespace, "object": name})
        except NotFoundError:
            return
        except StaleError:
            continue  # somebody else wrote: read it again
        return
    raise StaleError(f"{resource.kind} {namespace}/{name} changed during each of {ATTEMPTS} attempts")


def _holder(cluster: Cluster, namespace: str, release: str) -> str:
    try:
        lease = cluster.get(LEASES, namespace, release)
    except NotFoundError:
        return ""
    return str((lease.get("spec") or {}).get("holderIdentity") or "")


if __name__ == "__main__":
    main()

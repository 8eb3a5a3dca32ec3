"""`python -m reconciler.hooks.wait_for_admission`: waits until admission really works.

Helm runs it after an install or upgrade. Pods that are ready are not enough: the API server has to have heard
of the webhook configuration, its caBundle and the Service's endpoints. So it asks for a Routemap that only
Teal's own rules refuse, as a dry run, until they do. `helm test` runs it, too, and has it tell who leads.
"""

from __future__ import annotations

import argparse
import logging
import time
from typing import TYPE_CHECKING, Any

import logs
from kube.client import Cluster
from kube.errors import ClusterError, NotFoundError, RefusedError
from routing import names
from routing.kinds import LEASES, ROUTEMAPS

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger("wait_for_admission")

WAIT_SECONDS = 120.0
IN_A_ROW = 3
"""Refusals in a row: several API servers hear at different times."""


def refusable(namespace: str) -> dict[str, Any]:
    """Return a Routemap that Teal has to refuse.

    Its only mistake (all weights are 0) is one that no schema sees, so the refusal can come from the webhook
    alone.
    """
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Routemap",
        "metadata": {"namespace": namespace, "name": "teal-wait"},
        "spec": {"versions": [{"name": "teal-wait", "weight": 0}]},
    }


def main() -> int:
    """Return 0 once Teal's refusal comes back and, if asked for, a leader is seen; 1 if not in time."""
    parser = argparse.ArgumentParser(
        prog="python -m reconciler.hooks.wait_for_admission", description=__doc__
    )
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--release", default="teal")
    parser.add_argument("--watch-namespace", metavar="NAME", default="default", help="where to ask")
    parser.add_argument("--leader", action="store_true", help="also see that a replica leads, and tell which")
    parser.add_argument("--kubeconfig")
    args = parser.parse_args()
    logs.configure("info")
    cluster = Cluster(args.kubeconfig)
    if not wait(cluster, args.watch_namespace, WAIT_SECONDS):
        return 1
    return 0 if not args.leader or led(cluster, args.namespace, args.release, WAIT_SECONDS) else 1


def wait(cluster: Cluster, namespace: str, seconds: float) -> bool:
    """Ask until Teal has refused several times in a row, or the time is over.

    Return whether it did so in time. Nothing is changed: each question is a dry run.
    """
    end = time.monotonic() + seconds
    refusals = 0
    while refusals < IN_A_ROW:
        answer = _ask(cluster, namespace)
        refusals = refusals + 1 if answer is None else 0
        if answer is not None:
            log.info("not yet", extra={"answer": answer})
        if time.monotonic() > end:
            log.error("admission does not work", extra={"answer": answer})
            return False
        time.sleep(0.2)
    log.info("admission works", extra={"namespace": namespace})
    return True


def led(cluster: Cluster, namespace: str, release: str, seconds: float) -> bool:
    """Wait until a replica is seen to renew the Lease, and tell which.

    A name alone may be that of a dead one, and the Lease's time was told by another clock.

    Return whether that was seen within `seconds`; raises ClusterErrors. Only that `renewTime` changes is
    looked at.
    """
    end = time.monotonic() + seconds
    first = spec = _lease(cluster, namespace, release)
    while not spec.get("holderIdentity") or spec.get("renewTime") == first.get("renewTime"):
        if time.monotonic() > end:
            log.error("no replica leads", extra={"lease": release, "spec": spec})
            return False
        time.sleep(0.2)
        spec = _lease(cluster, namespace, release)
    log.info("leader", extra={"replica": spec["holderIdentity"]})
    return True


def _lease(cluster: Cluster, namespace: str, release: str) -> Mapping[str, Any]:
    try:
        return cluster.get(LEASES, namespace, release).get("spec") or {}
    except NotFoundError:
        return {}


def _ask(cluster: Cluster, namespace: str) -> str | None:
    """Return None if Teal refused, else what came back.

    Teal's refusal is told from others (quotas, other webhooks) by the field that it names.
    """
    try:
        cluster.create(ROUTEMAPS, refusable(namespace), dry_run=True)
    except RefusedError as error:
        return None if "spec.versions" in str(error) else str(error)
    except ClusterError as error:
        return str(error)
    return "the malformed Routemap was accepted: the webhook is not asked yet"


if __name__ == "__main__":
    raise SystemExit(main())

"""`python -m reconciler.probe`: waits until admission really works.

Helm runs it after an install or upgrade. Pods that are ready are not enough: the API server has to have heard
of the webhook configuration, its caBundle and the Service's endpoints. So it asks for a Routemap that only
Teal's own rules refuse, as a dry run, until they do.
"""

from __future__ import annotations

import argparse
import logging
import time

import logs
from reconciler.cluster import Cluster
from reconciler.errors import ClusterError, RefusedError
from reconciler.resources import ROUTEMAPS
from routing import names

log = logging.getLogger("probe")

WAIT_SECONDS = 120.0
IN_A_ROW = 3
"""Refusals in a row: several API servers hear at different times."""

REFUSABLE = {
    "apiVersion": names.API_VERSION,
    "kind": "Routemap",
    "metadata": {"namespace": "default", "name": "teal-probe"},
    "spec": {"versions": [{"name": "teal-probe", "weight": 0}]},
}


def main() -> int:
    """Return 0 once Teal's refusal comes back, 1 with the last answer when it does not."""
    parser = argparse.ArgumentParser(prog="python -m reconciler.probe", description=__doc__)
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--release", default="teal")
    parser.add_argument("--kubeconfig")
    args = parser.parse_args()
    logs.configure("info")
    return 0 if wait(Cluster(args.kubeconfig), WAIT_SECONDS) else 1


def wait(cluster: Cluster, seconds: float) -> bool:
    """Ask until Teal has refused several times in a row, or the time is over."""
    end = time.monotonic() + seconds
    refusals = 0
    while refusals < IN_A_ROW:
        answer = _ask(cluster)
        refusals = refusals + 1 if answer is None else 0
        if answer is not None:
            log.info("not yet", extra={"answer": answer})
        if time.monotonic() > end:
            log.error("admission does not work", extra={"answer": answer})
            return False
        time.sleep(0.2)
    return True


def _ask(cluster: Cluster) -> str | None:
    """Return None if Teal refused, else what came back."""
    try:
        cluster.create(ROUTEMAPS, REFUSABLE, dry_run=True)
    except RefusedError as error:
        return None if "spec.versions" in str(error) else str(error)
    except ClusterError as error:
        return str(error)
    return "the malformed Routemap was accepted: the webhook is not asked yet"


if __name__ == "__main__":
    raise SystemExit(main())

"""`python -m reconciler`: one replica of the reconciler, put together and run until SIGTERM."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path

import logs
from certs import files
from certs.cluster import SecretStore, WebhookConfigurations
from certs.issue import Subject
from certs.keeper import Keeper
from certs.lifecycle import Lifetimes
from certs.rotation import Rotator
from kube.client import Cluster
from kube.errors import ClusterError
from reconciler.leading.election import Candidate, Election, Timings
from reconciler.leading.process import Certificates, Replica
from reconciler.passes.controller import Controller
from reconciler.passes.deletion_deadline import DEADLINE_SECONDS
from reconciler.serving import health
from reconciler.serving.metrics import Metrics

log = logging.getLogger("reconciler")

LEASE_TIMEOUT = (2.0, 3.0)
"""Seconds to connect and to be answered: an attempt to renew the Lease leaves time for another."""
GRACE_SECONDS = 20.0
"""For the passes in hand at SIGTERM; the chart's terminationGracePeriodSeconds is longer."""
STOPPING = {signal.SIGTERM, signal.SIGINT}


def main() -> int:
    """Run until SIGTERM (0), or until leadership is lost (1): the next process starts with nothing stale."""
    # Blocked in all threads and waited for, not handled: Python's main thread misses a signal when it is
    # about to sleep, and runs no handler until another comes (seen in 2 of 200 stops right after a start).
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    args = _arguments()
    logs.configure(args.log_level)
    election = Election(
        Cluster(args.kubeconfig, timeout=LEASE_TIMEOUT, agent=f"teal-election/{args.identity}"),
        Candidate(args.namespace, args.release, args.identity),
        Timings(),
        time.monotonic,
    )
    cluster = Cluster(
        args.kubeconfig,
        namespace=args.watch_namespace,
        agent=f"teal/{args.identity}",
        may_write=election.holding,
    )
    metrics = Metrics()
    controller = Controller(cluster, metrics, args.deletion_deadline)
    replica = Replica(_certificates(args, cluster) if args.certificates else None, controller, metrics)

    lost = threading.Event()

    def stand() -> None:
        try:
            election.run(replica.lead)
        finally:
            lost.set()
            os.kill(os.getpid(), signal.SIGTERM)

    health.serve(args.port, replica.not_ready, metrics.registry)
    replica.start()
    threading.Thread(target=stand, name="lease", daemon=True).start()
    signal.sigwait(STOPPING)
    if lost.is_set():
        log.error("leadership lost")
        os._exit(1)  # at once: another replica may lead by now
    replica.stop(GRACE_SECONDS)
    _release(election)
    log.info("stopped")
    return 0


def _release(election: Election) -> None:
    try:
        election.release()
    except ClusterError as error:
        log.warning("lease not given up", extra={"error": str(error)})


def _certificates(args: argparse.Namespace, cluster: Cluster) -> Certificates:
    store = SecretStore(cluster, args.namespace, f"{args.release}-ca")
    subject = Subject(args.release, _service_names(args.release, args.namespace, args.serving_name))
    lifetimes = Lifetimes(
        timedelta(seconds=args.authority_lifetime), timedelta(seconds=args.serving_lifetime)
    )
    configurations = WebhookConfigurations(cluster, args.release)
    return Certificates(
        Keeper(store, Path(args.certificates, files.SERVING), subject, lifetimes),
        Rotator(store, configurations, lifetimes),
        configurations.changes(),
    )


def _service_names(release: str, namespace: str, extra: list[str]) -> tuple[str, ...]:
    service = f"{release}.{namespace}"
    return (f"{service}.svc", service, f"{service}.svc.cluster.local", *extra)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m reconciler", description=__doc__)
    parser.add_argument("--namespace", required=True, help="the release's namespace")
    parser.add_argument("--release", default="teal", help="name of the Service, the Lease and so on")
    parser.add_argument("--identity", required=True, help="this replica's name in the Lease")
    parser.add_argument(
        "--certificates",
        metavar="DIR",
        help="folder for the serving certificate; without it somebody else keeps certificates and caBundle",
    )
    lifetimes = Lifetimes()
    for name, life in (("authority", lifetimes.authority), ("serving", lifetimes.leaf)):
        parser.add_argument(
            f"--{name}-lifetime",
            type=float,
            default=life.total_seconds(),
            metavar="SECONDS",
            help="of its certificates; they are replaced after two thirds of it",
        )
    parser.add_argument("--watch-namespace", metavar="NAME", help="look after this namespace only")
    parser.add_argument("--port", type=int, default=8080, help="for health and metrics")
    parser.add_argument("--kubeconfig", help="for a run outside the cluster")
    parser.add_argument("--serving-name", action="append", default=[], help="another name in the certificate")
    parser.add_argument(
        "--deletion-deadline",
        type=float,
        default=DEADLINE_SECONDS,
        metavar="SECONDS",
        help="a deletion that can't be drained is let go after this time",
    )
    parser.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())

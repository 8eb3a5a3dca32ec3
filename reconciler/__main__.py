"""`python -m reconciler`: one replica of the reconciler, put together and run until SIGTERM."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
from pathlib import Path

import logs
from certs import files
from certs.issue import Subject
from certs.keeper import Keeper
from reconciler import health
from reconciler.authority import SecretStore
from reconciler.cluster import Cluster, lead
from reconciler.controller import Controller
from reconciler.metrics import Metrics
from reconciler.overdue import DEADLINE_SECONDS
from reconciler.replica import Replica

log = logging.getLogger("reconciler")

GRACE_SECONDS = 20.0
"""For the passes in hand at SIGTERM; the chart's terminationGracePeriodSeconds is longer."""


def main() -> int:
    """Run until SIGTERM (0), or until leadership is lost (1): the next process starts with nothing stale."""
    args = _arguments()
    logs.configure(args.log_level)
    cluster, metrics = Cluster(args.kubeconfig), Metrics()
    keeper = Keeper(
        SecretStore(cluster, args.namespace, f"{args.release}-ca"),
        Path(args.certificates, files.SERVING),
        Subject(args.release, _service_names(args.release, args.namespace, args.serving_name)),
    )
    controller = Controller(cluster, metrics, args.deletion_deadline)
    replica = Replica(cluster, args.release, keeper, controller, metrics)
    leadership = lead(args.namespace, args.release, args.identity, args.kubeconfig, replica.lead)

    ended = threading.Event()
    lost = threading.Event()

    def stand() -> None:
        leadership.run()
        lost.set()
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    health.serve(args.port, replica.not_ready, metrics.registry)
    threading.Thread(target=replica.keep_certificate, name="certificate", daemon=True).start()
    threading.Thread(target=stand, name="lease", daemon=True).start()
    ended.wait()
    if lost.is_set():
        log.error("leadership lost")
        os._exit(1)  # at once: another replica may lead by now
    replica.stop(GRACE_SECONDS)
    leadership.release()
    log.info("stopped")
    return 0


def _service_names(release: str, namespace: str, extra: list[str]) -> tuple[str, ...]:
    service = f"{release}.{namespace}"
    return (f"{service}.svc", service, f"{service}.svc.cluster.local", *extra)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m reconciler", description=__doc__)
    parser.add_argument("--namespace", required=True, help="the release's namespace")
    parser.add_argument("--release", default="teal", help="name of the Service, the Lease and so on")
    parser.add_argument("--identity", required=True, help="this replica's name in the Lease")
    parser.add_argument("--certificates", required=True, help="folder for the serving certificate")
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

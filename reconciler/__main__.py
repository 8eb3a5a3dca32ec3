"""`python -m reconciler`: one process of the reconciler, put together and run until SIGTERM."""

from __future__ import annotations

import logging
import os
import random
import signal
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import logs
from certs import files
from certs.cluster import SecretStore, WebhookConfigurations
from certs.keeper import Keeper
from certs.rotation import Rotator
from kube.client import Cluster
from kube.errors import ClusterError
from reconciler import settings
from reconciler.asking.asker import Asker, Sources
from reconciler.asking.presets import preset
from reconciler.asking.prometheus import Prometheus
from reconciler.asking.tallies import Grid
from reconciler.clock import SteadyClock
from reconciler.leading.election import Candidate, Election, Timings
from reconciler.leading.process import Certificates, Process
from reconciler.notifying.notifier import Notifier
from reconciler.notifying.receiver import Receiver
from reconciler.passes.controller import Controller
from reconciler.passes.evidence import NoEvidence
from reconciler.passes.reconcile import Policy
from reconciler.serving import health
from reconciler.serving.metrics import Metrics
from reconciler.threads import Threads
from reconciler.watching.skimming import skimming

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.settings import Settings
    from reconciler.watching.mentions import RoutemapKey

log = logging.getLogger("reconciler")

LEASE_TIMEOUT = (2.0, 3.0)
"""Seconds to connect and to be answered: an attempt to renew the Lease leaves time for another."""
GRACE_SECONDS = 20.0
"""For the passes in hand at SIGTERM; the chart's terminationGracePeriodSeconds is longer."""
STOPPING = {signal.SIGTERM, signal.SIGINT}


def main() -> int:
    """Run until SIGTERM (0), or until leadership or a thread is lost (1).

    The next starts with nothing stale.
    """
    # Blocked in all threads and waited for, not handled: Python's main thread misses a signal when it is
    # about to sleep, and runs no handler until another comes (seen in 2 of 200 stops right after a start).
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    given = settings.parse()
    logs.configure(given.log_level)
    lost = threading.Event()
    threads = Threads(partial(_end, lost))
    clock = SteadyClock()
    leases = Cluster(given.kubeconfig, timeout=LEASE_TIMEOUT, agent=f"teal-election/{given.identity}")
    leases.heard = clock.heard  # it asks every second or two, and before anything is decided
    election = Election(
        leases,
        Candidate(given.namespace, given.release, given.identity),
        Timings(),
        time.monotonic,
    )
    process = _process(given, election, threads, clock)
    process.start()
    threads.spawn(partial(election.run, process.lead), "lease")
    signal.sigwait(STOPPING)
    if lost.is_set():
        log.error("leadership lost")
        os._exit(1)  # at once: another replica may lead by now
    process.stop(GRACE_SECONDS)
    _give_up(election)
    log.info("stopped")
    return 0


def _end(lost: threading.Event) -> None:
    """End this process, from any thread.

    The main thread waits for signals and for nothing else, so it is sent one; `lost` tells it that this is no
    order to stop, and that the process has to end with 1.
    """
    lost.set()
    os.kill(os.getpid(), signal.SIGTERM)


def _process(given: Settings, election: Election, threads: Threads, clock: SteadyClock) -> Process:
    """Put the process together; only its health and figures are served so far.

    What writes objects asks `holding` right before each write. The election has a client of its own, whose
    short timeouts leave a renewal that hangs time for another.
    """
    cluster = Cluster(
        given.kubeconfig,
        namespace=given.watch_namespace,
        agent=f"teal/{given.identity}",
        may_write=election.holding,
    )
    cluster.reading = skimming
    metrics = Metrics()
    asker = _asker(given, metrics, clock)
    notifier = _notifier(given, metrics, threads)
    policy = Policy(
        given.patience,
        given.domain,
        asker or NoEvidence(),
        clock,
        notifier,
        clock_set=lambda: clock.set_at,
    )
    controller = Controller(cluster, metrics, policy, threads.spawn, given.workloads)
    certificates = _certificates(given, given.certificates, cluster) if given.certificates else None
    process = Process(certificates, controller, metrics, threads, asker)
    health.serve(given.port, process.not_ready, metrics.registry, process.not_alive)
    return process


def _asker(given: Settings, metrics: Metrics, clock: SteadyClock) -> Asker[RoutemapKey] | None:
    """Return who asks Prometheus, None where there is none."""
    asking = given.asking
    if asking is None:
        return None
    custom = Prometheus(asking.custom) if asking.custom is not None else None
    sources = Sources(Prometheus(asking.place), preset(asking.preset, given.domain), custom)
    return Asker(sources, Grid(asking.interval), metrics, random.random, clock)


def _notifier(given: Settings, metrics: Metrics, threads: Threads) -> Notifier | None:
    """Return who tells of rollouts, None where nobody is to be told."""
    told = given.notifying
    if told is None:
        return None
    receiver = Receiver(told.place, told.form, time.time)
    return Notifier(receiver, metrics, threads.spawn, random.random)


def _give_up(election: Election) -> None:
    """Give the Lease up, so that another need not wait for its end."""
    try:
        election.give_up()
    except ClusterError as error:
        log.warning("lease not given up", extra={"error": str(error)})


def _certificates(given: Settings, folder: Path, cluster: Cluster) -> Certificates:
    """Return who keeps the certificates.

    The authorities are in Secret `<release>-ca`; the webhook configurations bear the release's name.
    """
    store = SecretStore(cluster, given.namespace, f"{given.release}-ca")
    configurations = WebhookConfigurations(cluster, given.release)
    return Certificates(
        Keeper(store, folder / files.SERVING, given.subject, given.lifetimes),
        Rotator(store, configurations, given.lifetimes),
        configurations.changes(),
    )


if __name__ == "__main__":
    raise SystemExit(main())

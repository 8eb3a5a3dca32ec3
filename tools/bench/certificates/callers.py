"""Admissions in bursts, so that the API server dials anew, and handshakes by what it is told to trust."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kube.client import Cluster
from kube.errors import ClusterError, UnavailableError
from routing.kinds import ROUTEMAPS, WEBHOOK_CONFIGURATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

BURST = 40
"""More than the 25 idle connections that an API server keeps to a webhook: the others are dialled anew."""
PERIOD_SECONDS = 2.0
HANDSHAKE_SECONDS = 0.1
HEARD_SECONDS = 1.0
"""How old a caBundle is before a handshake is judged by it: API servers need a moment to hear."""
REFUSED = "spec.versions: nothing is listed"
_WRONG = {
    "apiVersion": "iter8.tools/v1alpha1",
    "kind": "Routemap",
    "metadata": {"name": "asked", "namespace": "default"},
    "spec": {"versions": []},
}


@dataclass
class Seen:
    """Counts since the beginning, and the sentences of what failed with the seconds at which it did."""

    begin: float = field(default_factory=time.monotonic)
    admissions: int = 0
    handshakes: int = 0
    failed_admissions: list[tuple[float, str]] = field(default_factory=list)
    failed_handshakes: list[tuple[float, str]] = field(default_factory=list)

    def now(self) -> float:
        """Return the seconds since the beginning."""
        return time.monotonic() - self.begin


@contextmanager
def asking(kubeconfig: str) -> Iterator[Seen]:
    """Ask for 20 admissions a second, and make ten handshakes, until the context ends."""
    seen, over = Seen(), threading.Event()
    work = (_ask, _shake)
    threads = [threading.Thread(target=each, args=[kubeconfig, seen, over], daemon=True) for each in work]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _ask(kubeconfig: str, seen: Seen, over: threading.Event) -> None:
    cluster = Cluster(kubeconfig)
    with ThreadPoolExecutor(BURST) as pool:
        due = time.monotonic()
        while not over.wait(max(due - time.monotonic(), 0.0)):
            due += PERIOD_SECONDS
            for said in pool.map(lambda _: _admission(cluster), range(BURST)):
                seen.admissions += 1
                if REFUSED not in said:
                    seen.failed_admissions.append((seen.now(), said))


def _admission(cluster: Cluster) -> str:
    try:
        cluster.request("POST", ROUTEMAPS.path("default"), _WRONG, query={"dryRun": "All"})
    except ClusterError as error:
        return str(error)
    return "a wrong Routemap was let in"


def _shake(kubeconfig: str, seen: Seen, over: threading.Event) -> None:
    cluster = Cluster(kubeconfig)
    heard: list[tuple[float, Any]] = []
    while not over.wait(HANDSHAKE_SECONDS):
        try:
            found = cluster.get(WEBHOOK_CONFIGURATIONS[0], "", "teal")
        except UnavailableError:
            continue  # the API server is busy: heard of next time
        heard.append((time.monotonic(), found["webhooks"][0]["clientConfig"]))
        while len(heard) > 1 and heard[1][0] < time.monotonic() - HEARD_SECONDS:
            heard.pop(0)
        if heard[0][0] > time.monotonic() - HEARD_SECONDS:
            continue
        seen.handshakes += 1
        failure = _handshake(heard[0][1])
        if failure:
            seen.failed_handshakes.append((seen.now(), failure))


def _handshake(configuration: dict[str, str]) -> str | None:
    url = urlsplit(configuration["url"])
    try:
        trusted = base64.b64decode(configuration.get("caBundle", "")).decode()
        context = ssl.create_default_context(cadata=trusted)
        with (
            socket.create_connection((url.hostname or "", url.port or 0), 5) as plain,
            context.wrap_socket(plain, server_hostname=url.hostname),
        ):
            return None
    except (OSError, ValueError) as error:
        return str(error)

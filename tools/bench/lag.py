"""From an event to the VirtualService that it calls for, both as another watcher sees them."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

from kube.client import Cluster
from kube.errors import ClusterError
from routing.kinds import DEPLOYMENTS, ENDPOINT_SLICES, VIRTUAL_SERVICES, Resource
from tools.bench.wire import Wire, raw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.bench.population import Population

DEADLINE_SECONDS = 30.0
_JSON_PATCH = "application/json-patch+json"


class Lags:
    """Makes candidates unready and ready again, and watches what comes of it."""

    def __init__(self, kubeconfig: str, population: Population) -> None:
        self._population = population
        self._condition = threading.Condition()
        self._seen: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        self._unready: set[str] = set()
        self._wire = Wire(population.target)
        self._over = False
        cluster = Cluster(kubeconfig)
        for resource in (ENDPOINT_SLICES, VIRTUAL_SERVICES):
            version = list(cluster.pages(resource, "none=such"))[-1][1]
            threading.Thread(target=self._watch, args=(cluster, resource, version), daemon=True).start()

    def one(self, number: int) -> float:
        """Change one application; return the seconds from the event to the VirtualService."""
        name = f"app{number}"
        sent, begin = self._change(name)
        return self._arrival(name, sent) - begin

    def many(self, rate: float, numbers: Sequence[int]) -> list[float]:
        """Change applications, so many a second, whether or not the last ones have been served.

        They are to be such as have not been changed before: a version that comes back within ten minutes is
        made to wait, by seconds (`deciding.life`).
        """
        begin, changes = time.monotonic(), []
        for place, number in enumerate(numbers):
            time.sleep(max(begin + place / rate - time.monotonic(), 0.0))
            name = f"app{number}"
            changes.append((name, *self._change(name)))
        return [self._arrival(name, sent) - begin for name, sent, begin in changes]

    def restore(self) -> None:
        """Make every candidate ready again."""
        for name in sorted(self._unready):
            self._change(name)

    def close(self) -> None:
        """Watch no more."""
        self._over = True

    def _change(self, name: str) -> tuple[float, float]:
        """Return when the change was sent, and when it was first seen to be there."""
        version = f"{name}-1"
        self._unready ^= {name}
        sent = time.monotonic()
        self._wire.send(self._population.endpoints(version, 0 if name in self._unready else 1))
        answered = time.monotonic()
        return sent, min(answered, self._first(ENDPOINT_SLICES, version, sent))

    def _arrival(self, name: str, sent: float) -> float:
        return self._first(VIRTUAL_SERVICES, name, sent)

    def _first(self, resource: Resource, name: str, after: float) -> float:
        """Return when an object was first seen to change after a time. Raises TimeoutError."""
        seen = self._seen[resource.kind, name]
        with self._condition:
            if not self._condition.wait_for(lambda: seen and seen[-1] > after, DEADLINE_SECONDS):
                raise TimeoutError(f"{resource.kind} {name} has not changed")
            return next(moment for moment in seen if moment > after)

    def _watch(self, cluster: Cluster, resource: Resource, version: str) -> None:
        while not self._over:
            with suppress(ClusterError):
                for event in cluster.watch(resource, "", version):
                    moment, metadata = time.monotonic(), event["object"]["metadata"]
                    version = metadata["resourceVersion"]
                    with self._condition:
                        self._seen[resource.kind, metadata.get("name", "")].append(moment)
                        self._condition.notify_all()
                    if self._over:
                        return


class Trips:
    """One write at a time, a JSON patch of a Deployment that nobody watches: what a round trip takes."""

    def __init__(self, population: Population) -> None:
        self._wire = Wire(population.target)
        self._path = DEPLOYMENTS.path(population.namespace, "elsewhere")
        self._number = 0
        manifest = population.deployment("elsewhere", {})
        self._wire.send(raw("POST", DEPLOYMENTS.path(population.namespace), manifest))

    def one(self) -> float:
        """Write; return the seconds."""
        self._number += 1
        value = [f"bench.example/{self._number}"]
        operation = {"op": "add", "path": "/metadata/finalizers", "value": value}
        request = raw("PATCH", self._path, [operation], _JSON_PATCH)
        begin = time.monotonic()
        self._wire.send(request)
        return time.monotonic() - begin

    def close(self) -> None:
        """Leave nothing behind."""
        self._wire.send(
            raw("PATCH", self._path, [{"op": "remove", "path": "/metadata/finalizers"}], _JSON_PATCH)
        )
        self._wire.send(raw("DELETE", self._path))

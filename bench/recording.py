"""The writes of a run, recorded, and played again on other objects by a bare loop: the floor."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.cluster import Cluster
from reconciler.resources import DEPLOYMENTS, ROUTEMAPS, SERVICES, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.api.stage import Stage


@dataclass(frozen=True)
class Write:
    """A request that changed something; `text` is its body as JSON."""

    method: str
    path: str
    text: str
    query: Mapping[str, str] | None
    content_type: str


class RecordingCluster(Cluster):
    """A cluster that remembers every write."""

    def __init__(self, kubeconfig: str) -> None:
        super().__init__(kubeconfig)
        self.writes: list[Write] = []
        self._lock = threading.Lock()

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """Send a request, remembering it if it changes something."""
        if method != "GET":
            with self._lock:
                self.writes.append(Write(method, path, json.dumps(body), query, content_type))
        return super().request(method, path, body, query, content_type)


def moved(writes: Sequence[Write], source: Stage, target: Stage) -> list[Write]:
    """Return the writes as they would be in another namespace with the same names, uids exchanged."""
    exchanged = _uids(source, target)
    result = []
    for write in writes:
        text = write.text.replace(source.namespace, target.namespace)
        for old, new in exchanged.items():
            if old in text:
                text = text.replace(old, new)
        path = write.path.replace(source.namespace, target.namespace)
        result.append(Write(write.method, path, text, write.query, write.content_type))
    return result


def replay(cluster: Cluster, writes: Sequence[Write], connections: int) -> float:
    """Send writes over as many connections, those of one application in their order; return the seconds."""
    by_application: dict[str, list[tuple[Write, Any]]] = {}
    for write in writes:
        by_application.setdefault(_application(write), []).append((write, json.loads(write.text)))

    def send(batch: Sequence[tuple[Write, Any]]) -> None:
        for write, body in batch:
            cluster.request(write.method, write.path, body, write.query, write.content_type)

    begin = time.monotonic()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(send, by_application.values()))
    return time.monotonic() - begin


def _application(write: Write) -> str:
    """Return which application a write is about: `app7` of `app7`, `app7-1` and of an Event `app7.0f…`."""
    named: str = write.path.removesuffix("/status").rpartition("/")[2]
    if named == "events":
        named = json.loads(write.text)["metadata"]["name"]
    return named.partition("-")[0].partition(".")[0]


def _uids(source: Stage, target: Stage) -> dict[str, str]:
    exchanged: dict[str, str] = {}
    for resource in (ROUTEMAPS, DEPLOYMENTS, SERVICES):
        old, new = (_uids_by_name(stage, resource) for stage in (source, target))
        exchanged |= {uid: new[name] for name, uid in old.items()}
    return exchanged


def _uids_by_name(stage: Stage, resource: Resource) -> dict[str, str]:
    items = stage.cluster.request("GET", resource.path(stage.namespace))["items"]
    return {item["metadata"]["name"]: item["metadata"]["uid"] for item in items}

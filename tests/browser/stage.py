"""The page as it is served, with Routemaps that a test makes up, in the place of an API server's."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cli.status.application import Stored
from dashboard.app import create_app
from dashboard.board import Board
from dashboard.details import told
from dashboard.rows import key
from dashboard.server import ADDRESS, Server
from routing.reading.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Manifest = Mapping[str, Any]

KEY = "a-token-of-the-tests"
WELL = {
    "verdicts": [
        {
            "check": "installation",
            "judged": "ok",
            "evidence": "2 of 2 pods of teal-system/teal are ready",
            "remedy": "",
        },
        {"check": "leader", "judged": "ok", "evidence": "teal-6c9f-x2x4z leads", "remedy": ""},
    ],
    "refusals": [{"kind": "Routemap", "rule": "WeightsSumToZero", "count": 3}],
    "unread": "",
}


class Stage:
    """What the page shows."""

    def __init__(self) -> None:
        self.board = Board(time.time)
        self.stored: dict[str, Stored] = {}
        self.address = ""

    def put(
        self, routemap: Manifest, override: Manifest | None = None, events: Sequence[Manifest] = ()
    ) -> None:
        """Have an application be so."""
        self.stored[key(routemap)] = Stored(routemap, override, events)
        self.board.put(routemap)

    def drop(self, name: str) -> None:
        """Have an application go."""
        del self.stored[name]
        self.board.drop(name)

    def details(self, namespace: str, name: str) -> Mapping[str, Any] | None:
        """Return what is told of an application."""
        found = self.stored.get(f"{namespace}/{name}")
        if found is None:
            return None
        return told(found, self.board.splits(f"{namespace}/{name}"), time.time())


@contextmanager
def served() -> Iterator[Stage]:
    """Serve a stage at a port of its own."""
    stage = Stage()
    about = {"cluster": "https://10.96.0.1:6443", "namespace": None}
    app = create_app(stage.board, stage.details, lambda: WELL, about, KEY)
    server = Server(app, 0)
    stage.address = f"http://{ADDRESS}:{server.port}/{KEY}/"
    stage.board.watching(live=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stage
    finally:
        server.shutdown()
        thread.join()


def ago(seconds: float) -> str:
    return timestamp(time.time() - seconds)


def version(
    name: str, weight: int = 0, state: str = "ready", reason: str = "Ready", **others: Any
) -> dict[str, Any]:
    told = {"name": name, "state": state, "weight": weight, "readyEndpoints": 2, "reason": reason}
    return told | {"stateSince": ago(300), "weightSince": ago(200)} | others


def condition(kind: str, *, holds: bool, reason: str, message: str = "") -> dict[str, Any]:
    status = "True" if holds else "False"
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": ago(300),
    }


def conditions(*others: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the conditions of an application that rests, with others in the place of some."""
    rest = [
        condition("Ready", holds=True, reason="Applied", message="the split is applied"),
        condition("Degraded", holds=False, reason="VersionReady"),
        condition("Conflict", holds=False, reason="NoConflict"),
        condition("Routable", holds=True, reason="Routable"),
        condition("Complete", holds=True, reason="SplitAsAsked"),
        condition("Progressing", holds=True, reason="NoVersionStarting"),
    ]
    return list({each["type"]: each for each in (*rest, *others)}.values())


def routemap(
    name: str, versions: Sequence[Manifest], *others: dict[str, Any], namespace: str = "default", **spec: Any
) -> dict[str, Any]:
    """Return a Routemap with what Teal tells of its versions; `others` are conditions."""
    split = " ".join(f"{each['name']}={each['weight']}" for each in versions if each["weight"])
    listed = [{"name": each["name"], "weight": 50} for each in versions]
    status = {
        "observedGeneration": 3,
        "split": split,
        "versions": versions,
        "conditions": conditions(*others),
    }
    return {
        "apiVersion": "iter8.tools/v1alpha1",
        "kind": "Routemap",
        "metadata": {"namespace": namespace, "name": name, "generation": 3},
        "spec": {"strategy": "blue-green", "versions": listed, **spec},
        "status": status,
    }


def event(reason: str, message: str, seconds: float, kind: str = "Normal") -> Manifest:
    return {
        "type": kind,
        "reason": reason,
        "message": message,
        "lastTimestamp": ago(seconds),
        "source": {"component": "teal"},
    }

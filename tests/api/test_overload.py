"""An API server that has too much to do says so (429) and is left alone for as long as it asks."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from kube.client import Cluster
from kube.errors import UnavailableError
from kube.receiving import Timeout
from reconciler.passes.controller import WORKERS, Controller
from reconciler.serving.metrics import Metrics
from routing.kinds import ROUTEMAPS, SERVICES
from tests.api.conftest import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROUTEMAP_COUNT = 5 * WORKERS
SECONDS = 1


class Overloaded(ThreadingHTTPServer):
    """Lists Routemaps and refuses everything that is to be written."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refused: list[float] = []

    def write(self, folder: Path) -> str:
        """Write a kubeconfig and return its path."""
        url = f"http://127.0.0.1:{self.server_address[1]}"
        config = {
            "clusters": [{"name": "it", "cluster": {"server": url}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
            "users": [{"name": "me", "user": {"token": "open sesame"}}],
            "current-context": "it",
        }
        path = folder / "kubeconfig"
        path.write_text(yaml.safe_dump(config))
        return str(path)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Overloaded

    def do_GET(self) -> None:
        if self.headers["Authorization"] != "Bearer open sesame":
            self._answer(401, {"message": "who are you?"})
        elif "watch=true" in self.path:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            threading.Event().wait()  # nothing ever happens
        elif "/namespaces/" in self.path:
            self._answer(404, {"message": "not found"})
        else:
            items = [_routemap(number) for number in range(ROUTEMAP_COUNT)]
            listed = items if self.path.startswith(ROUTEMAPS.path()) else []
            self._answer(200, {"metadata": {"resourceVersion": "100"}, "items": listed})

    def do_PATCH(self) -> None:
        self.server.refused.append(time.monotonic())
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(429, {"message": "too many requests"}, {"Retry-After": str(SECONDS)})

    def _answer(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in ((headers or {}) | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def _routemap(number: int) -> dict[str, Any]:
    metadata = {"namespace": "default", "name": f"app{number}", "uid": str(number), "resourceVersion": "1"}
    return {"metadata": metadata, "spec": {"versions": [{"name": f"app{number}-0", "weight": 50}]}}


@pytest.fixture
def overloaded() -> Iterator[Overloaded]:
    with Overloaded() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join(timeout=60)


def test_the_error_says_for_how_long(overloaded: Overloaded, tmp_path: Path) -> None:
    cluster = Cluster(overloaded.write(tmp_path))
    with pytest.raises(UnavailableError, match="too many requests") as caught:
        cluster.patch(SERVICES, "default", "httpbin-0", [])
    assert (caught.value.status, caught.value.retry_after) == (429, SECONDS)


def test_a_watch_of_which_nothing_comes_ends_as_any_other(
    overloaded: Overloaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a failure it would be taken up later each time, and an event that comes then be heard late."""
    monkeypatch.setattr("kube.client.WATCH_TIMEOUT", Timeout(5.0, 0.1, 60.0))
    assert list(Cluster(overloaded.write(tmp_path)).watch(ROUTEMAPS, "", "5")) == []


def test_no_pass_asks_again_sooner_and_the_others_wait_as_well(
    overloaded: Overloaded, tmp_path: Path
) -> None:
    """Each worker may have one request on its way when the first refusal comes; then all wait."""
    end = time.monotonic() + 60
    with running(Controller(Cluster(overloaded.write(tmp_path)), Metrics())):
        while len(overloaded.refused) < 3 * WORKERS:
            assert time.monotonic() < end, f"only {len(overloaded.refused)} requests"
            time.sleep(0.01)
    asked = overloaded.refused
    assert all(later - sooner >= SECONDS for sooner, later in zip(asked, asked[WORKERS:], strict=False))

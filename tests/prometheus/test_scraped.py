"""What a real Prometheus reads by itself, as far as a written past can not show it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from reconciler.asking.asker import Asker, Sources
from reconciler.asking.presets import ISTIO, preset
from reconciler.asking.prometheus import Place, Prometheus
from reconciler.asking.readings import NoAnswerError
from reconciler.asking.tallies import Grid
from reconciler.serving.metrics import Metrics
from routing.stepping.rollout import Check, Counts, Measure, Question
from tests.prometheus.real import prometheus
from tests.prometheus.test_real_counts import istio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECONDS, LAG = 4, 1.5
PATIENCE = 60.0


class Proxy(ThreadingHTTPServer):
    """Shows counters as a sidecar does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.counters: dict[str, int] = {}

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        body = "".join(f"{name} {value}\n" for name, value in self.server.counters.items()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def proxy() -> Iterator[Proxy]:
    with Proxy() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def says(source: Prometheus, query: str, expected: float) -> Callable[[], bool]:
    """Return a question: whether a query has that number by now."""

    def asked() -> bool:
        try:
            return source.number(query, time.time(), "shop") == expected
        except NoAnswerError:
            return False

    return asked


def test_what_a_proxy_counted_right_before_it_went_is_counted(tmp_path: Path) -> None:
    """Prometheus marks it as ended at once, within the interval of its last requests."""
    good, bad = istio("a-1", 200), istio("a-1", 503)
    with proxy() as leaving, proxy() as staying:
        leaving.counters[good] = staying.counters[good] = 1000
        with prometheus(tmp_path, targets=(leaving.target, staying.target)) as url:
            source = Prometheus(Place(url))
            asker: Asker[str] = Asker(
                Sources(source, preset(ISTIO)), Grid(SECONDS, LAG), Metrics(), lambda: 0.0
            )
            until(says(source, f"count({good})", 2))
            question = Question(Check("success", Measure.SUCCESS, 99.0), "shop", "a-1", time.time())
            asker.answers("key", [question])
            thread = threading.Thread(target=asker.run, args=[lambda _: None])
            thread.start()
            try:
                until(lambda: asker.answers("key", [question])[question] == Counts(0, 0))
                until(lambda: time.time() % SECONDS < 0.3)
                leaving.counters |= {good: 1040, bad: 3}
                until(says(source, f"max({bad})", 3))
                leaving.shutdown()
                leaving.server_close()
                staying.counters[good] = 1002
                until(lambda: asker.answers("key", [question])[question] == Counts(42, 45))
            finally:
                asker.stop()
                thread.join()

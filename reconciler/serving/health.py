"""What kubelet and Prometheus ask: alive, ready, figures."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from prometheus_client import generate_latest

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry

_TIMEOUT_SECONDS = 5.0


def serve(
    port: int,
    not_ready: Callable[[], str | None],
    registry: CollectorRegistry,
    not_alive: Callable[[], str | None] = lambda: None,
) -> ThreadingHTTPServer:
    """Serve /healthz, /readyz and /metrics in threads.

    `not_alive` and `not_ready` say why not, or return None. Liveness must not depend on load or on the API
    server.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = _TIMEOUT_SECONDS

        def do_GET(self) -> None:
            if self.path == "/healthz":
                self._told(not_alive())
            elif self.path == "/readyz":
                self._told(not_ready())
            elif self.path == "/metrics":
                self._answer(200, generate_latest(registry).decode(), "text/plain; version=0.0.4")
            else:
                self._answer(404, "there are /healthz, /readyz and /metrics")

        def _told(self, reason: str | None) -> None:
            self._answer(503 if reason else 200, reason or "ok")

        def _answer(self, status: int, text: str, content_type: str = "text/plain") -> None:
            body = text.encode() + b"\n"
            self.send_response(status)
            self.send_header("Content-Type", f"{content_type}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing: probes come every few seconds."""

    server = ThreadingHTTPServer(("", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server

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


def serve(port: int, not_ready: Callable[[], str | None], registry: CollectorRegistry) -> ThreadingHTTPServer:
    """Serve /healthz, /readyz and /metrics in threads; `not_ready` says why not, or returns None.

    /healthz answers for as long as the process runs: liveness must not depend on load or on the API server.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = _TIMEOUT_SECONDS

        def do_GET(self) -> None:
            if self.path == "/healthz":
                self._answer(200, "ok")
            elif self.path == "/readyz":
                reason = not_ready()
                self._answer(503 if reason else 200, reason or "ok")
            elif self.path == "/metrics":
                self._answer(200, generate_latest(registry).decode(), "text/plain; version=0.0.4")
            else:
                self._answer(404, "there are /healthz, /readyz and /metrics")

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

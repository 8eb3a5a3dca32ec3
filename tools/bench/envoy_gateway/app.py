"""The application in a pod: `python app.py VERSION ADDRESS PORT`, standard library only.

It answers every request with its version and what it was asked, and `/count` with how many it got.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COUNT = "/count"


class App(ThreadingHTTPServer):
    """One version. `count`: the requests so far, copies among them."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, version: str, address: str, port: int) -> None:
        super().__init__((address, port), _Handler)
        self.version = version
        self.count = 0
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: App

    def do_GET(self) -> None:
        """Answer, and count what was asked by others than the bench."""
        if self.path == COUNT:
            self._answer(self.server.count)
            return
        with self.server.lock:
            self.server.count += 1
        self._answer({"version": self.server.version, "path": self.path, "headers": dict(self.headers)})

    def log_message(self, *_: object) -> None:
        """Log nothing: answers are counted where they come."""

    def _answer(self, told: object) -> None:
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until SIGTERM."""
    version, address, port = sys.argv[1:4]
    App(version, address, int(port)).serve_forever()


if __name__ == "__main__":
    main()

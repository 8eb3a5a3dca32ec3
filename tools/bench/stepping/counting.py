"""What answers as a Prometheus does that has read many proxies: every version that is asked for had requests.

The real one is in `tests/prometheus`; here it is the reconciler that is measured.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

A_SECOND = 5
"""Requests of each version."""
_NAMES = re.compile(r'destination_service_name=~"([^"]*)"')
_NAMESPACE = re.compile(r'destination_service_namespace=~"([^"|]*)"')
_LIMIT = re.compile(r"(\d+)\(\\\\.0\)\?")


class Counting(ThreadingHTTPServer):
    """Serves range queries of the preset istio on loopback, and counts them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.queries = 0
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Counting

    def do_POST(self) -> None:
        """Answer a query."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        with self.server.lock:
            self.server.queries += 1
        body = json.dumps(answer({key: values[0] for key, values in form.items()})).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def answer(form: dict[str, str]) -> dict[str, Any]:
    """Return that each version had so many good and quick requests in each interval."""
    query, step = form["query"], int(form["step"])
    names, namespace = _NAMES.search(query), _NAMESPACE.search(query)
    if names is None or namespace is None:
        raise ValueError(f"no query of the preset istio: {query}")
    times = range(int(form["start"]), int(form["end"]) + 1, step)
    values = [[moment, str(A_SECOND * step)] for moment in times]
    buckets = [{"le": limit} for limit in (*dict.fromkeys(_LIMIT.findall(query)), "+Inf")]
    result = [
        {
            "metric": labels
            | {"destination_service_namespace": namespace[1], "destination_service_name": name},
            "values": values,
        }
        for name in names[1].split("|")
        for labels in (buckets if "_bucket" in query else [{"response_code": "200"}])
    ]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}

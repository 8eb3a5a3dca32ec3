"""A proxy before the real API server that answers wrongly, late or not at all, on demand."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tools.local.controlplane import ControlPlane

    Fault = Callable[[str, str], "Answer | None"]
    Answer = tuple[int, dict[str, str]]

LOST = (0, dict[str, str]())
"""The request is carried out, its answer lost."""
_TIMEOUT = 60.0
_CHUNK = 65536


class Faulty:
    """Forwards requests. `fault(method, path)` may give an answer of its own (status, headers), LOST or None.

    `counts` are the requests that came, by what was done with them; `delay` is seconds before each.
    """

    def __init__(self, plane: ControlPlane) -> None:
        self.fault: Fault = lambda _method, _path: None
        self.delay = 0.0
        self.counts: Counter[str] = Counter()
        self._context = ssl.create_default_context(cafile=str(plane.ca_file))
        self._context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        pki = plane.ca_file.parent
        self._context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        self._plane = plane
        self._watches: set[http.client.HTTPSConnection] = set()

    def cut_watches(self) -> int:
        """End every watch in the middle; return how many there were."""
        watches = list(self._watches)
        for connection in watches:
            held = connection.sock  # it may be closed meanwhile, which leaves None there
            with suppress(OSError):
                if held:
                    held.shutdown(2)
        return len(watches)

    @contextmanager
    def kubeconfig(self, folder: Path) -> Iterator[str]:
        """Listen until the context ends; give the path of a kubeconfig that leads here."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        path = folder / "faulty-kubeconfig"
        path.write_text(yaml.safe_dump(_kubeconfig(f"http://127.0.0.1:{server.server_port}")))
        try:
            yield str(path)
        finally:
            server.shutdown()
            server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        faulty = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str) -> Callable[[], None]:
                if name.startswith("do_"):  # do_GET, do_PATCH and so on
                    return lambda: faulty._handle(self)
                raise AttributeError(name)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        return Handler

    def _handle(self, client: BaseHTTPRequestHandler) -> None:
        body = client.rfile.read(int(client.headers.get("Content-Length") or 0))
        time.sleep(self.delay)  # the fault itself
        answer = self.fault(client.command, client.path)
        if answer is not None and answer != LOST:
            self.counts["refused"] += 1
            _reply(client, answer[0], answer[1], b'{"message": "on purpose"}')
            return
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self._plane.port, context=self._context, timeout=_TIMEOUT
        )
        headers = {
            name: client.headers[name] for name in ("Content-Type", "Accept") if name in client.headers
        }
        try:
            connection.request(client.command, client.path, body, headers)
            response = connection.getresponse()
            if "watch=true" in client.path and response.status == 200:
                self._stream(client, connection, response)
            else:
                self._forward(client, response, lost=answer == LOST)
        except OSError:
            client.close_connection = True
        finally:
            connection.close()

    def _forward(
        self, client: BaseHTTPRequestHandler, response: http.client.HTTPResponse, *, lost: bool
    ) -> None:
        content = response.read()
        self.counts["lost" if lost else "forwarded"] += 1
        if lost:
            client.close_connection = True
        else:
            _reply(client, response.status, {}, content)

    def _stream(
        self,
        client: BaseHTTPRequestHandler,
        connection: http.client.HTTPSConnection,
        response: http.client.HTTPResponse,
    ) -> None:
        self._watches.add(connection)
        self.counts["watches"] += 1
        client.close_connection = True
        client.send_response(200)
        client.send_header("Transfer-Encoding", "chunked")
        client.end_headers()
        try:
            while data := response.read1(_CHUNK):
                client.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                client.wfile.flush()
        except (OSError, http.client.HTTPException):
            pass  # cut
        finally:
            self._watches.discard(connection)


def _reply(client: BaseHTTPRequestHandler, status: int, headers: dict[str, str], content: bytes) -> None:
    client.send_response(status)
    for name, value in ({"Content-Type": "application/json"} | headers).items():
        client.send_header(name, value)
    client.send_header("Content-Length", str(len(content)))
    client.end_headers()
    client.wfile.write(content)


def _kubeconfig(url: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "faulty", "cluster": {"server": url}}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "faulty", "context": {"cluster": "faulty", "user": "nobody"}}],
        "current-context": "faulty",
    }

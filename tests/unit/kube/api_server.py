"""An API server as the client sees one: HTTP on loopback, with the answers that a test gives it.

What it answers is worded as real ones are: `tests/api/test_answers_told_apart.py` holds the real ones to
the same.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

PATIENCE = 60.0


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """An answer. A body in parts comes in chunks; then `cut` breaks the connection, and `hang` sends no more.

    `raw` is sent instead, byte by byte, each after `pause` seconds.
    """

    status: int = 200
    body: Any = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    hang: bool = False
    raw: bytes = b""
    pause: float = 0.0


def status(code: int, reason: str, message: str, details: Mapping[str, Any] | None = None) -> Reply:
    """Return a refusal as the API server words it (metav1.Status)."""
    body = {"kind": "Status", "status": "Failure", "message": message, "reason": reason, "code": code}
    return Reply(code, body | ({} if details is None else {"details": details}))


class ApiServer(ThreadingHTTPServer):
    """Gives the replies of a script, one to each request; the last one again and again."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: list[Reply] = [Reply()]
        self.asked: list[Asked] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients hang up."""

    def next(self) -> Reply:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def kubeconfig(self, folder: Path, **user: Any) -> str:
        """Write a kubeconfig that leads here and return its path."""
        path = folder / "kubeconfig"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": {"server": self.url}}],
            "users": [{"name": "me", "user": user}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
            "current-context": "here",
        }
        path.write_text(yaml.safe_dump(config))
        return str(path)


@contextmanager
def serving() -> Iterator[ApiServer]:
    with ApiServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join(timeout=PATIENCE)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ApiServer

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):  # do_GET, do_PATCH and so on
            return self._answer
        raise AttributeError(name)

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = urlsplit(self.path)
        asked = Asked(self.command, address.path, dict(parse_qsl(address.query)), dict(self.headers), body)
        self.server.asked.append(asked)
        reply = self.server.next()
        if reply.raw:
            self._drip(reply)
            return
        self._send(reply)
        if reply.hang:
            self.server.over.wait(PATIENCE)
        self.close_connection = reply.cut or reply.hang

    def _drip(self, reply: Reply) -> None:
        self.close_connection = True
        for number in range(len(reply.raw)):
            if self.server.over.wait(reply.pause):
                return
            self.wfile.write(reply.raw[number : number + 1])

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if isinstance(reply.body, list):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._send_chunks(reply.body, ends=not (reply.cut or reply.hang))
            return
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_header("Content-Length", str(len(body) + reply.cut))
        self.end_headers()
        self.wfile.write(body)

    def _send_chunks(self, parts: Iterable[bytes], *, ends: bool) -> None:
        for part in parts:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        if ends:
            self.wfile.write(b"0\r\n\r\n")

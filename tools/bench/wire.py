"""The floor's client: requests serialised beforehand, kept-alive connections, and nothing else."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tools.local.controlplane import ControlPlane

_ERROR = 400
_RECEIVE = 1 << 16
APPLY, MERGE = "application/apply-patch+yaml", "application/merge-patch+json"


def raw(method: str, target: str, body: Any = None, content_type: str = "application/json") -> bytes:
    """Return a request as it goes over the wire; `body` is JSON already if it is bytes."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    head = f"{method} {target} HTTP/1.1\r\nHost: apiserver\r\nAccept: application/json\r\n"
    return f"{head}Content-Type: {content_type}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


@dataclass(frozen=True)
class Target:
    """An API server, and an administrator's credentials."""

    host: str
    port: int
    context: ssl.SSLContext

    @classmethod
    def of(cls, plane: ControlPlane) -> Target:
        """Return the target that a control plane is."""
        pki: Path = plane.folder / "pki"
        context = ssl.create_default_context(cafile=str(plane.ca_file))
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        url = urlsplit(plane.url)
        return cls(url.hostname or "", url.port or 0, context)


class Wire:
    """One connection."""

    def __init__(self, target: Target) -> None:
        plain = socket.create_connection((target.host, target.port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = target.context.wrap_socket(plain, server_hostname=target.host)

    def send(self, request: bytes) -> bytes:
        """Send a request and return the answer's body as it came. Raises RuntimeError for a refusal."""
        self._socket.sendall(request)
        head, _, body = self._until(b"", b"\r\n\r\n").partition(b"\r\n\r\n")
        length = _length(head)
        if length is None:
            body = self._until(body, b"0\r\n\r\n", at_end=True)
        else:
            parts, missing = [body], length - len(body)
            while missing > 0:
                parts.append(self._receive())
                missing -= len(parts[-1])
            body = b"".join(parts)
        if int(head[9:12]) >= _ERROR:
            raise RuntimeError(f"{request[:200]!r} was answered by {body[:500]!r}")
        return body if length is not None else dechunked(body)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _until(self, got: bytes, end: bytes, *, at_end: bool = False) -> bytes:
        parts = bytearray(got)
        while not (parts.endswith(end) if at_end else end in parts):
            parts += self._receive()
        return bytes(parts)

    def _receive(self) -> bytes:
        received = self._socket.recv(_RECEIVE)
        if not received:
            raise ConnectionResetError("the API server hung up")
        return received


def send_all(target: Target, batches: Iterable[Sequence[bytes]], connections: int) -> float:
    """Send batches over so many connections, each batch in its order on one of them; return the seconds."""
    local = threading.local()

    def send(batch: Sequence[bytes]) -> None:
        for request in batch:
            local.wire.send(request)

    def connect() -> None:
        local.wire = Wire(target)

    with ThreadPoolExecutor(connections, initializer=connect) as pool:
        ready = threading.Barrier(connections + 1)
        waiting = [pool.submit(ready.wait) for _ in range(connections)]
        ready.wait()
        for each in waiting:
            each.result()
        begin = time.monotonic()
        for done in [pool.submit(send, batch) for batch in batches]:
            done.result()
        return time.monotonic() - begin


def listed(wire: Wire, path: str, selector: str = "", page: int = 500) -> list[dict[str, Any]]:
    """Return all objects of a kind."""
    items: list[dict[str, Any]] = []
    rest = ""
    while True:
        answer = json.loads(wire.send(raw("GET", f"{path}?limit={page}&labelSelector={selector}{rest}")))
        items += answer["items"]
        if not answer["metadata"].get("continue"):
            return items
        rest = f"&continue={answer['metadata']['continue']}"


def dechunked(body: bytes) -> bytes:
    """Return the content of a chunked body (RFC 9112 section 7.1)."""
    parts: list[bytes] = []
    at = 0
    while True:
        line = body.index(b"\r\n", at)
        size = int(body[at:line], 16)
        if not size:
            return b"".join(parts)
        parts.append(body[line + 2 : line + 2 + size])
        at = line + 2 + size + 2


def _length(head: bytes) -> int | None:
    at = head.lower().find(b"\r\ncontent-length:")
    return None if at < 0 else int(head[at + 17 :].split(b"\r\n", 1)[0])

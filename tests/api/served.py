"""The webhook as a process on loopback, and clients of it."""

from __future__ import annotations

import collections
import http.client
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certs.issue import KeyPair, Subject, issue, new_authority
from tests.unit.webhook.reviews import ROUTEMAP, body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime.now(UTC)
AUTHORITY = new_authority("test-ca", timedelta(days=1), NOW)
HOST = "127.0.0.1"
MALLORY = "127.0.0.2"
"""Where hostile clients come from."""
PATIENCE = 60.0
MANY = 128
"""Connections that disturb: more than any pool of threads that was thought of."""
REVIEW = body(ROUTEMAP)


def leaf(common_name: str = "webhook") -> KeyPair:
    return issue(AUTHORITY, Subject(common_name, (HOST,)), timedelta(days=1), NOW)


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=AUTHORITY.certificate.decode())
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


CONTEXT = client_context()


@dataclass
class Served:
    """A running webhook."""

    process: subprocess.Popen[str]
    port: int
    folder: Path

    def raw(self, source: str = HOST) -> socket.socket:
        return socket.create_connection((HOST, self.port), PATIENCE, None if source == HOST else (source, 0))

    def handshaken(self, source: str = HOST) -> ssl.SSLSocket:
        return CONTEXT.wrap_socket(self.raw(source), server_hostname=HOST)

    def connection(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(HOST, self.port, timeout=PATIENCE, context=CONTEXT)

    def get(self, path: str) -> int:
        with closing(self.connection()) as connection:
            connection.request("GET", path)
            return connection.getresponse().status

    def admitted(self) -> bool:
        with closing(self.connection()) as connection:
            return admit(connection)[0]


def admit(connection: http.client.HTTPSConnection, review: bytes = REVIEW) -> tuple[bool, str | None]:
    """Whether the change is allowed, and what the answer says of the connection."""
    connection.request("POST", "/validate?timeout=3s", review, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, content
    return json.loads(content)["response"]["allowed"], answer.getheader("Connection")


def until(seen: Callable[[], Any], want: str) -> None:
    deadline, last = time.monotonic() + PATIENCE, None
    while time.monotonic() < deadline:
        try:
            last = seen()
        except OSError as error:
            last = error
        if last and not isinstance(last, OSError):
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {PATIENCE} s: {want}; last seen: {last!r}")


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Served]:
    """Run a webhook whose certificate is in a folder; it is stopped at the end, whatever happens."""
    command = [sys.executable, "-m", "webhook", "--certificates", str(folder), "--port", "0", "--host", HOST]
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True)
        )
        stack.callback(process.kill)
        port = listening_port(process)
        # Its log is read, else it waits for us as soon as the pipe is full.
        log = threading.Thread(target=collections.deque, args=(process.stderr, 0))
        log.start()
        yield Served(process, port, folder)
        process.kill()
        log.join(PATIENCE)


def listening_port(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    for line in process.stderr:
        event = json.loads(line)["event"]
        if event.startswith("Listening at: https://"):
            return int(event.split(":")[3].split(" ")[0])
    raise AssertionError("the webhook ended before it listened")


def client_hello() -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        CONTEXT.wrap_bio(incoming, outgoing, server_hostname=HOST).do_handshake()
    return outgoing.read()


def resident(process: subprocess.Popen[str]) -> int:
    """Return the memory of a process and its children, in bytes."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii")
    total = 0
    for pid in (str(process.pid), *children.split()):
        status = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
        total += next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024
    return total


def hung_up(connection: socket.socket) -> bool:
    try:
        return not connection.recv(4096)
    except ConnectionResetError:
        return True


def refused(served: Served) -> bool:
    try:
        served.raw().close()
    except ConnectionRefusedError:
        return True
    return False

"""Clients that mean ill or are broken: the webhook answers the others, and keeps its memory."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from certs import files
from certs.issue import Subject, issue
from tests.api.served import (
    AUTHORITY,
    HOST,
    MANY,
    NOW,
    REVIEW,
    Served,
    admit,
    client_context,
    hung_up,
    leaf,
    serving,
    until,
)
from tests.unit.webhook.reviews import ROUTEMAP, body
from webhook.serving.inbox import MOST_BODY_BYTES
from webhook.serving.server import UNANSWERED_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD = b"POST /validate HTTP/1.1\r\nHost: webhook\r\nContent-Type: application/json\r\n"
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificates")
    files.write(path / files.SERVING, leaf())
    return path


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    with serving(folder, "--drain-seconds=0") as webhook:
        until(lambda: webhook.get("/readyz") == 200, "ready")
        yield webhook


def request(content: bytes = REVIEW) -> bytes:
    return HEAD + f"Content-Length: {len(content)}\r\n\r\n".encode() + content


def status(connection: ssl.SSLSocket) -> bytes:
    return connection.recv(4096).partition(b"\r\n")[0]


def test_slow_senders_hold_up_nobody_and_are_let_go(served: Served) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(served.handshaken()) for _ in range(MANY)]
        for number, connection in enumerate(slow):
            connection.sendall(request()[: 10 + number])  # some in the head, some in the body
        with ThreadPoolExecutor(64) as pool:
            assert all(pool.map(lambda _: served.admitted(), range(256)))
        for connection in slow:
            until(partial(hung_up, connection), "let go")


def test_a_request_that_comes_in_pieces_is_answered(served: Served) -> None:
    with closing(served.handshaken()) as connection:
        for start in range(0, len(request()), 100):
            connection.sendall(request()[start : start + 100])
        assert status(connection) == b"HTTP/1.1 200 OK"


def test_two_requests_sent_at_once_get_two_answers(served: Served) -> None:
    with closing(served.handshaken()) as connection:
        connection.sendall(request() * 2)
        seen = b""
        while seen.count(b"HTTP/1.1 200 OK") < 2:
            seen += connection.recv(4096)


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        ("Content-Length: 7340033", b"HTTP/1.1 413 REQUEST ENTITY TOO LARGE"),
        ("Transfer-Encoding: chunked", b"HTTP/1.1 411 LENGTH REQUIRED"),
        ("Content-Length: -1", b"HTTP/1.1 400 Bad Request"),
        ("Content-Length: 1\r\nContent-Length: 2", b"HTTP/1.1 400 Bad Request"),
        ("Content-Length: 1\r\nTransfer-Encoding: chunked", b"HTTP/1.1 400 Bad Request"),
    ],
)
def test_a_body_of_no_clear_length_is_refused_at_once_and_ends_the_connection(
    served: Served, lines: str, answer: bytes
) -> None:
    with closing(served.handshaken()) as connection:
        connection.sendall(HEAD + lines.encode() + b"\r\n\r\n{")
        assert status(connection) == answer
        until(lambda: hung_up(connection), "connection closed")


def test_unfinished_bodies_take_no_more_memory_than_all_of_them_may(served: Served) -> None:
    part = HEAD + f"Content-Length: {MOST_BODY_BYTES}\r\n\r\n".encode() + b" " * (6 * MEBIBYTE)
    before = resident(served)
    with ExitStack() as stack:
        for _ in range(3 * UNANSWERED_BYTES // len(part)):
            connection = stack.enter_context(served.handshaken())
            try:
                connection.sendall(part)
            except OSError:
                continue  # let go in the middle of it
        assert served.admitted()
        assert resident(served) - before < 2 * UNANSWERED_BYTES


def resident(served: Served) -> int:
    """Return the memory of the master and its worker, in bytes."""
    children = f"/proc/{served.process.pid}/task/{served.process.pid}/children"
    with open(children) as file:  # noqa: PTH123 -- procfs
        pids = [str(served.process.pid), *file.read().split()]
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status") as file:  # noqa: PTH123 -- procfs
            total += next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) * 1024
    return total


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 10_000,
        b'{"a":' * 10_000,
        b'{"request":{"uid":' + b"9" * 10_000 + b"}}",
        b"[1e400]",
        b'{"a": NaN}',
        b"\xff\xfe{}",
        b'{"kind":"AdmissionReview","kind":"Pod"}',
        b'{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{}}',
        b"[" + b"{}," * 2_000_000 + b"{}]",
    ],
)
def test_hostile_json_is_a_400_and_the_next_request_is_answered(served: Served, content: bytes) -> None:
    with closing(served.handshaken()) as connection:
        connection.sendall(request(content))
        assert status(connection) == b"HTTP/1.1 400 BAD REQUEST"
    assert served.admitted()


def test_numbers_that_no_weight_can_be_are_refused_with_a_sentence(served: Served) -> None:
    review = body(ROUTEMAP).replace(b'"weight": 20', b'"weight": 1e400')
    with closing(served.connection()) as connection:
        connection.request("POST", "/validate", review, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())["response"]
    assert answer["status"]["message"] == (
        "spec.versions[1].weight: Infinity is not an integer; use an integer from 0 to 1000000"
    )


def test_an_expired_certificate_makes_it_unready_and_says_so(tmp_path: Path) -> None:
    yesterday = NOW - timedelta(days=2)
    files.write(
        tmp_path / files.SERVING,
        issue(AUTHORITY, Subject("webhook", (HOST,)), timedelta(days=1), yesterday),
    )
    careless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE

    def complains() -> bool:
        with careless.wrap_socket(webhook.raw()) as kubelet:
            kubelet.sendall(b"GET /readyz HTTP/1.1\r\nHost: webhook\r\nConnection: close\r\n\r\n")
            said = b"".join(iter(lambda: kubelet.recv(4096), b""))
        assert said.startswith(b"HTTP/1.1 503 ")
        return b"no TLS handshake with itself: " in said and b"certificate has expired" in said

    with serving(tmp_path) as webhook:
        until(complains, "unready because of the certificate")


def test_only_the_client_that_may_ask_is_answered(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(AUTHORITY.certificate)
    options = (f"--client-ca={tmp_path / 'ca.pem'}", "--client-name=kube-apiserver")
    with serving(folder, *options) as webhook:
        until(lambda: webhook.get("/readyz") == 200, "ready, also for kubelet, which shows no certificate")
        for name, code in ((None, b"403"), ("eve", b"403"), ("kube-apiserver", b"200")):
            with closing(named(webhook, name, tmp_path)) as connection:
                connection.sendall(request())
                assert status(connection).split()[1] == code
        with closing(webhook.connection()) as connection:
            connection.request("POST", "/mutate", REVIEW, {"Content-Type": "application/json"})
            said = connection.getresponse().read()
    assert said == b"only clients with a certificate of kube-apiserver may ask\n"


def named(served: Served, name: str | None, folder: Path) -> ssl.SSLSocket:
    """Connect with a certificate of a name, or without one."""
    context = client_context()
    if name is not None:
        pair = leaf(name)
        (folder / "client.pem").write_bytes(pair.certificate + pair.key)
        context.load_cert_chain(folder / "client.pem")
    return context.wrap_socket(served.raw(), server_hostname=HOST)


@pytest.mark.parametrize("option", ["--client-ca=ca.pem", "--client-name=kube-apiserver"])
def test_half_a_client_check_is_refused_at_start(folder: Path, option: str) -> None:
    command = [sys.executable, "-m", "webhook", f"--certificates={folder}", "--port=0", option]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith("error: --client-ca and --client-name need each other\n")


def test_figures_are_served_over_plain_http_beside_admission(folder: Path) -> None:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    with serving(folder, f"--metrics-port={port}") as webhook:
        until(webhook.admitted, "admission")
        with closing(socket.create_connection((HOST, port))) as prometheus:
            prometheus.sendall(b"GET /metrics HTTP/1.1\r\nHost: webhook\r\nConnection: close\r\n\r\n")
            figures = b"".join(iter(lambda: prometheus.recv(65536), b"")).decode()
    labels = 'endpoint="/validate",kind="Routemap",operation="CREATE",verdict="allowed"'
    assert f"teal_webhook_requests_total{{{labels}}} 1.0" in figures


def test_a_cipher_without_forward_secrecy_is_refused(served: Served) -> None:
    context = client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA")
    with closing(served.raw()) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname=HOST)
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    with closing(context.wrap_socket(served.raw(), server_hostname=HOST)) as connection:
        connection.sendall(request())
        assert status(connection) == b"HTTP/1.1 200 OK"


def test_a_kept_connection_serves_many_requests(served: Served) -> None:
    with closing(served.connection()) as connection:
        assert all(admit(connection) == (True, "keep-alive") for _ in range(100))

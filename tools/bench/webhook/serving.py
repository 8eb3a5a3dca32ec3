"""A webhook in a process of its own, and a review to send it."""

from __future__ import annotations

import json
import ssl
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from certs import files
from certs.issue import Subject, issue, new_authority
from tools.bench.webhook import apiserver
from tools.bench.webhook.client import Disturbance, Outcome, Target, load
from tools.local.controlplane import child, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@contextmanager
def server(module: str) -> Iterator[Target]:
    """Run a server in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder, port, now = Path(name), free_port(), datetime.now(UTC)
        authority = new_authority("bench", timedelta(days=1), now)
        pair = issue(authority, Subject("webhook", ("127.0.0.1",)), timedelta(hours=1), now)
        files.write(folder / files.SERVING, pair)
        command = [sys.executable, "-m", module, f"--certificates={folder}", f"--port={port}"]
        command += ["--host=127.0.0.1"] * (module == "webhook")
        context = ssl.create_default_context(cadata=authority.certificate.decode())
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        target = Target(port, context, post(apiserver.review()))
        with child(command, folder / "server.log"):
            _await(target)
            yield target


def post(review: Any) -> bytes:
    """Return a review as an API server sends it."""
    body = json.dumps(review).encode()
    head = f"POST /validate?timeout=3s HTTP/1.1\r\nHost: webhook\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Content-Type: application/json\r\nAccept: application/json\r\n\r\n".encode() + body


def show(rows: Sequence[dict[str, object]]) -> None:
    """Print a table."""
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)


def _await(target: Target) -> None:
    outcome = Outcome()
    for _ in range(100):
        outcome = load(target, 1, 0.1, Disturbance())
        if outcome.seconds:
            return
    raise RuntimeError(f"the server does not answer: {dict(outcome.failures)}")

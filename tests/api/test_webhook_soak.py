"""Hostile requests by the thousand, over TLS: the webhook's memory stays flat. `make soak` sends 50,000."""

from __future__ import annotations

import json
import os
import random
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from certs import files
from tests.api.served import MALLORY, Served, leaf, resident, serving, until
from tests.unit.webhook.hostile import SHAPES
from tests.unit.webhook.reviews import review
from tests.worlds.test_fuzz import spoilt, swapped
from webhook.serving.inbox import MOST_BODY_BYTES

if TYPE_CHECKING:
    from pathlib import Path

REQUESTS = int(os.environ.get("TEAL_SOAK_REQUESTS", "1000"))
MOST_GROWTH_BYTES = 16 * 1024 * 1024
HEAD = "POST {} HTTP/1.1\r\nHost: webhook\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
LARGE = [json.dumps(review(shape(5_000, str))).encode() for shape in SHAPES.values()]
UNFINISHED = [
    b"\x16\x03\x01",
    HEAD.format("/validate", 100)[:50].encode(),
    HEAD.format("/validate", MOST_BODY_BYTES).encode() + b"{" * 100_000,
]
NO_REQUESTS = [
    *(b"\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST /validate HTTP/1.1\r\n\r\n"),
    *(b"X" * 70_000, b"GET /healthz HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
    HEAD.format("/validate", MOST_BODY_BYTES + 1).encode(),
    HEAD.format("/validate", "1\r\nTransfer-Encoding: chunked").encode(),
]


def hostile(chance: random.Random) -> bytes:
    kind = chance.random()
    if kind < 0.1:
        return chance.choice(NO_REQUESTS)
    content = chance.choice(LARGE) if kind < 0.2 else chance.choice((spoilt, swapped))(chance)
    return HEAD.format(chance.choice(["/validate", "/mutate", "/nowhere"]), len(content)).encode() + content


def send(served: Served, requests: int, chance: random.Random) -> None:
    """Send so many on new connections, some of which are left in the middle, most with several requests."""
    while requests > 0:
        with suppress(OSError), closing(served.handshaken(MALLORY)) as connection:
            for _ in range(chance.randint(1, 20)):
                requests -= 1
                if chance.random() < 0.05:
                    connection.sendall(chance.choice(UNFINISHED))
                    break
                connection.sendall(hostile(chance))
                if not connection.recv(65536):
                    break


def test_memory_stays_flat_under_hostile_requests(tmp_path: Path) -> None:
    files.write(tmp_path / files.SERVING, leaf())
    chance, held = random.Random(20261128), []  # noqa: S311 -- the same each time
    with serving(tmp_path, "--drain-seconds=0") as webhook:
        until(lambda: webhook.get("/readyz") == 200, "ready")
        for _ in range(4):
            send(webhook, REQUESTS // 4, chance)
            assert webhook.admitted()
            held.append(resident(webhook.process))
    print(f"{REQUESTS} requests; MiB resident after each quarter: {[size // 1024**2 for size in held]}")
    assert held[-1] - held[1] < MOST_GROWTH_BYTES

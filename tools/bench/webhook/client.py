"""Callers that use connections as Go's transport in the API server does, and clients that only disturb."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

IDLE_CONNECTIONS = 25
"""MaxIdleConnsPerHost in k8s.io/client-go/transport; a connection beyond that is closed after its answer."""
TIMEOUT_SECONDS = 3.0
"""The webhooks' timeoutSeconds."""
_PAUSE_SECONDS = 0.1

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Outcome:
    """Seconds that each answered request took; failures by their kind."""

    seconds: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Disturbance:
    """How many connections of each kind disturb: silent ones, half a handshake, a byte at a time."""

    parked: int = 0
    half_open: int = 0
    slow: int = 0


class Target:
    """A server to call: its port, how to trust it, and the request that all send."""

    def __init__(self, port: int, context: ssl.SSLContext, request: bytes) -> None:
        self.port = port
        self.request = request
        self.context = context
        self._idle: list[Streams] = []

    async def call(self) -> float:
        """Send the request and read the answer; return the seconds. Raises OSError, EOFError."""
        began, keep = time.perf_counter(), False
        async with asyncio.timeout(TIMEOUT_SECONDS):
            streams = self._idle.pop() if self._idle else await self.dial()
            try:
                keep = await _exchange(streams, self.request)
            finally:
                if keep and len(self._idle) < IDLE_CONNECTIONS:
                    self._idle.append(streams)
                else:
                    streams[1].close()
        return time.perf_counter() - began

    async def dial(self, *, tls: bool = True) -> Streams:
        """Connect."""
        context, name = (self.context, "127.0.0.1") if tls else (None, None)
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=context, server_hostname=name)

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop()[1].close()


def load(target: Target, callers: int, seconds: float, disturbance: Disturbance) -> Outcome:
    """Call from so many places at once for so long, while others disturb."""
    return asyncio.run(_load(target, callers, seconds, disturbance))


async def _load(target: Target, callers: int, seconds: float, disturbance: Disturbance) -> Outcome:
    outcome = Outcome()
    disturbers = [asyncio.create_task(each) for each in _disturbers(target, disturbance)]
    await asyncio.sleep(_PAUSE_SECONDS)
    end = time.perf_counter() + seconds
    await asyncio.gather(*(_caller(target, end, outcome) for _ in range(callers)))
    for task in disturbers:
        task.cancel()
    await asyncio.gather(*disturbers, return_exceptions=True)
    target.close()
    return outcome


async def _caller(target: Target, end: float, outcome: Outcome) -> None:
    while time.perf_counter() < end:
        try:
            outcome.seconds.append(await target.call())
        except (OSError, EOFError) as error:  # TimeoutError is an OSError
            outcome.failures[type(error).__name__] += 1


async def _exchange(streams: Streams, request: bytes) -> bool:
    """Return whether the connection may be used again. Raises EOFError unless the answer is a 200."""
    reader, writer = streams
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
    await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 200 "):
        raise EOFError(head.decode())
    return b"connection: close" not in lines


def _disturbers(target: Target, disturbance: Disturbance) -> Iterator[Coroutine[None, None, None]]:
    hello = _client_hello()
    for _ in range(disturbance.parked):
        yield _forever(target, b"", tls=True)
    for number in range(disturbance.half_open):
        yield _forever(target, hello[: len(hello) // (1 + number % 2)], tls=False)
    for _ in range(disturbance.slow):
        yield _forever(target, target.request, tls=True)


async def _forever(target: Target, sent: bytes, *, tls: bool) -> None:
    """Connect and send: plain bytes at once, a request over TLS byte by byte. Anew when hung up on."""
    while True:
        with contextlib.suppress(OSError, EOFError):
            reader, writer = await target.dial(tls=tls)
            if tls and sent:
                await _trickle(writer, sent)
            else:
                writer.write(sent)
            await reader.read()
        await asyncio.sleep(_PAUSE_SECONDS)


async def _trickle(writer: asyncio.StreamWriter, sent: bytes) -> None:
    for byte in sent:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(_PAUSE_SECONDS)


def _client_hello() -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()

"""Health and figures over plain HTTP, for kubelet and Prometheus, at a port that any pod can reach.

One thread and one loop of asyncio's. A connection gets one answer. What it may cost is bounded: their number,
the bytes of a head, the seconds from its beginning to its end; when there is no room, the idlest of the peer
with the most goes. So kubelet, whose connection is its address's only one, is answered while others come in
any number.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from serving.crowd import Crowd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)

CONNECTIONS = 64
"""Of all peers together. kubelet and Prometheus need one each at a time."""
MOST_HEAD_BYTES = 8 * 1024
SECONDS = 5.0
"""From accepting a connection to its end, whoever is slow. kubelet gives up after 3 or 5 s."""
BACKLOG = 128
FIGURES_SECONDS = 0.5
"""For which figures are kept: they cost some milliseconds, in a process that has better to do."""

_END_OF_HEAD = b"\r\n\r\n"
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 500: "Error"}


@dataclass(frozen=True)
class Page:
    """An answer: its status, its text, what it is."""

    status: int
    text: str
    content_type: str = "text/plain"


def health(reason: str | None) -> Page:
    """Return the page of a check: 200, or 503 with the reason why not."""
    return Page(503 if reason else 200, f"{reason or 'ok'}\n")


def figures(write: Callable[[], bytes], clock: Callable[[], float] = time.monotonic) -> Callable[[], Page]:
    """Return what makes the page of figures in Prometheus' text format, at most each FIGURES_SECONDS anew."""
    made: tuple[float, Page] | None = None

    def page() -> Page:
        nonlocal made
        now = clock()
        if made is None or now - made[0] >= FIGURES_SECONDS:
            made = now, Page(200, write().decode(), "text/plain; version=0.0.4")
        return made[1]

    return page


class PlainServer:
    """Serves pages by path. They are made in the server's thread, so what makes them must not wait.

    One that raises is answered 500 and logged. Raises OSError where the port can't be listened at.
    """

    def __init__(self, port: int, pages: Mapping[str, Callable[[], Page]], host: str = "") -> None:
        """Listen from now on; port 0 is any that is free. `serve` answers."""
        self._pages = pages
        self._crowd = Crowd[_Client](CONNECTIONS)
        self._listener = socket.create_server((host, port), backlog=BACKLOG)
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self.port: int = self._listener.getsockname()[1]

    def serve(self) -> None:
        """Answer until `stop`, in the thread that calls."""
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    def start(self, name: str) -> threading.Thread:
        """Answer in a thread of this name, for as long as the process lives or until `stop`."""
        thread = threading.Thread(target=self.serve, name=name, daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """End `serve` soon; from any thread, also again."""
        with suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def _serve(self) -> None:
        """Answer until told to stop, then let go of everybody."""
        make = partial(_Client, self._pages, self._crowd)
        async with await self._loop.create_server(make, sock=self._listener):
            await self._stopping.wait()
            for client in list(self._crowd):
                client.let_go()
            await asyncio.sleep(0)  # in which they are closed


class _Client(asyncio.Protocol):
    """One connection. All is called in the loop's thread."""

    def __init__(self, pages: Mapping[str, Callable[[], Page]], crowd: Crowd[_Client]) -> None:
        self._pages = pages
        self._crowd = crowd
        self._head = bytearray()
        self._transport: asyncio.Transport
        self._deadline: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Come in, in the place of the idlest where there is none left."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- what a TCP server is given
        self._transport = transport
        self._deadline = asyncio.get_running_loop().call_later(SECONDS, self.let_go)
        address = transport.get_extra_info("peername")
        idlest = self._crowd.enter(self, address and address[0])
        if idlest is not None:
            idlest.let_go()

    def data_received(self, data: bytes) -> None:
        """Take a part of the head; answer with its last byte, or when it is too long to be one."""
        if self._transport.is_closing():
            return
        searched = max(len(self._head) - len(_END_OF_HEAD), 0)
        self._head += data[: MOST_HEAD_BYTES + 1 - len(self._head)]
        if self._head.find(_END_OF_HEAD, searched) >= 0:
            self._answer(_page(bytes(self._head), self._pages))
        elif len(self._head) > MOST_HEAD_BYTES:
            self._answer(Page(400, f"a request's head has at most {MOST_HEAD_BYTES} bytes\n"))

    def connection_lost(self, _error: Exception | None) -> None:
        """Leave."""
        self._deadline.cancel()
        self._crowd.leave(self)

    def let_go(self) -> None:
        """Close at once, whatever is under way."""
        self._crowd.leave(self)
        self._transport.abort()

    def _answer(self, page: Page) -> None:
        """Send a page and close when the client has taken it, or at the deadline."""
        body = page.text.encode(errors="backslashreplace")
        head = (
            f"HTTP/1.1 {page.status} {_REASONS.get(page.status, 'Unavailable')}\r\n"
            f"Content-Type: {page.content_type}; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self._transport.write(head.encode() + body)
        self._transport.close()


def _page(head: bytes, pages: Mapping[str, Callable[[], Page]]) -> Page:
    """Return the page that a head asks for."""
    method, _, rest = head.partition(b"\r\n")[0].partition(b" ")
    target, _, version = rest.partition(b" ")
    if not version.startswith(b"HTTP/1."):
        return Page(400, "this is no HTTP/1 request\n")
    if method != b"GET":
        return Page(405, "there is GET only\n")
    make = pages.get(target.partition(b"?")[0].decode("latin-1"))
    if make is None:
        return Page(404, f"there are {', '.join(pages)}\n")
    try:
        return make()
    except Exception:  # noqa: BLE001 -- whatever it is, the next one is answered
        _log.exception("page not made")
        return Page(500, "this page can't be made; the log has the cause\n")

"""Werkzeug's server with threads, on loopback only, and no more of them than it can carry."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

ADDRESS = "127.0.0.1"
CONNECTIONS = 96
"""Of which streams (board.MOST_READERS) stay, and others last as long as an answer."""
SECONDS = 20.0
"""For which a connection may say nothing, or take nothing of what it is sent."""


class Handler(WSGIRequestHandler):
    """One connection, one answer.

    Paths have the token in them, and what is written to a terminal or a log is read by others: no line is.
    """

    timeout = SECONDS
    server_version = "teal"
    sys_version = ""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing."""

    def log_error(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
        """Write nothing of those who went or were slow."""


class Server(ThreadedWSGIServer):
    """Serves an application at a port of loopback; 0 is any that is free. Raises OSError where it is taken.

    `port` is the one that it is.
    """

    daemon_threads = True

    def __init__(self, app: WSGIApplication, port: int) -> None:
        self._room = threading.BoundedSemaphore(CONNECTIONS)
        super().__init__(ADDRESS, port, app, handler=Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, or hang up where there are too many."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and make room."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, *_about: Any) -> None:
        """Write nothing: somebody went while being answered. Errors of the application are Flask's to log."""

"""The page over HTTP: its files, its stream, what is asked for. The only module here that knows Flask."""

from __future__ import annotations

import hmac
import json
import time
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, Any

import flask
from werkzeug.exceptions import Forbidden, HTTPException, MisdirectedRequest, NotFound, ServiceUnavailable

from dashboard.board import FullError
from kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dashboard.board import Board, Reader

    Details = Callable[[str, str], Mapping[str, Any] | None]
    Told = Callable[[], Mapping[str, Any]]

BEAT_SECONDS = 0.2
"""Between two messages of a stream: what changes meanwhile is told together."""
QUIET_SECONDS = 10.0
"""After which a stream says that it is there, and notices whether somebody listens."""
HOSTS = ("127.0.0.1", "localhost", "[::1]")
"""By which the page is called: any other is a name that somebody has led to this machine (DNS rebinding)."""
FILES = {
    "index.html": "text/html",
    "page.css": "text/css",
    "page.js": "text/javascript",
    "dom.js": "text/javascript",
    "list.js": "text/javascript",
    "details.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
"""The page's own, in this package's `assets`; it needs no others, from here or elsewhere."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of each answer. What is shown comes from whoever may write into the cluster: nothing of it can run."""


def create_app(
    board: Board,
    details: Details,
    health: Told,
    about: Mapping[str, Any],
    token: str,
) -> flask.Flask:
    """Return the WSGI application.

    `details`: of a namespace and a name, all that is told of the application, None where there is none;
    `health`: of Teal; both may raise ClusterErrors. `about`: what the page says of the cluster. `token`
    stands in each path, so that only who was told the address gets an answer; with "" anybody does who gets
    here.
    """
    app = flask.Flask("dashboard", static_folder=None)
    app.before_request(partial(_check, token))
    app.after_request(_guarded)
    app.register_error_handler(HTTPException, _failed)
    app.register_error_handler(ClusterError, _not_told)
    root = "/<token>" if token else ""
    rule = partial(_rule, app, root)
    app.add_url_rule("/healthz", "healthz", lambda: flask.Response("ok\n", content_type="text/plain"))
    for name, kind in FILES.items():
        path = "/" if name == "index.html" else f"/{name}"
        rule(path, name, partial(_file, _read(name), kind))
    rule("/api/about", "about", lambda: _json(about))
    rule("/api/health", "health", lambda: _json(health()))
    rule("/api/stream", "stream", lambda: _stream(board))
    rule("/api/applications/<namespace>/<name>", "application", partial(_application, details))
    return app


def _rule(app: flask.Flask, root: str, path: str, endpoint: str, view: Callable[..., flask.Response]) -> None:
    """Add a view under the token's folder; the token has been checked by then."""

    def shown(token: str = "", **given: str) -> flask.Response:  # noqa: ARG001
        return view(**given)

    app.add_url_rule(f"{root}{path}", endpoint, shown)


def _check(token: str) -> None:
    """Raise what makes a 4xx where somebody has been led here, or was not told the address."""
    request = flask.request
    host = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdecimal() else request.host
    if host not in HOSTS:
        raise MisdirectedRequest(f"this page is called by {', '.join(HOSTS)}")
    if request.path == "/healthz":
        return
    given = (request.view_args or {}).get("token", "")
    if token and not hmac.compare_digest(given.encode(), token.encode()):
        raise Forbidden("use the address that `teal dashboard` has printed")
    # Beside the token: a page of another site gets nothing that it might measure or embed.
    if "/api/" in request.path and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Forbidden("only the page itself asks here")


def _guarded(response: flask.Response) -> flask.Response:
    """Give an answer the headers that say what a browser may do with it."""
    response.headers.update(HEADERS)
    return response


def _file(content: bytes, kind: str) -> flask.Response:
    """Answer with a file of the page, as it was when the server began."""
    return flask.Response(content, content_type=f"{kind}; charset=utf-8")


def _read(name: str) -> bytes:
    return resources.files("dashboard").joinpath("assets", name).read_bytes()


def _json(value: Mapping[str, Any], status: int = 200) -> flask.Response:
    # JSON can hold half a surrogate pair, so what is sent is ASCII.
    return flask.Response(json.dumps(value), status, content_type="application/json")


def _application(details: Details, namespace: str, name: str) -> flask.Response:
    """Answer with all that is told of an application. Raises NotFound, and ClusterErrors."""
    found = details(namespace, name)
    if found is None:
        raise NotFound(f"there is no Routemap {name} in namespace {namespace}")
    return _json(found)


def _stream(board: Board) -> flask.Response:
    """Answer with server-sent events (WHATWG HTML, 9.2): everything first, then what changes."""
    place = board.reader()
    try:
        reader = place.__enter__()
    except FullError as error:
        raise ServiceUnavailable(str(error)) from error
    response = flask.Response(_messages(reader), content_type="text/event-stream")
    response.call_on_close(lambda: place.__exit__(None, None, None))
    return response


def _messages(reader: Reader) -> Iterator[str]:
    """Yield a stream's messages, a comment where there is nothing to tell; it never ends by itself."""
    while True:
        told = reader.take(QUIET_SECONDS, time.time)
        yield ": nothing new\n\n" if told is None else f"data: {told}\n\n"
        time.sleep(BEAT_SECONDS)


def _failed(error: HTTPException) -> flask.Response:
    """Answer what is not to be, or not there, in a sentence."""
    return _json({"error": error.description or error.name}, error.code or 500)


def _not_told(error: ClusterError) -> flask.Response:
    """Answer that the API server did not tell, in its words."""
    return _json({"error": str(error)}, 502)

"""What webhook/serving uses of gunicorn beside its settings; a release that drops it fails here."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

import pytest
from gunicorn import http, sock, util  # type: ignore[import-untyped] # gunicorn has no types
from gunicorn.http import wsgi  # type: ignore[import-untyped] # the same
from gunicorn.workers import gthread  # type: ignore[import-untyped] # the same

from webhook.serving.worker import Worker

OVERRIDDEN = {
    "init_process": ["self"],
    "accept": ["self", "listener"],
    "murder_pending": ["self"],
    "set_accept_enabled": ["self", "enabled"],
    "handle_exit": ["self", "sig", "frame"],
    "wait_for_and_dispatch_events": ["self", "timeout"],
}
CALLED = {
    gthread.ThreadWorker.handle_request: ["self", "req", "conn"],
    gthread.ThreadWorker.handle_error: ["self", "req", "client", "addr", "exc"],
    gthread.PollableMethodQueue.defer: ["self", "callback", "args"],
    gthread.TConn.__init__: ["self", "cfg", "sock", "client", "server"],
    gthread.TConn.close: ["self", "graceful"],
    sock.ssl_wrap_socket: ["sock", "conf"],
    http.get_parser: ["cfg", "source", "source_addr", "http2_connection"],
    http.RequestParser.finish_body: ["self", "deadline", "max_bytes"],
}
SET_AND_READ = {
    "worker": {"poller", "nr_conns", "worker_connections", "alive", "sockets", "method_queue", "app", "cfg"},
    "connection": {"cfg", "sock", "client", "server", "parser", "initialized"},
}
OF_A_CONNECTION = {"sock", "client", "server"}
OF_A_SOCKET = {"sendall", "send", "gettimeout", "shutdown", "close", "setblocking", "settimeout", "recv"}


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def attributes(source: Any, name: str) -> set[str]:
    """The attributes of a name that some code reads, sets or calls."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(source)))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == name
    }


@pytest.mark.parametrize("name", OVERRIDDEN)
def test_what_the_worker_overrides_is_called_by_gunicorn_with_the_same_parameters(name: str) -> None:
    assert parameters(getattr(gthread.ThreadWorker, name)) == OVERRIDDEN[name]
    assert parameters(getattr(Worker, name)) == OVERRIDDEN[name]


@pytest.mark.parametrize("function", CALLED, ids=lambda function: function.__qualname__)
def test_what_is_called_of_gunicorn_has_the_parameters_that_are_given(function: Any) -> None:
    assert parameters(function) == CALLED[function]


def test_gunicorn_keeps_its_state_under_the_names_that_the_worker_and_its_connections_use() -> None:
    worker = attributes(gthread.ThreadWorker, "self") | attributes(gthread.base.Worker, "self")
    assert worker >= SET_AND_READ["worker"]
    assert attributes(gthread.TConn, "self") | {"is_ssl"} >= SET_AND_READ["connection"]


def test_gunicorn_runs_the_loop_that_the_worker_hooks_into() -> None:
    called = attributes(gthread.ThreadWorker.run, "self")
    assert called >= {"set_accept_enabled", "wait_for_and_dispatch_events", "murder_pending", "nr_conns"}


def test_an_answer_is_made_of_three_things_of_a_connection() -> None:
    assert attributes(gthread.ThreadWorker.handle_request, "conn") == OF_A_CONNECTION


def test_the_outbox_has_what_gunicorn_calls_of_a_socket_when_it_answers() -> None:
    sources = (wsgi.create, wsgi.Response, util.write, util.write_nonblock, util.close_graceful)
    called = {name for source in sources for own in ("sock", "self.sock") for name in attributes(source, own)}
    assert called - {"sendfile"} <= OF_A_SOCKET

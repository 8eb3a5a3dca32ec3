"""`teal dashboard`: serves the page on this machine, and opens it."""

from __future__ import annotations

import os
import secrets
import signal
import tempfile
import threading
import time
import webbrowser
from contextlib import contextmanager, nullcontext, suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.failures import DONE, NotToldError
from cli.target import on_cluster
from dashboard.app import create_app
from dashboard.board import Board
from dashboard.details import details
from dashboard.following import FIRST_PAUSE, Rows
from dashboard.health import Health
from dashboard.server import ADDRESS, Server
from kube.errors import RefusedError
from kube.reflector import Pauses, Reflector
from routing.kinds import ROUTEMAPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from cli.target import Target
    from kube.client import Cluster

HELP = """Serve a page of all applications on this machine, live, and open it in the browser. It shows what
you may read, and changes nothing. Only who has the address that is printed gets an answer, and only from
this machine. Ctrl-C ends it.

Of all namespaces, or (-n) of one; of the context's, where you may not list those of all."""
CODES = "Exit code: 0, ended by Ctrl-C; 2, it could not be served."


@click.command("dashboard", help=HELP, epilog=CODES)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="(default: any that is free)")
@click.option("--no-open", is_flag=True, help="only print the address")
@click.option(
    "--no-token", is_flag=True, help="an address that can be known: in a pod, whose port is forwarded"
)
@click.option("--teal-namespace", default="teal-system", show_default=True, help="where Teal is")
@click.option("--release", default="teal", show_default=True, help="name of its Deployment")
@on_cluster
def command(target: Target, **given: Any) -> int:
    """Carry out `teal dashboard`."""
    # Before anybody can know that it serves. As process 1 of a container only a handler lets it be ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    token = "" if given["no_token"] else secrets.token_urlsafe(16)
    cluster = scoped(target)
    board, stopped = Board(time.time), threading.Event()
    release = given["teal_namespace"], given["release"]
    app = create_app(
        board,
        lambda namespace, name: details(cluster, namespace, name, board, time.time()),
        Health(cluster, release, time.time).told,
        about(target, cluster),
        token,
    )
    try:
        server = Server(app, given["port"])
    except (OSError, SystemExit) as error:
        taken = f"port {given['port']} of {ADDRESS} can't be had; name another by --port"
        raise NotToldError(taken) from error
    reflector = Reflector(cluster, Rows(board), stopped, Pauses(FIRST_PAUSE))
    threading.Thread(target=reflector.run, name="watch", daemon=True).start()
    address = f"http://{ADDRESS}:{server.port}/{f'{token}/' if token else ''}"
    with suppress(KeyboardInterrupt), nullcontext() if given["no_open"] else opened(address):
        click.echo(f"{address}\nServing until Ctrl-C, of {_where(cluster)}.")
        server.serve_forever()
    stopped.set()
    return DONE


def scoped(target: Target) -> Cluster:
    """Return the way to the cluster for what is to be shown: one namespace, or all where that is allowed."""
    everything = target.within(target.asked_namespace)
    if target.asked_namespace is None:
        try:
            everything.request("GET", ROUTEMAPS.path(None), query={"limit": "1"})
        except RefusedError:
            return target.within(target.namespace)
    return everything


def about(target: Target, cluster: Cluster) -> Mapping[str, Any]:
    """Return what the page says of where its news come from."""
    return {"cluster": target.server, "namespace": cluster.namespace}


@contextmanager
def opened(address: str) -> Iterator[None]:
    """Open an address in the browser.

    It goes by a file that only this user can read: other users see the browser's command line.
    """
    descriptor, name = tempfile.mkstemp(suffix=".html", prefix="teal-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f'<!doctype html><meta http-equiv="refresh" content="0; url={escape(address)}">\n')
    try:
        webbrowser.open(Path(name).as_uri())
        yield
    finally:
        Path(name).unlink(missing_ok=True)


def _where(cluster: Cluster) -> str:
    """Return in words what is watched."""
    return f"namespace {cluster.namespace}" if cluster.namespace else "all namespaces"

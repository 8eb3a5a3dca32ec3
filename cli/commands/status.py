"""`teal status`: who gets how many of the requests, why, since when, and what happens next."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from cli import terminal
from cli.failures import DONE, NoError
from cli.spans import Span, line
from cli.status import gather, leading, views, waiting
from cli.status.data import data
from cli.target import application_name, missing, on_cluster
from kube.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cli.spans import Line
    from cli.status.application import Application
    from cli.status.waiting import Wanted
    from cli.target import Target

HELP = """Tell of an application, or of all in a namespace (-A: in all namespaces) in a table.

APP is the name of a Routemap. Only reads; what an account may not read is left out."""
CODES = """Exit code: 0, told, or what was waited for has come; 1, there is no such application, or it has not
come in time; 2, the cluster did not tell."""
AGAIN_SECONDS = 1.0


@click.command("status", help=HELP, epilog=CODES)
@click.argument("name", metavar="[APP]", required=False, shell_complete=application_name)
@click.option("--all-namespaces", "-A", "everywhere", is_flag=True, help="of all namespaces")
@click.option("--output", "-o", type=click.Choice(["wide", "json", "yaml", "name"]), help="how to print")
@click.option("--watch", "-w", is_flag=True, help="go on telling, until Ctrl-C")
@click.option("--wait-for", metavar="WHAT", help=f"wait, and print nothing but the end: {waiting.FORMS}")
@click.option(
    "--timeout", metavar="SECONDS", type=float, default=600.0, show_default=True, help="to wait for"
)
@on_cluster
def command(target: Target, name: str | None, everywhere: bool, watch: bool, **given: Any) -> int:  # noqa: FBT001
    """Carry out `teal status`."""
    if given["wait_for"] is not None:
        return _wait(target, name, _wanted(given["wait_for"]), given["timeout"])
    asked = _Asked(target, name, everywhere, given["output"])
    if watch:
        return _watch(asked)
    asked.print(asked.look())
    _tell(asked.unled())
    return DONE


def _tell(trouble: str) -> None:
    if trouble:
        click.echo(f"teal: {trouble}", err=True)


class _Asked:
    """What is to be told: of which applications, and in which form."""

    def __init__(self, target: Target, name: str | None, everywhere: bool, form: str | None) -> None:  # noqa: FBT001
        if name and everywhere:
            raise click.UsageError("APP is one application; leave it out, or --all-namespaces")
        self._target, self._name, self._everywhere, self._form = target, name, everywhere, form

    @property
    def is_data(self) -> bool:
        """Whether JSON or YAML is to be printed."""
        return self._form in ("json", "yaml")

    def look(self) -> list[Application]:
        """Return the applications as they are now. Raises ClusterErrors, NoError where APP is not there."""
        target, now = self._target, time.time()
        if self._name is None:
            return gather.all_of(target.cluster, None if self._everywhere else target.namespace, now)
        found = gather.one(target.cluster, target.namespace, self._name, now)
        if found is None:
            raise missing(target, self._name)
        return [found]

    def unled(self) -> str:
        """Return that nobody keeps it true, where that is so and can be told."""
        return leading.looked_for(self._target.cluster, time.time())

    def print(self, apps: Sequence[Application]) -> None:
        """Print applications once."""
        if self.is_data:
            terminal.write(self._data(apps))
        else:
            terminal.show(self.lines(apps))

    def lines(self, apps: Sequence[Application], *, short: bool = False) -> list[Line]:
        """Return what is to be printed, as text; of one application in short where that is asked for."""
        now = time.time()
        if not apps and self._form is None:
            return views.none("" if self._everywhere else f" in namespace {self._target.namespace}")
        if self._form == "name":
            return views.names(apps)
        if self._name is None or self._form == "wide":
            return views.many(apps, now, everywhere=self._everywhere, wide=self._form == "wide")
        return views.full(apps[0], now, short=short)

    def _data(self, apps: Sequence[Application]) -> str:
        told: Any = [data(app) for app in apps]
        return terminal.written(told[0] if self._name else {"applications": told}, str(self._form))


def _wanted(text: str) -> Wanted:
    try:
        return waiting.wanted(text)
    except ValueError as error:
        raise click.UsageError(f"--wait-for: {error}") from error


def _wait(target: Target, name: str | None, wanted: Wanted, seconds: float) -> int:
    """Look until it is as wanted, or for as long as was given."""
    if name is None:
        raise click.UsageError("--wait-for needs APP")
    end = time.monotonic() + seconds
    while True:
        try:
            app = gather.one(target.cluster, target.namespace, name, time.time())
            lacks = waiting.lacking(wanted, app) or leading.looked_for(target.cluster, time.time())
        except UnavailableError as error:  # an API server that is being replaced, say
            app, lacks = None, str(error)
        if not lacks:
            split = f": {app.split}" if app else ""
            terminal.write(f"routemap.iter8.tools/{name} is {wanted}{split}\n")
            return DONE
        if time.monotonic() >= end:
            raise NoError(f"{name} is not {wanted} after {seconds:g} s: {lacks}")
        time.sleep(min(AGAIN_SECONDS, max(end - time.monotonic(), 0)))


def _watch(asked: _Asked) -> int:
    """Tell again and again; a terminal's screen is painted over, what is piped gets what has changed."""
    if terminal.is_terminal() and not asked.is_data:
        with terminal.painting() as paint:
            for apps, trouble in _looks(asked):
                first = [line(Span(said, "bad")) for said in trouble]
                paint([[*first, *asked.lines(apps, short=short)] for short in (False, True)])
    shown = None
    for apps, trouble in _looks(asked):
        told = [data(app) for app in apps]
        if told != shown:
            asked.print(apps)
        shown = told
        for said in trouble:
            _tell(said)
    return DONE


def _looks(asked: _Asked) -> Iterator[tuple[list[Application], list[str]]]:
    """Yield what is seen, every second, and what keeps it from being seen anew, or from being true.

    Raises ClusterErrors at the first look; later ones go on with what was seen last.
    """
    seen, trouble = asked.look(), [*filter(None, [asked.unled()])]
    while True:
        yield seen, trouble
        time.sleep(AGAIN_SECONDS)
        try:
            seen, trouble = asked.look(), [*filter(None, [asked.unled()])]
        except UnavailableError as error:
            trouble = [f"seen last; the cluster does not answer: {error}"]

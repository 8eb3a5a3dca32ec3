"""Which cluster and namespace a command is for: kubectl's own options, and the way there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import words
from cli.failures import NoError, NotToldError
from cli.spans import harmless
from kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kube.client import Cluster
    from kube.contexts import Context
    from kube.plain_contexts import PlainContext

SECONDS = (5.0, 15.0)
"""To connect, and for an answer as a whole: somebody sits there and waits."""

FILE = click.Path(readable=False)
"""The type of an argument for which a shell offers files; who reads them says what keeps it from that."""

_NOT_PLAIN = (
    "this kubeconfig is not there, or takes the kubernetes library, which the one file does not have; see "
    "that --kubeconfig and --context are right, or install teal with pipx"
)


@dataclass(frozen=True)
class Target:
    """What the command line says of the cluster; None: as the kubeconfig does."""

    kubeconfig: str | None = None
    context: str | None = None
    asked_namespace: str | None = None

    @cached_property
    def cluster(self) -> Cluster:
        """The way to the cluster. Raises ClusterError."""
        return self.within(None)

    def within(self, namespace: str | None) -> Cluster:
        """Return a way that lists and watches a namespace only, None for all. Raises ClusterError."""
        # Here, since commands without cluster do without what it takes.
        from kube.client import Cluster  # noqa: PLC0415

        return Cluster(self._context, namespace, timeout=SECONDS, agent="teal-cli")

    def show_warnings(self) -> None:
        """Have what the API server warns of shown, as kubectl does. Raises ClusterError.

        Not where a command has steps of its own: what is warned of a step, the next one mends.
        """
        self.cluster.warned = _Warned()

    @property
    def server(self) -> str:
        """The address of the API server. Raises ClusterError."""
        return self._context.host

    @cached_property
    def namespace(self) -> str:
        """The namespace that is meant: the one asked for, else the context's. Raises ClusterError."""
        if self.asked_namespace:
            return self.asked_namespace
        if self._way is not None:
            return self._way.namespace
        try:
            from kube.contexts import namespace_of  # noqa: PLC0415
        except ImportError as error:
            raise NotToldError(_NOT_PLAIN) from error
        return namespace_of(self._file, self.context)

    @cached_property
    def _context(self) -> PlainContext | Context:
        """The cluster and the account, read in the way that takes less time where that will do."""
        return self._way or self._long_way()

    @cached_property
    def _way(self) -> PlainContext | None:
        from kube.plain_contexts import plain  # noqa: PLC0415

        return plain(self._file, self.context) if self._file else None

    def _long_way(self) -> Context:
        try:
            from kube.contexts import Context  # noqa: PLC0415 - half a second
        except ImportError as error:
            raise NotToldError(_NOT_PLAIN) from error

        return Context(self._file, self.context)

    @property
    def _file(self) -> str | None:
        """Where the kubeconfig is, several files as $KUBECONFIG has them; None in a pod without any."""
        named = self.kubeconfig or os.environ.get("KUBECONFIG")
        own = Path.home() / ".kube" / "config"
        inside = os.environ.get("KUBERNETES_SERVICE_HOST")
        return named or (None if inside and not own.exists() else str(own))


class _Warned:
    """Tells the user what the API server warns of, each sentence once, as kubectl does."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, warning: str) -> None:
        """Tell of a warning, on standard error."""
        if warning not in self._told:
            self._told.add(warning)
            click.echo(harmless(f"Warning: {warning}"), err=True)


def on_cluster(run: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options by which kubectl finds a cluster; it gets a Target in their place."""

    @click.option("--namespace", "-n", metavar="NAME", help="(default: that of the context)")
    @click.option("--context", metavar="NAME", help="of the kubeconfig (default: its current one)")
    @click.option("--kubeconfig", type=FILE, metavar="FILE", help="(default: $KUBECONFIG, ~/.kube/config)")
    @wraps(run)
    def with_target(
        *, namespace: str | None, context: str | None, kubeconfig: str | None, **others: Any
    ) -> int:
        return run(Target(kubeconfig, context, namespace), **others)

    return with_target


def missing(target: Target, name: str) -> NoError:
    """Return the error of an application that is not there, with the one that may be meant."""
    there = _applications(target)
    told = f"there is no Routemap {name} in namespace {target.namespace}"
    return NoError(told if there is None else f"{told}; {words.meant(name, there)}")


def application_name(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the applications whose names begin so, for a shell's completion; none where nobody tells."""
    # While a line is being completed, what stands before the command is not carried out: it is looked up.
    before = context.parent.params if context.parent else {}
    own = {name: value for name, value in context.params.items() if value is not None}
    given = {**before, **own}
    target = Target(given.get("kubeconfig"), given.get("context"), given.get("namespace"))
    return [name for name in _applications(target) or () if name.startswith(begun)]


def _applications(target: Target) -> list[str] | None:
    """Return the names of the applications in the namespace, None where nobody tells."""
    from cli.reads import items  # noqa: PLC0415
    from routing.kinds import ROUTEMAPS  # noqa: PLC0415

    try:
        return [str(each["metadata"]["name"]) for each in items(target.cluster, ROUTEMAPS, target.namespace)]
    except (ClusterError, NotToldError):
        return None

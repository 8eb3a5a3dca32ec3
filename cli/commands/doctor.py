"""`teal doctor`: whether Teal is healthy, and can work here."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cli import evidence, named_kinds, rights, routers, terminal, verdicts
from cli.failures import DONE, NOT_TOLD, SAID_NO
from cli.reads import items, maybe
from cli.target import on_cluster
from cli.verdicts import Judged, Verdict
from cli.writing import said
from kube.errors import ClusterError, NotFoundError, RefusedError
from routing import names
from routing.kinds import DEPLOYMENTS, HTTP_ROUTES, LEASES, PODS, ROUTEMAPS, VIRTUAL_SERVICES, Resource
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cli.target import Target
    from kube.client import Cluster

    Manifest = Mapping[str, Any]

T = TypeVar("T")
HELP = """Look at Teal and at what it needs here, and judge it: the kinds, Istio, the webhook through the API
server, certificates, who leads, your rights, and the applications of the namespace (-A: of all). Changes
nothing."""
CODES = (
    """Exit code: 0, nothing is bad; 1, something is; 2, nothing is, and something could not be looked at."""
)
NAMESPACES = Resource("v1", "Namespace", "namespaces", namespaced=False)
KINDS = Resource(
    "apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False
)
_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_PROBE = "teal-doctor"
_PORT = 8080
"""Where a reconciler tells its figures (the chart's)."""
_LOOK = "have somebody look who may"


@click.command("doctor", help=HELP, epilog=CODES)
@click.option("--all-namespaces", "-A", "everywhere", is_flag=True, help="applications of all namespaces")
@click.option("--teal-namespace", default="teal-system", show_default=True, help="where Teal is")
@click.option("--release", default="teal", show_default=True, help="name of its Deployment")
@click.option("--output", "-o", type=click.Choice(["json", "yaml"]), help="for a support ticket; no secrets")
@on_cluster
def command(target: Target, **given: Any) -> int:
    """Carry out `teal doctor`."""
    examined = Examination(target, given["teal_namespace"], given["release"])
    found = [*examined.all(everywhere=given["everywhere"])]
    if given["output"]:
        terminal.write(terminal.written(verdicts.data(found), given["output"]))
    else:
        terminal.show(verdicts.told(found))
    judged = {each.judged for each in found}
    return SAID_NO if Judged.BAD in judged else NOT_TOLD if Judged.UNKNOWN in judged else DONE


class Examination:
    """Looks at a cluster. What may not be read is a verdict, too. Raises UnavailableErrors at once."""

    def __init__(self, target: Target, namespace: str, release: str) -> None:
        self._target = target
        self._namespace = namespace
        self._release = release

    @property
    def _cluster(self) -> Cluster:
        return self._target.cluster

    def all(self, *, everywhere: bool) -> Iterator[Verdict]:
        """Yield the verdicts on Teal, on what it needs, and on applications: of the namespace, or of all."""
        yield from self._of_teal()
        yield self._seen("Istio", self._istio)
        yield self._seen("Gateway API", lambda: routers.gateway_api(self._router(HTTP_ROUTES)))
        yield self._seen("workloads", self._workloads)
        try:
            found = list(items(self._cluster, ROUTEMAPS, None if everywhere else self._target.namespace))
        except NotFoundError:
            yield self._seen("Prometheus", lambda: self._prometheus(None))
            yield verdicts.unseen("applications", verdicts.NO_KINDS, verdicts.INSTALL)
            return
        except RefusedError as error:
            yield self._seen("Prometheus", lambda: self._prometheus(None))
            yield verdicts.unseen("applications", said(error), "get the right to list routemaps")
            return
        yield self._seen("Prometheus", lambda: self._prometheus(found))
        yield from self._of_applications(found)

    def _of_teal(self) -> Iterator[Verdict]:
        """Yield the verdicts on Teal itself."""
        place = (self._namespace, self._release)
        where, group = "/".join(place), names.API_VERSION
        yield self._seen("kinds", lambda: verdicts.kinds(self._document(f"/apis/{group}")))
        yield self._seen("admission", self._admission)
        yield self._seen(
            "installation",
            lambda: verdicts.installation(maybe(self._cluster, DEPLOYMENTS, *place), where),
        )
        yield self._seen("leader", lambda: verdicts.leader(maybe(self._cluster, LEASES, *place), time.time()))
        yield self._seen("certificates", self._certificates)
        yield self._seen("rights", lambda: verdicts.rights(self._lacking()))

    def _of_applications(self, found: Sequence[Manifest]) -> Iterator[Verdict]:
        """Yield the verdicts on applications, and on the namespaces that they are in."""
        for routemap in found:
            yield from verdicts.application(routemap)
        for space in sorted({str(section(each, "metadata").get("namespace")) for each in found}):
            own = [each for each in found if section(each, "metadata").get("namespace") == space]
            yield self._seen(f"injection in {space}", partial(self._injection, space, own))

    def _istio(self) -> Verdict:
        query = {"labelSelector": "app=istiod"}
        daemons = self._allowed(lambda: list(items(self._cluster, DEPLOYMENTS, routers.ISTIO_SYSTEM, query)))
        other = routers.Router(self._document(f"/apis/{HTTP_ROUTES.group}"))
        return routers.istio(self._router(VIRTUAL_SERVICES), other, daemons)

    def _router(self, resource: Resource) -> routers.Router:
        kind = KINDS.path(None, f"{resource.plural}.{resource.group}")
        defined = self._allowed(lambda: self._cluster.request("GET", kind))
        return routers.Router(self._document(f"/apis/{resource.group}"), defined)

    def _prometheus(self, routemaps: Sequence[Manifest] | None) -> Verdict:
        place = (self._namespace, self._release)
        teal = self._allowed(lambda: maybe(self._cluster, DEPLOYMENTS, *place))
        there = None if teal is None else evidence.address(teal)
        return evidence.prometheus(there, self._allowed(self._figures) if there else None, routemaps)

    def _workloads(self) -> Verdict:
        place = (self._namespace, self._release)
        teal = self._allowed(lambda: maybe(self._cluster, DEPLOYMENTS, *place))
        kinds = None if teal is None else named_kinds.named(teal)
        versions = sorted({kind.resource.api_version for kind in kinds or ()})
        return named_kinds.workloads(kinds, {each: self._document(f"/apis/{each}") for each in versions})

    def _figures(self) -> str | None:
        """Return the figures of the leader's pod, through the API server; None where none leads."""
        lease = maybe(self._cluster, LEASES, self._namespace, self._release)
        leader = section(lease, "spec").get("holderIdentity")
        if not leader:
            return None
        return self._cluster.text(f"{PODS.path(self._namespace, f'{leader}:{_PORT}')}/proxy/metrics")

    def _allowed(self, look: Callable[[], T]) -> T | None:
        """Return what is seen, None where this account may not look, or nobody answers."""
        try:
            return look()
        except ClusterError:
            return None

    def _injection(self, space: str, routemaps: Sequence[Manifest]) -> Verdict:
        meshed = any(
            not (gateways := listing(each, "spec", "gateways")) or "mesh" in gateways for each in routemaps
        )
        answer = self._cluster.request("GET", NAMESPACES.path(None, space))
        return verdicts.injection(answer, meshed)

    def _seen(self, check: str, look: Callable[[], Verdict]) -> Verdict:
        """Return a verdict, or that it could not be come to, for want of a right mostly."""
        try:
            return look()
        except ClusterError as error:
            return verdicts.unseen(check, said(error), _LOOK)

    def _document(self, path: str) -> Manifest | None:
        try:
            return self._cluster.request("GET", path)
        except NotFoundError:
            return None

    def _admission(self) -> Verdict:
        """Ask for a Routemap whose only mistake (all weights are 0) no schema sees. Nothing is stored."""
        manifest = {
            "apiVersion": names.API_VERSION,
            "kind": "Routemap",
            "metadata": {"namespace": self._target.namespace, "name": _PROBE},
            "spec": {"versions": [{"name": _PROBE, "weight": 0}]},
        }
        if lacking := self._lacks((names.GROUP, "routemaps", "create")):
            return verdicts.unseen(
                "admission", f"it takes the right to {lacking}", "have somebody look who may"
            )
        try:
            self._cluster.create(ROUTEMAPS, manifest, dry_run=True)
        except NotFoundError:
            return verdicts.unseen("admission", verdicts.NO_KINDS, verdicts.INSTALL)
        except ClusterError as error:
            return verdicts.admission(said(error))
        return verdicts.admission(None)

    def _certificates(self) -> Verdict:
        try:
            from cli import certs  # noqa: PLC0415 - a library of cryptography, which the one file lacks
        except ImportError as error:
            return verdicts.unseen("certificates", f"this installation lacks {error.name}", "use pip or pipx")
        release = certs.Release(self._namespace, self._release)
        seen = certs.look(self._cluster, release, datetime.now(UTC))
        return verdicts.certificates(seen.wrong, seen.ends)

    def _lacking(self) -> Mapping[str, list[str]]:
        """Return by command the rights that this account lacks in the namespace."""
        every = {right for needs in rights.RIGHTS.values() for right in needs.needed}
        lacks = {right: self._lacks(right) for right in sorted(every)}
        return {
            name: [lacks[right] for right in needs.needed if lacks[right]]
            for name, needs in rights.RIGHTS.items()
        }

    def _lacks(self, right: rights.Right) -> str:
        """Return a right in words where this account lacks it, else ""."""
        group, resource, verb = right
        asked = {"namespace": self._target.namespace, "group": group, "resource": resource, "verb": verb}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": asked},
        }
        answer = self._cluster.request("POST", _REVIEWS, review)
        return "" if section(answer, "status").get("allowed") is True else rights.shown(right)

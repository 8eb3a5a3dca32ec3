"""`teal certs status`: the certificates of an installed Teal, as an administrator sees them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from certs import authorities, report
from certs.authorities import Authorities
from certs.cluster import SecretStore, WebhookConfigurations
from kube.errors import ClusterError
from routing.kinds import Resource

if TYPE_CHECKING:
    from kube.client import Cluster

PODS = Resource("v1", "Pod", "pods")
_EXPIRY = re.compile(
    r'^teal_certificate_expiry_timestamp_seconds\{certificate="serving"\} (\S+)$', re.MULTILINE
)


@dataclass(frozen=True)
class Release:
    """Where Teal is installed, and the name of what belongs to it."""

    namespace: str
    name: str


@dataclass(frozen=True)
class Seen:
    """The authorities, when each pod's certificate ends (None: it tells nothing), and what is wrong."""

    authorities: list[report.Row]
    pods: dict[str, datetime | None]
    wrong: list[str]

    @property
    def ends(self) -> list[str]:
        """Until when each is valid, in words."""
        found = [*((row.name, row.ends) for row in self.authorities), *self.pods.items()]
        return [f"{name} until {report.day(end)}" for name, end in found]


def look(cluster: Cluster, release: Release, now: datetime) -> Seen:
    """Return what is seen of an installed Teal's certificates. Raises ClusterError.

    The pods' certificates are told by their own metrics, through the API server.

    `now` is aware of its time zone. A pod that tells nothing is without a date, and among what is wrong.
    """
    stored = SecretStore(cluster, release.namespace, _secret(release)).read()
    known = authorities.parse(stored.content) if stored else Authorities()
    published = WebhookConfigurations(cluster, release.name).bundles()
    pods = {pod: _serving_ends(cluster, release, pod) for pod in _pods(cluster, release)}
    wrong = [*report.faults(known, published, now), *report.serving_faults(pods, now)]
    return Seen(report.authority_rows(known), pods, wrong)


def status(cluster: Cluster, release: Release, now: datetime) -> tuple[list[str], list[str]]:
    """Return the report's lines, and what is wrong as sentences; else as `look`."""
    seen = look(cluster, release, now)
    rows = [(f"  {row.name}", report.day(row.ends), report.day(row.renewed)) for row in seen.authorities]
    lines = [
        f"Authorities (Secret {release.namespace}/{_secret(release)})",
        *report.table(("  ROLE", "ENDS", "REPLACED FROM"), rows),
        "Serving certificates",
        *report.table(("  POD", "ENDS"), [(f"  {pod}", report.day(end)) for pod, end in seen.pods.items()]),
    ]
    return lines, seen.wrong


def _secret(release: Release) -> str:
    return f"{release.name}-ca"


def _pods(cluster: Cluster, release: Release) -> list[str]:
    """Return the names of the release's pods, found by the labels that the chart gives them."""
    query = {"labelSelector": f"app.kubernetes.io/name=teal,app.kubernetes.io/instance={release.name}"}
    found = cluster.request("GET", PODS.path(release.namespace), query=query)["items"]
    return sorted(pod["metadata"]["name"] for pod in found)


def _serving_ends(cluster: Cluster, release: Release, pod: str) -> datetime | None:
    """Return when a pod's serving certificate ends, by its own figures; None where it tells nothing.

    They are asked for through the API server (core/v1, `pods/proxy`): no way into the pods' network is
    needed, only that right.
    """
    try:
        figures = cluster.text(f"{PODS.path(release.namespace, f'{pod}:8080')}/proxy/metrics")
    except ClusterError:
        return None
    told = _EXPIRY.search(figures)
    return datetime.fromtimestamp(float(told[1]), UTC) if told else None

"""How Teal itself is, and what it has refused: as far as whoever looks may read that."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cli import verdicts
from cli.reads import maybe
from kube.errors import ClusterError
from routing.kinds import DEPLOYMENTS, LEASES, PODS
from routing.reading.raw import section

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cli.verdicts import Verdict
    from kube.client import Cluster

    Manifest = Mapping[str, Any]

KEPT_SECONDS = 5.0
"""For which an answer is kept, whoever asks."""
MOST_REFUSALS = 50
_FIGURES = 8081
_DENIALS = re.compile(r'^teal_webhook_denials_total\{kind="(\w+)",rule="(\w+)"\} ([0-9.e+]+)$', re.MULTILINE)
_LOOK = "have somebody look who may"


class Health:
    """Looks at Teal's Deployment, its Lease and its webhook's figures. Any thread may ask.

    `release` is the Deployment's namespace and name; `clock` gives seconds since the epoch.
    """

    def __init__(self, cluster: Cluster, release: tuple[str, str], clock: Callable[[], float]) -> None:
        self._cluster = cluster
        self._release = release
        self._clock = clock
        self._lock = threading.Lock()
        self._made: tuple[float, dict[str, Any]] | None = None

    def told(self) -> dict[str, Any]:
        """Return verdicts as `teal doctor` has them, and refusals by rule, None where they can't be read."""
        with self._lock:
            now = self._clock()
            if self._made is None or now - self._made[0] >= KEPT_SECONDS:
                self._made = now, self._look(now)
            return self._made[1]

    def _look(self, now: float) -> dict[str, Any]:
        """Return what is so now; a right that lacks is a verdict, too."""
        namespace, name = self._release
        deployment: Manifest | None = None
        found: list[Verdict] = []
        try:
            deployment = maybe(self._cluster, DEPLOYMENTS, namespace, name)
            found.append(verdicts.installation(deployment, f"{namespace}/{name}"))
        except ClusterError as error:
            found.append(verdicts.unseen("installation", str(error), _LOOK))
        try:
            found.append(verdicts.leader(maybe(self._cluster, LEASES, namespace, name), now))
        except ClusterError as error:
            found.append(verdicts.unseen("leader", str(error), _LOOK))
        told = [{**asdict(each), "judged": str(each.judged)} for each in found]
        return {"verdicts": told, **self._refusals(deployment)}

    def _refusals(self, deployment: Manifest | None) -> dict[str, Any]:
        """Return what the webhook has refused, from the figures of each of its pods."""
        labels = section(deployment, "spec", "selector", "matchLabels")
        if not labels:
            return {
                "refusals": None,
                "unread": "the Deployment that says which pods are Teal's is not to be read",
            }
        selector = {"labelSelector": ",".join(f"{name}={value}" for name, value in labels.items())}
        try:
            path = PODS.path(self._release[0])
            pods = self._cluster.request("GET", path, query=selector).get("items") or ()
            names = [str(section(pod, "metadata").get("name")) for pod in pods]
            texts = [self._cluster.text(f"{path}/{quote(pod)}:{_FIGURES}/proxy/metrics") for pod in names]
        except ClusterError as error:
            return {"refusals": None, "unread": str(error)}
        return {"refusals": refusals(texts), "unread": ""}


def refusals(figures: Sequence[str]) -> list[dict[str, Any]]:
    """Return how often each rule refused, the most frequent first, from pages of figures (docs/rules.md)."""
    counts: Counter[tuple[str, str]] = Counter()
    for text in figures:
        for kind, rule, count in _DENIALS.findall(text):
            counts[kind, rule] += round(float(count))
    most = counts.most_common(MOST_REFUSALS)
    return [{"kind": kind, "rule": rule, "count": count} for (kind, rule), count in most if count]

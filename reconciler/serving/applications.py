"""Figures of each application, as Prometheus reads them: from its Routemap's status, dropped when it goes."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from routing.reading import status
from routing.reading.parse import MOST_VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from prometheus_client.metrics_core import Metric

    from routing.reading.status import RoutemapStatus

    Name = tuple[str, str]

log = logging.getLogger(__name__)

MOST_APPLICATIONS = 1000
"""Applications that have figures, the first to come: some 20 lines each, read every time."""
TOLD = ("Ready", "Degraded", "Conflict", "Complete", "Progressing", "Routable", "RolledOut")
"""Conditions that are figures. Whoever may edit a status can add others."""


class Applications(Collector):
    """What the Routemaps' status tells, as figures. `seen` is for the thread that fills their store.

    Every label value is a name that the API server has checked, a known type, or a reason that was read
    bounded; an application has MOST_VERSIONS versions at most.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: dict[Name, RoutemapStatus] = {}
        self._changes: dict[Name, int] = {}

    def seen(self, name: Name, routemap: Mapping[str, Any] | None) -> None:
        """Take over a Routemap as it is now, None when it has gone. `name`: its namespace and name."""
        with self._lock:
            if routemap is None:
                self._told.pop(name, None)
                self._changes.pop(name, None)
                return
            before, after = self._told.get(name), status.read(routemap.get("status"))
            self._told[name] = after
            self._changes.setdefault(name, 0)
            self._changes[name] += before is not None and before.split != after.split
            over = before is None and len(self._told) == MOST_APPLICATIONS + 1
        if over:
            log.warning("more Routemaps than have figures", extra={"most": MOST_APPLICATIONS})

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of the first MOST_APPLICATIONS, and how many have none."""
        with self._lock:
            told = [*self._told.items()][:MOST_APPLICATIONS]
            changes = {name: self._changes[name] for name, _ in told}
            without = len(self._told) - len(told)
        of = ["namespace", "routemap"]
        weights = GaugeMetricFamily(
            "teal_version_weight", "Percentage of the requests that a version gets", labels=[*of, "version"]
        )
        ready = GaugeMetricFamily("teal_version_ready", "1 while a version is ready", labels=[*of, "version"])
        conditions = GaugeMetricFamily(
            "teal_routemap_condition",
            "1 while a condition of a Routemap holds",
            labels=[*of, "condition", "reason"],
        )
        splits = CounterMetricFamily(
            "teal_split_changes", "Changes of a Routemap's split that this leader has seen", labels=of
        )
        steps = GaugeMetricFamily(
            "teal_rollout_step",
            "Step that a rollout is in, from 1; 0 before the first",
            labels=[*of, "version"],
        )
        shares = GaugeMetricFamily(
            "teal_rollout_share", "Percentage that the step under way gives", labels=[*of, "version"]
        )
        for name, found in told:
            if found.rollout is not None and found.rollout.version:
                steps.add_metric((*name, found.rollout.version), found.rollout.step)
                shares.add_metric((*name, found.rollout.version), found.rollout.share)
            splits.add_metric(name, changes[name])
            for version in found.versions[:MOST_VERSIONS]:
                weights.add_metric((*name, version.name), version.weight)
                ready.add_metric((*name, version.name), version.state == "ready")
            for condition in found.conditions:
                if condition.type in TOLD:
                    conditions.add_metric((*name, condition.type, condition.reason), condition.holds)
        yield from (weights, ready, conditions, splits, steps, shares)
        yield GaugeMetricFamily(
            "teal_routemaps_without_figures",
            f"Routemaps beyond the first {MOST_APPLICATIONS}, of which there are no figures",
            value=without,
        )

    def describe(self) -> Iterable[Metric]:
        """Return the figures' names: of no application yet."""
        return self.collect()

"""Figures of each application, as Prometheus reads them: from its Routemap's status, dropped when it goes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from routing.model import State
from routing.reading import override_status
from routing.reading.parse import MOST_VERSIONS
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from prometheus_client.metrics_core import Metric

    from routing.reading.status import Condition

    Name = tuple[str, str]

log = logging.getLogger(__name__)

MOST_APPLICATIONS = 1000
"""Applications that have figures, the first to come: some 20 lines each, read every time."""
TOLD = ("Ready", "Degraded", "Conflict", "Complete", "Progressing", "Routable", "RolledOut")
"""Conditions that are figures. Whoever may edit a status can add others."""


class Applications(Collector):
    """What the Routemaps' status tells, as figures. `seen` is for the thread that fills their store.

    `read` returns a Routemap as its store keeps it, with a status as Teal writes it (`watching.trims`), None
    where there is none; who leads sets it. It is asked when the figures are: what they are made of takes
    2 KiB an application, and is seldom looked at.

    Every label value is a name that the API server has checked, a known type, or a reason that was read
    bounded; an application has MOST_VERSIONS versions at most.
    """

    def __init__(self) -> None:
        self.read: Callable[[str, str], Mapping[str, Any] | None] = lambda *_: None
        self._lock = threading.Lock()
        self._changes: dict[Name, int] = {}  # of the split, in the order in which the Routemaps came
        self._overrides: dict[Name, Condition] = {}

    def seen(
        self, name: Name, routemap: Mapping[str, Any] | None, before: Mapping[str, Any] | None = None
    ) -> None:
        """Take over a Routemap as it is now, None when it has gone, and as it was, None where it is new.

        `name`: its namespace and name.
        """
        with self._lock:
            known = self._changes.get(name)
            if routemap is None:
                self._changes.pop(name, None)
                return
            changed = before is not None and _split(before) != _split(routemap)
            self._changes[name] = (known or 0) + changed
            first = known is None and len(self._changes) == MOST_APPLICATIONS + 1
        if first:
            log.warning("more Routemaps than have figures", extra={"most": MOST_APPLICATIONS})

    def overridden(self, name: Name, override: Mapping[str, Any] | None) -> None:
        """Take over a WeightOverride as it is now, None when it has gone. `name`: its namespace and name."""
        applied = override_status.read((override or {}).get("status")).condition("Applied")
        with self._lock:
            if applied is None:
                self._overrides.pop(name, None)
            else:
                self._overrides[name] = applied

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of the first MOST_APPLICATIONS, and how many have none."""
        with self._lock:
            changes = dict(islice(self._changes.items(), MOST_APPLICATIONS))
            overrides = [*self._overrides.items()][:MOST_APPLICATIONS]
            without = len(self._changes) - len(changes)
        found = ((name, self.read(*name)) for name in changes)
        told = [(name, section(each, "status")) for name, each in found if each is not None]
        yield from _of_versions(told)
        yield from _of_routemaps(told, changes)
        applied = _gauge(
            "teal_weight_override_applied", "1 while a WeightOverride's weights count", *_OF, "reason"
        )
        for name, condition in overrides:
            applied.add_metric((*name, condition.reason), condition.holds)
        yield applied
        yield from _of_rollouts(told)
        yield GaugeMetricFamily(
            "teal_routemaps_without_figures",
            f"Routemaps beyond the first {MOST_APPLICATIONS}, of which there are no figures",
            value=without,
        )

    def describe(self) -> Iterable[Metric]:
        """Return the figures' names: of no application yet."""
        return self.collect()


_OF = ("namespace", "routemap")
_Told = Sequence[tuple["Name", "Mapping[str, Any]"]]


def _split(routemap: Mapping[str, Any]) -> Any:
    return section(routemap, "status").get("split")


def _gauge(name: str, tells: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, tells, labels=labels)


def _of_versions(told: _Told) -> Iterator[Metric]:
    """Yield what each version gets, whether it is ready, and why it is as it is."""
    of = (*_OF, "version")
    weights = _gauge("teal_version_weight", "Percentage of the requests that a version gets", *of)
    ready = _gauge("teal_version_ready", "1 while a version is ready", *of)
    reasons = _gauge("teal_version_reason", "1: why a version is as it is (docs/reasons.md)", *of, "reason")
    for name, found in told:
        for version in listing(found, "versions")[:MOST_VERSIONS]:
            labels = (*name, version["name"])
            weights.add_metric(labels, version["weight"])
            ready.add_metric(labels, version["state"] == State.READY)
            if version["reason"]:
                reasons.add_metric((*labels, version["reason"]), 1)
    yield from (weights, ready, reasons)


def _of_routemaps(told: _Told, changes: Mapping[Name, int]) -> Iterator[Metric]:
    """Yield the conditions, and how often the split has changed."""
    conditions = _gauge(
        "teal_routemap_condition", "1 while a condition of a Routemap holds", *_OF, "condition", "reason"
    )
    splits = CounterMetricFamily(
        "teal_split_changes", "Changes of a Routemap's split that this leader has seen", labels=_OF
    )
    for name, found in told:
        splits.add_metric(name, changes[name])
        for condition in listing(found, "conditions"):
            if condition["type"] in TOLD:
                labels = (*name, condition["type"], condition["reason"])
                conditions.add_metric(labels, condition["status"] == "True")
    yield from (conditions, splits)


def _of_rollouts(told: _Told) -> Iterator[Metric]:
    """Yield how far each rollout is."""
    of = (*_OF, "version")
    steps = _gauge("teal_rollout_step", "Step that a rollout is in, from 1; 0 before the first", *of)
    shares = _gauge("teal_rollout_share", "Percentage that the step under way gives", *of)
    for name, found in told:
        rollout = section(found, "rollout")
        if "version" in rollout:
            steps.add_metric((*name, rollout["version"]), rollout["step"])
            shares.add_metric((*name, rollout["version"]), rollout["share"])
    yield from (steps, shares)

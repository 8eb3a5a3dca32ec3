"""Prometheus as its asker sees it: counts by version and interval, or a reason why there are none."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.asking.readings import NoAnswerError, Series

if TYPE_CHECKING:
    from reconciler.asking.presets import Version

_ISTIO = re.compile(r'namespace=~"(?P<namespaces>[^"]*)".*name=~"(?P<names>[^"]*)"')


@dataclass
class MemoryPrometheus:
    """Has counted `grown`: by version, by status or bucket, what was counted in the seconds up to a time.

    It understands the queries of the preset istio, by the versions that they choose. `numbers` answers users'
    queries by their text; a reason in place of a number is raised. `broken` is raised by each query,
    `no_growth` by each about counters, `no_number` by each of users.
    """

    grown: dict[Version, dict[str, dict[int, float]]] = field(default_factory=dict)
    numbers: dict[str, float | str] = field(default_factory=dict)
    broken: Exception | None = None
    no_growth: Exception | None = None
    no_number: Exception | None = None
    asked: list[tuple[str, int, int]] = field(default_factory=list)
    namespaces: list[str] = field(default_factory=list)

    def count(self, version: Version, key: str, moment: int, requests: float) -> None:
        """Have requests counted in the interval that ends at a time."""
        self.grown.setdefault(version, {}).setdefault(key, {})[moment] = requests

    def growth(self, query: str, start: int, end: int, step: int) -> list[Series]:
        """Return what was counted of the versions that the query chooses."""
        self.asked.append((query, start, end))
        if error := self.broken or self.no_growth:
            raise error
        chosen = _ISTIO.search(query)
        assert chosen is not None, query
        label = "le" if "_bucket" in query else "response_code"
        times = range(start, end + 1, step)
        return [
            Series(
                {
                    "destination_service_namespace": version.namespace,
                    "destination_service_name": version.name,
                    label: key,
                },
                {float(moment): value for moment, value in values.items() if moment in times},
            )
            for version, found in self.grown.items()
            if re.fullmatch(chosen["namespaces"], version.namespace)
            and re.fullmatch(chosen["names"], version.name)
            for key, values in found.items()
        ]

    def number(self, query: str, moment: float, namespace: str) -> float:
        """Return the number that a query has here."""
        assert moment > 0
        self.namespaces.append(namespace)
        if error := self.broken or self.no_number:
            raise error
        found = self.numbers[query]
        if isinstance(found, str):
            raise NoAnswerError(found)
        return found

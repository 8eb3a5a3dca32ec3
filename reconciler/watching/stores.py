"""The stores of all kinds that are watched."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.watching.store import Store
    from routing.kinds import Resource, WorkloadKind


@dataclass(frozen=True)
class Stores:
    """What is watched, by kind, in the order of `KINDS`."""

    routemaps: Store
    weight_overrides: Store
    deployments: Store
    services: Store
    endpoint_slices: Store
    routes: Store
    http_routes: Store
    gateways: Store
    stateful_sets: Store

    def of(self, resource: Resource) -> Store:
        """Return the store of a kind that is watched. Raises KeyError for another."""
        return self._by_kind[resource]

    def workloads(self) -> tuple[tuple[WorkloadKind, Store], ...]:
        """Return the stores of what may be versions, each with how it is."""
        return tuple((store.kind.workload, store) for store in self.every() if store.kind.workload)

    def every(self) -> tuple[Store, ...]:
        """Return all stores."""
        return tuple(getattr(self, field.name) for field in fields(self))

    @cached_property
    def _by_kind(self) -> Mapping[Resource, Store]:
        return {store.kind.resource: store for store in self.every()}

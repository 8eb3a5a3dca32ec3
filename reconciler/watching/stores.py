"""The stores of all kinds that are watched."""

from __future__ import annotations

from dataclasses import field, fields
from functools import cached_property
from typing import TYPE_CHECKING

from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.watching.store import Store
    from routing.kinds import Resource, WorkloadKind


@dataclass(frozen=True)
class Stores:
    """What is watched, by kind, in the order of `KINDS`; `named`: kinds that the administrator has named."""

    routemaps: Store
    weight_overrides: Store
    deployments: Store
    services: Store
    endpoint_slices: Store
    routes: Store
    http_routes: Store
    grpc_routes: Store
    gateways: Store
    stateful_sets: Store
    named: tuple[Store, ...] = field(default=(), kw_only=True)

    def of(self, resource: Resource) -> Store:
        """Return the store of a kind that is watched. Raises KeyError for another."""
        return self._by_kind[resource]

    def workloads(self) -> tuple[tuple[WorkloadKind, Store], ...]:
        """Return the stores of what may be versions, each with how it is.

        Named kinds come first: what such an object makes (a Deployment, say) may bear its labels, too.
        """
        stores = (*self.named, *self.every())
        found = {store.kind.resource: (store.kind.workload, store) for store in stores if store.kind.workload}
        return tuple(found.values())

    def every(self) -> tuple[Store, ...]:
        """Return all stores."""
        kinds = [each.name for each in fields(self) if each.name != "named"]
        return (*(getattr(self, name) for name in kinds), *self.named)

    @cached_property
    def _by_kind(self) -> Mapping[Resource, Store]:
        return {store.kind.resource: store for store in self.every()}

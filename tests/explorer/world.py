"""What does not change while exploring, and the tables of what is numbered in a state."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from routing.plan import plan
from routing.reading.status import RoutemapStatus
from routing.routes.exposure import split_of
from tests.explorer import manifests
from tests.explorer.state import NOTHING, Left, Route, Table, name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from routing.passes import Pass, Seen
    from tests.explorer.state import Routemap

    Plan = Callable[[Seen, float], Pass]

Shares = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Bounds:
    """Up to where is explored.

    `versions`: how many have objects; `specs`: what a Routemap may list, each version with its weight; the
    first is that of the beginning. `left`: what may happen of what ends by itself never. `orders`: whether
    writes at the same time come in each order. `starts`: how many of the beginnings. `kinds`: the users'
    commands, by default all but those of a rollout. `affinity`: whether clients keep their version.
    `rollout`: as in the spec. `overrides`: what a WeightOverride may say.
    """

    versions: int
    specs: tuple[Shares, ...]
    left: Left
    orders: bool = False
    starts: int = 3
    kinds: tuple[str, ...] = ("create", "delete", "watch", "scale", "spec", "routemap")
    strategy: str = "blue-green"
    affinity: bool = False
    rollout: Mapping[str, Any] | None = None
    overrides: tuple[Shares, ...] = ()


@dataclass(frozen=True)
class Patched:
    """A JSON patch (as JSON) of a Deployment, a Service, the Routemap or the router's object.

    `lost`: the object that it was made for has gone, and another has its name now.
    """

    kind: str
    index: int
    operations: str
    lost: bool = False


@dataclass(frozen=True)
class Applied:
    """The router's object."""

    route: Route


@dataclass(frozen=True)
class Told:
    """The status, by its number."""

    status: int


Write = Patched | Applied | Told


@dataclass(frozen=True)
class World:
    """Bounds, the plan that is explored, and the tables; `specs` begins with those of the bounds."""

    bounds: Bounds
    plan: Plan = plan
    statuses: Table[RoutemapStatus] = field(default_factory=Table)
    writes: Table[Write] = field(default_factory=Table)
    specs: Table[Shares] = field(default_factory=Table)
    _stored: dict[tuple[Routemap, str], Mapping[str, Any]] = field(default_factory=dict)
    _rendered: dict[Route, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for spec in self.bounds.specs:
            self.specs.number(spec)

    @property
    def untold(self) -> int:
        """The status of a Routemap of which nothing has been told."""
        return self.statuses.number(RoutemapStatus())

    def made(self, spec: int, uid: str = "1") -> dict[str, Any]:
        """Return the Routemap of a spec, without status."""
        listed = [{"name": version, "weight": weight} for version, weight in self.specs[spec]]
        kept = {"affinity": {"cookie": "version"}} if self.bounds.affinity else {}
        stepped = {"rollout": self.bounds.rollout} if self.bounds.rollout else {}
        given = {"strategy": self.bounds.strategy, "versions": listed, **kept, **stepped}
        return manifests.routemap(given, spec + 1, uid)

    def stored(self, value: Routemap, uid: str = "1") -> Mapping[str, Any]:
        """Return the Routemap as it is stored."""
        key = value, uid
        if key not in self._stored:
            made, status = self.made(value.spec, uid), self.statuses[value.status]
            if status.observed_generation > value.spec + 1:  # of another spec, which was there before
                status = replace(status, observed_generation=0)
            self._stored[key] = manifests.stored_routemap(value, made, status)
        return self._stored[key]

    def rendered(self, route: Route) -> Mapping[str, Any]:
        """Return the router's object."""
        if route not in self._rendered:
            self._rendered[route] = manifests.virtual_service(route, self.made(0))
        return self._rendered[route]

    def override(self, number: int) -> Mapping[str, Any] | None:
        """Return the WeightOverride of a number, None for none."""
        return None if number == NOTHING else manifests.override(self.bounds.overrides[number])

    def mentioned(self, value: Routemap) -> set[str]:
        """Return the versions that a Routemap lists."""
        return {version for version, _ in self.specs[value.spec]}

    def shown(self, number: int) -> str:
        """Return a write as a person reads it."""
        write = self.writes[number]
        if isinstance(write, Applied):
            return f"the route {split_of(write.route)}"
        if isinstance(write, Told):
            status = self.statuses[write.status]
            ends = "".join(f", {version} drains" for version in status.draining)
            return f"the status ({status.split or 'nothing'}{ends})"
        only = {"routemap": "the Routemap", "route": "the VirtualService"}
        what = only.get(write.kind) or f"{write.kind} {name(write.index)}"
        done = [
            f"{operation['op']} {operation['path'].removeprefix('/metadata/')} {operation.get('value', '')}"
            for operation in json.loads(write.operations)
            if operation["op"] != "test"
        ]
        return f"{what}: {', '.join(done)}"

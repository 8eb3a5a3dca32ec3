"""What a pass rests on, and what it does, as values."""

from __future__ import annotations

from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from routing import names
from routing.deciding.routable import Surroundings
from routing.reading.defaults import DEADLINE_SECONDS
from routing.reading.status import RoutemapStatus
from routing.routes import router_of
from routing.routes.exposure import by_version, split_of
from routing.telling.conditions import exposed_as
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.facts import Facts
    from routing.routes.exposure import Exposure
    from routing.routes.router import Router
    from routing.stepping.rollout import Answer, Question
    from routing.telling.events import Event
    from routing.telling.overrides import OverrideReport
    from routing.telling.unlisted import Notice
    from routing.writes import Apply, Patch, SeenVersion

    Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """All that a pass over a Routemap rests on.

    `status`: what was told last, read from the Routemap. `versions`: those listed in the Routemap's order,
    then those that may still be marked. `route`: the router's object of the Routemap's name, Teal's or not;
    `others`: what it has of other routers; `around`: what brings requests to it. `senior`: for each version
    that an older Routemap lists, that one's name. `routable`: whether the router's kind is installed.
    `failing_since`: since when passes have failed (seconds since the epoch, None: the last did not); a
    deletion waits for `patience` seconds. `domain`: the cluster's. `answers`: what is known of what the
    rollout has asked. `clock_set`: when the clock by which times are told was set last, 0 for never.
    """

    routemap: Manifest
    status: RoutemapStatus = field(default_factory=RoutemapStatus)
    versions: tuple[SeenVersion, ...] = ()
    override: Manifest | None = None
    route: Manifest | None = None
    around: Surroundings = field(default_factory=Surroundings)
    others: tuple[tuple[Router, Manifest], ...] = ()
    senior: Mapping[str, str] | None = None
    routable: bool = True
    failing_since: float | None = None
    patience: float = DEADLINE_SECONDS
    domain: str = names.DOMAIN
    answers: Mapping[Question, Answer] = field(default_factory=dict)
    clock_set: float = 0.0

    @property
    def router(self) -> Router:
        """The router that is asked for."""
        return router_of(self.routemap)

    @cached_property
    def facts(self) -> tuple[Facts, ...]:
        """The facts of each version."""
        return tuple(version.facts for version in self.versions)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass does, in this order.

    `hold`: the Routemap's own finalizer, put on before any mark is; `before`: marks and protections, at the
    same time, before traffic comes; `route`: the router's object, one write after the other; `after`: marks
    taken off after traffic has gone, at the same time; then the `status` (None: it is as told), and Events;
    the `report` is of the WeightOverride, the `notice` of a Deployment. `again_at`: seconds since the epoch,
    None for never. `unfit`: nothing can be served, so deletions wait, but not for ever.
    """

    hold: tuple[Patch, ...] = ()
    before: tuple[Patch, ...] = ()
    route: tuple[Patch | Apply, ...] = ()
    after: tuple[Patch, ...] = ()
    status: RoutemapStatus | None = None
    events: tuple[Event, ...] = ()
    report: OverrideReport | None = None
    notice: Notice | None = None
    again_at: float | None = None
    unfit: bool = False

    @property
    def steps(self) -> tuple[tuple[Patch | Apply, ...], ...]:
        """The writes of objects, each step's at the same time."""
        steps = (self.hold, self.before, *((write,) for write in self.route), self.after)
        return tuple(step for step in steps if step)

    def read_back(self, found: Sequence[Exposure]) -> Pass:
        """Return this pass with the split in its status as the router's object has it after all."""
        if self.status is None:
            return self
        exposures = by_version(found)
        versions = tuple(exposed_as(version, exposures.get(version.name)) for version in self.status.versions)
        # In the versions' order: rules with a match come before the others.
        order = dict.fromkeys([version.name for version in versions if version.name in exposures])
        split = split_of(exposures[name] for name in (order | dict.fromkeys(exposures)))
        status = replace(self.status, split=split, versions=versions)
        return replace(self, status=status)

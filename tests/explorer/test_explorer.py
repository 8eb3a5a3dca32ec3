"""The plan keeps its promises in every state up to small bounds, and plans with a mistake do not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.explorer import mistakes
from tests.explorer.bounds import BOTH, FIRST, SMALL
from tests.explorer.explore import Explorer
from tests.explorer.state import Left
from tests.explorer.world import Bounds, World

if TYPE_CHECKING:
    from tests.explorer.world import Plan

ONE_COMMAND = Bounds(2, (BOTH, FIRST), Left(users=1, pods=0, crashes=0, news=0))
PODS = Bounds(2, (BOTH,), Left(users=1, pods=1, crashes=0, news=0), kinds=("watch",))
KEPT = Bounds(2, (BOTH, FIRST), Left(users=1, pods=0, crashes=0, news=0), affinity=True)
STEPS = SMALL["a rollout, a command"]
ROUTING = SMALL["the routing goes and comes, a crash"]
PROMOTION = SMALL["a promotion, a command"]
LOST = replace(PROMOTION, left=Left(users=0, pods=1, crashes=0, news=0))
FEWEST_STATES = 600


@pytest.mark.parametrize("bounds", SMALL.values(), ids=SMALL)
def test_no_promise_is_broken_up_to_small_bounds(bounds: Bounds) -> None:
    found = Explorer(World(bounds)).explore()
    print(found)
    assert found.broken is None, str(found)
    assert found.states > FEWEST_STATES


@pytest.mark.parametrize(
    ("plan", "bounds", "broken", "most"),
    [
        (mistakes.unmarks_before_traffic_goes, ONE_COMMAND, "loses its mark while requests may reach it", 5),
        (mistakes.without_drain, ONE_COMMAND, "loses its mark while requests may reach it", 6),
        (mistakes.routes_before_marks, ONE_COMMAND, "is exposed without a mark", 8),
        (mistakes.in_one_pass, ONE_COMMAND, "which has no ready endpoint", 14),
        (mistakes.without_settling, ONE_COMMAND, "which has no ready endpoint", 8),
        (mistakes.holds_nothing, PODS, "taken from a version that answers", 12),
        (mistakes.leaves_only_what_is_owned, ROUTING, "httpbin-0 is exposed without a mark", 27),
        (mistakes.forgets_the_unlisted, ONE_COMMAND, "loses its mark while requests may reach it", 8),
        (mistakes.keeps_clients_of_who_leaves, KEPT, "stays exposed without a ready endpoint", 20),
        (mistakes.steps_before_it_is_told, STEPS, "gets 60 %, and 10 % is told", 5),
        (mistakes.takes_silence_for_good, STEPS, "was not shown to be good", 10),
        (mistakes.forgets_what_has_failed, STEPS, "begins anew, and nobody has asked", 6),
        (mistakes.promotes_before_it_is_told, PROMOTION, "is promoted, and that was not told", 28),
        (mistakes.promotes_whom_it_has_told, LOST, "is to be promoted, and has no ready endpoint", 29),
        (mistakes.forgets_its_promotion, PROMOTION, "promoted once more, and nobody has asked", 33),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_mistake_in_the_plan_is_found_with_a_short_trace(
    plan: Plan, bounds: Bounds, broken: str, most: int
) -> None:
    found = Explorer(World(bounds, plan)).explore()
    print(found)
    assert found.broken is not None
    assert broken in found.broken
    assert len(found.trace) <= most

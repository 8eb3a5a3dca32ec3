"""What a step says is what its router's object has, with each strategy, router and step."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from routing.deciding.decide import decide
from routing.reading.parse import parse_routemap
from routing.reading.rollout_status import Phase, RolloutStatus
from routing.routes import ROUTERS
from routing.routes.exposure import Exposure, by_version, split_of
from routing.stepping.casting import stepped
from routing.stepping.wishes import UNDER_WAY
from tests.unit.routing.manifests import routemap
from tests.unit.routing.worlds import NOW, facts

if TYPE_CHECKING:
    from routing.model import Routemap

SHARES = (0, 1, 10, 50, 99, 100)
KEPT = {"affinity": {"cookie": "version"}}
COMBINATIONS = [
    *product(("blue-green", "canary", "mirror"), ROUTERS, ({},)),
    *product(("blue-green", "canary"), ("VirtualService", "HTTPRoute"), (KEPT,)),
]
GIVES = (*UNDER_WAY, Phase.SUCCEEDED)
NAMES = ("httpbin-0", "httpbin-1", "httpbin-2")


def asked(strategy: str, router: str, kept: dict[str, Any]) -> Routemap:
    """Return a Routemap of three versions, of which the last is rolled out."""
    versions: list[dict[str, Any]] = [{"name": name} for name in NAMES]
    for version in versions[1:] if strategy == "canary" else ():
        version["match"] = [{"headers": {"testers-of": {"exact": version["name"]}}}]
    first = 0 if strategy == "canary" else 1
    steps = [{"share": share, "for": "1m"} for share in SHARES if share >= first]
    spec = {"strategy": strategy, "router": router, "port": 80, "versions": versions, **kept}
    return parse_routemap({**routemap(rollout={"steps": steps}, **spec)})


def exposed(wanted: Routemap, state: RolloutStatus) -> dict[str, Exposure]:
    """Return how each version is reached by what the router's object says, all of them being ready."""
    asked_now = stepped(wanted, state)
    exposures = decide(asked_now, None, [facts(name) for name in NAMES], NOW).exposures
    router = next(each for each in ROUTERS.values() if each.resource.kind == wanted.router)
    found = router.exposures(router.render(asked_now, exposures))
    assert {*split_of(found).split()} == {*split_of(exposures).split()}
    return {**by_version([Exposure(name) for name in NAMES]), **by_version(found)}


@pytest.mark.parametrize(("strategy", "router", "kept"), COMBINATIONS)
def test_in_a_step_the_candidate_has_what_it_says_the_primary_the_rest_and_nobody_else_anything(
    strategy: str, router: str, kept: dict[str, Any]
) -> None:
    wanted = asked(strategy, router, kept)
    assert wanted.rollout is not None
    for phase, step in product(GIVES, wanted.rollout.steps):
        state = RolloutStatus(NAMES[2], "2-abc", phase, 1, step.share)
        primary, beside, candidate = exposed(wanted, state).values()
        copied = strategy == "mirror"
        assert (candidate.share, candidate.copies) == ((0, step.share) if copied else (step.share, 0))
        assert (primary.share, primary.copies) == (100 if copied else 100 - step.share, 0)
        assert bool(candidate.matches) == (strategy == "canary"), (
            "testers have it in every step, the first, too"
        )
        assert candidate.by_cookie == primary.by_cookie == (bool(kept) and step.share not in (0, 100)), (
            candidate,
            primary,
        )
        assert not beside.exposed


@pytest.mark.parametrize(("strategy", "router", "kept"), COMBINATIONS)
def test_out_of_its_steps_a_candidate_has_nothing_no_tester_no_copy_and_no_client_that_comes_back(
    strategy: str, router: str, kept: dict[str, Any]
) -> None:
    wanted = asked(strategy, router, kept)
    for phase, share in product((Phase.WAITING, Phase.FAILED, Phase.PROMOTED), (0, 50)):
        primary, *others = exposed(wanted, RolloutStatus(NAMES[2], "2-abc", phase, 1, share)).values()
        assert (primary.share, primary.copies, primary.matches) == (100, 0, ())
        assert not [each for each in others if each.exposed]

"""On the local cluster, under load: candidates come by steps, and a real Prometheus tells how good they are.

The cases are those of tools/bench/traffic/candidates.py; `make bench-rollouts` plays the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.bench.traffic import by_steps
from tools.bench.traffic.candidates import CASES, Case
from tools.demo import grounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.bench.traffic.play import Traffic
    from tools.demo.grounds import Ground

ASSERTED = {case.name: case for case in CASES if not case.slow}


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with grounds.local() as found:
        yield found


@pytest.fixture(scope="module")
def traffic(ground: Ground) -> Traffic:
    return by_steps.prepare(ground)


@pytest.mark.parametrize("case", ASSERTED.values(), ids=ASSERTED)
def test_a_candidate_gets_as_far_as_it_is_good_and_no_other_request_fails(
    ground: Ground, traffic: Traffic, case: Case
) -> None:
    outcome = by_steps.play(ground, traffic, case)
    print(outcome)
    assert outcome.rollout["reason"] == case.reason
    assert outcome.shares == case.shares
    assert outcome.strange(case) == {}
    assert {status for status, _ in outcome.failures} == case.own
    assert outcome.complaints == ()
    assert outcome.requests > 3000
    checks = outcome.rollout["checks"]
    assert {check["name"] for check in checks} == {"success", "success-compared"}
    assert all(check["total"] >= 10 for check in checks)

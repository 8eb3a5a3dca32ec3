"""The double of evidence and who asks Prometheus keep one contract; so does a real Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.asking.asker import Asker, Sources
from reconciler.asking.presets import ISTIO, Version, preset
from reconciler.asking.tallies import Grid
from reconciler.serving.metrics import Metrics
from routing.stepping.rollout import Check, Measure, Question
from tests.contracts.evidence import CONTRACT, FAILING, Place
from tests.unit.reconciler.memory_evidence import MemoryEvidence
from tests.unit.reconciler.memory_prometheus import MemoryPrometheus

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.watching.mentions import RoutemapKey

BEGIN = 1_800_000_000
QUESTION = Question(Check("success", Measure.SUCCESS, least=99.0), "shop", "failing", float(BEGIN))
CUSTOM = Question(Check("own", Measure.QUERY, 99.0, good="a", total="b"), "shop", "failing", float(BEGIN))


def memory() -> Place:
    evidence = MemoryEvidence()
    evidence.counts("failing", FAILING.good, FAILING.total)
    return Place(evidence, lambda: None, QUESTION, CUSTOM)


def asking() -> Place:
    prometheus = MemoryPrometheus()
    for status, requests in (("200", FAILING.good), ("503", FAILING.total - FAILING.good)):
        prometheus.count(Version("shop", "failing"), status, BEGIN + 30, requests)
    asker: Asker[RoutemapKey] = Asker(
        Sources(prometheus, preset(ISTIO)), Grid(15), Metrics(), lambda: 0.0, lambda: BEGIN + 55.0
    )

    def settle() -> None:
        asker.once(lambda _: None)

    return Place(asker, settle, QUESTION, CUSTOM)


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("made", [memory, asking])
def test_evidence_keeps_the_contract(made: Callable[[], Place], holds: Callable[[Place], None]) -> None:
    holds(made())

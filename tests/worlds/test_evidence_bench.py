"""The simulation of evidence in small: bounds that a right test keeps, and a wrong one does not."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from random import Random
from statistics import fmean, pvariance

import pytest

from routing.stepping.judging import verdict
from routing.stepping.rollout import Counts, Verdict
from tools.bench.evidence import picture, report
from tools.bench.evidence.chance import binomial, poisson
from tools.bench.evidence.plays import ENOUGH, METHODS, SETTINGS, End, Outcome, Setting, judged
from tools.bench.evidence.weather import COMPARED, LIMITED, WEATHERS, called

FAIR = [weather for weather in WEATHERS if weather.name.startswith(("as assumed", "its share", "in groups"))]
RUNS, MOST = 30, 7
"""With 5 % each, more than so many of so many come in 1 of 10,000 sets; the seeds are fixed."""


@pytest.mark.parametrize("weather", FAIR, ids=lambda weather: weather.name)
def test_a_candidate_at_the_limit_is_seldom_called_anything(weather: object) -> None:
    (found,) = [each for each in WEATHERS if each is weather]
    runs = [called(found, Random(seed)) for seed in range(RUNS)]  # noqa: S311 - no secret
    assert sum(good for good, _ in runs) <= MOST
    assert sum(bad for _, bad in runs) <= MOST


def test_what_breaks_the_promise_is_seen_by_the_same_bound() -> None:
    (grouped,) = [each for each in WEATHERS if each.name == "errors come in groups of ten: a limit"]
    runs = [called(grouped, Random(seed)) for seed in range(RUNS)]  # noqa: S311 - no secret
    assert sum(good for good, _ in runs) > MOST
    assert sum(bad for _, bad in runs) > MOST


@pytest.mark.parametrize("check", [COMPARED, LIMITED], ids=["compared", "limit"])
def test_what_is_not_asked_for_would_be_open(check: object) -> None:
    """The simulation leaves out most questions, to be quick."""
    (found,) = [each for each in (COMPARED, LIMITED) if each is check]
    random = Random(3)  # noqa: S311 - no secret
    for _ in range(400):
        total = random.randint(1, 3000)
        others = total * random.randint(1, 19)
        one = Counts(total - binomial(random, total, random.choice((0.0, 0.01, 0.02, 0.1))), total)
        other = Counts(others - binomial(random, others, 0.01), others)
        compared = other if check is COMPARED else None
        told = verdict(found, ENOUGH, 1, one, compared)
        assert judged(found, ENOUGH, one, other, early=False) is told
        assert judged(found, ENOUGH, one, other, early=True) is told or told is Verdict.GOOD


@pytest.mark.parametrize(
    ("method", "setting", "end", "seconds"),
    [
        ("Flagger", Setting(0.0, 0.01), End.ROLLED_BACK, 300),
        ("Argo Rollouts", Setting(0.0, 0.01), End.ROLLED_BACK, 240),
        ("Teal, compared", Setting(0.0, 0.01), End.HELD, 1800),
        ("Teal, limit", Setting(0.0, 0.01), End.HELD, 1800),
        ("Flagger", Setting(1000.0, 0.0), End.PROMOTED, 300),
        ("Argo Rollouts", Setting(1000.0, 0.0), End.PROMOTED, 1020),
        ("Teal, compared", Setting(1000.0, 0.0), End.PROMOTED, 1020),
        ("Teal, limit", Setting(1000.0, 0.0), End.PROMOTED, 1020),
        ("Flagger", Setting(1000.0, 0.3), End.ROLLED_BACK, 300),
        ("Argo Rollouts", Setting(1000.0, 0.3), End.ROLLED_BACK, 240),
        ("Teal, compared", Setting(1000.0, 0.3), End.ROLLED_BACK, 10),
        ("Teal, limit", Setting(1000.0, 0.3), End.ROLLED_BACK, 10),
    ],
)
def test_a_plain_case_ends_as_each_ones_docs_say(
    method: str, setting: Setting, end: End, seconds: float
) -> None:
    outcome = METHODS[method](setting, Random(1))  # noqa: S311 - no secret
    assert (outcome.end, outcome.seconds) == (end, seconds)


@pytest.mark.parametrize("expected", [0.0, 0.3, 7.0, 29.0, 300.0])
def test_draws_have_the_mean_and_variance_that_they_should(expected: float) -> None:
    random = Random(5)  # noqa: S311 - no secret
    arrived = [poisson(random, expected) for _ in range(4000)]
    failed = [binomial(random, 3000, expected / 3000) for _ in range(4000)]
    for drawn, variance in ((arrived, expected), (failed, expected * (1 - expected / 3000))):
        assert fmean(drawn) == pytest.approx(expected, abs=5 * (expected / 4000) ** 0.5)
        assert pvariance(drawn) == pytest.approx(variance, rel=0.15)


PLAYED = {
    (setting, method): [Outcome(End.PROMOTED, 300.0, 1)] * 9999 + [Outcome(End.ROLLED_BACK, 60.0, 5)]
    for setting in SETTINGS
    for method in METHODS
}


def test_a_table_never_says_all_of_what_is_only_nearly_so() -> None:
    lines = report.rollouts(PLAYED).splitlines()
    assert len(lines) == 2 + len(SETTINGS)
    assert lines[2].startswith("| equal | 0.1 | 99.99 / 0 / 0.01 %, 5.0 min, 1.0 |")
    assert lines[7].startswith("| 2 x | 0.1 |")


def test_steps_that_were_called_wrong_are_counted_by_verdict() -> None:
    told = report.weathers({"fair": [(True, False), (False, False), (False, True), (False, True)]})
    assert told.splitlines()[2] == "| fair | 25.00 | 50.00 |"


def test_the_picture_is_svg_with_a_bar_for_each_end() -> None:
    drawn = ET.fromstring(picture.svg(PLAYED))  # noqa: S314 - our own
    bars = [one.get("fill") for one in drawn.iter("{http://www.w3.org/2000/svg}rect")]
    assert bars.count("#d1495b") == 1 + len(SETTINGS) * len(METHODS)
    assert bars.count("#2f9e94") == 1 + len(SETTINGS) * len(METHODS)

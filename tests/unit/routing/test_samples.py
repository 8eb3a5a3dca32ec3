"""The samples are Routemaps that admission takes without a word: of each strategy, and of each router."""

from __future__ import annotations

from pathlib import Path

import yaml

from routing.names import HTTP_ROUTE, ROUTERS
from routing.reading.defaults import STRATEGIES
from routing.reading.parse import parse_routemap
from routing.rules.review import Review
from routing.rules.rulebook import review

ROOT = Path(__file__).parents[3]
SAMPLES = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in ROOT.glob("deploy/samples/*.yaml")}


def test_there_is_a_sample_of_each_strategy_and_it_is_taken() -> None:
    assert {*SAMPLES} == {*STRATEGIES, "httproute"}
    for strategy, manifest in SAMPLES.items():
        verdict = review(Review("CREATE", manifest))
        assert (verdict.violations, verdict.warnings) == ((), ())
        assert parse_routemap(manifest).strategy == strategy or strategy == "httproute"


def test_the_samples_are_of_both_routers() -> None:
    routers = {name: parse_routemap(manifest).router for name, manifest in SAMPLES.items()}
    assert {name for name, router in routers.items() if router == HTTP_ROUTE} == {"httproute"}
    assert {*routers.values()} == {*ROUTERS}


def test_the_page_of_strategies_links_each_sample() -> None:
    page = (ROOT / "docs" / "strategies.md").read_text("utf-8")
    assert all(f"deploy/samples/{name}.yaml" in page for name in SAMPLES)

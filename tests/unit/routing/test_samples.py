"""The samples are Routemaps that admission takes without a word: of each strategy, router and setting."""

from __future__ import annotations

from pathlib import Path

import yaml

from routing.names import GRPC_ROUTE, HTTP, HTTP_ROUTE, ROUTERS
from routing.reading.defaults import STRATEGIES
from routing.reading.parse import parse_routemap
from routing.reading.settings import SETTINGS
from routing.rules.review import Review, Verdict
from routing.rules.rulebook import review
from routing.rules.together import misfits

ROOT = Path(__file__).parents[3]
SAMPLES = {
    path.stem: next(yaml.safe_load_all(path.read_text("utf-8")))
    for path in ROOT.glob("deploy/samples/*.yaml")
}


OF_SETTINGS = {"settings", "routes", "fault", "delegate"}


def test_every_sample_is_taken() -> None:
    for manifest in SAMPLES.values():
        verdict = review(Review("CREATE", manifest))
        assert (verdict.violations, verdict.warnings) == ((), ())


def test_what_stands_beside_a_sample_is_taken_and_fits_it() -> None:
    manifests = [*yaml.safe_load_all((ROOT / "deploy/samples/stateful.yaml").read_text("utf-8"))]
    assert [each["kind"] for each in manifests] == ["Routemap", *("StatefulSet", "Service") * 2]
    assert {review(Review("CREATE", each)) for each in manifests} == {Verdict()}
    assert misfits(manifests) == []


def test_there_is_a_sample_of_each_strategy() -> None:
    others = {"httproute", "grpcroute", "tcp", "tls", "affinity", "rollout", "stateful"}
    assert {*SAMPLES} == {*STRATEGIES, *others} | OF_SETTINGS
    for strategy in STRATEGIES:
        assert parse_routemap(SAMPLES[strategy]).strategy == strategy


def test_each_setting_is_in_a_sample() -> None:
    told = [SAMPLES[name]["spec"] for name in OF_SETTINGS]
    told += [route for spec in told for route in spec.get("routes", ())]
    assert {*SETTINGS} <= {key for spec in told for key in spec}


def test_the_page_of_routes_links_each_sample_and_has_each_setting() -> None:
    page = (ROOT / "docs" / "routes.md").read_text("utf-8")
    assert all(f"deploy/samples/{name}.yaml" in page for name in OF_SETTINGS)
    assert all(f"| `{name}` |" in page for name in SETTINGS)


def test_the_samples_are_of_both_routers() -> None:
    routers = {name: parse_routemap(manifest).router for name, manifest in SAMPLES.items()}
    assert {name for name, router in routers.items() if router == HTTP_ROUTE} == {"httproute"}
    assert {name for name, router in routers.items() if router == GRPC_ROUTE} == {"grpcroute"}
    assert {*routers.values()} == {*ROUTERS}


def test_the_samples_are_of_every_protocol() -> None:
    others = {name: parse_routemap(manifest).protocol for name, manifest in SAMPLES.items()}
    assert {name: each for name, each in others.items() if each != HTTP} == {"tcp": "TCP", "tls": "TLS"}


def test_the_page_of_strategies_links_each_sample() -> None:
    page = (ROOT / "docs" / "strategies.md").read_text("utf-8")
    assert all(f"deploy/samples/{name}.yaml" in page for name in {*SAMPLES} - OF_SETTINGS - {"rollout"})


def test_the_page_of_rollouts_links_its_sample() -> None:
    assert "deploy/samples/rollout.yaml" in (ROOT / "docs" / "rollout.md").read_text("utf-8")

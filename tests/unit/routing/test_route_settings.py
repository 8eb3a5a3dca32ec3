"""Settings: what is done to requests on their way, as a VirtualService says it."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.deciding.strategies import STRATEGIES
from routing.model import RouteSettings
from routing.reading.durations import milliseconds
from routing.reading.parse import parse_routemap
from routing.reading.settings import SETTINGS
from routing.routes import ROUTER
from routing.routes.exposure import by_version
from tests.unit.routing import setting_examples
from tests.unit.routing.manifests import routemap as manifest
from tests.unit.routing.setting_examples import EVERYTHING
from tests.unit.routing.test_split import EXAMPLES

SPECS = st.lists(
    st.sampled_from([spec for spec in setting_examples.ACCEPTED if {*spec} <= {*SETTINGS}]), max_size=4
)


def rules(**spec: Any) -> list[dict[str, Any]]:
    asked = parse_routemap(manifest(port=80, **spec))
    ready = [version.name for version in asked.versions]
    rendered = ROUTER.render(asked, STRATEGIES[asked.strategy](asked.versions, ready))
    return list(rendered["spec"]["http"])


def test_the_settings_that_are_read_are_those_that_there_are() -> None:
    assert tuple(field.name for field in fields(RouteSettings)) == SETTINGS == tuple(EVERYTHING)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_rule_has_every_setting_in_istios_words(strategy: str) -> None:
    wanted = {"corsPolicy" if key == "cors" else key: value for key, value in EVERYTHING.items()}
    for rule in rules(strategy=strategy, **EVERYTHING):
        assert {key: rule[key] for key in wanted} == wanted


def test_without_settings_a_rule_has_none() -> None:
    assert [{*rule} for rule in rules()] == [{"name", "route"}]


def test_a_setting_that_is_null_is_none() -> None:
    assert parse_routemap(manifest(**dict.fromkeys(SETTINGS))).settings == RouteSettings()


@given(SPECS, st.sampled_from([*STRATEGIES]))
@EXAMPLES
def test_settings_change_nothing_of_who_gets_what(specs: list[dict[str, Any]], strategy: str) -> None:
    spec: dict[str, Any] = {key: value for told in specs for key, value in told.items()}
    asked = parse_routemap(manifest(strategy=strategy, **spec))
    exposures = STRATEGIES[strategy](asked.versions, ["httpbin-0", "httpbin-1"])
    rendered = ROUTER.render(asked, exposures)
    plain = ROUTER.render(replace(asked, settings=RouteSettings()), exposures)
    assert by_version(ROUTER.exposures(rendered)) == by_version(ROUTER.exposures(plain))
    assert ROUTER.same(json.loads(json.dumps(rendered)), ROUTER.render(asked, exposures))
    assert ROUTER.same(plain, rendered) is not bool(spec)


@pytest.mark.parametrize("setting", EVERYTHING)
def test_a_setting_that_a_hand_took_off_or_added_is_put_right(setting: str) -> None:
    asked = parse_routemap(manifest(**EVERYTHING))
    fewer = parse_routemap(manifest(**{key: told for key, told in EVERYTHING.items() if key != setting}))
    exposures = STRATEGIES["blue-green"](asked.versions, ["httpbin-0"])
    there, wanted = ROUTER.render(fewer, exposures), ROUTER.render(asked, exposures)
    assert not ROUTER.same(there, wanted)
    assert not ROUTER.same(wanted, there)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("1ms", 1), ("1m30s", 90_000), ("1h", 3_600_000), ("90s500ms", 90_500), ("0s", 0), ("1", 0), ("", 0)],
)
def test_a_duration_is_told_in_milliseconds(text: str, wanted: int) -> None:
    assert milliseconds(text) == wanted

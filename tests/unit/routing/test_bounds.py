"""What is beyond a bound is refused in one sentence, or left alone."""

from __future__ import annotations

from typing import Any

import pytest

from routing.names import is_gateway, is_host
from routing.reading.violation import shown
from routing.rules.pauses import MOST_CONTAINERS, paused, seconds_of
from routing.rules.review import Review, Verdict
from routing.rules.rulebook import review


def routemap(metadata: dict[str, Any], **spec: Any) -> dict[str, Any]:
    versions = [{"name": "httpbin-0", "weight": 50}]
    metadata = {"name": "httpbin", "namespace": "default", **metadata}
    return {"kind": "Routemap", "metadata": metadata, "spec": {"versions": versions, **spec}}


def refusals(manifest: dict[str, Any]) -> list[str]:
    return [str(violation) for violation in review(Review("CREATE", manifest)).violations]


def numbered(prefix: str, many: int) -> dict[str, str]:
    return {f"{prefix}{number}": "" for number in range(many)}


def test_twenty_unknown_fields_are_told_one_by_one_and_more_in_one_sentence() -> None:
    assert len(refusals(routemap({}, **numbered("x", 20)))) == 20
    assert refusals(routemap({}, **numbered("x", 21))) == [
        (
            "spec: more than 20 unknown fields; known are affinity, cors, delegate, drainSeconds, fault, "
            "gateways, headers, hosts, port, protocol, retries, rewrite, rollout, router, routes, "
            "settleSeconds, strategy, timeout, versions"
        )
    ]


@pytest.mark.parametrize("where", ["labels", "annotations"])
def test_twenty_unknown_keys_are_told_one_by_one_and_more_in_one_sentence(where: str) -> None:
    assert len(refusals(routemap({where: numbered("iter8.tools/x", 20)}))) == 20
    assert refusals(routemap({where: numbered("iter8.tools/x", 21)})) == [
        (
            f"metadata.{where}: more than 20 keys that Teal does not know; known are "
            "iter8.tools/allow-delete, iter8.tools/brought-in, iter8.tools/left, iter8.tools/pre-stop-sleep, "
            "iter8.tools/promotion, iter8.tools/protected, iter8.tools/rollout, iter8.tools/rollout-by, "
            "iter8.tools/routemap, iter8.tools/watch"
        )
    ]


def test_a_long_key_is_shown_cut() -> None:
    key = "iter8.tools/" + "watch" * 100
    (refusal,) = refusals(routemap({"labels": {key: "true"}}))
    assert refusal.startswith(f"metadata.labels[{key[:79]}…]: Teal knows no such key; known are ")


def test_one_unknown_field_less_repairs_nothing_and_breaks_nothing() -> None:
    before, after = (routemap({}, **numbered("x", many)) for many in (30, 29))
    assert review(Review("UPDATE", after, before)) == Verdict()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a" * 58, f'"{"a" * 58}"'),
        ("a" * 59, f'"{"a" * 58}…'),
        ("a" * 1_000, f'"{"a" * 58}…'),
        ([1, 2], "[1, 2]"),
        ({"a": ["b" * 100]}, f'{{"a": ["{"b" * 51}…'),
        (["ü"] * 1_000, ('["ü"' + ', "ü"' * 20)[:59] + "…"),
        (float("inf"), "Infinity"),
    ],
)
def test_a_value_is_shown_as_json_and_cut(value: Any, text: str) -> None:
    assert shown(value) == text


def test_a_value_is_shown_however_deep_it_is() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert shown(deep) == "[" * 59 + "…"


@pytest.mark.parametrize("long", ["a/" * 300, "a." * 300, "a" * 508, "a" * 10_000])
def test_what_is_longer_than_a_name_can_be_is_none(long: str) -> None:
    assert not is_gateway(long)
    assert not is_host(long)


def test_a_number_of_seconds_has_nine_digits_at_most() -> None:
    assert seconds_of("9" * 9) == 999_999_999
    assert seconds_of("9" * 10) is None
    assert seconds_of("9" * 5_000) is None


@pytest.mark.parametrize(("many", "changed"), [(MOST_CONTAINERS, True), (MOST_CONTAINERS + 1, False)])
def test_a_pod_of_very_many_containers_gets_no_pause(many: int, changed: bool) -> None:  # noqa: FBT001 -- a case
    labels = {"iter8.tools/watch": "true", "iter8.tools/pre-stop-sleep": "5"}
    spec = {"template": {"spec": {"containers": [{"name": f"c{number}"} for number in range(many)]}}}
    deployment = {"kind": "Deployment", "metadata": {"name": "httpbin-0", "labels": labels}, "spec": spec}
    assert (paused(deployment, 0) is not deployment) is changed

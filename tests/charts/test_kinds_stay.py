"""What objects of the last release may hold, the kinds take still: docs/api-versions.md promises it.

`kinds_released.yaml` is that release's file of kinds (CONTRIBUTING.md says when it is renewed).
"""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tools.charts.kinds import kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.charts.helm import Helm

    Schema = dict[str, Any]

RELEASED = list(yaml.safe_load_all((Path(__file__).parent / "kinds_released.yaml").read_text("utf-8")))
PRESERVES = "x-kubernetes-preserve-unknown-fields"
MOST, LEAST = ("maximum", "maxLength", "maxItems"), ("minimum", "minLength", "minItems")


def narrowed(old: Schema, new: Schema, path: str = "") -> Iterator[str]:
    """Yield what the new schema does not take, or no longer tells, of what the old one took."""
    if old["type"] != new["type"]:
        yield f"{path}: {old['type']} has become {new['type']}"
    yield from (f"{path}: {said}" for said in (*bounds(old, new), *words(old, new)))
    for name, field in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{path}.{name}: gone"
        else:
            yield from narrowed(field, new["properties"][name], f"{path}.{name}")
    if "items" in old:
        yield from narrowed(old["items"], new["items"], f"{path}[]")


def bounds(old: Schema, new: Schema) -> Iterator[str]:
    for bound in MOST:
        if new.get(bound, math.inf) < old.get(bound, math.inf):
            yield f"{bound} is smaller"
    for bound in LEAST:
        if new.get(bound, 0) > old.get(bound, 0):
            yield f"{bound} is larger"


def words(old: Schema, new: Schema) -> Iterator[str]:
    if "enum" in new and not set(old.get("enum", ["anything"])) <= set(new["enum"]):
        yield "enum has lost a word"
    for name in ("pattern", "format"):
        if new.get(name) not in (None, old.get(name)):
            yield f"{name} is another"
    if needed := set(new.get("required", ())) - set(old.get("required", ())):
        yield f"{', '.join(sorted(needed))} was not needed"
    if old.get(PRESERVES) and not new.get(PRESERVES):
        yield "unknown fields are dropped"


def versions(definitions: list[Schema]) -> dict[tuple[str, str], Schema]:
    """Return the served versions by kind's and version's name."""
    return {
        (each["metadata"]["name"], version["name"]): version
        for each in definitions
        for version in each["spec"]["versions"]
        if version["served"]
    }


def test_the_kinds_take_what_those_of_the_last_release_took(helm: Helm) -> None:
    now, before = versions(kinds(helm.program)), versions(RELEASED)
    assert before.keys() <= now.keys()
    for name, version in before.items():
        schemas = (each["schema"]["openAPIV3Schema"] for each in (version, now[name]))
        assert list(narrowed(*schemas)) == []


def test_the_kinds_are_called_and_shown_as_before(helm: Helm) -> None:
    now = {each["metadata"]["name"]: each["spec"] for each in kinds(helm.program)}
    for each in RELEASED:
        old, new = each["spec"], now[each["metadata"]["name"]]
        assert (old["names"], old["scope"]) == (new["names"], new["scope"])
        shown = [column["name"] for column in new["versions"][0]["additionalPrinterColumns"]]
        assert {column["name"] for column in old["versions"][0]["additionalPrinterColumns"]} <= set(shown)


def changed(change: Callable[[Schema], object]) -> list[str]:
    """Return what is told of a change of the Routemap's schema."""
    old = RELEASED[0]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    new = copy.deepcopy(old)
    change(new["properties"])
    return list(narrowed(old, new))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda of: of["spec"]["properties"].pop("timeout"), ".spec.timeout: gone"),
        (
            lambda of: of["spec"]["properties"]["port"].update(type="string"),
            ".spec.port: integer has become string",
        ),
        (lambda of: of["spec"]["properties"]["port"].update(maximum=1), ".spec.port: maximum is smaller"),
        (lambda of: of["spec"]["properties"]["port"].update(minimum=1), ".spec.port: minimum is larger"),
        (lambda of: of["spec"].update(required=["versions"]), ".spec: versions was not needed"),
        (
            lambda of: of["spec"]["properties"]["strategy"].update(enum=["mirror"]),
            ".spec.strategy: enum has lost a word",
        ),
        (
            lambda of: of["spec"]["properties"]["strategy"].update(pattern="^a"),
            ".spec.strategy: pattern is another",
        ),
        (lambda of: of["spec"]["properties"]["hosts"].update(maxItems=1), ".spec.hosts: maxItems is smaller"),
        (
            lambda of: of["spec"].pop("x-kubernetes-preserve-unknown-fields"),
            ".spec: unknown fields are dropped",
        ),
        (
            lambda of: of["status"]["properties"]["versions"]["items"]["properties"]["state"]["enum"].remove(
                "absent"
            ),
            ".status.versions[].state: enum has lost a word",
        ),
    ],
)
def test_a_change_that_takes_something_away_is_told(change: Callable[[Schema], object], said: str) -> None:
    assert changed(change) == [said]


def test_a_new_field_or_a_wider_bound_takes_nothing_away() -> None:
    def widen(of: Schema) -> None:
        of["spec"]["properties"]["rollout"] = {"type": "object"}
        of["status"]["properties"]["versions"]["maxItems"] += 1

    assert changed(widen) == []

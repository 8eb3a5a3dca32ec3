"""What reads a Routemap's status beside Teal, columns, schema and policy, against what Teal writes."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from routing.model import State
from routing.reading.rollout_status import Entry, Phase, RolloutStatus, Told
from routing.reading.status import Condition, RoutemapStatus, VersionStatus
from routing.stepping.rollout import Verdict
from routing.telling.conditions import refusal
from routing.telling.progress import stalled
from tests.charts.helm import one

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.charts.helm import Manifest

SOME_TIME = 1_700_000_000.5
TYPES = ("Ready", "Degraded", "Conflict", "Routable", "Complete", "Progressing", "RolledOut")
ROLLOUT = RolloutStatus(
    *("httpbin-1", "12ab-34cd", Phase.STEPPING, 2, 25, SOME_TIME, SOME_TIME, 1, "skip again", "Stepping"),
    message="step 2 of 3: 25 %",
    checks=(Told("success", Verdict.GOOD, 99.0, 100.0, "99 % of 100 good"),),
    history=(Entry(SOME_TIME, "skip: step 2 of 3, 25 %", "eve"),),
)
FULL = RoutemapStatus(
    observed_generation=3,
    split="httpbin-0=20 httpbin-1=80",
    override="httpbin-0=20",
    rollout=ROLLOUT,
    versions=tuple(
        VersionStatus(
            f"httpbin-{index}",
            *(state, 50, 2, "Ready"),
            protected=True,
            draining_until=SOME_TIME,
            copies=30,
            matched=True,
            workload="statefulset/httpbin-0",
            message="spec.port: Service httpbin-0 has no port 81",
            state_since=SOME_TIME,
            weight_since=SOME_TIME,
        )
        for index, state in enumerate(State)
    ),
    conditions=tuple(
        Condition(kind, holds=holds, reason="Applied", message="the split is applied", since=SOME_TIME)
        for kind, holds in zip(TYPES, (True, False, False, True, True, True, True), strict=True)
    ),
)
"""Every field with something in it."""


def crd(teal: list[Manifest]) -> dict[str, Any]:
    [version] = one(teal, "CustomResourceDefinition", "routemaps.iter8.tools")["spec"]["versions"]
    return dict(version)


def policy(teal: list[Manifest]) -> dict[str, Any]:
    return dict(one(teal, "ValidatingAdmissionPolicy", "teal-scale")["spec"])


def mistakes(value: Any, schema: dict[str, Any], path: str = "status") -> Iterator[str]:
    """Yield how a value does not keep to a schema, in the words that ours use."""
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if type(value) is not kinds[schema["type"]]:
        yield f"{path}: {value!r} is no {schema['type']}"
    elif isinstance(value, dict):
        yield from (f"{path}: lacks {key}" for key in schema.get("required", ()) if key not in value)
        for key, item in value.items():
            if key in schema["properties"]:
                yield from mistakes(item, schema["properties"][key], f"{path}.{key}")
            else:
                yield f"{path}.{key}: would be pruned"
    elif isinstance(value, list):
        for item in value:
            yield from mistakes(item, schema["items"], f"{path}[]")
    elif value not in schema.get("enum", [value]):
        yield f"{path}: {value!r} is none of {schema['enum']}"
    elif isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{path}: {value!r} does not match {schema['pattern']}"


def test_the_full_value_has_every_field_set() -> None:
    values: list[Any] = [FULL, *FULL.versions, *FULL.conditions]
    values += [ROLLOUT, *ROLLOUT.checks, *ROLLOUT.history]
    for value in values:
        unset = [field.name for field in fields(value) if getattr(value, field.name) in (None, "", (), 0)]
        assert [name for name in unset if (value, name) not in FALSE] == []


FALSE = [(condition, "holds") for condition in FULL.conditions if not condition.holds]


def test_all_that_is_written_is_in_the_schema_and_nothing_of_it_is_never_written(
    teal: list[Manifest],
) -> None:
    schema = crd(teal)["schema"]["openAPIV3Schema"]["properties"]["status"]
    assert [*mistakes(FULL.manifest(), schema)] == []
    unwritten = {*paths_of_schema(schema)} - {*paths_of(FULL.manifest())}
    assert unwritten == {"conditions.observedGeneration"}, "of all of Kubernetes' conditions"
    states = schema["properties"]["versions"]["items"]["properties"]["state"]["enum"]
    assert states == [*State]


@pytest.mark.parametrize("conditions", [refusal("Invalid", "spec.port: no"), refusal("Conflict", "taken")])
def test_what_is_told_of_a_refused_routemap_is_in_the_schema(
    teal: list[Manifest], conditions: tuple[Condition, ...]
) -> None:
    schema = crd(teal)["schema"]["openAPIV3Schema"]["properties"]["status"]
    both = (*conditions, *stalled("Invalid", "spec.port: no"))
    told = RoutemapStatus().with_conditions(both, 1_700_000_000.0)
    assert [*mistakes(told.manifest(), schema)] == []


def paths_of(value: Any, path: str = "") -> Iterator[str]:
    """Yield every field below a value, those of a list's items under the list's own path."""
    for item in value if isinstance(value, list) else [value]:
        for key, inner in item.items() if isinstance(item, dict) else ():
            yield f"{path}{key}"
            yield from paths_of(inner, f"{path}{key}.")


def paths_of_schema(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    for key, inner in schema.get("properties", {}).items():
        yield f"{path}{key}"
        yield from paths_of_schema(inner.get("items", inner), f"{path}{key}.")


COLUMN = re.compile(r'\.status\.(?P<field>\w+)(\[\?\(@\.type=="(?P<type>\w+)"\)\])?(\.(?P<of>\w+))?')


def test_the_columns_read_what_is_written(teal: list[Manifest]) -> None:
    read = [
        item["jsonPath"] for item in crd(teal)["additionalPrinterColumns"] if "status" in item["jsonPath"]
    ]
    conditions = ("True", "Applied", "True", "True")
    assert [shown(path) for path in read] == [FULL.split, FULL.override, *conditions, ROLLOUT.reason]


def shown(path: str) -> Any:
    """Return what a column of ours shows of the full value."""
    found = COLUMN.fullmatch(path)
    assert found is not None, path
    told = FULL.manifest()[found["field"]]
    if found["type"] is None:
        return told[found["of"]] if found["of"] else told
    [condition] = [item for item in told if item["type"] == found["type"]]
    return condition[found["of"]]


def test_the_policy_reads_what_is_written(teal: list[Manifest]) -> None:
    written = {*paths_of(FULL.manifest())}
    [versions] = policy(teal)["variables"]
    assert {*re.findall(r"params\.status\.(\w+)", versions["expression"])} == {"versions"} <= written
    used = {
        name
        for validation in policy(teal)["validations"]
        for name in re.findall(r"\b[vo]\.(\w+)", validation["expression"])
    }
    assert used == {"name", "protected", "state", "weight", "copies", "matched", "drainingUntil"}
    assert {f"versions.{name}" for name in used} <= written


def test_fields_that_are_not_always_written_are_asked_for_first_by_the_policy(teal: list[Manifest]) -> None:
    least = {*paths_of(RoutemapStatus(versions=(VersionStatus("a", State.ABSENT),)).manifest())}
    for validation in policy(teal)["validations"]:
        text = validation["expression"]
        for name in {*re.findall(r"\b[vo]\.(\w+)", text)}:
            assert f"versions.{name}" in least or f"has(v.{name})" in text, name


def test_states_that_the_policy_names_are_some(teal: list[Manifest]) -> None:
    named = {
        word
        for validation in policy(teal)["validations"]
        for word in re.findall(r"\.state [!=]= '(\w+)'", validation["expression"])
    }
    assert named == {"ready"} <= {str(state) for state in State}

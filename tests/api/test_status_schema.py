"""Statuses that the API server itself refuses, by the CRDs' schemas: Teal reads its own status again.

What an account with no more than `patch` on the status may try; no webhook is asked about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kube.errors import RefusedError
from routing.kinds import ROUTEMAPS, WEIGHT_OVERRIDES
from routing.model import State
from routing.reading.status import Condition, read
from routing.reading.times import EARLIEST, timestamp
from tests.unit.routing.manifests import LONGEST_NAME

if TYPE_CHECKING:
    from tests.api.stage import Stage

UNPROCESSABLE = 422
LARGE = "a" * 5_000_000
VERSION: dict[str, Any] = {"name": "httpbin-0", "state": "ready"}
READY = {
    "type": "Ready",
    "status": "True",
    "reason": "Applied",
    "message": "the split is applied",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}


def versions(**entry: Any) -> dict[str, Any]:
    return {"versions": [VERSION | entry]}


def ready(**entry: Any) -> dict[str, Any]:
    changed = READY | entry
    return {"conditions": [{key: value for key, value in changed.items() if value is not None}]}


CONDITIONS = {
    "condition without time": (
        ready(lastTransitionTime=None),
        "status.conditions[0].lastTransitionTime: Required",
    ),
    "condition without reason": (ready(reason=None), "status.conditions[0].reason: Required value"),
    "time that is none": (
        ready(lastTransitionTime="soon"),
        "status.conditions[0].lastTransitionTime: Invalid value",
    ),
    "status that is none": (ready(status="yes"), "status.conditions[0].status: Unsupported value"),
    "sentence for a reason": (ready(reason="so it is"), "status.conditions[0].reason: Invalid value"),
    "escape sequence in a type": (ready(type="\x1b[2J"), "status.conditions[0].type: Invalid value"),
    "long message": (ready(message="a" * 1025), "status.conditions[0].message: Too long"),
    "conditions by the hundred": (
        {"conditions": [READY | {"type": f"Type{index}"} for index in range(100)]},
        "status.conditions: Too many",
    ),
    "negative generation": ({"observedGeneration": -1}, "status.observedGeneration: Invalid value"),
}
STATUSES = CONDITIONS | {
    "ten thousand versions": (
        {"versions": [VERSION | {"name": f"httpbin-{index}"} for index in range(10_000)]},
        "status.versions: Too many",
    ),
    "version without state": (
        {"versions": [{"name": "httpbin-0"}]},
        "status.versions[0].state: Required value",
    ),
    "version without name": ({"versions": [{"state": "ready"}]}, "status.versions[0].name: Required value"),
    "state that is none": (versions(state="lost"), "status.versions[0].state: Unsupported value"),
    "name that is a query": (versions(name="?watch=true&x=0"), "status.versions[0].name: Invalid value"),
    "name that is a path": (versions(name="../../default/x"), "status.versions[0].name: Invalid value"),
    "name with a line break": (versions(name="httpbin-0\n"), "status.versions[0].name: Invalid value"),
    "long name": (versions(name=f"{LONGEST_NAME}a"), "status.versions[0].name: Too long"),
    "drain until soon": (versions(drainingUntil="soon"), "status.versions[0].drainingUntil: Invalid value"),
    "drain for ever": (
        versions(drainingUntil="9998-12-31T23:59:59Z"),
        "status.versions[0].drainingUntil: Invalid value",
    ),
    "more than all requests": (versions(weight=101), "status.versions[0].weight: Invalid value"),
    "endpoints beyond counting": (
        versions(readyEndpoints=10**15),
        "status.versions[0].readyEndpoints: Invalid",
    ),
    "half an endpoint": (versions(readyEndpoints=0.5), "status.versions[0].readyEndpoints: Invalid value"),
    "long reason": (versions(reason="a" * 257), "status.versions[0].reason: Too long"),
    "long split": ({"split": "a" * 2049}, "status.split: Too long"),
    "versions that are text": ({"versions": "all"}, "status.versions: Invalid value"),
    "status that is text": ("fine", "status: Invalid value"),
}


def refusal(stage: Stage, resource: Any, status: Any) -> RefusedError:
    with pytest.raises(RefusedError) as refused:
        stage.cluster.merge(resource, stage.namespace, "httpbin", {"status": status}, "status")
    return refused.value


@pytest.mark.parametrize("case", STATUSES)
def test_an_odd_status_of_a_routemap_is_refused_by_the_api_server(stage: Stage, case: str) -> None:
    status, told = STATUSES[case]
    stage.routemap()
    error = refusal(stage, ROUTEMAPS, status)
    assert error.status == UNPROCESSABLE
    assert told in str(error)
    assert stage.status() == {}


@pytest.mark.parametrize("case", CONDITIONS)
def test_an_odd_status_of_a_weight_override_is_refused_by_the_api_server(stage: Stage, case: str) -> None:
    status, told = CONDITIONS[case]
    stage.override(20, 80)
    error = refusal(stage, WEIGHT_OVERRIDES, status)
    assert error.status == UNPROCESSABLE
    assert told in str(error)


@pytest.mark.parametrize("status", [{"split": LARGE}, ready(message=LARGE), versions(reason=LARGE)])
def test_a_status_of_megabytes_is_refused_by_the_api_server(stage: Stage, status: dict[str, Any]) -> None:
    stage.routemap()
    refusal(stage, ROUTEMAPS, status)
    assert stage.status() == {}


def test_what_no_schema_names_is_dropped_however_deep(stage: Stage) -> None:
    deep: dict[str, Any] = {}
    for _ in range(300):
        deep = {"deeper": deep}
    stage.routemap()
    told = {"deep": deep, "versions": [VERSION | {"deep": deep}], "conditions": [READY | {"deep": deep}]}
    stage.cluster.merge(ROUTEMAPS, stage.namespace, "httpbin", {"status": told}, "status")
    assert stage.status() == {"versions": [VERSION], "conditions": [READY]}


def test_the_largest_status_that_teal_writes_is_taken(stage: Stage) -> None:
    names = [f"{LONGEST_NAME[:-2]}{index:02d}" for index in range(72)]
    times = {"drainingUntil": timestamp(4_102_444_799)}
    entry = {
        "state": str(State.DRAINING),
        "weight": 100,
        "readyEndpoints": 250_000,
        "reason": "DeletionRequested",
    }
    told: dict[str, Any] = {
        "observedGeneration": 2**53,
        "split": " ".join(f"{name}=100" for name in names[:8]),
        "versions": [{"name": name, "protected": True} | entry | times for name in names],
    }
    said = [
        Condition(kind, holds=True, reason="WriteRefused", message="é" * 5_000)
        for kind in ("Ready", "Degraded")
    ]
    status = read(told).with_conditions(said, EARLIEST).manifest()
    assert len(status["versions"]) == len(names)
    stage.routemap()
    stage.cluster.merge(ROUTEMAPS, stage.namespace, "httpbin", {"status": status}, "status")
    assert stage.status() == status

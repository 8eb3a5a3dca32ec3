"""`teal history`: what is known of who changed what."""

from __future__ import annotations

import json
from typing import Any

from cli import past, spans
from tests.unit.cli.told import READY, ago, event, routemap, version


def entry(manager: str, seconds: float, fields: Any, **others: Any) -> dict[str, Any]:
    told = {"manager": manager, "operation": "Update", "time": ago(seconds), "fieldsV1": fields}
    return told | others


VERSIONS: dict[str, Any] = {
    "f:spec": {".": {}, "f:versions": {"f:x": {}}},
    "f:metadata": {"f:labels": {"f:a": {}}},
}
ENTRIES = [
    entry("argocd-controller", 500, VERSIONS, operation="Apply"),
    entry("kubectl-edit", 100, {"f:spec": {"f:drainSeconds": {}}}),
    entry("teal", 50, {"f:status": {"f:split": {}}}, subresource="status"),
    entry("teal", 490, {"f:metadata": {"f:finalizers": {"v:x": {}}}}),
]
SPLIT = {
    **event("SplitApplied", "requests are split httpbin-0=100", 300, count=2),
    "source": {"component": "teal"},
}
PRINTED = """\
WHEN                   WHO                 WHAT
2030-03-17T17:38:20Z   argocd-controller   applied Routemap httpbin: metadata.labels, spec.versions
2030-03-17T17:38:30Z   teal                wrote Routemap httpbin: metadata.finalizers
2030-03-17T17:41:40Z   teal                SplitApplied: requests are split httpbin-0=100 (2 times)
2030-03-17T17:45:00Z   kubectl-edit        wrote Routemap httpbin: spec.drainSeconds
"""


def changes() -> list[past.Change]:
    manifest = routemap()
    manifest["metadata"]["managedFields"] = ENTRIES
    return past.history([manifest], [SPLIT])


def test_changes_stand_in_the_order_of_their_times() -> None:
    assert spans.plain(past.lines(changes())) == PRINTED


def test_they_are_data_too() -> None:
    told = json.loads(json.dumps(past.data(changes())))
    assert told[-1] == {
        "at": ago(100),
        "who": "kubectl-edit",
        "what": "wrote Routemap httpbin: spec.drainSeconds",
    }


def test_a_deletion_is_told() -> None:
    manifest = routemap()
    manifest["metadata"]["deletionTimestamp"] = ago(3)
    assert [each.what for each in past.history([manifest], [])] == ["Routemap httpbin is being deleted"]


def test_many_fields_are_not_all_named() -> None:
    manifest = routemap()
    manifest["metadata"]["managedFields"] = [
        entry("kubectl", 1, {"f:spec": {f"f:field{number}": {} for number in range(9)}})
    ]
    (change,) = past.history([manifest], [])
    assert change.what.endswith("spec.field4, spec.field5, ...")


def test_events_of_one_second_stand_as_they_were_written() -> None:
    told = [
        event(reason, "", 10) | {"metadata": {"resourceVersion": version}}
        for reason, version in (("Third", "1000"), ("Second", "999"), ("First", "none"))
    ]
    assert [each.what for each in past.history([], told)] == ["First: ", "Second: ", "Third: "]


def test_a_status_remembers_what_events_have_forgotten() -> None:
    rollout = {
        "version": "httpbin-1",
        "history": [
            {"time": ago(7200), "what": "step 2 of 3, 25 %"},
            {"time": ago(9000), "what": "paused", "by": "jane"},
            {"time": "odd", "what": "left out"},
        ],
    }
    versions = [
        version("httpbin-0", weight=75, weightSince=ago(7190)),
        version("httpbin-1", weightSince=None),
    ]
    told = past.remembered(routemap(READY | {"versions": versions, "rollout": rollout}))
    assert [(each.who, each.what) for each in past.in_time([past.Change(None, "a", "b"), *told])] == [
        ("a", "b"),
        ("jane", "rollout: paused"),
        ("teal", "rollout: step 2 of 3, 25 %"),
        ("teal", "httpbin-0 has 75 % since then"),
    ]
    assert past.remembered({"kind": "Routemap", "status": "odd"}) == []

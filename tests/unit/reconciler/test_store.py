"""The store: what it keeps, whom it tells, and which of two accounts of an object it believes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.watching.kinds import KINDS, Change
from reconciler.watching.mentions import Key, Mentions
from reconciler.watching.store import Store
from routing import facts
from routing.kinds import DEPLOYMENTS, ENDPOINT_SLICES, WORKLOADS
from routing.reading.status import RoutemapStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.watching.kinds import Kind
    from routing.kinds import WorkloadKind


def _store(plural: str, told: list[Mapping[str, Any]] | None = None) -> Store:
    kind = next(item for item in KINDS if item.resource.plural == plural)

    def changed(change: Change) -> None:
        if told is not None:
            told.append({**change.manifest, "own": True} if change.own else change.manifest)

    return Store(kind, changed)


def _deployment(name: str, version: int, **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "default", "name": name, "resourceVersion": str(version), **metadata},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"image": "x" * 1000}]}}},
        "status": {"conditions": [{"type": "Available", "status": "True", "message": "y" * 1000}]},
    }


def _slice(name: str, service: str, version: int) -> dict[str, Any]:
    labels = {"kubernetes.io/service-name": service}
    metadata = {"namespace": "default", "name": name, "resourceVersion": str(version), "labels": labels}
    return {"metadata": metadata, "endpoints": [{"addresses": ["10.0.0.1"], "nodeName": "n"}]}


@pytest.mark.parametrize(
    ("plural", "looks_back"),
    [("routemaps", True), ("virtualservices", True), ("httproutes", True), ("deployments", False)],
)
def test_whom_a_change_concerns_is_told_by_how_an_object_was_where_that_matters(
    *, plural: str, looks_back: bool
) -> None:
    changes: list[Change] = []
    store = Store(next(item for item in KINDS if item.resource.plural == plural), changes.append)
    store.handle("ADDED", _deployment("a", 1))
    store.handle("MODIFIED", _deployment("a", 2, finalizers=["x"], ownerReferences=[{}]))
    assert [change.before is not None for change in changes] == [False, looks_back]


def test_only_the_fields_that_are_needed_are_kept() -> None:
    store = _store(DEPLOYMENTS.plural)
    labels = {"iter8.tools/watch": "true", "app": "httpbin"}
    store.handle("ADDED", _deployment("a", 1, labels=labels, annotations={"big": "z"}, managedFields=[{}]))
    assert store.get("default", "a") == {
        "metadata": {
            "namespace": "default",
            "name": "a",
            "labels": {"iter8.tools/watch": "true"},
            "annotations": {},
        },
        "spec": {"replicas": 1, "template": {"hash": "60894ccff683", "spec": {"containers": []}}},
        "status": {"conditions": [{"type": "Available", "status": "True"}]},
    }


def test_an_event_that_changes_nothing_that_is_kept_is_not_told() -> None:
    told: list[Mapping[str, Any]] = []
    store = _store(DEPLOYMENTS.plural, told)
    store.handle("ADDED", _deployment("a", 1))
    store.handle("MODIFIED", _deployment("a", 2, generation=2))
    store.handle("MODIFIED", _deployment("a", 3))
    assert [item["metadata"]["name"] for item in told] == ["a"]


def test_a_new_list_drops_what_has_gone_and_tells_of_it() -> None:
    told: list[Mapping[str, Any]] = []
    store = _store(DEPLOYMENTS.plural, told)
    store.reset([([_deployment("a", 1)], "2"), ([_deployment("b", 2)], "2")])
    told.clear()
    store.reset([([_deployment("b", 2)], "5")])
    assert [item["metadata"]["name"] for item in told] == ["a"]
    assert store.get("default", "a") is None
    assert store.synced.is_set()


def test_the_answer_to_a_write_is_believed_unless_the_watch_is_further() -> None:
    store = _store(DEPLOYMENTS.plural)
    store.reset([([_deployment("a", 5)], "5")])
    store.wrote(_deployment("a", 6, finalizers=["iter8.tools/drain"]))
    store.handle("MODIFIED", _deployment("a", 7))
    store.wrote(_deployment("a", 6, finalizers=["iter8.tools/drain"]))
    kept = store.get("default", "a")
    assert kept is not None
    assert "finalizers" not in kept["metadata"]


def test_an_object_that_the_watch_saw_go_does_not_come_back_by_a_late_answer() -> None:
    store = _store(DEPLOYMENTS.plural)
    store.handle("ADDED", _deployment("a", 5))
    store.handle("DELETED", _deployment("a", 8))
    store.wrote(_deployment("a", 7))
    assert store.get("default", "a") is None


def test_a_bookmark_moves_the_version_and_nothing_else() -> None:
    told: list[Mapping[str, Any]] = []
    store = _store(DEPLOYMENTS.plural, told)
    store.handle("BOOKMARK", {"kind": "Deployment", "metadata": {"resourceVersion": "9"}})
    store.wrote(_deployment("a", 8))
    assert told == []
    assert len(store) == 0


def test_slices_are_found_by_their_service_until_they_go() -> None:
    store = _store(ENDPOINT_SLICES.plural)
    store.handle("ADDED", _slice("httpbin-1-a", "httpbin-1", 1))
    store.handle("ADDED", _slice("httpbin-1-b", "httpbin-1", 2))
    store.handle("ADDED", _slice("httpbin-0-a", "httpbin-0", 3))
    found = store.indexed("default", "httpbin-1")
    assert {item["metadata"]["name"] for item in found} == {"httpbin-1-a", "httpbin-1-b"}
    store.handle("DELETED", _slice("httpbin-1-a", "httpbin-1", 4))
    store.handle("DELETED", _slice("httpbin-1-b", "httpbin-1", 5))
    assert store.indexed("default", "httpbin-1") == []


def test_an_older_event_does_not_undo_what_the_answer_to_a_write_has_told() -> None:
    told: list[Mapping[str, Any]] = []
    store = _store(DEPLOYMENTS.plural, told)
    store.handle("ADDED", _deployment("a", 5))
    store.wrote(_deployment("a", 9, finalizers=["iter8.tools/drain"]))
    told.clear()
    store.handle("MODIFIED", _deployment("a", 7, deletionTimestamp="2026-01-01T00:00:00Z"))
    store.handle("MODIFIED", _deployment("a", 9, finalizers=["iter8.tools/drain"]))
    assert told == []
    kept = store.get("default", "a")
    assert kept is not None
    assert kept["metadata"]["finalizers"] == ["iter8.tools/drain"]


def test_a_write_that_brought_what_it_was_to_bring_is_told_of_as_our_own() -> None:
    told: list[Mapping[str, Any]] = []
    store = _store(DEPLOYMENTS.plural, told)
    store.handle("ADDED", _deployment("a", 5))
    marked = {"finalizers": ["iter8.tools/drain"]}
    with store.writing(store.kind.trim(_deployment("a", 5, **marked))):
        store.wrote(_deployment("a", 6, **marked))
    store.handle("MODIFIED", _deployment("a", 6, **marked))
    assert [bool(item.get("own")) for item in told] == [False, True]


def test_a_write_whose_answer_shows_that_somebody_else_wrote_is_told_of_as_any_change() -> None:
    told: list[Mapping[str, Any]] = []
    store = _store(DEPLOYMENTS.plural, told)
    store.handle("ADDED", _deployment("a", 5))
    marked = {"finalizers": ["iter8.tools/drain"]}
    going = {**marked, "deletionTimestamp": "2026-01-01T00:00:00Z"}
    with store.writing(store.kind.trim(_deployment("a", 5, **marked))):
        store.wrote(_deployment("a", 7, **going))
    assert [bool(item.get("own")) for item in told] == [False, False]


def test_a_deletion_that_is_older_than_what_we_made_anew_is_none() -> None:
    store = _store(DEPLOYMENTS.plural)
    store.handle("ADDED", _deployment("a", 5))
    store.wrote(_deployment("a", 9, uid="new"))
    store.handle("DELETED", _deployment("a", 8))
    assert store.get("default", "a") is not None
    store.handle("DELETED", _deployment("a", 10))
    assert store.get("default", "a") is None


def test_a_write_of_our_own_is_one_also_when_the_watch_tells_of_it_before_its_answer() -> None:
    told: list[Mapping[str, Any]] = []
    store = _store(DEPLOYMENTS.plural, told)
    store.handle("ADDED", _deployment("a", 5))
    marked = {"finalizers": ["iter8.tools/drain"]}
    with store.writing(store.kind.trim(_deployment("a", 5, **marked))):
        store.handle("MODIFIED", _deployment("a", 6, **marked))
        store.wrote(_deployment("a", 6, **marked))
    store.handle("MODIFIED", _deployment("a", 7))
    store.handle("MODIFIED", _deployment("a", 8, **marked))
    assert [bool(item.get("own")) for item in told] == [False, True, False, False]


def test_an_object_that_a_write_of_ours_has_not_found_is_gone_and_one_made_anew_stays() -> None:
    told: list[Mapping[str, Any]] = []
    store = _store(DEPLOYMENTS.plural, told)
    store.handle("ADDED", _deployment("a", 1, uid="1"))
    store.lost(_deployment("a", 1, uid="1"))
    assert store.get("default", "a") is None
    store.handle("DELETED", _deployment("a", 2, uid="1"))
    store.lost(_deployment("a", 1, uid="1"))
    assert len(told) == 2, "made and gone, each told of once"
    store.handle("ADDED", _deployment("a", 3, uid="2"))
    store.lost(_deployment("a", 1, uid="1"))
    assert store.get("default", "a") is not None


def test_an_object_that_a_write_of_ours_has_let_go_is_gone_before_the_watch_tells_of_it() -> None:
    told: list[Mapping[str, Any]] = []
    store = _store("deployments", told)
    leaving = {"finalizers": ["iter8.tools/drain"], "deletionTimestamp": "2026-11-22T12:00:00Z", "uid": "one"}
    store.handle("MODIFIED", _deployment("httpbin-1", 5, **leaving))
    store.handle("MODIFIED", _deployment("httpbin-0", 7))
    # The API server answers with the version that the object had, which the watch has passed.
    store.wrote(_deployment("httpbin-1", 5, **{**leaving, "finalizers": None}))
    assert store.get("default", "httpbin-1") is None
    assert len(told) == 3
    store.handle("DELETED", _deployment("httpbin-1", 8, **leaving))
    assert len(told) == 3


def test_an_object_that_was_made_anew_meanwhile_stays() -> None:
    store = _store("deployments")
    leaving = {"deletionTimestamp": "2026-11-22T12:00:00Z", "uid": "one"}
    store.handle("ADDED", _deployment("httpbin-1", 9, uid="two"))
    store.wrote(_deployment("httpbin-1", 5, **leaving))
    assert store.get("default", "httpbin-1") is not None


def test_of_a_kind_that_is_not_installed_there_is_nothing_and_that_is_known() -> None:
    told: list[Mapping[str, Any]] = []
    store = _store(DEPLOYMENTS.plural, told)
    store.handle("ADDED", _deployment("a", 1))
    store.missing()
    assert (store.synced.is_set(), store.installed, len(store), len(told)) == (True, False, 0, 2)
    store.reset([([_deployment("a", 3)], "4")])
    assert (store.installed, len(store)) == (True, 1)


def test_an_object_that_cannot_be_read_is_set_aside_and_the_others_are_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = _store(DEPLOYMENTS.plural)
    store.handle("ADDED", _deployment("odd", 1))
    broken = replace(store.kind, trim=_never_odd)
    store.kind = broken
    store.handle("MODIFIED", _deployment("odd", 2))
    store.handle("ADDED", _deployment("a", 3))
    assert (store.get("default", "odd"), len(store)) == (None, 1)
    assert "object set aside" in caplog.messages
    store.reset([([_deployment("odd", 4), _deployment("b", 5)], "6")])
    assert store.get("default", "b") is not None


def _never_odd(manifest: Mapping[str, Any]) -> dict[str, Any]:
    if manifest["metadata"]["name"] == "odd":
        raise RecursionError
    return dict(manifest)


def test_a_change_that_cannot_be_told_of_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def changed(_: Change) -> None:
        raise KeyError("state")

    store = Store(next(iter(KINDS)), changed)
    store.handle("ADDED", _deployment("a", 1))
    store.handle("ADDED", _deployment("b", 2))
    assert len(store) == 2
    assert caplog.messages == ["change not told"] * 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
FIELDS = st.dictionaries(
    st.sampled_from(["spec", "status", "endpoints", "labels", "http", "versions", "conditions", "template"]),
    JSON,
    max_size=4,
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource.kind)
@given(fields=FIELDS, metadata=FIELDS)
def test_whatever_an_object_holds_it_is_kept_and_told_of(
    kind: Kind, fields: dict[str, Any], metadata: dict[str, Any]
) -> None:
    mentions, keys = Mentions(), list[Key]()

    def changed(change: Change) -> None:
        keys.extend(kind.keys(mentions, change))

    about = {**metadata, "namespace": "default", "name": "a", "resourceVersion": "1", "uid": "u"}
    store = Store(kind, changed)
    store.handle("ADDED", {**fields, "metadata": about})
    kept = store.get("default", "a")
    assert kept is not None
    assert kind.trim(kept) == kept
    assert {(key.namespace) for key in keys} <= {"default"}


def test_a_status_that_teal_would_not_write_so_is_kept_as_odd() -> None:
    trim = _store("routemaps").kind.trim
    written = RoutemapStatus(3, "a=100").manifest()
    metadata = _deployment("a", 1)["metadata"]
    assert trim({"metadata": metadata, "status": written})["status"] == written
    strange = {**written, "observedGeneration": "three"}
    kept = trim({"metadata": metadata, "status": strange})["status"]
    assert kept == {**RoutemapStatus(0, "a=100").manifest(), "odd": True}


@pytest.mark.parametrize("probe", [{}, {"readinessProbe": {"tcpSocket": {"port": 80}}}])
@pytest.mark.parametrize("replicas", [None, 0, 3])
@pytest.mark.parametrize("available", [0, 1, 3])
@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.resource.kind)
def test_what_is_kept_of_a_workload_tells_the_same_facts(
    workload: WorkloadKind, probe: dict[str, Any], replicas: int | None, available: int
) -> None:
    whole = _deployment("a", 1, labels={"iter8.tools/watch": "true"}, finalizers=["iter8.tools/drain"])
    whole["spec"]["template"]["spec"]["containers"].append(probe)
    whole["spec"] = {**whole["spec"], **({} if replicas is None else {"replicas": replicas})}
    whole["status"] = {"availableReplicas": available, "replicas": 2, "updatedReplicas": available}
    kept = _store(workload.resource.plural).kind.trim(whole)
    assert facts.workload(whole, workload) == facts.workload(kept, workload)

"""The cache: what it keeps, whom it tells, and which of two accounts of an object it believes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.watching.kinds import WATCHED
from reconciler.watching.store import Cache
from routing.kinds import DEPLOYMENTS, ENDPOINT_SLICES

if TYPE_CHECKING:
    from collections.abc import Mapping


def _cache(plural: str, told: list[Mapping[str, Any]] | None = None) -> Cache:
    watched = next(item for item in WATCHED if item.resource.plural == plural)

    def changed(manifest: Mapping[str, Any], *, own: bool) -> None:
        if told is not None:
            told.append({**manifest, "own": True} if own else manifest)

    return Cache(watched, changed)


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


def test_only_the_fields_that_are_needed_are_kept() -> None:
    cache = _cache(DEPLOYMENTS.plural)
    labels = {"iter8.tools/watch": "true", "app": "httpbin"}
    cache.handle("ADDED", _deployment("a", 1, labels=labels, annotations={"big": "z"}, managedFields=[{}]))
    assert cache.get("default", "a") == {
        "metadata": {
            "namespace": "default",
            "name": "a",
            "labels": {"iter8.tools/watch": "true"},
            "annotations": {},
        },
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{}]}}},
        "status": {"conditions": [{"type": "Available", "status": "True"}]},
    }


def test_an_event_that_changes_nothing_that_is_kept_is_not_told() -> None:
    told: list[Mapping[str, Any]] = []
    cache = _cache(DEPLOYMENTS.plural, told)
    cache.handle("ADDED", _deployment("a", 1))
    cache.handle("MODIFIED", _deployment("a", 2, generation=2))
    cache.handle("MODIFIED", _deployment("a", 3))
    assert [item["metadata"]["name"] for item in told] == ["a"]


def test_a_new_list_drops_what_has_gone_and_tells_of_it() -> None:
    told: list[Mapping[str, Any]] = []
    cache = _cache(DEPLOYMENTS.plural, told)
    cache.reset([([_deployment("a", 1)], "2"), ([_deployment("b", 2)], "2")])
    told.clear()
    cache.reset([([_deployment("b", 2)], "5")])
    assert [item["metadata"]["name"] for item in told] == ["a"]
    assert cache.get("default", "a") is None
    assert cache.synced.is_set()


def test_the_answer_to_a_write_is_believed_unless_the_watch_is_further() -> None:
    cache = _cache(DEPLOYMENTS.plural)
    cache.reset([([_deployment("a", 5)], "5")])
    cache.wrote(_deployment("a", 6, finalizers=["iter8.tools/drain"]))
    cache.handle("MODIFIED", _deployment("a", 7))
    cache.wrote(_deployment("a", 6, finalizers=["iter8.tools/drain"]))
    kept = cache.get("default", "a")
    assert kept is not None
    assert "finalizers" not in kept["metadata"]


def test_an_object_that_the_watch_saw_go_does_not_come_back_by_a_late_answer() -> None:
    cache = _cache(DEPLOYMENTS.plural)
    cache.handle("ADDED", _deployment("a", 5))
    cache.handle("DELETED", _deployment("a", 8))
    cache.wrote(_deployment("a", 7))
    assert cache.get("default", "a") is None


def test_a_bookmark_moves_the_version_and_nothing_else() -> None:
    told: list[Mapping[str, Any]] = []
    cache = _cache(DEPLOYMENTS.plural, told)
    cache.handle("BOOKMARK", {"kind": "Deployment", "metadata": {"resourceVersion": "9"}})
    cache.wrote(_deployment("a", 8))
    assert told == []
    assert len(cache) == 0


def test_slices_are_found_by_their_service_until_they_go() -> None:
    cache = _cache(ENDPOINT_SLICES.plural)
    cache.handle("ADDED", _slice("httpbin-1-a", "httpbin-1", 1))
    cache.handle("ADDED", _slice("httpbin-1-b", "httpbin-1", 2))
    cache.handle("ADDED", _slice("httpbin-0-a", "httpbin-0", 3))
    found = cache.indexed("default", "httpbin-1")
    assert {item["metadata"]["name"] for item in found} == {"httpbin-1-a", "httpbin-1-b"}
    cache.handle("DELETED", _slice("httpbin-1-a", "httpbin-1", 4))
    cache.handle("DELETED", _slice("httpbin-1-b", "httpbin-1", 5))
    assert cache.indexed("default", "httpbin-1") == []


def test_an_older_event_does_not_undo_what_the_answer_to_a_write_has_told() -> None:
    told: list[Mapping[str, Any]] = []
    cache = _cache(DEPLOYMENTS.plural, told)
    cache.handle("ADDED", _deployment("a", 5))
    cache.wrote(_deployment("a", 9, finalizers=["iter8.tools/drain"]))
    told.clear()
    cache.handle("MODIFIED", _deployment("a", 7, deletionTimestamp="2026-01-01T00:00:00Z"))
    cache.handle("MODIFIED", _deployment("a", 9, finalizers=["iter8.tools/drain"]))
    assert told == []
    kept = cache.get("default", "a")
    assert kept is not None
    assert kept["metadata"]["finalizers"] == ["iter8.tools/drain"]


def test_a_write_that_brought_what_it_was_to_bring_is_told_of_as_our_own() -> None:
    told: list[Mapping[str, Any]] = []
    cache = _cache(DEPLOYMENTS.plural, told)
    cache.handle("ADDED", _deployment("a", 5))
    marked = {"finalizers": ["iter8.tools/drain"]}
    with cache.writing(_deployment("a", 5, **marked)):
        cache.wrote(_deployment("a", 6, **marked))
    cache.handle("MODIFIED", _deployment("a", 6, **marked))
    assert [bool(item.get("own")) for item in told] == [False, True]


def test_a_write_whose_answer_shows_that_somebody_else_wrote_is_told_of_as_any_change() -> None:
    told: list[Mapping[str, Any]] = []
    cache = _cache(DEPLOYMENTS.plural, told)
    cache.handle("ADDED", _deployment("a", 5))
    marked = {"finalizers": ["iter8.tools/drain"]}
    going = {**marked, "deletionTimestamp": "2026-01-01T00:00:00Z"}
    with cache.writing(_deployment("a", 5, **marked)):
        cache.wrote(_deployment("a", 7, **going))
    assert [bool(item.get("own")) for item in told] == [False, False]


def test_a_deletion_that_is_older_than_what_we_made_anew_is_none() -> None:
    cache = _cache(DEPLOYMENTS.plural)
    cache.handle("ADDED", _deployment("a", 5))
    cache.wrote(_deployment("a", 9, uid="new"))
    cache.handle("DELETED", _deployment("a", 8))
    assert cache.get("default", "a") is not None
    cache.handle("DELETED", _deployment("a", 10))
    assert cache.get("default", "a") is None


def test_a_write_of_our_own_is_one_also_when_the_watch_tells_of_it_before_its_answer() -> None:
    told: list[Mapping[str, Any]] = []
    cache = _cache(DEPLOYMENTS.plural, told)
    cache.handle("ADDED", _deployment("a", 5))
    marked = {"finalizers": ["iter8.tools/drain"]}
    with cache.writing(_deployment("a", 5, **marked)):
        cache.handle("MODIFIED", _deployment("a", 6, **marked))
        cache.wrote(_deployment("a", 6, **marked))
    cache.handle("MODIFIED", _deployment("a", 7))
    cache.handle("MODIFIED", _deployment("a", 8, **marked))
    assert [bool(item.get("own")) for item in told] == [False, True, False, False]


def test_an_object_that_a_write_of_ours_has_let_go_is_gone_before_the_watch_tells_of_it() -> None:
    told: list[Mapping[str, Any]] = []
    cache = _cache("deployments", told)
    leaving = {"finalizers": ["iter8.tools/drain"], "deletionTimestamp": "2026-11-22T12:00:00Z", "uid": "one"}
    cache.handle("MODIFIED", _deployment("httpbin-1", 5, **leaving))
    cache.handle("MODIFIED", _deployment("httpbin-0", 7))
    # The API server answers with the version that the object had, which the watch has passed.
    cache.wrote(_deployment("httpbin-1", 5, **{**leaving, "finalizers": None}))
    assert cache.get("default", "httpbin-1") is None
    assert len(told) == 3
    cache.handle("DELETED", _deployment("httpbin-1", 8, **leaving))
    assert len(told) == 3


def test_an_object_that_was_made_anew_meanwhile_stays() -> None:
    cache = _cache("deployments")
    leaving = {"deletionTimestamp": "2026-11-22T12:00:00Z", "uid": "one"}
    cache.handle("ADDED", _deployment("httpbin-1", 9, uid="two"))
    cache.wrote(_deployment("httpbin-1", 5, **leaving))
    assert cache.get("default", "httpbin-1") is not None

"""From an object to the passes that it calls for."""

from __future__ import annotations

from typing import Any

from reconciler.watching.mentions import Index, OrphanKey, RoutemapKey, versions_of

HTTPBIN = RoutemapKey("default", "httpbin")
OTHER = RoutemapKey("default", "other")


def _routemap(*versions: Any, held: tuple[str, ...] = ()) -> dict[str, Any]:
    status = {"versions": [{"name": name, "state": "draining"} for name in held]}
    return {"spec": {"versions": [{"name": name} for name in versions]}, "status": status}


def test_a_routemap_is_found_by_each_version_that_it_lists_or_holds() -> None:
    index = Index()
    index.update(HTTPBIN, _routemap("httpbin-0", held=("httpbin-9",)))
    assert index.mentions("default", "httpbin-0") == {HTTPBIN}
    assert index.mentions("default", "httpbin-9") == {HTTPBIN}
    assert index.mentions("elsewhere", "httpbin-0") == set()


def test_a_version_that_nobody_mentions_any_more_is_an_orphan() -> None:
    index = Index()
    index.update(HTTPBIN, _routemap("httpbin-0", "httpbin-1"))
    keys = index.update(HTTPBIN, _routemap("httpbin-0"))
    assert keys == {HTTPBIN, OrphanKey("default", "httpbin-1")}
    assert index.update(HTTPBIN, None) == {HTTPBIN, OrphanKey("default", "httpbin-0")}


def test_a_routemap_that_waited_for_a_version_is_called_when_the_other_lets_go() -> None:
    index = Index()
    index.update(HTTPBIN, _routemap("httpbin-0"))
    index.update(OTHER, _routemap("httpbin-0"))
    assert index.update(HTTPBIN, None) == {HTTPBIN, OTHER}


def test_versions_of_a_malformed_routemap_are_those_that_can_be_read() -> None:
    assert versions_of({"spec": {"versions": [{"name": 7}, "x", {"name": "a"}, {}]}}) == ("a",)
    assert versions_of({"spec": "nonsense"}) == ()
    assert versions_of({}) == ()

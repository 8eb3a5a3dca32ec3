"""From a Routemap's change to the passes that it calls for."""

from __future__ import annotations

from typing import Any

from reconciler.watching.mentions import Mentions, OrphanKey, RoutemapKey, versions_of

HTTPBIN = RoutemapKey("default", "httpbin")
OTHER = RoutemapKey("default", "other")


def _routemap(*versions: Any, held: tuple[str, ...] = (), created: str = "") -> dict[str, Any]:
    status = {"versions": [{"name": name, "state": "draining"} for name in held]}
    spec = {"versions": [{"name": name} for name in versions]}
    return {"metadata": {"creationTimestamp": created}, "spec": spec, "status": status}


def test_a_routemap_is_found_by_each_version_that_it_lists_or_holds() -> None:
    mentions = Mentions()
    mentions.update(HTTPBIN, _routemap("httpbin-0", held=("httpbin-9",)))
    assert mentions.of("default", "httpbin-0") == {HTTPBIN}
    assert mentions.of("default", "httpbin-9") == {HTTPBIN}
    assert mentions.of("elsewhere", "httpbin-0") == set()


def test_a_version_that_nobody_mentions_any_more_is_an_orphan() -> None:
    mentions = Mentions()
    mentions.update(HTTPBIN, _routemap("httpbin-0", "httpbin-1"))
    keys = mentions.update(HTTPBIN, _routemap("httpbin-0"))
    assert keys == {HTTPBIN, OrphanKey("default", "httpbin-1")}
    assert mentions.update(HTTPBIN, None) == {HTTPBIN, OrphanKey("default", "httpbin-0")}


def test_of_two_routemaps_with_one_version_the_older_comes_first() -> None:
    mentions = Mentions()
    mentions.update(HTTPBIN, _routemap("a", created="2026-01-02T00:00:00Z"))
    mentions.update(OTHER, _routemap("a", created="2026-01-01T00:00:00Z"))
    assert mentions.senior(HTTPBIN, "a") == "other"
    assert mentions.senior(OTHER, "a") is None
    assert mentions.senior(OTHER, "b") is None


def test_a_routemap_that_waited_for_a_version_is_called_when_the_other_lets_go() -> None:
    mentions = Mentions()
    mentions.update(HTTPBIN, _routemap("httpbin-0", created="1"))
    mentions.update(OTHER, _routemap("httpbin-0", created="2"))
    assert mentions.update(HTTPBIN, None) == {HTTPBIN, OTHER}


def test_a_routemap_that_loses_a_version_to_an_older_one_is_called() -> None:
    mentions = Mentions()
    mentions.update(OTHER, _routemap("httpbin-0", created="2"))
    assert mentions.update(HTTPBIN, _routemap("httpbin-0", created="1")) == {HTTPBIN, OTHER}


def test_those_that_wait_for_a_version_do_not_call_each_other() -> None:
    mentions = Mentions()
    mentions.update(HTTPBIN, _routemap("httpbin-0", created="1"))
    waiting = [RoutemapKey("default", f"w{number}") for number in range(100)]
    assert [mentions.update(key, _routemap("httpbin-0", created="2")) for key in waiting] == [
        {key} for key in waiting
    ]
    assert mentions.update(waiting[0], _routemap("httpbin-0", created="2")) == {waiting[0]}


def test_versions_of_a_malformed_routemap_are_those_that_can_be_read() -> None:
    assert versions_of({"spec": {"versions": [{"name": 7}, "x", {"name": "a"}, {}]}}) == ("a",)
    assert versions_of({"spec": "nonsense"}) == ()
    assert versions_of({}) == ()


def test_no_name_that_a_service_can_not_have_is_mentioned() -> None:
    wild = _routemap("?watch=true&x=", "..", "a%2fb", "a\nb", held=("../../secrets",))
    assert versions_of(wild) == ()


def test_of_too_many_versions_no_more_are_mentioned_than_a_routemap_may_list() -> None:
    assert len(versions_of(_routemap(*(f"v{number}" for number in range(10_000))))) == 8

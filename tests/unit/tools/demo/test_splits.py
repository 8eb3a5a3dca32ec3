from __future__ import annotations

import json
from typing import Any

import pytest

from tools.demo.splits import Change, Timeline, documents, split_of


def event(kind: str, **split: int) -> dict[str, Any]:
    """Return a watch event of the VirtualService; underscores stand for hyphens."""
    routes = [
        {"destination": {"host": f"{name.replace('_', '-')}.default.svc.cluster.local"}, "weight": weight}
        for name, weight in split.items()
    ]
    metadata = {"namespace": "default", "name": "httpbin"}
    return {"type": kind, "object": {"metadata": metadata, "spec": {"http": [{"route": routes}]}}}


def test_documents_come_one_after_the_other_as_kubectl_prints_them() -> None:
    events = [event("ADDED", httpbin_0=100), event("MODIFIED", httpbin_0=50, httpbin_1=50), event("DELETED")]
    printed = "".join(f"{json.dumps(each, indent=4)}\n" for each in events)
    assert list(documents(printed.splitlines(keepends=True))) == events


def test_a_document_on_one_line_is_one() -> None:
    assert list(documents(['{"type": "ADDED"}\n', '{"type": "DELETED"}\n'])) == [
        {"type": "ADDED"},
        {"type": "DELETED"},
    ]


def test_a_document_is_told_as_soon_as_its_last_line_is_there() -> None:
    lines = iter(json.dumps(event("ADDED", httpbin_0=100), indent=4).splitlines(keepends=True))
    assert next(documents(lines))["type"] == "ADDED"
    assert next(lines, None) is None


def test_a_document_that_breaks_off_is_none() -> None:
    assert list(documents(['{"type": "ADDED",\n', '"object": {}\n'])) == []


@pytest.mark.parametrize(
    ("change", "split"),
    [
        (event("ADDED", httpbin_0=100), {"httpbin-0": 100}),
        (event("MODIFIED", httpbin_0=20, httpbin_1=80), {"httpbin-0": 20, "httpbin-1": 80}),
        (event("DELETED", httpbin_0=20, httpbin_1=80), {}),
    ],
)
def test_an_event_tells_the_split(change: dict[str, Any], split: dict[str, int]) -> None:
    assert split_of(change) == split


def test_the_same_split_again_is_no_change() -> None:
    heard: list[Change] = []
    timeline = Timeline(heard.append)
    for at, split in ((1.0, {"a": 100}), (2.0, {"a": 100}), (3.0, {"a": 50, "b": 50}), (4.0, {})):
        timeline.note(split, at)
    assert heard == [Change(1.0, {"a": 100}), Change(3.0, {"a": 50, "b": 50}), Change(4.0, {})]
    assert timeline.last == heard[-1]


def test_no_virtual_service_is_where_it_begins() -> None:
    heard: list[Change] = []
    timeline = Timeline(heard.append)
    timeline.note({}, 1.0)
    assert heard == []
    assert timeline.last.split == {}


def test_waiting_returns_the_change_that_made_it_right() -> None:
    timeline = Timeline(lambda _: None)
    timeline.note({"a": 100}, 1.0)
    assert timeline.until({"a": 100}, seconds=0) == Change(1.0, {"a": 100})
    assert timeline.until({"b": 100}, seconds=0) is None

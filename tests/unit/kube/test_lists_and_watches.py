"""Lists by page, and watches as they end, break, and say odd things."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube import client, paging, receiving
from kube.client import Cluster
from kube.errors import (
    ClusterError,
    GoneError,
    NotInstalledError,
    RefusedError,
    TooLargeError,
    UnavailableError,
)
from kube.receiving import Timeout
from routing.kinds import DEPLOYMENT_NAMES, DEPLOYMENTS, ROUTEMAPS, SERVICES, WEBHOOK_CONFIGURATIONS
from tests.unit.kube.api_server import ApiServer, Reply, status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NO_KIND = Reply(404, b"404 page not found\n")


def page(*names: str, then: str = "", padding: int = 0) -> Reply:
    items: list[Any] = [{"metadata": {"name": name, "padding": "x" * padding}} for name in names]
    return Reply(body={"metadata": {"resourceVersion": "7", "continue": then}, "items": items})


def listed(pages: Iterator[tuple[list[dict[str, Any]], str]]) -> list[tuple[list[str], str]]:
    return [([item["metadata"]["name"] for item in items], version) for items, version in pages]


def test_a_list_is_asked_for_page_by_page(server: ApiServer, cluster: Cluster) -> None:
    server.script = [page("a", "b", then="on"), page("c")]
    assert listed(cluster.pages(SERVICES, "x=y")) == [(["a", "b"], "7"), (["c"], "7")]
    assert [each.path for each in server.asked] == ["/api/v1/services"] * 2
    assert server.asked[0].query == {"labelSelector": "x=y", "limit": "100"}
    assert server.asked[1].query == {"labelSelector": "x=y", "limit": "100", "continue": "on"}


def test_of_a_kind_of_which_only_the_metadata_counts_no_more_is_asked_for(
    server: ApiServer, cluster: Cluster
) -> None:
    server.script = [page("a"), Reply(body=[])]
    assert listed(cluster.pages(DEPLOYMENT_NAMES, "")) == [(["a"], "7")]
    assert list(cluster.watch(DEPLOYMENT_NAMES, "", "7")) == []
    metadata = "application/json;g=meta.k8s.io;v=v1;as=PartialObjectMetadata"
    assert [each.headers["Accept"] for each in server.asked] == [f"{metadata}List", metadata]
    server.script = [page()]
    list(cluster.pages(SERVICES, ""))
    assert server.asked[-1].headers["Accept"] == "application/json"


def test_of_one_namespace_only_that_is_listed_and_watched(server: ApiServer, tmp_path: Path) -> None:
    cluster = Cluster(server.kubeconfig(tmp_path), "mine")
    server.script = [page(), Reply(body=[])]
    assert listed(cluster.pages(SERVICES, "")) == [([], "7")]
    assert list(cluster.watch(SERVICES, "", "7")) == []
    assert {each.path for each in server.asked} == {"/api/v1/namespaces/mine/services"}


def test_every_object_comes_once_and_no_page_is_held_when_the_next_is_asked_for(
    server: ApiServer, cluster: Cluster
) -> None:
    server.script = [page("a", "b", then="on"), page("c"), page("d")]
    assert [item["metadata"]["name"] for item in cluster.every(SERVICES)] == ["a", "b", "c"]
    server.script = [page("a", then="on"), page("b")]
    pages = cluster.pages(SERVICES, "")
    first, _ = next(pages)
    assert len(first) == 1
    next(pages)
    assert first == []


def test_a_list_that_go_spells_as_null_is_empty(server: ApiServer, cluster: Cluster) -> None:
    server.script = [Reply(body={"metadata": {"resourceVersion": "7"}, "items": None})]
    assert listed(cluster.pages(SERVICES, "")) == [([], "7")]


def test_a_page_that_is_too_large_is_asked_for_again_in_smaller_ones(
    server: ApiServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MOST_BYTES", 1_000)
    large = page("a", padding=1_000)
    server.script = [large, large, page("a", padding=2_000, then="on"), page("b", then="on"), page("c")]
    assert [names for names, _ in listed(cluster.pages(SERVICES, ""))] == [["a"], ["b"], ["c"]]
    assert [each.query["limit"] for each in server.asked] == ["100", "12", "1", "2", "4"]


def test_one_object_that_is_too_large_is_told(
    server: ApiServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MOST_BYTES", 1_000)
    monkeypatch.setattr(paging, "MOST_BYTES", 1_000)
    server.script = [page("a", padding=1_000)]
    with pytest.raises(TooLargeError, match=r"^GET /api/v1/services: the answer is larger than 1000 bytes$"):
        list(cluster.pages(SERVICES, ""))
    assert [each.query["limit"] for each in server.asked] == ["100", "12", "1"]


@given(st.integers(1, paging.MOST), st.integers(0, 1 << 26))
def test_the_next_page_is_bounded_by_count_growth_and_the_bytes_of_the_last(limit: int, size: int) -> None:
    found = paging.following(limit, size)
    assert 1 <= found <= min(paging.MOST, 2 * limit)
    assert found == 1 or found * size <= limit * paging.AIM_BYTES
    assert 1 <= paging.smaller(limit) <= limit
    assert limit == 1 or paging.smaller(limit) < limit


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"metadata": {}, "items": []},
        {"metadata": {"resourceVersion": "7"}, "items": 1},
        {"metadata": 1},
        [],
    ],
    ids=str,
)
def test_a_list_that_is_none_is_an_outage(server: ApiServer, cluster: Cluster, body: Any) -> None:
    server.script = [Reply(body=json.dumps(body).encode())]
    with pytest.raises(UnavailableError, match=r"^GET /api/v1/services: no "):
        list(cluster.pages(SERVICES, ""))


@pytest.mark.parametrize(
    "ask", [lambda each: each.pages(ROUTEMAPS, ""), lambda each: each.watch(ROUTEMAPS, "", "1")]
)
def test_a_kind_that_is_not_installed_is_told(
    server: ApiServer, cluster: Cluster, ask: Callable[[Cluster], Iterator[object]]
) -> None:
    server.script = [NO_KIND]
    with pytest.raises(
        NotInstalledError, match=r"^GET /apis/iter8.tools/v1alpha1/routemaps: 404 page not found"
    ):
        list(ask(cluster))


def event(kind: str = "ADDED", **about: Any) -> bytes:
    return json.dumps({"type": kind, "object": about}).encode() + b"\n"


def test_events_come_as_they_are_told_until_the_server_ends_the_watch(
    server: ApiServer, cluster: Cluster
) -> None:
    both = event(a="é") + event("BOOKMARK", b=2)
    server.script = [Reply(body=[both[:9], both[9:40], both[40:]])]
    assert list(cluster.watch(DEPLOYMENTS, "x=y", "5")) == [
        {"type": "ADDED", "object": {"a": "é"}},
        {"type": "BOOKMARK", "object": {"b": 2}},
    ]
    [asked] = server.asked
    assert asked.path == "/apis/apps/v1/deployments"
    assert asked.query == {
        "labelSelector": "x=y",
        "resourceVersion": "5",
        "allowWatchBookmarks": "true",
        "watch": "true",
        "timeoutSeconds": "300",
    }


def test_one_object_is_watched_by_its_name(server: ApiServer, cluster: Cluster) -> None:
    server.script = [Reply(body=[event(a=1)])]
    assert len(list(cluster.watch_one(WEBHOOK_CONFIGURATIONS[1], "teal"))) == 1
    assert server.asked[0].query["fieldSelector"] == "metadata.name=teal"


def test_an_event_of_any_depth_ends_no_watch(server: ApiServer, cluster: Cluster) -> None:
    deep = (
        b'{"type": "ADDED", "object": {"a": ' + b'{"f:a":' * 10_000 + b"1" + b"}" * 10_000 + b', "b": 1}}\n'
    )
    server.script = [Reply(body=[deep, event(c=1)])]
    first, second = cluster.watch(SERVICES, "", "5")
    assert first["object"]["b"] == 1
    assert second["object"] == {"c": 1}


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (event("ERROR", code=410, reason="Expired", message="too old resource version"), GoneError),
        (event("ERROR", code=403, message="no"), RefusedError),
        (event("ERROR", code=500, message="no"), UnavailableError),
        (event("ERROR", code="x"), RefusedError),
        (b"[]\n", UnavailableError),
        (b'{"type": "ADDED"}\n', UnavailableError),
        (b'{"type": 1, "object": {}}\n', UnavailableError),
        (b'{"type": "ADDED", "object": 1}\n', UnavailableError),
        (b"<html>\n", UnavailableError),
        (b'"\xff"\n', UnavailableError),
    ],
)
def test_a_watch_that_says_something_else_is_an_error(
    server: ApiServer, cluster: Cluster, told: bytes, wanted: type[ClusterError]
) -> None:
    server.script = [Reply(body=[event(a=1), told])]
    watch = cluster.watch(SERVICES, "", "5")
    assert next(watch)["object"] == {"a": 1}
    with pytest.raises(ClusterError) as caught:
        next(watch)
    assert type(caught.value) is wanted


def test_a_watch_that_is_refused_says_so(server: ApiServer, cluster: Cluster) -> None:
    server.script = [status(410, "Expired", "too old resource version")]
    with pytest.raises(GoneError, match=r"^GET /api/v1/services: too old resource version$"):
        list(cluster.watch(SERVICES, "", "5"))


def test_a_watch_that_breaks_is_an_outage(server: ApiServer, cluster: Cluster) -> None:
    server.script = [Reply(body=[event(a=1)], cut=True)]
    watch = cluster.watch(SERVICES, "", "5")
    next(watch)
    with pytest.raises(UnavailableError, match=r"^the watch of services broke: "):
        next(watch)


@pytest.mark.parametrize(
    "timeout", [Timeout(5.0, 0.1, 60.0), Timeout(5.0, 60.0, 0.1)], ids=["silence", "whole"]
)
def test_silence_and_time_end_a_watch_as_its_server_does(
    server: ApiServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, timeout: Timeout
) -> None:
    monkeypatch.setattr(client, "WATCH_TIMEOUT", timeout)
    server.script = [Reply(body=[event(a=1)], hang=True)]
    assert len(list(cluster.watch(SERVICES, "", "5"))) == 1


def test_silence_instead_of_a_watch_is_an_outage(
    server: ApiServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "WATCH_TIMEOUT", Timeout(5.0, 0.1, 60.0))
    server.script = [Reply(raw=b"H" * 1000, pause=1.0)]
    with pytest.raises(UnavailableError, match=r"^the watch of services broke: timed out"):
        list(cluster.watch(SERVICES, "", "5"))


def test_an_event_that_never_ends_is_an_outage_and_not_kept(
    server: ApiServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving.Answer.lines, "__defaults__", (1_000,))
    server.script = [Reply(body=[b"x" * 500, b"x" * 501])]
    with pytest.raises(UnavailableError, match="larger than 1000 bytes"):
        list(cluster.watch(SERVICES, "", "5"))

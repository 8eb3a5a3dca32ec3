"""The board follows what a source tells, through its faults."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from dashboard.board import Board
from dashboard.following import FIRST_PAUSE, Rows, why
from kube.errors import GoneError, NotInstalledError, RefusedError, UnavailableError
from kube.reflector import Pauses, Reflector
from routing.kinds import ROUTEMAPS
from tests.unit.cli.told import NOW, routemap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kube.errors import ClusterError
    from routing.kinds import Resource


NOT_ALLOWED = (
    "this account may not list and watch Routemaps here; name a namespace in which it may (-n), or get the "
    "right: routemaps is forbidden"
)


class Stopped(threading.Event):
    """Waits for nobody, and notes for how long it was to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout or 0.0)
        return self.is_set()


class Script:
    """A source that plays one thing after the other: a list, a watch's events, or an error."""

    def __init__(self, stopped: Stopped, *acts: Any) -> None:
        self._acts = list(acts)
        self._stopped = stopped
        self.asked: list[str] = []
        self.pauses = stopped.pauses

    def _next(self, asked: str) -> Any:
        self.asked.append(asked)
        if not self._acts:
            self._stopped.set()
            return []
        act = self._acts.pop(0)
        if isinstance(act, Exception):
            raise act
        return act

    def pages(self, resource: Resource, selector: str) -> Iterator[tuple[list[dict[str, Any]], str]]:
        assert (resource, selector) == (ROUTEMAPS, "")
        for index, page in enumerate(self._next("list")):
            yield page, f"{index}"

    def watch(self, resource: Resource, selector: str, version: str) -> Iterator[Mapping[str, Any]]:
        assert (resource, selector) == (ROUTEMAPS, "")
        yield from self._next(f"watch {version}")


def event(kind: str, name: str, version: str) -> dict[str, Any]:
    manifest = routemap(name=name)
    manifest["metadata"]["resourceVersion"] = version
    return {"type": kind, "object": manifest}


def play(*acts: Any) -> tuple[Script, list[str], Any]:
    """Return the source, the applications known at the end, and what is told of the watch."""
    stopped = Stopped()
    board, source = Board(lambda: NOW), Script(stopped, *acts)
    Reflector(source, Rows(board), stopped, Pauses(FIRST_PAUSE)).run()
    with board.reader() as reader:
        told = json.loads(reader.take(0.0, lambda: NOW) or "{}")
    return source, sorted(row["id"] for row in told["rows"]), told["watch"]


def test_what_is_listed_and_watched_is_on_the_board() -> None:
    pages = [[routemap(name="a"), routemap(name="b")], [routemap(name="c")]]
    events = [event("ADDED", "d", "7"), event("DELETED", "a", "8"), event("BOOKMARK", "x", "9")]
    source, known, watch = play(pages, events)
    assert source.asked == ["list", "watch 1", "watch 9"]
    assert known == ["default/b", "default/c", "default/d"]
    assert watch == {"live": True, "why": ""}


def test_a_version_that_is_too_old_has_all_listed_anew() -> None:
    source, known, _ = play([[routemap(name="a")]], GoneError("too old"), [[routemap(name="b")]])
    assert source.asked == ["list", "watch 0", "list", "watch 0"]
    assert known == ["default/b"]


def test_an_api_server_that_is_away_is_told_of_and_asked_again() -> None:
    away = UnavailableError("refused")
    source, known, watch = play([[routemap(name="a")]], away, away, [event("ADDED", "b", "3")], away)
    assert source.asked == ["list", *["watch 0"] * 3, *["watch 3"] * 2]
    assert source.pauses == [0.5, 1.0, 0.5]
    assert known == ["default/a", "default/b"]
    assert watch == {"live": True, "why": ""}


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            NotInstalledError("404"),
            "the API server knows no Routemaps: install Teal's chart, with crds.enabled=true",
        ),
        (
            RefusedError("routemaps is forbidden"),
            NOT_ALLOWED,
        ),
        (UnavailableError("timed out"), "the API server is out of reach: timed out"),
    ],
)
def test_why_nothing_is_heard_is_said_in_a_sentence(error: ClusterError, sentence: str) -> None:
    assert why(error) == sentence


def test_an_api_server_that_names_a_pause_gets_it() -> None:
    source, _, _ = play(UnavailableError("busy", 429, retry_after=30.0))
    assert source.pauses == [30.0]


def test_a_follower_that_is_stopped_takes_nothing_more() -> None:
    stopped = Stopped()
    board = Board(lambda: NOW)
    source = Script(stopped, [[]], [event("ADDED", "a", "1")])
    stopped.set()
    Reflector(source, Rows(board), stopped, Pauses(FIRST_PAUSE)).run()
    assert source.asked == []

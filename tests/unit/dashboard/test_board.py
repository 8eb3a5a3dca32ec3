"""Who is told of which change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.board import MOST_READERS, SPLITS_KEPT, Board, FullError, Reader
from tests.unit.cli.told import NOW, READY, routemap

AT_ONCE = 0.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(clock: Clock) -> Board:
    return Board(clock)


def taken(reader: Reader) -> Any:
    told = reader.take(AT_ONCE, lambda: NOW)
    return told and json.loads(told)


def split(name: str, text: str) -> dict[str, Any]:
    return routemap(READY | {"split": text, "override": text}, name)


def test_a_reader_is_told_everything_first_and_then_what_changes(board: Board) -> None:
    board.put(routemap())
    board.watching(live=True)
    with board.reader() as reader:
        first = taken(reader)
        assert (first["first"], first["now"], first["gone"]) == (True, NOW, [])
        assert first["watch"] == {"live": True, "why": ""}
        assert [row["id"] for row in first["rows"]] == ["default/httpbin"]
        assert taken(reader) is None
        board.put(split("shop", "shop-0=100"))
        then = taken(reader)
        assert (then["first"], then["watch"]) == (False, None)
        assert [row["id"] for row in then["rows"]] == ["default/shop"]


def test_an_empty_board_is_told_too(board: Board) -> None:
    with board.reader() as reader:
        assert taken(reader)["rows"] == []


def test_of_many_changes_that_wait_the_last_is_told(board: Board) -> None:
    with board.reader() as reader:
        taken(reader)
        for share in range(100):
            board.put(split("shop", f"shop-0={share}"))
        assert [row["override"] for row in taken(reader)["rows"]] == ["shop-0=99"]


def test_what_leaves_the_row_as_it_is_is_told_to_nobody(board: Board) -> None:
    board.put(routemap())
    with board.reader() as reader:
        taken(reader)
        again = routemap()
        again["metadata"]["resourceVersion"] = "7"
        board.put(again)
        assert taken(reader) is None


def test_what_goes_is_told_once(board: Board) -> None:
    board.put(routemap())
    with board.reader() as reader:
        taken(reader)
        board.drop("default/httpbin")
        board.drop("default/httpbin")
        told = taken(reader)
        assert (told["rows"], told["gone"]) == ([], ["default/httpbin"])
        board.drop("default/other")
        assert taken(reader) is None


def test_what_went_while_nobody_watched_goes_with_the_next_list(board: Board) -> None:
    board.put(routemap())
    board.put(routemap(name="shop"))
    with board.reader() as reader:
        taken(reader)
        board.only({"default/shop"})
        assert taken(reader)["gone"] == ["default/httpbin"]


def test_the_state_of_the_watch_is_told_when_it_changes(board: Board) -> None:
    with board.reader() as reader:
        assert taken(reader)["watch"] == {"live": False, "why": ""}
        board.watching("out of reach", live=False)
        assert taken(reader)["watch"] == {"live": False, "why": "out of reach"}
        board.watching("out of reach", live=False)
        assert taken(reader) is None


def test_splits_are_remembered_as_they_were_seen_and_only_the_last(board: Board, clock: Clock) -> None:
    for text in ("a=100", "a=100", "", "b=100"):
        clock.now += 1
        board.put(split("shop", text))
    assert board.splits("default/shop") == [(NOW + 1, "a=100"), (NOW + 4, "b=100")]
    for index in range(2 * SPLITS_KEPT):
        board.put(split("shop", f"a={index}"))
    assert len(board.splits("default/shop")) == SPLITS_KEPT
    board.drop("default/shop")
    assert board.splits("default/shop") == []


def test_a_split_that_is_none_is_not_remembered(board: Board) -> None:
    board.put(routemap(READY | {"split": ["odd"]}))
    assert board.splits("default/httpbin") == []


def test_there_is_room_for_so_many_readers_and_a_place_is_free_again(board: Board) -> None:
    places = [board.reader() for _ in range(MOST_READERS)]
    for place in places:
        place.__enter__()
    with pytest.raises(FullError, match="32 pages are open already; close one"), board.reader():
        pass
    places[0].__exit__(None, None, None)
    with board.reader():
        pass

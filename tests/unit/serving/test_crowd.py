from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from serving.crowd import Crowd

MOST = 8
ENTRIES = st.lists(st.integers(0, 5), max_size=60)
"""The peers of those who come, in order."""


def test_for_a_newcomer_the_idlest_of_the_peer_with_the_most_goes() -> None:
    crowd = Crowd[str](4)
    for name in ("mallory-1", "mallory-2", "mallory-3", "ada"):
        assert crowd.enter(name, name.partition("-")[0]) is None
    crowd.stir("mallory-1")
    assert crowd.enter("bert", "bert") == "mallory-2"
    assert "mallory-2" not in crowd
    assert sorted(crowd) == ["ada", "bert", "mallory-1", "mallory-3"]


def test_a_peer_with_the_most_makes_room_for_its_own_newcomer() -> None:
    crowd = Crowd[int](4)
    for number in range(2):
        crowd.enter(number, "ada")
        crowd.enter(number + 10, "mallory")
    assert [crowd.enter(number, "mallory") for number in (12, 13, 14)] == [10, 11, 12]


def test_one_that_has_left_makes_room_and_may_leave_again() -> None:
    crowd = Crowd[int](1)
    crowd.enter(1, "ada")
    crowd.leave(1)
    crowd.leave(1)
    assert len(crowd) == 0
    assert crowd.enter(2, "bert") is None


@given(ENTRIES)
def test_there_are_never_more_than_there_may_be_and_a_newcomer_is_always_in(peers: list[int]) -> None:
    crowd = Crowd[int](MOST)
    for number, peer in enumerate(peers):
        put_out = crowd.enter(number, peer)
        assert number in crowd
        assert put_out not in crowd
        assert len(crowd) == min(number + 1, MOST)


@given(ENTRIES)
def test_nobody_with_no_more_than_an_even_share_is_put_out(peers: list[int]) -> None:
    crowd, held = Crowd[int](MOST), Counter[int]()
    for number, peer in enumerate(peers):
        held[peer] += 1
        put_out = crowd.enter(number, peer)
        if put_out is not None:
            assert held[peers[put_out]] == max(held.values())
            held[peers[put_out]] -= 1

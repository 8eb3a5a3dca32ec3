from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.serving.turns import MOST_REMEMBERED, Turns


def served(turns: Turns[str], costs: dict[str, float], rounds: int) -> list[str]:
    """Serve so many turns of connections that come again at once; `costs` are seconds by peer."""
    order = []
    for _ in range(rounds):
        peer = turns.next()
        order.append(peer)
        turns.charge(peer, costs[peer])
        turns.add(peer, peer)
    return order


def queued(*peers: str) -> Turns[str]:
    turns = Turns[str]()
    for peer in peers:
        turns.add(peer, peer)
    return turns


def test_each_peer_gets_the_same_time_whatever_its_requests_cost() -> None:
    order = served(queued("mallory", "ada"), {"mallory": 1.0, "ada": 0.1}, 22)
    assert order.count("ada") == 10 * order.count("mallory")


def test_a_peer_with_many_connections_gets_no_more_turns() -> None:
    turns = queued(*["mallory"] * 100, "ada")
    assert served(turns, {"mallory": 1.0, "ada": 1.0}, 8).count("ada") == 4


def test_the_connections_of_a_peer_are_served_in_the_order_of_their_coming() -> None:
    turns = Turns[int]()
    for number in range(3):
        turns.add(number, "ada")
    assert [turns.next() for _ in range(3)] == [0, 1, 2]
    assert not turns
    with pytest.raises(ValueError, match="empty"):
        turns.next()


def test_who_comes_late_has_saved_up_nothing() -> None:
    turns = queued("ada")
    served(turns, {"ada": 1.0}, 100)
    turns.add("bert", "bert")
    order = served(turns, {"ada": 1.0, "bert": 1.0}, 10)
    assert order.count("ada") in (4, 5, 6)


def test_peers_that_come_and_go_are_forgotten() -> None:
    turns = Turns[int]()
    for number in range(3 * MOST_REMEMBERED):
        turns.add(number, number)
        assert turns.next() == number
        turns.charge(number, 1.0)
    assert len(vars(turns)["_used"]) <= MOST_REMEMBERED + 1


@given(st.lists(st.sampled_from(["ada", "bert", "mallory"]), min_size=1), st.floats(0.001, 10.0))
def test_everyone_who_waits_is_served_once(peers: list[str], cost: float) -> None:
    turns = Turns[int]()
    for number, peer in enumerate(peers):
        turns.add(number, peer)
    seen = []
    while turns:
        number = turns.next()
        seen.append(number)
        turns.charge(peers[number], cost)
    assert sorted(seen) == list(range(len(peers)))

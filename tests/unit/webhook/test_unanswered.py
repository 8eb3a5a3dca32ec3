from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webhook.serving.unanswered import Unanswered

MOST = 100


def held(*sizes: tuple[str, str, int, bool]) -> Unanswered[str]:
    unanswered = Unanswered[str](MOST)
    for member, peer, size, whole in sizes:
        unanswered.hold(member, peer, size, whole=whole)
    return unanswered


def test_while_there_is_room_nobody_has_to_go() -> None:
    assert held(("a", "ada", MOST, False)).greediest() is None


def test_of_the_peer_with_the_most_bytes_the_oldest_unfinished_request_goes() -> None:
    unanswered = held(
        ("m1", "mallory", 30, True),
        ("m2", "mallory", 20, False),
        ("m3", "mallory", 25, False),
        ("a1", "ada", 40, False),
    )
    assert unanswered.greediest() == "m2"
    unanswered.hold("m2", "mallory", 0, whole=False)
    assert unanswered.greediest() is None


def test_of_requests_that_are_all_whole_the_last_goes() -> None:
    assert held(("a1", "ada", 60, True), ("a2", "ada", 50, True)).greediest() == "a2"


def test_requests_are_counted_while_something_of_them_is_held() -> None:
    unanswered = held(("a1", "ada", 1, False), ("a2", "ada", 1, True))
    assert unanswered.requests == 2
    unanswered.hold("a1", "ada", 0, whole=False)
    assert unanswered.requests == 1


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40), st.booleans())))
def test_letting_go_of_whom_it_names_always_makes_room(changes: list[tuple[int, int, bool]]) -> None:
    unanswered, sizes = Unanswered[int](MOST), dict[int, int]()
    for member, size, whole in changes:
        sizes[member] = size
        unanswered.hold(member, member % 3, size, whole=whole)
        while (greediest := unanswered.greediest()) is not None:
            peers = [sum(size for other, size in sizes.items() if other % 3 == peer) for peer in range(3)]
            assert peers[greediest % 3] == max(peers)
            sizes[greediest] = 0
            unanswered.hold(greediest, greediest % 3, 0, whole=False)
        assert sum(sizes.values()) <= MOST

"""The time that passes go by, whatever a node's clock is set to, and whoever leads."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.clock import LASTING_SECONDS, NEAR_SECONDS, STEERED, SteadyClock
from tests.unit.routing.rollouts import BAD, CHECKED, GOOD, OPEN, Play
from tests.unit.routing.worlds import NOW

if TYPE_CHECKING:
    from routing.reading.rollout_status import Told

SETTINGS = st.sampled_from([0.0, 0.0, 1.0, -3600.0, 3600.0, 86_400.0 * 365, -86_400.0])
"""By how much somebody sets a node's clock."""
PASSING = st.sampled_from([0.25, 1.0, 5.0, 59.0, 60.0, 120.0])


class Node:
    """A node with a clock that can be set, beside an API server; `passed`: seconds that have really gone."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.passed, self.ahead, self.server_ahead = 0.0, ahead, 0.0
        self.booted = 0.0
        self.clock = SteadyClock(lambda: self.server + self.ahead, lambda: self.passed + self.booted)

    @property
    def server(self) -> float:
        return NOW + self.passed + self.server_ahead

    def hear(self) -> None:
        """Have an answer of the API server come, with its whole seconds."""
        self.clock.heard(format_datetime(datetime.fromtimestamp(int(self.server), UTC), usegmt=True))


@given(SETTINGS, st.lists(st.tuples(PASSING, SETTINGS, st.booleans()), max_size=12))
def test_it_is_the_api_servers_time_and_goes_on_evenly_whatever_the_node_is_set_to(
    ahead: float, moments: list[tuple[float, float, bool]]
) -> None:
    node = Node(ahead)
    node.hear()
    begin = node.clock() - node.passed
    assert abs(begin - NOW) <= NEAR_SECONDS
    for seconds, setting, answered in moments:
        node.passed += seconds
        node.ahead += setting
        if answered:
            node.hear()
        assert node.clock() - node.passed == pytest.approx(begin, abs=1e-3 + STEERED * node.passed)
    assert node.clock.set_at == 0


@given(
    st.lists(st.tuples(SETTINGS, st.booleans()), min_size=4, max_size=8),
    st.integers(1, 3),
    st.sampled_from([GOOD, OPEN, BAD]),
)
def test_a_rollout_comes_to_the_same_end_as_with_a_clock_that_nobody_sets(
    settings: list[tuple[float, bool]], step: int, last: tuple[Told, ...]
) -> None:
    """A node's clock may be set at any time, and another node lead, whose clock is another."""
    assert played(settings, step, last) == played([], step, last)


def played(settings: list[tuple[float, bool]], step: int, last: tuple[Told, ...]) -> tuple[object, ...]:
    """Return the end of a rollout whose evidence is good, and `last` in a step."""
    node = Node()
    node.hear()
    play = Play(CHECKED, now=node.clock()).look()
    for turn in range(120):
        setting, another = settings[turn // 4] if turn // 4 < len(settings) else (0.0, False)
        if another and turn % 4 == 0:
            passed, node = node.passed, Node(setting)
            node.passed, node.booted = passed, 12_345.0
            node.hear()
        node.ahead += setting if turn % 4 == 1 else 0.0
        node.passed += 10.0
        play.now = node.clock()
        assert play.state is not None
        play.look(findings=last if play.state.step == step else GOOD)
    return (*play.standing, play.reason)


@pytest.mark.parametrize("faster", [2e-4, -2e-4])
def test_a_node_whose_clock_runs_apart_is_kept_near_and_that_is_no_setting_of_a_clock(faster: float) -> None:
    node = Node()
    node.hear()
    for _ in range(3 * 86_400 // 60):
        node.passed += 60
        node.booted += 60 * faster
        node.hear()
    assert abs(node.clock() - node.server) <= 1
    assert node.clock.set_at == 0


def test_an_api_server_whose_clock_is_set_is_believed_when_it_has_said_so_for_a_minute() -> None:
    node = Node()
    node.hear()
    node.server_ahead = 3600
    for _ in range(int(LASTING_SECONDS)):
        node.hear()
        node.passed += 1
        assert abs(node.clock() - node.passed - NOW) <= 1
        assert node.clock.set_at == 0
    node.hear()
    assert abs(node.clock() - node.server) <= NEAR_SECONDS
    assert node.clock.set_at == node.clock()


def test_of_two_api_servers_that_differ_the_one_that_was_heard_first_has_the_say() -> None:
    node = Node()
    node.hear()
    for ahead in [60, 60, 0] * 60:
        node.server_ahead = ahead
        node.hear()
        node.passed += 5
    assert abs(node.clock() - node.passed - NOW) <= 1
    assert node.clock.set_at == 0


@pytest.mark.parametrize("date", ["", "now", "Sun, 99 Nov 2026 08:00:00 GMT", "\0", "Sun, 29 Nov 99999"])
def test_a_date_that_is_none_says_nothing(date: str) -> None:
    node = Node(3600)
    node.clock.heard(date)
    assert node.clock() == NOW + 3600
    node.hear()
    assert abs(node.clock() - NOW) <= NEAR_SECONDS

"""What bad candidates cost under Teal's, Flagger's and Argo Rollouts' analyses: as each one's docs say."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tools.bench.evidence import beside
from tools.bench.evidence.losses import CASES, Case, bad_and_all, by_peer, by_teal, downs
from tools.bench.evidence.peers import PEERS, by_chance
from tools.bench.evidence.plays import End, Setting
from tools.bench.history import section

TUTORIAL, QUICKEST, DOCS, MINUTE = PEERS
ERRORS, SLOW, TESTERS, CRASHING = CASES
GOOD = Case("good", "failed", 99.5)


def test_the_pages_table_is_what_is_calculated() -> None:
    assert section(beside.PAGE.read_text("utf-8"), "losses").strip() == beside.losses()


@pytest.mark.parametrize(("peer", "minutes"), [(TUTORIAL, 5), (DOCS, 40), (MINUTE, 17)])
def test_a_good_candidate_takes_as_long_as_the_docs_say(peer: object, minutes: int) -> None:
    (found,) = [each for each in PEERS if each is peer]
    loss = by_peer(GOOD, found, docs=False)
    assert (loss.end, loss.seconds, loss.lost) == (End.PROMOTED, 60.0 * minutes, 0.0)


def test_flagger_rolls_back_after_interval_times_threshold() -> None:
    loss = by_peer(ERRORS, TUTORIAL, docs=True)
    assert (loss.end, loss.seconds) == (End.ROLLED_BACK, 60.0 * 5)
    assert loss.lost == pytest.approx(300 * 0.10 * 0.02 * 300)


def test_argos_fourth_measurement_from_40_percent_on_aborts() -> None:
    loss = by_peer(ERRORS, DOCS, docs=False)
    assert (loss.end, loss.seconds) == (End.ROLLED_BACK, 600.0 + 3 * 300)
    assert loss.lost == pytest.approx(300 * 0.02 * (0.2 * 600 + 0.4 * 600 + 0.6 * 300))


def test_a_limit_that_lets_it_pass_promotes_it() -> None:
    assert by_peer(ERRORS, DOCS, docs=True).end is End.PROMOTED
    assert by_peer(SLOW, TUTORIAL, docs=True).end is End.PROMOTED
    assert by_peer(SLOW, TUTORIAL, docs=False).end is End.ROLLED_BACK


def test_teal_promotes_the_good_and_rolls_every_case_back() -> None:
    assert by_teal(GOOD).end is End.PROMOTED
    assert {by_teal(case).end for case in CASES} == {End.ROLLED_BACK}


def test_teal_with_its_own_limits_is_told_when_intervals_are_over() -> None:
    assert by_teal(TESTERS).seconds == 30.0 + 15.0 + 10.0
    assert by_teal(TESTERS).lost == 20.0 * 55.0


def test_a_pod_that_crashes_is_down_ever_longer() -> None:
    assert list(downs(200.0)) == [(30.0, 33.0), (63.0, 76.0), (106.0, 129.0), (159.0, 202.0)]
    assert bad_and_all(CRASHING, 10, 0.0, 60.0) == pytest.approx((30 * 3.0, 30 * 60.0))


def test_no_share_grows_while_the_pods_are_down() -> None:
    downtime = [times for times in downs(700.0) if times[0] < 600.0 < times[1]]
    assert downtime
    loss = by_peer(CRASHING, DOCS, docs=True)
    kept = sum(min(to, 600.0) - since for since, to in downs(600.0) if since < 600.0)
    assert loss.lost > 60 * kept
    assert loss.seconds == 1800.0


def test_pods_that_stay_down_beyond_the_deadline_roll_back() -> None:
    loss = by_peer(CRASHING, TUTORIAL, docs=True)
    assert (loss.end, loss.seconds) == (End.ROLLED_BACK, 180.0)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_no_requests_are_failures_until_it_rolls_back(peer: object) -> None:
    (found,) = [each for each in PEERS if each is peer]
    loss = by_chance(found, 98.5, Setting(0.0, 0.0), Random(1))  # noqa: S311 - no secret
    assert loss.end is End.ROLLED_BACK
    assert loss.seconds == found.begin + found.every * (found.most - bool(found.begin))


def test_the_table_of_little_traffic_has_a_line_for_each_setting() -> None:
    counted = Counter({End.PROMOTED: 1, End.HELD: 3})
    kinds = [(s, m) for s in range(len(beside.SETTINGS)) for m in range(len(beside.METHODS))]
    lines = beside.seldom(dict.fromkeys(kinds, counted)).splitlines()
    assert len(lines) == 2 + len(beside.SETTINGS)
    assert lines[2].startswith("| 0.5 % | 0.1 | 25.0 / 75.0 / 0 |")


def test_a_seed_is_a_parts_own() -> None:
    assert beside.ends(3, 1, 40) == beside.ends(3, 1, 40)
    assert beside.ends(6, 0, 5)[End.PROMOTED] == 0

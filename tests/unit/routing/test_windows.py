"""Windows of a rollout: when it may go on by itself, and when the next opens."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from routing.reading.rollout_status import Phase
from routing.reading.windows import zone_of
from routing.stepping.rollout import Rollout, Step, Window
from routing.stepping.windows import closed_until, is_open
from tests.unit.routing.rollouts import BAD, CHECKED, GOOD, Play
from tests.unit.routing.worlds import NOW

WORKDAYS = frozenset(range(5))
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = (UTC, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kolkata"))
MINUTE = 60
WEEKS = 14 * 86_400
MINUTES = st.integers(0, 1439)
WINDOWS = st.lists(
    st.builds(
        Window,
        MINUTES | st.sampled_from([60, 90, 120, 150, 180]),
        MINUTES | st.just(1440),
        st.frozensets(st.integers(0, 6), min_size=1),
        st.sampled_from(ZONES),
    ),
    min_size=1,
    max_size=3,
)


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def utc(seconds: float | None) -> str:
    return "open" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%a %d %H:%M")


def office(**changed: object) -> Window:
    told = {"begins": 480, "ends": 1080, "days": WORKDAYS, "zone": BERLIN} | changed
    return Window(**told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-01-05T06:59:59Z", "Mon 05 07:00"),
        ("2026-01-05T07:00:00Z", "open"),
        ("2026-01-05T16:59:59Z", "open"),
        ("2026-01-05T17:00:00Z", "Tue 06 07:00"),
        ("2026-01-09T17:00:00Z", "Mon 12 07:00"),
        ("2026-07-06T05:59:00Z", "Mon 06 06:00"),
        ("2026-07-06T06:00:00Z", "open"),
        ("2026-03-27T18:00:00Z", "Mon 30 06:00"),
        ("2026-10-23T18:00:00Z", "Mon 26 07:00"),
    ],
    ids=str,
)
def test_office_hours_are_those_of_the_office_in_summer_and_in_winter(now: str, opens: str) -> None:
    assert utc(closed_until((office(),), at(now))) == opens


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-01-09T21:59:00Z", "Fri 09 22:00"),
        ("2026-01-09T22:00:00Z", "open"),
        ("2026-01-10T05:59:00Z", "open"),
        ("2026-01-10T06:00:00Z", "Mon 12 22:00"),
    ],
    ids=str,
)
def test_a_window_that_passes_midnight_is_of_the_day_on_which_it_begins(now: str, opens: str) -> None:
    night = office(begins=1320, ends=360, zone=UTC)
    assert utc(closed_until((night,), at(now))) == opens


def test_a_window_in_an_hour_that_a_clock_skips_opens_after_it_and_in_one_that_comes_twice_twice() -> None:
    early = office(begins=150, ends=190, days=frozenset({6}))
    assert utc(closed_until((early,), at("2026-03-29T00:00:00Z"))) == "Sun 29 01:00", "02:30 is skipped"
    quarter = office(begins=150, ends=165, days=frozenset({6}))
    assert utc(closed_until((quarter,), at("2026-10-25T00:20:00Z"))) == "Sun 25 00:30"
    assert utc(closed_until((quarter,), at("2026-10-25T00:45:00Z"))) == "Sun 25 01:30", "and once more"
    assert utc(closed_until((quarter,), at("2026-03-29T00:00:00Z"))) == "Sun 05 00:30", "a week later"


def test_without_windows_none_is_closed_and_of_several_the_first_that_opens_counts() -> None:
    assert closed_until((), NOW) is None
    sunday = at("2026-01-04T12:00:00Z")
    assert utc(closed_until((office(), office(begins=360)), sunday)) == "Mon 05 05:00"
    assert closed_until((office(), office(days=frozenset({6}))), sunday) is None


@settings(max_examples=25, deadline=None)
@given(
    WINDOWS, st.sampled_from(["2026-03-22", "2026-04-01", "2026-10-20", "2026-10-28", "2026-07-01"]), MINUTES
)
@example([office(begins=150, ends=190, days=frozenset({6}))], "2026-03-22", 0)
def test_the_next_opening_is_the_first_open_minute_of_a_walk_through_two_weeks(
    windows: list[Window], day: str, minute: int
) -> None:
    now = (datetime.fromisoformat(f"{day}T00:00:00Z") + timedelta(minutes=minute)).timestamp()
    opens = closed_until(windows, now)
    for when in range(int(now), int(now) + WEEKS, MINUTE):
        if any(is_open(window, when) for window in windows):
            assert (opens or now) == when
            return
    assert opens is not None
    assert opens >= now + WEEKS


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Berlin",
        "Europe",
        "Europe/",
        "../etc/passwd",
        "/etc/localtime",
        "Europe/Berlin/../Paris",
        "A" * 99,
        "ü",
    ],
)
def test_what_is_no_time_zone_is_none_of_any_file_either(name: str) -> None:
    assert zone_of(name) is None


def closed_at(now: float) -> Window:
    """Return a window of two hours that opens an hour after a time."""
    opens = datetime.fromtimestamp(now + 3600, UTC)
    begins = opens.hour * 60
    return Window(begins, (begins + 120) % 1440, frozenset(range(7)), UTC)


WINDOW = closed_at(NOW)
OPENS = closed_until((WINDOW,), NOW) or 0.0
TOLD = datetime.fromtimestamp(OPENS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
TWO = Rollout((Step(5, 60.0), Step(50, 60.0)), windows=(WINDOW,), by_order=True)


def test_a_first_step_waits_for_its_window_and_begins_when_it_opens() -> None:
    play = Play(TWO).look()
    assert (play.standing, play.reason) == (("Waiting", 0, 0), "WindowClosed")
    assert play.message == f"httpbin-1 gets its first requests at {TOLD}, when a window opens"
    assert play.again_at == OPENS
    assert play.after(OPENS - NOW - 1).reason == "WindowClosed"
    assert play.after(1).standing == ("Stepping", 1, 5)


def test_a_step_that_is_through_waits_for_its_window_and_a_hand_does_not() -> None:
    play = Play(TWO).after(OPENS - NOW)
    play.after(7100)
    assert play.standing == ("Stepping", 2, 50), "it began in the window, and its minute went by in it"
    play = Play(TWO, now=OPENS + 7190).look()
    assert play.standing == ("Stepping", 1, 5)
    play.after(61)
    assert (play.standing, play.reason) == (("Stepping", 1, 5), "WindowClosed")
    assert play.message.endswith(
        "and it is through; it goes on at " + utc_of(OPENS + 86_400) + ", when a window opens"
    )
    assert play.again_at is not None
    assert play.again_at <= OPENS + 86_400
    assert play.wish("skip").standing == ("Stepping", 2, 50)


def utc_of(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_nobody_is_promoted_while_no_window_is_open() -> None:
    play = Play(TWO, now=OPENS).look()
    play.after(60).after(60)
    assert play.reason == "Promoting"
    play.now = OPENS + 7200
    assert (play.look().reason, play.standing) == ("WindowClosed", ("Succeeded", 2, 50))
    assert play.message == (
        "httpbin-1 has taken every step and stays at 50 %; it becomes the primary at "
        f"{utc_of(OPENS + 86_400)}, when a window opens"
    )
    assert play.again_at == OPENS + 86_400
    assert play.after(86_400 - 7200).reason == "Promoting"


def test_what_is_bad_is_rolled_back_while_no_window_is_open_and_what_is_good_is_told() -> None:
    checked = Rollout(CHECKED.steps, CHECKED.checks, CHECKED.enough, windows=(WINDOW,))
    play = Play(checked, now=OPENS + 7190).look(findings=GOOD).after(120)
    assert play.reason == "WindowClosed"
    assert play.state is not None
    assert play.state.checks == GOOD
    assert play.look(findings=BAD).standing == (str(Phase.FAILED), 1, 0)


def test_zones_are_there_where_the_system_has_none() -> None:
    lock = Path(__file__).parents[3] / "requirements.lock"
    assert "\ntzdata==" in lock.read_text("utf-8"), "a slim image has no /usr/share/zoneinfo"
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[])
    try:
        assert ZoneInfo.no_cache("Europe/Berlin").key == "Europe/Berlin"
    finally:
        zoneinfo.reset_tzpath(to=before)

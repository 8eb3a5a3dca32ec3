"""Since when a version has been ready, whatever the clock does."""

from __future__ import annotations

from reconciler.passes.readiness import Readiness

NOW = 1_700_000_000.0


def test_it_is_ready_since_it_was_first_seen_so() -> None:
    seen = Readiness().seen(NOW, ready=True)
    assert seen.since == NOW
    assert seen.seen(NOW + 60, ready=True).since == NOW


def test_that_it_has_been_without_is_known_however_long_it_was_ready_before_and_afterwards() -> None:
    found = Readiness().seen(NOW, ready=True)
    assert not found.was_unready, "it was ready when it was first seen"
    lost = found.lost()
    assert (lost.was_unready, lost.seen(NOW + 3600, ready=True).flaps) == (True, 0)
    assert lost.seen(NOW + 3600, ready=True).seen(NOW + 7200, ready=True).was_unready
    assert Readiness().seen(NOW, ready=False).seen(NOW + 1, ready=True).was_unready


def test_a_clock_that_is_set_back_has_it_be_ready_since_now_and_not_in_an_hour() -> None:
    seen = Readiness().seen(NOW, ready=True).seen(NOW - 3600, ready=True)
    assert seen.since == NOW - 3600
    assert seen.seen(NOW - 3590, ready=True).since == NOW - 3600
    assert seen.flaps == 0, "it has lost nothing"

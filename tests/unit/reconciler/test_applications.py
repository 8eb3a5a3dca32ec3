"""Figures by application: what the status tells, bounded, and dropped with the Routemap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, generate_latest

from reconciler.serving.applications import MOST_APPLICATIONS, Applications
from routing.reading import status

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    Name = tuple[str, str]

NAME = ("default", "httpbin")


def routemap(split: str = "httpbin-0=20 httpbin-1=80", **told: Any) -> dict[str, Any]:
    versions = [
        {"name": "httpbin-0", "state": "ready", "weight": 20},
        {"name": "httpbin-1", "state": "starting", "weight": 80},
    ]
    return {"status": {"split": split, "versions": versions, **told}}


def condition(kind: str, holds: str, reason: str) -> dict[str, str]:
    return {"type": kind, "status": holds, "reason": reason, "lastTransitionTime": "2026-01-01T00:00:00Z"}


def figures(applications: Applications) -> list[str]:
    registry = CollectorRegistry()
    registry.register(applications)
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if not line.startswith("#")]


class Watched(Applications):
    """Figures of Routemaps that a store has."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[Name, Mapping[str, Any]] = {}
        self.read = lambda *name: self._kept.get(name)

    def see(self, routemap: Mapping[str, Any] | None, name: Name = NAME) -> None:
        """Have a Routemap become another."""
        before = self._kept.pop(name, None)
        if routemap is not None:
            self._kept[name] = {"status": status.read(routemap.get("status")).manifest()}
        self.seen(name, routemap, before)


def test_a_version_has_its_weight_and_whether_it_is_ready() -> None:
    applications = Watched()
    applications.see(routemap())
    of = 'namespace="default",routemap="httpbin"'
    assert figures(applications) == [
        f'teal_version_weight{{{of},version="httpbin-0"}} 20.0',
        f'teal_version_weight{{{of},version="httpbin-1"}} 80.0',
        f'teal_version_ready{{{of},version="httpbin-0"}} 1.0',
        f'teal_version_ready{{{of},version="httpbin-1"}} 0.0',
        f"teal_split_changes_total{{{of}}} 0.0",
        "teal_routemaps_without_figures 0.0",
    ]


def test_a_condition_has_its_reason_and_one_that_is_none_of_teals_is_left_out() -> None:
    applications = Watched()
    conditions = [condition("Ready", "False", "Held"), condition("Foreign", "True", "Odd")]
    applications.see(routemap(conditions=conditions))
    found = [line for line in figures(applications) if line.startswith("teal_routemap_condition")]
    assert found == [
        'teal_routemap_condition{condition="Ready",namespace="default",reason="Held",routemap="httpbin"} 0.0'
    ]


def test_a_version_has_its_reason_where_one_is_told() -> None:
    applications = Watched()
    versions = [{"name": "a-0", "state": "starting", "weight": 0, "reason": "NotWatched"}, {"name": "a-1"}]
    applications.see({"status": {"versions": versions}})
    found = [line for line in figures(applications) if line.startswith("teal_version_reason")]
    of = 'namespace="default",reason="NotWatched",routemap="httpbin",version="a-0"'
    assert found == [f"teal_version_reason{{{of}}} 1.0"]


def test_an_override_has_its_reason_until_it_goes() -> None:
    applications = Watched()
    for holds, reason in (("True", "Applied"), ("False", "NotListed")):
        told = {"conditions": [condition("Applied", holds, reason)]}
        applications.overridden(NAME, {"status": told})
    found = [line for line in figures(applications) if line.startswith("teal_weight_override")]
    of = 'namespace="default",reason="NotListed",routemap="httpbin"'
    assert found == [f"teal_weight_override_applied{{{of}}} 0.0"]
    applications.overridden(NAME, {"status": {}})
    applications.overridden(NAME, None)
    assert figures(applications) == ["teal_routemaps_without_figures 0.0"]


def test_changes_of_the_split_are_counted_from_the_first_look_on() -> None:
    applications = Watched()
    for split in ("a=100", "a=100", "a=50 b=50", "a=100"):
        applications.see(routemap(split))
    assert 'teal_split_changes_total{namespace="default",routemap="httpbin"} 2.0' in figures(applications)


def test_what_has_gone_has_no_figures() -> None:
    applications = Watched()
    applications.see(routemap())
    applications.see(None)
    applications.see(None)
    assert figures(applications) == ["teal_routemaps_without_figures 0.0"]


def test_more_applications_than_have_figures_are_counted_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    applications = Watched()
    for number in range(MOST_APPLICATIONS + 3):
        applications.see(routemap(), ("default", f"a{number}"))
    found = figures(applications)
    assert len([line for line in found if line.startswith("teal_split_changes_total")]) == MOST_APPLICATIONS
    assert found[-1] == "teal_routemaps_without_figures 3.0"
    assert [record.message for record in caplog.records] == ["more Routemaps than have figures"]
    applications.see(None, ("default", "a0"))
    assert figures(applications)[-1] == "teal_routemaps_without_figures 2.0"
    assert 'teal_split_changes_total{namespace="default",routemap="a1000"} 0.0' in figures(applications)


def test_a_status_that_a_hand_wrote_stops_nobody() -> None:
    applications = Watched()
    applications.see({"status": {"versions": [None, {"name": "../x"}], "conditions": 3}})
    applications.see({}, ("default", "other"))
    assert "teal_routemaps_without_figures 0.0" in figures(applications)


def test_a_rollout_has_its_step_and_its_share_by_the_candidate() -> None:
    applications = Watched()
    rollout = {"version": "httpbin-1", "phase": "Stepping", "step": 2, "share": 25}
    applications.see({"status": {"rollout": rollout}})
    applications.see({"status": {"rollout": {"phase": "Waiting"}}}, ("default", "other"))
    of = 'namespace="default",routemap="httpbin",version="httpbin-1"'
    assert [line for line in figures(applications) if line.startswith("teal_rollout")] == [
        f"teal_rollout_step{{{of}}} 2.0",
        f"teal_rollout_share{{{of}}} 25.0",
    ]

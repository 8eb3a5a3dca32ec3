"""A watched Deployment that no Routemap lists: what its user is told, and when."""

from __future__ import annotations

from typing import Any

import pytest

from routing import names
from routing.facts import Facts
from routing.leftovers import plan_orphan
from routing.passes import Pass
from routing.plan import LOOK_AGAIN_SECONDS
from routing.telling.events import Event
from routing.telling.unlisted import UNLISTED_SECONDS, Notice, Unlisted, notice_of
from routing.writes import SeenVersion

NOW = 1_700_000_000.0
REMEDY = (
    "add it to spec.versions of its Routemap, or take the label off: "
    "kubectl label deployment shop-2 --namespace a iter8.tools/watch-"
)


def deployment(**metadata: Any) -> dict[str, Any]:
    about = {"namespace": "a", "name": "shop-2", "uid": "12ab", "labels": {names.WATCH: "true"}}
    return {"metadata": about | metadata}


def routemap(name: str, *versions: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"versions": [{"name": each} for each in versions]}}


def passed(
    since: float, *routemaps: dict[str, Any], made: dict[str, Any] | None = None, routed: bool = False
) -> Pass:
    version = SeenVersion(Facts("shop-2"), made or deployment())
    return plan_orphan(version, NOW, routed=routed, unlisted=Unlisted(since, routemaps))


def told(*routemaps: dict[str, Any]) -> str:
    return notice_of(deployment(), routemaps).event.message


def test_it_is_told_once_it_has_been_alone_for_a_while() -> None:
    assert passed(NOW) == Pass(again_at=NOW + UNLISTED_SECONDS)
    due = passed(NOW - UNLISTED_SECONDS, routemap("shop", "shop-0"))
    message = f"no Routemap lists shop-2, so it gets no requests (shop lists shop-0); {REMEDY}"
    assert due == Pass(notice=Notice(deployment(), Event("Normal", "NotListed", message)))


def test_its_event_has_one_name_whoever_tells() -> None:
    assert notice_of(deployment(), ()).name == "shop-2.12ab"


@pytest.mark.parametrize(
    "metadata",
    [{"labels": {}}, {"labels": {names.WATCH: "false"}}, {"deletionTimestamp": "2026-01-01T00:00:00Z"}],
)
def test_what_is_not_to_get_requests_is_not_told_of(metadata: dict[str, Any]) -> None:
    assert passed(0.0, made=deployment(**metadata)) == Pass()


def test_whose_user_has_been_told_or_is_not_there_is_left_alone() -> None:
    assert plan_orphan(SeenVersion(Facts("shop-2"), deployment()), NOW, routed=False) == Pass()
    nobody = SeenVersion(Facts("shop-2"))
    assert plan_orphan(nobody, NOW, routed=False, unlisted=Unlisted(0.0, ())) == Pass()


def test_one_that_still_drains_is_told_of_later() -> None:
    marked = deployment(finalizers=[names.MARK])
    assert passed(0.0, made=marked, routed=True) == Pass(again_at=NOW + LOOK_AGAIN_SECONDS)
    freed = passed(0.0, made=marked)
    assert [len(freed.after), freed.notice is not None] == [1, True]


def test_which_routemaps_there_are_is_told_bounded_and_only_with_names_that_are_some() -> None:
    assert "(there is none in namespace a)" in told()
    assert "(shop lists nothing)" in told({"metadata": {"name": "shop"}, "spec": 5})
    assert "(shop lists shop-0)" in told(routemap("shop", "shop-0", "\x1b[31m", 7))
    many = told(*(routemap(f"r{number}", "v") for number in range(9, 0, -1)))
    assert "(r1 lists v; r2 lists v; r3 lists v; r4 lists v; and 5 more)" in many
    assert len(told(*(routemap("r", *(f"{'v' * 60}{number}" for number in range(200))),) * 9)) < 3_000

"""`teal` on a real API server, with exactly the rights that docs/cli.md tells of and with less."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cli.rights import RIGHTS
from routing.kinds import ROUTEMAPS, WEIGHT_OVERRIDES
from tests.api.bringing_about import change
from tests.api.command_line import FULL, ROUTEMAP, Bench, Ended
from tests.unit.routing import iter8s

if TYPE_CHECKING:
    from cli.rights import Right

pytestmark = pytest.mark.usefixtures("controller")
LINES = {
    "status": ["status"],
    "status APP": ["status", "httpbin"],
    "weights APP VERSION=WEIGHT": ["weights", "httpbin", "httpbin-0=70", "httpbin-1=30"],
    "history APP": ["history", "httpbin"],
    "diff -f FILE": ["diff", "-f", "-"],
    "weights APP --reset": ["weights", "httpbin", "--reset"],
    "rollout APP WISH": ["rollout", "httpbin", "pause"],
    "migrate": ["migrate"],
}
"""A line of each command in RIGHTS but those that go on, which test_promoting.py, test_bringing_in.py and
test_dashboard_live.py try to their ends."""
FORESEEN = """\
httpbin in NAMESPACE: the route changes
  now   httpbin-0=50 httpbin-1=50
  then  httpbin-0=20 httpbin-1=80
  httpbin-0 goes from 50 % to 20 %
  httpbin-1 goes from 50 % to 80 %
--- VirtualService NAMESPACE/httpbin now
+++ VirtualService NAMESPACE/httpbin then
"""


def by_steps(bench: Bench, name: str) -> None:
    """Have the candidate come in by steps where a command is about that."""
    if name.startswith("rollout"):
        steps = {"steps": [{"share": 10, "for": "1h"}]}
        change(bench.stage, ROUTEMAPS, "httpbin", spec={"rollout": steps})


def of_iter8(bench: Bench, name: str) -> None:
    """Have a routemap of Iter8's be there where a command is about that."""
    if name == "migrate":
        text = json.dumps(iter8s.config_map()).replace("default", bench.stage.namespace)
        bench.kubectl("apply", "-n", bench.stage.namespace, "-f-", manifest=json.loads(text))


def test_each_command_is_tried_here_but_those_that_go_on() -> None:
    assert {name.split()[0] for name in RIGHTS.keys() - LINES.keys()} == {
        "promote",
        "abort",
        "init",
        "dashboard",
    }


@pytest.mark.parametrize("name", LINES)
def test_a_command_needs_no_more_rights_than_the_page_says(bench: Bench, name: str) -> None:
    bench.stage.override(60, 40)
    bench.stage.until({"httpbin-0": 60, "httpbin-1": 40}, bench.stage.split)
    by_steps(bench, name)
    of_iter8(bench, name)
    needs = RIGHTS[name]
    ended = bench.teal(LINES[name], needs.needed)
    assert ended.code == 0
    assert ended.err == "" or "teal: left out: " in ended.err


@pytest.mark.parametrize(
    ("name", "right"), [(name, right) for name in LINES for right in RIGHTS[name].needed]
)
def test_a_command_says_which_right_lacks(bench: Bench, name: str, right: Right) -> None:
    bench.stage.override(60, 40) if right[2] != "create" else None
    by_steps(bench, name)
    ended = bench.teal(LINES[name], [each for each in RIGHTS[name].needed if each != right])
    assert ended.code in (1, 2), ended
    assert f'cannot {right[2]} resource "{right[1]}"' in ended.err


def test_an_application_is_told_of(bench: Bench) -> None:
    ended = bench.teal(["status", "httpbin"])
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(FULL)
    assert "SplitApplied: requests are split httpbin-0=50 httpbin-1=50" in ended.out


def test_events_that_may_not_be_read_are_said_to_be(bench: Bench) -> None:
    ended = bench.teal(["status", "httpbin"], RIGHTS["status APP"].needed)
    assert ended.out == FULL + "  they may not be read by this account (get a right to list events)\n"


def test_an_application_that_is_not_there_is_said_not_to_be(bench: Bench) -> None:
    assert bench.teal(["status", "httpbni"]) == Ended(
        1, "", "teal: there is no Routemap httpbni in namespace NAMESPACE; did you mean httpbin?\n"
    )


def test_weights_are_stored_waited_for_and_taken_back(bench: Bench) -> None:
    assert bench.teal(["weights", "httpbin", "httpbin-0=80", "httpbin-1=20"]) == Ended(
        0, "weightoverride.iter8.tools/httpbin has httpbin-0=80 httpbin-1=20\n", ""
    )
    waited = bench.teal(["status", "httpbin", "--wait-for", "weight=httpbin-1=20", "--timeout=60"])
    assert waited == Ended(
        0, "routemap.iter8.tools/httpbin is weight=httpbin-1=20: httpbin-0=80 httpbin-1=20\n", ""
    )
    told = json.loads(bench.teal(["status", "httpbin", "-o", "json"]).out)
    assert told["override"] == "httpbin-0=80 httpbin-1=20"
    assert bench.teal(["weights", "httpbin", "--reset"]) == Ended(
        0, "weightoverride.iter8.tools/httpbin is deleted: the Routemap's own weights count\n", ""
    )
    bench.stage.until({"httpbin-0": 50, "httpbin-1": 50}, bench.stage.split)
    assert bench.teal(["weights", "httpbin", "--reset"]) == Ended(
        0, "there is no WeightOverride httpbin: the Routemap's own weights count\n", ""
    )


REFUSED = {
    "another version": (
        ["weights", "httpbin", "httpbni-1=20"],
        Ended(1, "", "teal: Routemap httpbin: it does not list httpbni-1; did you mean httpbin-1?\n"),
    ),
    "another application": (
        ["weights", "httpbn", "httpbin-1=20"],
        Ended(1, "", "teal: there is no Routemap httpbn in namespace NAMESPACE; did you mean httpbin?\n"),
    ),
    "no steps": (
        ["rollout", "httpbin", "pause"],
        Ended(
            1,
            "",
            "teal: Routemap httpbin has no spec.rollout: its candidate gets its weight when it is ready\n",
        ),
    ),
    "not in time": (
        ["status", "httpbin", "--wait-for", "gone", "--timeout", "0"],
        Ended(1, "", "teal: httpbin is not gone after 0 s: it is still there\n"),
    ),
}


def test_a_wish_is_taken_once_each_time_it_is_asked_for(bench: Bench) -> None:
    by_steps(bench, "rollout")

    def rollout() -> Any:
        return bench.stage.status().get("rollout") or {}

    bench.stage.until("Stepping", lambda: rollout().get("phase"))
    for wish, phase in (
        ("pause", "Paused"),
        ("resume", "Stepping"),
        ("pause", "Paused"),
        ("abort", "Failed"),
    ):
        told = f"{wish} is asked for; `teal status httpbin` tells what becomes of it"
        wanted = Ended(0, f"routemap.iter8.tools/httpbin: {told}\n", "")
        assert bench.teal(["rollout", "httpbin", wish]) == wanted
        bench.stage.until(phase, lambda: rollout().get("phase"))
    ended = bench.teal(["status", "httpbin"])
    assert "\nRollout\n  Failed (Aborted): somebody has aborted it; httpbin-1 gets no requests" in ended.out


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_is_said_in_a_sentence(bench: Bench, name: str) -> None:
    arguments, wanted = REFUSED[name]
    assert bench.teal(arguments) == wanted


def test_a_change_is_foreseen_as_it_comes_about(bench: Bench) -> None:
    routed = "httpbin in NAMESPACE: the route stays as it is\n"
    split = "  {}  httpbin-0=50 httpbin-1=50\n"
    wanted = routed + split.format("now ") + split.format("then")
    assert bench.teal(["diff", "-f", "-"]) == Ended(0, wanted, "")
    changed = ROUTEMAP.replace("httpbin-0, weight: 50", "httpbin-0, weight: 20").replace(
        "httpbin-1, weight: 50", "httpbin-1, weight: 80"
    )
    ended = bench.teal(["diff", "-f", "-"], given=changed)
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.startswith(FORESEEN)
    assert "\n-      weight: 50\n" in ended.out
    refused = bench.teal(["diff", "-f", "-"], given=ROUTEMAP.replace("weight: 50", "weight: banana"))
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith('teal: httpbin: spec.versions[0].weight: "banana" is ')


def test_a_dry_run_stores_nothing(bench: Bench) -> None:
    ended = bench.teal(["weights", "httpbin", "httpbin-1=20", "--dry-run"])
    assert ended == Ended(0, "weightoverride.iter8.tools/httpbin has httpbin-1=20 (dry run)\n", "")
    assert bench.stage.get(WEIGHT_OVERRIDES, "httpbin") is None


def test_a_cluster_that_is_not_there_is_said_not_to_be(bench: Bench) -> None:
    ended = bench.teal(["--context", "elsewhere", "status"])
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("teal: no way to reach a cluster: ")

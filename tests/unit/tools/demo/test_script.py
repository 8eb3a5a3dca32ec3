from __future__ import annotations

import pytest

from tools.demo.script import (
    CLEANUP,
    FIRST_UNDER_LOAD,
    MISTAKES,
    NEEDS_PODS,
    NOT_PLAYED,
    PROMOTED,
    Mistake,
    beginning,
    entries,
    excerpt,
    scenes,
)
from tools.tutorial import ROLLOUT, Step, steps

STEPS = steps()
NAMES = [step.name for step in STEPS]


def played(*, pods: bool = True, cleanup: bool = True, uninstall: bool = False) -> list[Step | Mistake]:
    return list(scenes(STEPS, pods=pods, cleanup=cleanup, uninstall=uninstall))


def names(scenes_: list[Step | Mistake]) -> list[str]:
    return [scene.name for scene in scenes_ if isinstance(scene, Step)]


def test_the_whole_tutorial_is_played_but_for_its_last_step() -> None:
    assert names(played()) == NAMES[:-1]
    assert names(played(uninstall=True)) == NAMES


def test_without_cleanup_the_application_stays() -> None:
    kept = played(cleanup=False)
    assert names(kept)[-1] == "show-promoted"
    assert CLEANUP not in {scene.section for scene in kept if isinstance(scene, Step)}


def test_without_pods_nothing_is_installed_and_nothing_sent() -> None:
    assert set(NAMES) - set(names(played(pods=False, uninstall=True))) == {
        *NEEDS_PODS,
        "install",
        "uninstall",
    }


def test_what_is_left_out_and_what_begins_the_load_are_steps() -> None:
    assert {*NEEDS_PODS, FIRST_UNDER_LOAD} <= set(NAMES)


@pytest.mark.parametrize("pods", [True, False])
def test_each_mistake_follows_its_step(*, pods: bool) -> None:
    scenes_ = played(pods=pods)
    for mistake in MISTAKES:
        before = scenes_[scenes_.index(mistake) - 1]
        assert isinstance(before, Step)
        assert before.name == mistake.after


BY_STEPS = steps(ROLLOUT)


def test_candidates_come_by_steps_between_promotion_and_cleanup() -> None:
    whole = list(scenes(STEPS, BY_STEPS, pods=True, cleanup=True, uninstall=False))
    found = names(whole)
    begin = found.index(PROMOTED) + 1
    middle = [step.name for step in BY_STEPS if step.name not in NOT_PLAYED]
    assert found[begin : begin + len(middle)] == middle
    assert found[:begin] + found[begin + len(middle) :] == NAMES[:-1]
    assert isinstance(whole[whole.index(MISTAKES[-1]) + 1], Step)


def test_after_a_rollout_there_is_a_candidate_to_be_cleaned_up() -> None:
    (cleanup,) = [step for step in STEPS if step.name == "cleanup-candidate"]
    assert cleanup in played()
    whole = list(scenes(STEPS, BY_STEPS, pods=True, cleanup=True, uninstall=False))
    (found,) = [each for each in whole if isinstance(each, Step) and each.name == cleanup.name]
    assert cleanup.after_done
    assert found.after_done is None
    assert found.split == {"httpbin-0": 100}


def test_a_rollout_goes_on_where_the_tutorial_has_promoted() -> None:
    (promoted,) = [step for step in STEPS if step.name == PROMOTED]
    assert BY_STEPS[0].split == promoted.split
    assert {step.name for step in BY_STEPS} >= NOT_PLAYED


def test_a_version_fails_by_itself_from_its_deployment_until_it_is_deleted() -> None:
    assert [step.name for step in BY_STEPS if step.fails] == ["deploy-bad", "rolled-back", "why"]
    assert not [step.name for step in STEPS if step.fails]


def test_commands_are_entered_line_by_line_unless_they_belong_together() -> None:
    typed = {step.name: entries(step.template) for step in STEPS}
    assert [len(typed[name]) for name in ("deploy-primary", "deploy-candidate", "install")] == [3, 4, 1]
    assert [len(typed[name]) for name in ("initialize", "modify-weights", "request-inside")] == [1, 1, 1]


MANIFEST = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: httpbin
spec:
  gateways:
  - mesh
  http:
  - name: httpbin
    route:
    - destination:
        host: httpbin-0.default.svc.cluster.local
  tls: []
status: {}
"""


def test_of_a_virtual_service_its_routes_are_shown() -> None:
    assert excerpt(MANIFEST) == ["… 7 lines", *MANIFEST.splitlines()[7:13]]


def test_of_anything_else_the_beginning_is_shown() -> None:
    assert excerpt("a\nb\n") == ["a", "b"]
    assert excerpt("".join(f"{number}\n" for number in range(20)))[-2:] == ["8", "… 11 more lines"]


def test_one_line_more_is_shown_rather_than_counted() -> None:
    assert beginning(["a", "b", "c"], 2) == ["a", "b", "c"]
    assert beginning(["a", "b", "c", "d"], 2) == ["a", "b", "… 2 more lines"]

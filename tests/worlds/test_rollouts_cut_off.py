"""Rollouts and promotions by real passes, cut off after any write: another leader comes to the same end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.reconciler.scene import scene as made
from tests.unit.reconciler.test_promoted_by_itself import AFTER, ITSELF, almost, listed
from tests.unit.reconciler.test_rolling_out import bad, begun, good, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.reconciler.scene import Scene


@pytest.mark.parametrize("verdict", [good, bad])
@pytest.mark.parametrize("write", range(8))
def test_a_pass_that_is_cut_off_anywhere_comes_to_the_same_end(
    verdict: Callable[[Scene], None], write: int
) -> None:
    with made() as scene:
        begun(scene)
        verdict(scene)
        scene.now += 60
        scene.cut_off(write)
        scene.evidence.known.clear()  # the next leader has not asked yet
        written = told(scene).step > 1 or told(scene).phase == "Failed"
        scene.reconcile()
        if written:
            share = 0 if verdict is bad else 50
            wanted = {"httpbin-0": 100 - share, "httpbin-1": share}
            assert scene.split() == wanted, "what was decided is not decided anew"
        verdict(scene)
        scene.reconcile()
        assert scene.split() in ({"httpbin-0": 50, "httpbin-1": 50}, {"httpbin-0": 100, "httpbin-1": 0})
        assert (told(scene).phase == "Failed") == (verdict is bad)


@pytest.mark.parametrize("write", range(10))
def test_a_promotion_that_is_cut_off_anywhere_comes_to_the_same_end(write: int) -> None:
    with made() as scene:
        almost(scene)
        scene.cut_off(write)
        decided = told(scene).phase != "Stepping"
        scene.evidence.known.clear()  # the next leader has not asked yet
        scene.reconcile()
        assert (listed(scene) == AFTER) is decided, "what was decided is not decided anew"
        good(scene)
        scene.reconcile()
        assert listed(scene) == AFTER
        assert scene.condition("RolledOut") == ("True", "Promoted")
        assert told(scene).message == ITSELF
        assert (scene.split() or {})["httpbin-1"] == 100

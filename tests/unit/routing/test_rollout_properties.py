"""Whatever happens in whatever order: nothing goes forward unless it is shown, or wished."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from routing.reading import rollout_status
from routing.reading.rollout_status import Phase, RolloutStatus
from routing.stepping.progress import progress
from routing.stepping.promotion import PROMOTING
from routing.stepping.rollout import Rollout, Step, Verdict, Window
from routing.stepping.windows import closed_until
from routing.stepping.wishes import UNDER_WAY, WISHES, word_of
from routing.telling.condition_reasons import CONDITIONS
from tests.unit.routing.rollouts import BAD, CHECKED, GOOD, OPEN, READY, STEPS, TIMED, Play
from tests.unit.routing.worlds import NOW

if TYPE_CHECKING:
    from routing.stepping.scene import Advance, Scene

OPEN_NOW = Window(1320, 1350, frozenset({1, 3}), UTC)
ROLLOUTS = (
    CHECKED,
    TIMED,
    replace(CHECKED, steps=STEPS[:2]),
    replace(CHECKED, steps=(Step(5, 0.0, gate=True), *STEPS[1:]), roll_back=False),
    replace(CHECKED, steps=(Step(0, 60.0), Step(30, 120.0)), capacity=False, by_order=True),
    replace(TIMED, steps=STEPS[:1], by_order=True),
    replace(CHECKED, windows=(OPEN_NOW,), by_order=True),
    replace(TIMED, windows=(OPEN_NOW,)),
)
GONE = {"candidate": "", "revision": "", "ready": False, "pods": 0}
FIRST = {"primary": "httpbin-0", "candidate": "httpbin-1"}
NEXT = {"candidate": "httpbin-2", "revision": "2-abc"}
CHANGES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    # Most of the time all is well: only so are later steps reached.
    st.sampled_from([{"findings": found} for found in (GOOD, GOOD, GOOD, OPEN, (), BAD)]),
    st.sampled_from([{}, {"findings": GOOD, "ready": True, "primary_ready": True, "override": ""}]),
    st.sampled_from([{"ready": False, "pods": 0}, {"ready": True, "pods": 2}, {"ready": True, "pods": 1}]),
    st.sampled_from([{"primary_ready": False}, {"primary_ready": True}, {"primary_pods": 9}]),
    st.sampled_from([{"override": "httpbin-0=1"}, {"override": ""}]),
    st.sampled_from([{"unroutable": "no Gateway"}, {"unroutable": ""}, {"unroutable": ""}]),
    st.sampled_from([{"beside": ("httpbin-2",)}, {"beside": ()}, {"hindrance": "Git"}, {"hindrance": ""}]),
    # The same version is never both.
    st.sampled_from([{**GONE, "primary": "httpbin-1"}, {**NEXT, "primary": "httpbin-1"}, NEXT]),
    st.sampled_from([GONE, {**FIRST, "revision": "1-abc"}, {**FIRST, "revision": "1-def"}]),
    st.builds(
        lambda word, number: {"wish": f"{word} {number}"}, st.sampled_from([*WISHES, "hm"]), st.integers(0, 2)
    ),
)
MOMENTS = st.tuples(
    CHANGES,
    st.sampled_from([0.0, 1.0, 59.0, 60.0, 60.0, 120.0, 120.0, 600.0, 86_400.0, -3600.0]),
    st.sampled_from([None, None, None, *ROLLOUTS]),
)


def went_forward(before: RolloutStatus, after: RolloutStatus) -> bool:
    """Tell whether the same candidate has come further than it was."""
    if (before.version, before.revision) != (after.version, after.revision) or not before.step:
        return False
    return after.step > before.step or (
        after.phase is Phase.SUCCEEDED and before.phase is not Phase.SUCCEEDED
    )


def was_shown(rollout: Rollout, before: RolloutStatus, scene: Scene, now: float) -> bool:
    """Tell, from what was seen, whether the step under way had all that it needs to end."""
    step = rollout.steps[before.step - 1]
    good = {found.name for found in scene.findings if found.verdict is Verdict.GOOD}
    return (
        before.phase is Phase.STEPPING
        and before.since is not None
        and now >= before.since + step.seconds
        and not step.gate
        and {check.name for check in rollout.checks} <= good
        and scene.ready
        and scene.primary_ready
        and not scene.override
        and not scene.unroutable
        and closed_until(rollout.windows, now) is None
    )


def holds(rollout: Rollout, before: RolloutStatus | None, scene: Scene, now: float, got: Advance) -> None:
    """Check what holds of each single answer."""
    after = got.state
    if before is not None and went_forward(before, after):
        wished = scene.wish != before.wish and word_of(scene.wish) in ("skip", "resume")
        assert wished or was_shown(rollout, before, scene, now)
    if after.phase is Phase.STEPPING and not (before and before.step):
        assert closed_until(rollout.windows, now) is None
        assert not scene.unroutable or word_of(scene.wish) in ("skip", "retry")
    if after.phase in (*UNDER_WAY, Phase.SUCCEEDED):
        assert after.share == rollout.steps[after.step - 1].share
    else:
        assert after.share == 0
    if after.reason == PROMOTING:
        assert after.phase is Phase.SUCCEEDED
        assert rollout.by_order
        assert scene.ready
        assert scene.carried(rollout, 100)
        assert closed_until(rollout.windows, now) is None
        assert {scene.override, scene.beside, scene.hindrance, scene.unroutable} <= {"", ()}
    if after.phase is Phase.PROMOTED:
        assert after.version == scene.primary
    assert after.reason in CONDITIONS["RolledOut"]
    assert after.message
    assert got.again_at is None or got.again_at > now
    assert after.since is None or after.since <= now + 1


def clock(state: RolloutStatus | None) -> object:
    """Return what evidence is counted for: a step of a candidate, since its clock began."""
    return state and (state.course, state.since)


def scene_of(scene: Scene, state: RolloutStatus | None, asked: object) -> Scene:
    """Return what is seen: what was found is of the clock that was asked about, and of no other."""
    found = scene.findings if clock(state) == asked else ()
    return replace(scene, findings=found, applied=state is not None)


@given(st.sampled_from(ROLLOUTS), st.lists(MOMENTS, max_size=14))
def test_nothing_goes_forward_by_silence_and_all_comes_to_rest(
    rollout: Rollout, moments: list[tuple[dict[str, Any], float, Rollout | None]]
) -> None:
    state, scene, now = None, READY, NOW
    for change, seconds, edited in moments:
        scene, now, rollout = replace(scene, **change), now + seconds, edited or rollout
        asked = clock(state)
        for _ in range(4):
            seen = scene_of(scene, state, asked)
            got = progress(rollout, state, seen, now)
            holds(rollout, state, seen, now, got)
            before, state = state, rollout_status.read(got.state.manifest())
            if before is not None and state is not None and before.course == state.course:
                break
        else:
            raise AssertionError(f"it does not come to rest: {state}")
        seen = scene_of(scene, state, asked)
        rests = rollout_status.read(progress(rollout, state, seen, now).state.manifest())
        assert rests is not None
        assert rests.course == state.course
        assert progress(rollout, rests, seen, now).state.manifest() == rests.manifest()


STATES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 10**18) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
FIELDS = [*replace(RolloutStatus(), since=NOW, unready_since=NOW, losses=1, wish="w").manifest()]
ODD = st.dictionaries(st.sampled_from([*FIELDS, "version", "revision"]), STATES)


@given(ODD | STATES, st.sampled_from(ROLLOUTS))
def test_whatever_a_hand_has_written_is_read_bounded_and_read_again_as_it_is_written(
    value: Any, rollout: Rollout
) -> None:
    state = rollout_status.read(value)
    if state is not None:
        assert rollout_status.read(state.manifest()) == state
        assert len(str(state.manifest())) < 20_000
    got = progress(rollout, state, READY, NOW)
    assert got.state.phase is Phase.FAILED or got.state.share in {0, *(step.share for step in rollout.steps)}


@given(st.floats(0, 3), st.floats(0, 0.999))
def test_a_gate_that_is_reached_stays_so_until_somebody_opens_it(ago: float, fraction: float) -> None:
    gated = Rollout((Step(10, gate=True), Step(50, 3600.0)))
    play = Play(gated, now=NOW + fraction).look()
    for _ in range(4):
        reached = play.reason == "GateClosed"
        play.after(ago)
        assert play.reason == "GateClosed" or not reached
    assert play.after(2).wish("resume").standing == ("Stepping", 2, 50)

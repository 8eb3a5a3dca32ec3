"""StatefulSets that are promoted, aborted and brought in: by order they are, in place it is refused."""

from __future__ import annotations

from dataclasses import replace

from routing import patches
from routing.adopting import bring_in
from routing.adopting.scene import Wish as Bringing
from routing.kinds import STATEFUL_SETS
from routing.promoting import abort, promote
from routing.promoting.steps import Delete, Do, Done, Scene, Stop, Wish
from routing.writes import Patch
from tests.unit.routing.brought import deployed
from tests.unit.routing.brought import scene as running
from tests.unit.routing.promotion import CANDIDATE, PRIMARY, scene, status, version

STATEFUL = {PRIMARY: STATEFUL_SETS, CANDIDATE: STATEFUL_SETS}


def stateful(before: Scene | None = None) -> Scene:
    """Return an application whose versions are StatefulSets."""
    return replace(before or scene(50, 50), resources=STATEFUL)


def test_in_place_is_refused_with_the_way_that_works() -> None:
    told = (
        "httpbin-0 is a StatefulSet and httpbin-1 is a StatefulSet; only a Deployment can become what "
        "another is, and be taken back; use teal promote httpbin --by-order"
    )
    assert promote.next_step(stateful(), Wish()) == Stop((told,))
    assert promote.proposal(stateful(), Wish()) is None


def test_a_deployment_does_not_become_what_a_stateful_set_is() -> None:
    step = promote.next_step(replace(scene(50, 50), resources={CANDIDATE: STATEFUL_SETS}), Wish())
    assert isinstance(step, Stop)
    assert step.told[0].startswith("httpbin-1 is a StatefulSet; only a Deployment can")


def test_by_order_it_is_listed_first_and_the_old_one_goes_as_what_it_is() -> None:
    wish, seen = Wish(by_order=True, delete=True), stateful()
    assert promote.preview(seen, wish)[-1] == "StatefulSet and Service httpbin-0 are deleted"
    told, writes = [], []
    for _ in range(3):
        step = promote.next_step(seen, wish)
        assert isinstance(step, Do)
        told.append(step.told)
        writes.append(step.write)
        if isinstance(step.write, Patch):
            listed = patches.patched(seen.routemap, step.write.operations)
            drained = status(version(CANDIDATE, 100), version(PRIMARY, 0))
            seen = replace(seen, routemap={**listed, "status": drained})
    assert told == [
        "httpbin-1 is listed first (httpbin-1, httpbin-0)",
        "httpbin-0 is listed no more",
        "StatefulSet httpbin-0 is deleted",
    ]
    assert writes[-1] == Delete(STATEFUL_SETS, seen.deployments[PRIMARY])


def test_an_abort_of_a_canary_takes_the_label_off_and_tells_how_it_comes_back() -> None:
    exposed = status(version(PRIMARY, 100), version(CANDIDATE, 0, matched=True))
    seen = stateful(scene(50, 50, strategy="canary", told=exposed))
    step = abort.next_step(seen)
    assert isinstance(step, Do)
    assert isinstance(step.write, Patch)
    assert step.write.resource == STATEFUL_SETS
    gone = status(version(PRIMARY, 100), version(CANDIDATE, 0, workload="statefulset/httpbin-1"))
    done = abort.next_step(replace(seen, routemap={**seen.routemap, "status": gone}))
    assert isinstance(done, Done)
    assert done.told.endswith(
        "To go on: kubectl label statefulset/httpbin-1 iter8.tools/watch=true --overwrite"
    )


def test_one_that_runs_is_brought_in_as_what_it_is() -> None:
    seen = running(deployments=({**deployed("pay"), "kind": "StatefulSet"},))
    step = bring_in.next_step(seen, Bringing())
    assert isinstance(step, Do)
    assert isinstance(step.write, Patch)
    assert (step.told, step.write.resource) == ("StatefulSet pay is watched", STATEFUL_SETS)


def test_a_service_before_both_kinds_is_told_of_with_both() -> None:
    both = (deployed("a", app="pay"), {**deployed("b", app="pay"), "kind": "StatefulSet"})
    step = bring_in.next_step(running(deployments=both), Bringing())
    assert isinstance(step, Stop)
    assert step.told[0].startswith("Service pay selects the pods of Deployments and StatefulSets a and b;")

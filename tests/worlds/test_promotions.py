"""Promotions played from beginning to end beside the real reconciler, in memory, cut off after any write."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from routing import names
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, WEIGHT_OVERRIDES
from routing.promoting import abort, promote
from routing.promoting.record import record_of
from routing.promoting.steps import Create, Delete, Do, Done, Scene, Step, Stop, Wait, Wish, leaving
from tests.unit.reconciler.scene import scene
from tests.unit.routing.worlds import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.kinds import Resource
    from tests.unit.reconciler.scene import Scene as Memory

OLD, NEW = "httpbin:0", "httpbin:1"
HELD = 60
"""Steps and waits after which a promotion that has not ended is stuck."""
ROLLED_OUT = ("updatedReplicas", "availableReplicas", "replicas")


@dataclass
class Play:
    """A user who promotes, and a cluster around the reconciler. `cut`: after so many writes it is killed."""

    memory: Memory
    told: list[str] = field(default_factory=list)
    seen_complete: float | None = None
    breaks: bool = False

    def run(self, wish: Wish, cut: int | None = None) -> Step | None:
        """Promote until it ends; None where it was cut off after so many writes."""
        self.seen_complete = None
        for _ in range(HELD):
            step = promote.next_step(self._look(wish), wish)
            if isinstance(step, Stop | Done):
                return step
            if isinstance(step, Wait):
                self.told.append(f"({step.told})")
                self._time_passes()
                continue
            if cut == 0:
                return None
            cut = None if cut is None else cut - 1
            self._written(step)
            if step.last:
                return step
        raise AssertionError(self.told)

    def abort(self) -> Step:
        """Abort until it ends."""
        for _ in range(HELD):
            step = abort.next_step(self._look(Wish()))
            if isinstance(step, Stop | Done):
                return step
            if isinstance(step, Wait):
                self._time_passes()
            else:
                assert isinstance(step, Do)
                self._written(step)
        raise AssertionError(self.told)

    def get(self, resource: Resource, name: str) -> dict[str, Any] | None:
        found = [item for item in self.memory.objects.listed(resource) if item["metadata"]["name"] == name]
        return found[0] if found else None

    def image(self, name: str = "httpbin-0") -> str:
        """Return the image of a version's pods."""
        found = self.get(DEPLOYMENTS, name) or {}
        image: str = found["spec"]["template"]["spec"]["containers"][0]["image"]
        return image

    def _look(self, wish: Wish) -> Scene:
        routemap = self.get(ROUTEMAPS, "httpbin") or {}
        versions = promote.involved(routemap)
        primary = self.get(DEPLOYMENTS, promote.primary_of(routemap))
        complete = primary is not None and primary["status"]["updatedReplicas"] == 1
        if not complete:
            self.seen_complete = None
        elif self.seen_complete is None:
            self.seen_complete = self.memory.now
        since = self.seen_complete
        seen = Scene(
            routemap=routemap,
            override=self.get(WEIGHT_OVERRIDES, "httpbin"),
            deployments=_there((name, self.get(DEPLOYMENTS, name)) for name in versions),
            services=_there((name, self.get(SERVICES, name)) for name in versions),
            replica_sets=tuple(self.sets),
            settled=0.0 if since is None else self.memory.now - since,
        )
        proposed = promote.proposal(seen, wish)
        if proposed is None or primary is None:
            return seen
        tried = copy.deepcopy(primary)
        tried["spec"]["template"] = proposed.operations[1]["value"]
        for operation in proposed.operations[2:]:
            tried["metadata"]["labels"][names.VERSION] = operation["value"]
        return Scene(**{**seen.__dict__, "proposed": tried})

    @property
    def sets(self) -> Iterator[dict[str, Any]]:
        """The ReplicaSets of the primary: one a template."""
        for name, image in (("httpbin-0-a", OLD), ("httpbin-0-b", NEW)):
            made = copy.deepcopy(
                self.get(DEPLOYMENTS, "httpbin-0") or self.get(DEPLOYMENTS, "httpbin-1") or {}
            )
            made["metadata"] = {"name": name, "annotations": {REVISION: name[-1]}}
            made["spec"]["template"]["spec"]["containers"][0]["image"] = image
            yield made

    def _written(self, step: Do) -> None:
        """Carry a write out, then have the reconciler hear of it."""
        self.told.append(step.told)
        write, objects = step.write, self.memory.objects
        name = write.manifest["metadata"].get("name")
        if isinstance(write, Create):
            objects.create(write.resource, write.manifest)
        elif isinstance(write, Delete):
            assert self.get(write.resource, name) is not None
            objects.delete(write.resource, name)
        else:
            before = self.get(write.resource, name) or {}
            objects.patch(write.resource, "default", name, write.operations)
            after = self.get(write.resource, name) or {}
            if after["spec"] != before["spec"]:
                self._generation(write.resource, after)
        self._reconciled()

    def _generation(self, resource: Resource, manifest: dict[str, Any]) -> None:
        """A changed spec has another generation; a Deployment's pods are replaced one by one."""
        manifest["metadata"]["generation"] = manifest["metadata"].get("generation", 0) + 1
        if resource == DEPLOYMENTS:
            manifest["status"] = {**manifest["status"], "updatedReplicas": 0}
        self.memory.objects.replace(resource, manifest)
        assert resource != DEPLOYMENTS or self._primary_is_free(), self.told

    def _primary_is_free(self) -> bool:
        """Tell whether no request depends on how the primary's pods are replaced."""
        noted = record_of(self.get(ROUTEMAPS, "httpbin") or {})
        alone = leaving(self.get(DEPLOYMENTS, "httpbin-1"))
        kept = noted is not None and noted.keep_weights
        return alone or kept or (self.memory.split() or {}).get("httpbin-0", 0) == 0

    def _time_passes(self) -> None:
        self.memory.now += 5.0
        for deployment in self.memory.objects.listed(DEPLOYMENTS):
            self._rolled(deployment)
        self._reconciled()

    def _rolled(self, deployment: dict[str, Any]) -> None:
        """What the deployment controller does."""
        about, told = deployment["metadata"], deployment["status"]
        image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
        failed = self.breaks and (about["name"], image) == ("httpbin-0", NEW)
        reason = {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "it crashes"}
        deployment["status"] = {
            **told,
            **dict.fromkeys(ROLLED_OUT, 1),
            "updatedReplicas": int(not failed),
            "observedGeneration": about["generation"],
            "conditions": [{"type": "Available", "status": "True"}, *[reason] * failed],
        }
        about["annotations"] = {**about.get("annotations", {}), REVISION: "a" if image == OLD else "b"}
        if deployment != self.get(DEPLOYMENTS, about["name"]):
            self.memory.objects.replace(DEPLOYMENTS, deployment)

    def _reconciled(self) -> None:
        for _ in range(3):
            self.memory.reconcile()


REVISION = "deployment.kubernetes.io/revision"


def _there(found: Any) -> dict[str, Any]:
    return {name: manifest for name, manifest in found if manifest is not None}


def version(memory: Memory, name: str, image: str) -> None:
    labels = {names.WATCH: "true", names.VERSION: image}
    memory.version(name, labels, generation=1, annotations={REVISION: "a"})
    [made] = [item for item in memory.objects.listed(DEPLOYMENTS) if item["metadata"]["name"] == name]
    container = {"name": "app", "image": image, "readinessProbe": {}, "lifecycle": {"preStop": {"sleep": {}}}}
    container["readinessProbe"] = {"exec": {}}
    made["spec"]["template"] = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [container]},
    }
    made["spec"]["selector"] = {"matchLabels": {"app": name}}
    made["status"] |= {"observedGeneration": 1, **dict.fromkeys(ROLLED_OUT, 1)}
    memory.objects.replace(DEPLOYMENTS, made)


@pytest.fixture
def memory() -> Iterator[Memory]:
    with scene() as made:
        made.routemap(50, 50)
        made.make(SERVICES, "httpbin", {}, spec={"ports": [{"port": 80}]})
        hosts = {"op": "add", "path": "/spec/hosts", "value": ["httpbin"]}
        made.objects.patch(ROUTEMAPS, "default", "httpbin", [hosts])
        version(made, "httpbin-0", OLD)
        version(made, "httpbin-1", NEW)
        for _ in range(4):
            made.reconcile()
        assert made.split() == {"httpbin-0": 50, "httpbin-1": 50}
        assert made.now == NOW
        yield made


def weights(play: Play) -> list[int] | None:
    found = play.get(WEIGHT_OVERRIDES, "httpbin")
    return None if found is None else [item["weight"] for item in found["spec"]["weights"]]


def overridden(memory: Memory, *listed: int) -> None:
    about = {"namespace": "default", "name": "httpbin"}
    named = [{"version": f"httpbin-{index}", "weight": weight} for index, weight in enumerate(listed)]
    memory.objects.create(WEIGHT_OVERRIDES, {"metadata": about, "spec": {"weights": named}})
    memory.reconcile()


IN_PLACE = 8
"""The writes of a promotion in place: note, weights, template, note, weights, two deletions, and note."""


@pytest.mark.parametrize("cut", range(IN_PLACE + 1))
@pytest.mark.parametrize("before", [None, (20, 80)])
def test_a_promotion_in_place_ends_the_same_wherever_it_is_cut_off(
    memory: Memory, before: tuple[int, ...] | None, cut: int
) -> None:
    play = Play(memory)
    if before is not None:
        overridden(memory, *before)
    play.run(Wish(), cut)
    ended = play.run(Wish())
    assert isinstance(ended, Do | Done), ended
    assert play.image() == NEW
    assert (play.get(DEPLOYMENTS, "httpbin-0") or {})["metadata"]["labels"][names.VERSION] == NEW
    assert [play.get(resource, "httpbin-1") for resource in (DEPLOYMENTS, SERVICES)] == [None, None]
    assert memory.split() == {"httpbin-0": 100}
    assert weights(play) == (None if before is None else [*before])


def test_the_steps_of_a_promotion_in_place_are_told(memory: Memory) -> None:
    play = Play(memory)
    play.run(Wish())
    steps = [text for text in play.told if not text.startswith("(")]
    assert steps == [
        "httpbin-0 is to become what httpbin-1 is",
        "requests leave httpbin-0: WeightOverride httpbin (httpbin-0=0 httpbin-1=50)",
        "httpbin-0 gets the pod template of httpbin-1",
        "httpbin-0 is what httpbin-1 is",
        "WeightOverride httpbin is deleted",
        "Deployment httpbin-1 is to go when it has drained",
        "Service httpbin-1 is to go when it has drained",
        "httpbin-1 has drained and gone: httpbin-0 is promoted",
    ]


def test_where_requests_were_shared_otherwise_they_are_so_again_before_the_candidate_goes(
    memory: Memory,
) -> None:
    play = Play(memory)
    overridden(memory, 90, 0)
    play.run(Wish())
    steps = [text for text in play.told if "WeightOverride" in text]
    assert steps == [
        "requests leave httpbin-0: WeightOverride httpbin (httpbin-0=0 httpbin-1=100)",
        "WeightOverride httpbin has the weights that it had",
    ]


def test_a_third_version_keeps_its_weight_meanwhile(memory: Memory) -> None:
    memory.objects.patch(
        ROUTEMAPS,
        "default",
        "httpbin",
        [
            {
                "op": "add",
                "path": "/spec/versions",
                "value": [{"name": f"httpbin-{index}", "weight": 10 * (index + 1)} for index in range(3)],
            }
        ],
    )
    version(memory, "httpbin-2", NEW)
    memory.reconcile()
    memory.reconcile()
    play = Play(memory)
    play.run(Wish(candidate="httpbin-1"))
    assert play.told[1] == (
        "requests leave httpbin-0: WeightOverride httpbin (httpbin-0=0 httpbin-1=20 httpbin-2=30)"
    )
    assert memory.split() == {"httpbin-0": 25, "httpbin-2": 75}


def test_with_keep_weights_requests_stay_shared_and_no_override_is_written(memory: Memory) -> None:
    play = Play(memory)
    play.run(Wish(keep_weights=True))
    assert [text for text in play.told if "WeightOverride" in text] == []
    assert (play.image(), memory.split()) == (NEW, {"httpbin-0": 100})


def test_a_primary_that_breaks_keeps_requests_at_the_candidate_until_it_is_taken_back(memory: Memory) -> None:
    play = Play(memory, breaks=True)
    stopped = play.run(Wish())
    assert isinstance(stopped, Stop)
    assert stopped.told[0].startswith(
        "httpbin-0 does not become ready: it crashes. Requests stay with httpbin-1."
    )
    assert memory.split() == {"httpbin-0": 0, "httpbin-1": 100}
    assert isinstance(play.run(Wish(undo=True)), Do)
    assert (play.image(), memory.split()) == (OLD, {"httpbin-0": 50, "httpbin-1": 50})
    assert weights(play) is None


@pytest.mark.parametrize("cut", range(6))
@pytest.mark.parametrize("begun", range(IN_PLACE + 1))
def test_an_undoing_ends_the_same_wherever_both_are_cut_off(memory: Memory, begun: int, cut: int) -> None:
    play = Play(memory)
    play.run(Wish(), begun)
    play.run(Wish(undo=True), cut)
    ended = play.run(Wish(undo=True))
    assert isinstance(ended, Do | Done), ended
    assert play.image() == OLD
    there = not leaving(play.get(DEPLOYMENTS, "httpbin-1"))
    assert memory.split() == ({"httpbin-0": 50, "httpbin-1": 50} if there else {"httpbin-0": 100})
    assert weights(play) is None
    assert names.PROMOTION not in (play.get(ROUTEMAPS, "httpbin") or {})["metadata"].get("annotations", {})


def test_what_was_asked_for_since_a_promotion_stays_when_it_is_taken_back(memory: Memory) -> None:
    play = Play(memory)
    play.run(Wish())
    overridden(memory, 7, 3)
    play.run(Wish(undo=True))
    assert (play.image(), weights(play)) == (OLD, [7, 3])


@pytest.mark.parametrize("delete", [False, True])
@pytest.mark.parametrize("cut", range(7))
@pytest.mark.parametrize("before", [None, (20, 80)])
def test_a_promotion_by_order_ends_the_same_wherever_it_is_cut_off(
    memory: Memory, before: tuple[int, ...] | None, cut: int, *, delete: bool
) -> None:
    play = Play(memory)
    if before is not None:
        overridden(memory, *before)
    play.run(Wish(by_order=True, delete=delete), cut)
    ended = play.run(Wish(by_order=True, delete=delete))
    assert isinstance(ended, Do | Done), ended
    listed = (play.get(ROUTEMAPS, "httpbin") or {})["spec"]["versions"]
    kept = [] if delete else [{"name": "httpbin-0", "weight": 0}]
    assert listed == [{"name": "httpbin-1", "weight": 50}, *kept]
    assert (memory.split() or {})["httpbin-1"] == 100
    assert weights(play) is None
    gone = [play.get(resource, "httpbin-0") is None for resource in (DEPLOYMENTS, SERVICES)]
    assert gone == [delete, delete]
    assert play.image("httpbin-1") == NEW


@pytest.mark.parametrize("cut", range(4))
@pytest.mark.parametrize("begun", range(1, 4))
def test_a_promotion_by_order_is_taken_back(memory: Memory, begun: int, cut: int) -> None:
    play = Play(memory)
    overridden(memory, 20, 80)
    play.run(Wish(by_order=True), begun)
    play.run(Wish(undo=True), cut)
    ended = play.run(Wish(undo=True))
    assert isinstance(ended, Do | Done), ended
    assert (memory.split(), weights(play)) == ({"httpbin-0": 20, "httpbin-1": 80}, [20, 80])


def with_a_match(memory: Memory) -> None:
    """Have the candidate get the requests with a header, and no share of the others."""
    match = [{"headers": {"traffic": {"exact": "test"}}}]
    spec: list[dict[str, Any]] = [
        {"op": "add", "path": "/spec/strategy", "value": "canary"},
        {
            "op": "add",
            "path": "/spec/versions",
            "value": [
                {"name": "httpbin-0", "weight": 100},
                {"name": "httpbin-1", "weight": 0, "match": match},
            ],
        },
    ]
    memory.objects.patch(ROUTEMAPS, "default", "httpbin", spec)
    memory.reconcile()


def test_with_strategy_canary_the_old_primary_is_listed_no_more_and_the_match_goes(memory: Memory) -> None:
    with_a_match(memory)
    play = Play(memory)
    play.run(Wish(by_order=True))
    assert (play.get(ROUTEMAPS, "httpbin") or {})["spec"]["versions"] == [{"name": "httpbin-1"}]
    assert memory.split() == {"httpbin-1": 100}


@pytest.mark.parametrize("before", [None, (20, 80)])
def test_an_abort_sends_all_requests_to_the_primary_and_keeps_the_candidate(
    memory: Memory, before: tuple[int, ...] | None
) -> None:
    play = Play(memory)
    if before is not None:
        overridden(memory, *before)
    ended = play.abort()
    assert ended == Done(
        "all requests go to httpbin-0; httpbin-1 kept. To go on: teal weights httpbin --reset"
    )
    shared = "httpbin-0=50 httpbin-1=50" if before is None else "httpbin-0=20 httpbin-1=80"
    assert play.told == [
        f"all requests go to httpbin-0, {shared} before: WeightOverride httpbin (httpbin-0=100 httpbin-1=0)"
    ]
    assert memory.split() == {"httpbin-0": 100, "httpbin-1": 0}
    assert play.get(DEPLOYMENTS, "httpbin-1") is not None
    assert play.abort() == ended


def test_an_abort_without_a_candidate_says_so(memory: Memory) -> None:
    play = Play(memory)
    for resource in (DEPLOYMENTS, SERVICES):
        memory.objects.delete(resource, "httpbin-1")
    memory.reconcile()
    ended = play.abort()
    assert isinstance(ended, Done)
    assert ended.told.startswith("all requests go to httpbin-0; no candidate is there. To go on: ")


def test_an_abort_with_strategy_canary_takes_the_matched_requests_away(memory: Memory) -> None:
    with_a_match(memory)
    play = Play(memory)
    assert play.abort() == Done(
        "all requests go to httpbin-0; httpbin-1 kept. "
        "To go on: kubectl label deployment httpbin-1 iter8.tools/watch=true --overwrite"
    )
    assert play.told == ["httpbin-1 is not watched any more, so it gets no requests"]
    assert memory.split() == {"httpbin-0": 100}

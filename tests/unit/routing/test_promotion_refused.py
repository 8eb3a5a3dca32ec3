"""What keeps a promotion from beginning, or from going on, in the words that users read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from routing.promoting import abort, promote
from routing.promoting.steps import Do, Done, Scene, Step, Stop, Wait, Wish
from tests.unit.routing.manifests import Manifest, changed, with_key, without
from tests.unit.routing.promotion import (
    CANDIDATE,
    PRIMARY,
    READY,
    ROLLED,
    THIRD,
    asked,
    deployed,
    override,
    owned,
    replica_set,
    scene,
    status,
    version,
    with_deployment,
    without_version,
)

if TYPE_CHECKING:
    from collections.abc import Callable

BY_ORDER, KEEP = Wish(by_order=True), Wish(keep_weights=True)
RECORD = {
    "way": "in-place",
    "primary": PRIMARY,
    "candidate": CANDIDATE,
    "stage": "begun",
    "replicaSet": "httpbin-0-old",
}
ORDER = {
    "way": "by-order",
    "primary": PRIMARY,
    "candidate": CANDIDATE,
    "stage": "begun",
    "versions": [{"name": PRIMARY, "weight": 50}, {"name": CANDIDATE, "weight": 50}],
}


def noted(before: Scene, record: Any) -> Scene:
    text = record if isinstance(record, str) else json.dumps(record)
    return replace(
        before, routemap=with_key({**before.routemap}, "annotations", "iter8.tools/promotion", text)
    )


def change(path: str, value: Any) -> Scene:
    before = scene()
    return replace(before, routemap=changed({**before.routemap}, path, value))


def primary(path: str, value: Any) -> Scene:
    return with_deployment(scene(), changed({**scene().deployments[PRIMARY]}, path, value))


def told(*versions: Manifest) -> Scene:
    return scene(told=status(*versions))


def unready(reason: str, message: str) -> Scene:
    condition = {**READY, "status": "False", "reason": reason, "message": message}
    condition["lastTransitionTime"] = "2026-11-28T10:00:00Z"
    return scene(told=status(conditions=[condition]))


def owned_by(name: str, manager: str) -> Scene:
    return with_deployment(scene(), owned({**scene().deployments[name]}, manager, "spec", "template", "spec"))


STARTING: dict[str, Any] = {"state": "starting", "reason": "DeploymentNotAvailable", "weight": 0}
REFUSED: list[tuple[Scene, Wish, tuple[str, ...]]] = [
    (
        change("metadata.deletionTimestamp", "2026-11-28T10:00:00Z"),
        Wish(),
        ("Routemap httpbin is being deleted; wait, and make it anew",),
    ),
    (
        change("metadata.generation", 4),
        Wish(),
        ("Teal has not looked at Routemap httpbin as it is now; is it running? See teal status httpbin",),
    ),
    (
        unready("Held", "no version is ready"),
        Wish(),
        ("Routemap httpbin is not Ready (Held: no version is ready); mend that first",),
    ),
    (
        scene(50),
        Wish(),
        ("spec.versions: httpbin has no candidate beside httpbin-0; list one",),
    ),
    (
        told(version(PRIMARY), version(CANDIDATE, **STARTING)),
        Wish(),
        (
            (
                "no candidate of httpbin is ready (httpbin-1 is starting: DeploymentNotAvailable); "
                "make one ready first"
            ),
        ),
    ),
    (
        told(version(PRIMARY), version(CANDIDATE, **STARTING, message="no pod is ready")),
        Wish(candidate=CANDIDATE),
        ("no candidate of httpbin is ready (httpbin-1 is starting: no pod is ready); make one ready first",),
    ),
    (
        told(version(PRIMARY)),
        Wish(),
        ("no candidate of httpbin is ready (httpbin-1 is unknown); make one ready first",),
    ),
    (
        scene(50, 50, 50, told=status(version(PRIMARY), version(CANDIDATE), version(THIRD))),
        Wish(),
        ("httpbin-1 and httpbin-2 are ready; say which with --candidate=httpbin-1",),
    ),
    (
        scene(50),
        BY_ORDER,
        ("spec.versions: httpbin has no candidate beside httpbin-0; list one",),
    ),
    (
        scene(),
        Wish(candidate="httpbin-7"),
        ("--candidate=httpbin-7: Routemap httpbin does not list it; its candidates are httpbin-1",),
    ),
    (
        scene(50),
        Wish(candidate="httpbin-7"),
        ("--candidate=httpbin-7: Routemap httpbin does not list it; its candidates are none",),
    ),
    (
        scene(),
        Wish(candidate=PRIMARY),
        ("--candidate=httpbin-0: it is the primary of httpbin already",),
    ),
    (
        without_version(scene(), PRIMARY),
        Wish(),
        (
            (
                "Deployment httpbin-0 is not there, so nothing can become what httpbin-1 is; "
                "use teal promote httpbin --by-order"
            ),
        ),
    ),
    (
        change("spec.hosts", ["httpbin-1.default.svc"]),
        Wish(),
        (
            (
                "spec.hosts: clients call Service httpbin-1 as httpbin-1.default.svc, so it must stay; "
                "use teal promote httpbin --by-order"
            ),
        ),
    ),
    (
        primary("spec.paused", True),
        Wish(),
        ("spec.paused: httpbin-0 does not roll out; kubectl rollout resume deployment/httpbin-0",),
    ),
    (
        primary("spec.replicas", 0),
        Wish(),
        ("spec.replicas: httpbin-0 has no pods; kubectl scale deployment/httpbin-0 --replicas=…",),
    ),
    (
        owned_by(PRIMARY, "argocd-controller"),
        Wish(),
        (
            (
                "Argo CD owns spec.template of Deployment httpbin-0 and would bring back what it has; "
                "commit the change there (teal promote httpbin -o yaml prints it), or use --force"
            ),
        ),
    ),
    (
        owned_by(CANDIDATE, "helm"),
        Wish(),
        (
            (
                "Helm owns Deployment httpbin-1 and would bring it back; take it out there once "
                "httpbin-0 has its template, or use --force"
            ),
        ),
    ),
    (
        change("spec.strategy", "mirror"),
        Wish(),
        (
            (
                "spec.strategy: with mirror httpbin-0 answers all requests, and none can move to httpbin-1; "
                "use --keep-weights, or teal promote httpbin --by-order"
            ),
        ),
    ),
    (
        told(version(PRIMARY, readyEndpoints=5), version(CANDIDATE)),
        Wish(),
        (
            (
                "spec.replicas: httpbin-1 is to take the requests of httpbin-0 meanwhile, with 2 ready pods "
                "instead of 5; kubectl scale deployment/httpbin-1 --replicas=5, or use --keep-weights"
            ),
        ),
    ),
    (
        primary("spec.strategy", {"type": "Recreate"}),
        KEEP,
        (
            (
                "--keep-weights: httpbin-0: spec.strategy.type: Recreate stops all pods first; use "
                "RollingUpdate, or leave the flag out"
            ),
        ),
    ),
    (
        replace(scene(), refused="exceeded quota"),
        Wish(),
        ("the API server refuses the change of httpbin-0: exceeded quota",),
    ),
    (
        change("spec.hosts", ["httpbin-0.default"]),
        Wish(by_order=True, delete=True),
        (
            (
                "--delete: clients call Service httpbin-0 as httpbin-0.default, so it must stay; "
                "leave the flag out, or promote in place"
            ),
        ),
    ),
    (
        replace(scene(), routemap=owned(asked(), "kustomize-controller", "spec", "versions")),
        BY_ORDER,
        (
            (
                "Flux owns spec.versions of Routemap httpbin and would bring back what it has; commit the "
                "change there (teal promote httpbin --by-order -o yaml prints it), or use --force"
            ),
        ),
    ),
    (
        noted(scene(), "{"),
        Wish(),
        (
            (
                "metadata.annotations[iter8.tools/promotion]: it is not as a promotion writes it; take it "
                "off (kubectl annotate routemap httpbin iter8.tools/promotion-), and look at the weights "
                "yourself"
            ),
        ),
    ),
    (
        noted(scene(), {**RECORD, "stage": "undoing"}),
        Wish(),
        (("a promotion of httpbin-1 is being taken back; end that first: teal promote httpbin --undo"),),
    ),
    (
        noted(scene(), RECORD),
        BY_ORDER,
        (
            (
                "a promotion of httpbin-1 in place is under way; end it (teal promote httpbin), or take it "
                "back (teal promote httpbin --undo)"
            ),
        ),
    ),
    (
        noted(scene(), ORDER),
        Wish(candidate=THIRD),
        (
            (
                "a promotion of httpbin-1 by order is under way; end it (teal promote httpbin), or take it "
                "back (teal promote httpbin --undo)"
            ),
        ),
    ),
    (
        without_version(noted(scene(), RECORD), CANDIDATE),
        Wish(),
        (
            (
                "Deployment httpbin-1 goes, before httpbin-0 has become what httpbin-1 was; take the "
                "promotion back: teal promote httpbin --undo"
            ),
        ),
    ),
    (
        noted(replace(scene(), refused="no"), RECORD),
        Wish(),
        ("the API server refuses the change of httpbin-0: no",),
    ),
    (
        noted(scene(), ORDER),
        BY_ORDER,
        (
            (
                "spec.versions: httpbin-1 is not first any more (httpbin-0, httpbin-1); see who changes "
                "Routemap httpbin, or take the promotion back with --undo"
            ),
        ),
    ),
    (
        without_version(noted(scene(), RECORD), PRIMARY),
        Wish(undo=True),
        ("Deployment httpbin-0 has gone, so there is nothing to take back",),
    ),
    (
        noted(replace(scene(), replica_sets=()), RECORD),
        Wish(undo=True),
        (
            (
                "the ReplicaSet httpbin-0-old with the template that httpbin-0 had is not there any more; "
                "apply the manifest that it had"
            ),
        ),
    ),
    (
        noted(scene(), {**RECORD, "replicaSet": ""}),
        Wish(undo=True),
        (
            (
                "the ReplicaSet with the template that httpbin-0 had is not there any more; "
                "apply the manifest that it had"
            ),
        ),
    ),
    (
        noted(
            replace(
                scene(), replica_sets=(replica_set("httpbin-0-old", "2", "a"), replica_set("x", "3", "b"))
            ),
            {**RECORD, "stage": "done", "after": "httpbin-0-new"},
        ),
        Wish(undo=True),
        (
            (
                "Deployment httpbin-0 has been given another template since the promotion; choose one from "
                "kubectl rollout history deployment/httpbin-0"
            ),
        ),
    ),
    (
        with_deployment(
            without_version(noted(scene(), {**RECORD, "stage": "done"}), CANDIDATE),
            changed(deployed(PRIMARY), "spec.strategy", {"type": "Recreate"}),
        ),
        Wish(undo=True),
        (
            (
                "httpbin-1 is not there to take the requests while the pods of httpbin-0 are replaced, and "
                "some would fail; deploy httpbin-1 again first"
            ),
            "spec.strategy.type: Recreate stops all pods first; use RollingUpdate",
        ),
    ),
    (
        without_version(noted(scene(), {**RECORD, "stage": "undoing", "replicaSet": "gone"}), CANDIDATE),
        Wish(undo=True),
        ("Deployment httpbin-0, or the template that it is to have, has gone",),
    ),
    (
        without_version(noted(scene(), ORDER), PRIMARY),
        Wish(undo=True),
        ("Deployment httpbin-0 has gone; deploy it again first",),
    ),
    (
        noted(change("spec.versions", [{"name": CANDIDATE}, {"name": THIRD}]), {**ORDER, "stage": "done"}),
        Wish(undo=True),
        (
            (
                "spec.versions: httpbin-2 came in since the promotion; list the versions in the order that "
                "you want by hand"
            ),
        ),
    ),
]


@pytest.mark.parametrize(("seen", "wish", "wanted"), REFUSED, ids=[words[0][:60] for _, _, words in REFUSED])
def test_what_is_in_the_way_is_told(seen: Scene, wish: Wish, wanted: tuple[str, ...]) -> None:
    assert promote.next_step(seen, wish) == Stop(wanted)


@pytest.mark.parametrize(
    ("seen", "wish"),
    [
        (owned_by(PRIMARY, "argocd-controller"), Wish(force=True)),
        (owned_by(PRIMARY, "kubectl-edit"), Wish()),
        (owned_by(PRIMARY, "helm"), BY_ORDER),
        (change("spec.strategy", "mirror"), KEEP),
        (told(version(PRIMARY, readyEndpoints=5), version(CANDIDATE)), KEEP),
        (change("spec.hosts", ["httpbin-10.default"]), Wish()),
        (scene(), Wish(candidate=CANDIDATE)),
        (
            scene(50, 50, 50, told=status(version(PRIMARY), version(CANDIDATE), version(THIRD))),
            Wish(CANDIDATE),
        ),
        (noted(scene(), {**RECORD, "stage": "done"}), Wish()),
    ],
)
def test_and_nothing_else_is(seen: Scene, wish: Wish) -> None:
    assert isinstance(promote.next_step(seen, wish), Do)


FAILED = {
    **ROLLED,
    "updatedReplicas": 1,
    "conditions": [
        {
            "type": "Progressing",
            "reason": "ProgressDeadlineExceeded",
            "message": "2 replicas wanted, 1 is ready",
        }
    ],
}
AWAY = status(version(PRIMARY, 0), version(CANDIDATE, 100))
OUT = status(version(PRIMARY, 0, state="starting", reason="NoReadyEndpoint"), version(CANDIDATE, 100))


def failing(record: Manifest, told: Manifest) -> Scene:
    """Return a promotion in which the primary's new pods do not become ready."""
    rolling = {**deployed(PRIMARY, "httpbin:1"), "status": FAILED}
    before = with_deployment(noted(scene(told=told), record), rolling)
    return replace(before, override=override(0, 100), proposed=rolling)


@pytest.mark.parametrize(
    ("told_now", "record", "words"),
    [
        (
            AWAY,
            RECORD,
            "httpbin-0 does not become ready: 2 replicas wanted, 1 is ready. Requests stay with httpbin-1.",
        ),
        (
            OUT,
            RECORD,
            (
                "httpbin-0 does not become ready (NoReadyEndpoint): 2 replicas wanted, 1 is ready. "
                "Requests stay with httpbin-1."
            ),
        ),
        (
            AWAY,
            {**RECORD, "keepWeights": True},
            "httpbin-0 does not become ready: 2 replicas wanted, 1 is ready. Requests are shared as before.",
        ),
    ],
)
def test_a_primary_that_does_not_become_ready_keeps_requests_at_the_candidate(
    told_now: Manifest, record: Manifest, words: str
) -> None:
    mend = (
        "Mend httpbin-1's template or the cluster and run this again, or take it back: "
        "teal promote httpbin --undo"
    )
    assert promote.next_step(failing(record, told_now), Wish()) == Stop((f"{words} {mend}",))


CRASHED = {
    **ROLLED,
    "availableReplicas": 0,
    "conditions": [{"type": "Progressing", "reason": "NewReplicaSetAvailable"}],
}


@pytest.mark.parametrize(("state", "late"), [("starting", True), ("starting", False), ("ready", True)])
def test_so_does_one_that_crashes_once_kubernetes_has_called_its_rollout_complete(
    state: str, *, late: bool
) -> None:
    crashed = version(PRIMARY, 0, state=state, reason="NoReadyEndpoint")
    reason = "ProgressDeadlineExceeded" if late else "VersionStarting"
    since = {"lastTransitionTime": "2026-11-28T10:00:00Z"}
    progressing = {"type": "Progressing", "status": "False", "reason": reason, **since}
    now = status(crashed, version(CANDIDATE, 100), conditions=[progressing])
    rolling = {**deployed(PRIMARY, "httpbin:1"), "status": CRASHED}
    before = with_deployment(noted(scene(told=now), RECORD), rolling)
    step = promote.next_step(replace(before, override=override(0, 100), proposed=rolling), Wish())
    available = "0 of 2 new pods of httpbin-0 are available"
    if (state, late) == ("starting", True):
        assert isinstance(step, Stop)
        assert step.told[0].startswith(
            f"httpbin-0 does not become ready (NoReadyEndpoint): {available}. Requests stay with httpbin-1."
        )
    else:
        assert waits(step) == available


@pytest.mark.parametrize(
    "record",
    [
        "[]",
        "1",
        "{}",
        "[" * 100_000,
        {**RECORD, "way": "sideways"},
        {**RECORD, "stage": "later"},
        {**RECORD, "primary": "../x"},
        {**RECORD, "candidate": 1},
        {**RECORD, "weights": "many"},
        {**RECORD, "replicaSet": 3},
        {**RECORD, "label": 3},
        {**RECORD, "way": "by-order"},
        {**ORDER, "versions": []},
    ],
)
def test_a_note_that_no_promotion_has_written_is_told(record: Any) -> None:
    step = promote.next_step(noted(scene(), record), Wish())
    assert isinstance(step, Stop)
    assert step.told[0].startswith("metadata.annotations[iter8.tools/promotion]: it is not as a promotion")
    assert promote.proposal(noted(scene(), record), Wish()) is None
    assert promote.involved(noted(scene(), record).routemap) == (PRIMARY, CANDIDATE)
    assert promote.primary_of(noted(scene(), record).routemap) == PRIMARY


@pytest.mark.parametrize(
    ("record", "wish", "wanted"),
    [
        (None, Wish(undo=True), "nothing to take back: Routemap httpbin has no note of a promotion"),
        (
            {**RECORD, "stage": "done"},
            Wish(),
            (
                "nothing to do: httpbin-0 is what httpbin-1 was since the last promotion, and no other "
                "candidate is ready"
            ),
        ),
    ],
)
def test_what_is_done_already_is_no_mistake(record: Any, wish: Wish, wanted: str) -> None:
    gone = told(version(PRIMARY, 100))
    seen = gone if record is None else noted(gone, record)
    assert promote.next_step(seen, wish) == Done(wanted)


@pytest.mark.parametrize("wish", [BY_ORDER, Wish(by_order=True, candidate=CANDIDATE), Wish()])
def test_the_old_primary_of_a_promotion_by_order_is_no_candidate(wish: Wish) -> None:
    turned = [{"name": CANDIDATE, "weight": 50}, {"name": PRIMARY, "weight": 0}]
    seen = noted(scene(versions=turned), {**ORDER, "stage": "done"})
    assert promote.next_step(seen, wish) == Done(
        "nothing to do: httpbin-1 is the primary since the last promotion, and no other candidate is ready"
    )
    back = promote.next_step(seen, Wish(by_order=True, candidate=PRIMARY))
    assert isinstance(back, Do)
    assert back.told == "httpbin-0 is listed first (httpbin-0, httpbin-1)"


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (
            noted(scene(), "{"),
            "metadata.annotations[iter8.tools/promotion]: it is not as a promotion writes it;",
        ),
        (
            noted(scene(), RECORD),
            "a promotion of httpbin-1 is under way; take it back: teal promote httpbin --undo",
        ),
        (scene(50), "spec.versions: httpbin-0 is the only version of httpbin, and has all requests already"),
        (
            told(version(PRIMARY, **STARTING), version(CANDIDATE)),
            (
                "httpbin-0 is not ready (starting: DeploymentNotAvailable), so requests can't go back to it; "
                "mend it first"
            ),
        ),
        (
            told(version(CANDIDATE)),
            (
                "httpbin-0 is not ready (Teal has not looked at it), so requests can't go back to it; "
                "mend it first"
            ),
        ),
    ],
)
def test_what_is_in_the_way_of_an_abort_is_told(seen: Scene, wanted: str) -> None:
    step = abort.next_step(seen)
    assert isinstance(step, Stop)
    assert step.told[0].startswith(wanted)


def waits(step: Step) -> str:
    assert isinstance(step, Wait), step
    return step.told


PROMOTING: list[tuple[Callable[[Scene], Scene], str]] = [
    (
        lambda before: replace(before, override=override(0, 100)),
        "httpbin-0 has requests until Teal has moved them and it has drained",
    ),
    (
        lambda before: replace(before, override=changed(override(1, 2), "metadata.deletionTimestamp", "now")),
        "WeightOverride httpbin is being deleted",
    ),
    (
        lambda before: replace(
            before,
            routemap={**before.routemap, "status": status(version(PRIMARY), version(CANDIDATE, **STARTING))},
        ),
        "httpbin-1 is not ready, and is to take the requests meanwhile",
    ),
]


@pytest.mark.parametrize(("move", "wanted"), PROMOTING)
def test_the_primary_keeps_its_template_until_no_request_goes_to_it(
    move: Callable[[Scene], Scene], wanted: str
) -> None:
    assert waits(promote.next_step(move(noted(scene(), RECORD)), Wish())) == wanted


NEW = deployed(PRIMARY, "httpbin:1")


@pytest.mark.parametrize(
    ("told_now", "rolled", "settled", "wanted"),
    [
        (AWAY, {**ROLLED, "updatedReplicas": 1}, 9.0, "1 of 2 pods of httpbin-0 are new"),
        (OUT, ROLLED, 9.0, "httpbin-0 is not ready yet: NoReadyEndpoint"),
        (status(version(CANDIDATE, 100)), ROLLED, 9.0, "httpbin-0 is not ready yet: not listed"),
        (AWAY, ROLLED, 0.9, "proxies hear of the new pods of httpbin-0: 1 s"),
    ],
)
def test_requests_stay_with_the_candidate_until_the_new_pods_are_known(
    told_now: Manifest, rolled: Manifest, settled: float, wanted: str
) -> None:
    new = {**NEW, "status": rolled}
    before = with_deployment(noted(scene(told=told_now), RECORD), new)
    seen = replace(before, override=override(0, 100), proposed=new, settled=settled)
    assert waits(promote.next_step(seen, Wish())) == wanted


@pytest.mark.parametrize(("asked_for", "wanted"), [(None, 5), (7, 7)])
def test_pods_without_a_probe_are_given_more_time(asked_for: int | None, wanted: int) -> None:
    new = without(NEW, "spec.template.spec.containers.0.readinessProbe")
    spec = {} if asked_for is None else {"settleSeconds": asked_for}
    before = with_deployment(noted(scene(told=AWAY, **spec), RECORD), new)
    seen = replace(before, override=override(0, 100), proposed=new, settled=wanted - 0.1)
    assert waits(promote.next_step(seen, Wish())) == f"proxies hear of the new pods of httpbin-0: {wanted} s"
    assert isinstance(promote.next_step(replace(seen, settled=float(wanted)), Wish()), Do)


def test_a_candidate_that_is_protected_is_not_deleted_yet() -> None:
    protected = with_key(deployed(CANDIDATE), "annotations", "iter8.tools/protected", "why")
    seen = with_deployment(noted(scene(), {**RECORD, "stage": "promoted"}), protected)
    assert waits(promote.next_step(seen, Wish())) == (
        "httpbin-1 is the only ready version until Teal calls httpbin-0 ready"
    )


def test_what_is_to_be_committed_is_printed_without_what_the_cluster_has_added() -> None:
    proposed = with_key(deployed(PRIMARY, "httpbin:1"), "annotations", "mine", "kept")
    printed = promote.to_commit(replace(scene(), proposed=proposed), Wish())
    assert not isinstance(printed, Stop)
    assert printed["metadata"] == {
        "name": PRIMARY,
        "namespace": "default",
        "labels": proposed["metadata"]["labels"],
        "annotations": {"mine": "kept"},
    }
    assert printed["spec"] == proposed["spec"]
    assert printed.keys() == {"apiVersion", "kind", "metadata", "spec"}
    ordered = promote.to_commit(scene(), BY_ORDER)
    assert not isinstance(ordered, Stop)
    assert ordered["metadata"] == {"name": "httpbin", "namespace": "default"}
    assert [item["name"] for item in ordered["spec"]["versions"]] == [CANDIDATE, PRIMARY]


@pytest.mark.parametrize(
    ("marks", "mark"),
    [
        ("annotations", "argocd.argoproj.io/tracking-id"),
        ("labels", "kustomize.toolkit.fluxcd.io/name"),
        ("labels", "kustomize.toolkit.fluxcd.io/namespace"),
    ],
)
def test_what_is_to_be_committed_has_no_mark_by_which_argo_cd_or_flux_know_it(marks: str, mark: str) -> None:
    seen = scene()
    tracked = replace(seen, routemap=with_key(dict(seen.routemap), marks, mark, "shop"))
    printed = promote.to_commit(tracked, BY_ORDER)
    assert not isinstance(printed, Stop)
    assert printed["metadata"] == {"name": "httpbin", "namespace": "default"}


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (scene(50), ("spec.versions: httpbin has no candidate beside httpbin-0; list one",)),
        (scene(), ("Deployment httpbin-0 is not there; use --by-order",)),
        (replace(scene(), refused="no"), ("no",)),
    ],
)
def test_or_why_there_is_nothing_to_commit(seen: Scene, wanted: tuple[str, ...]) -> None:
    assert promote.to_commit(seen, Wish()) == Stop(wanted)


def test_a_replica_set_of_another_revision_is_not_what_the_primary_had() -> None:
    begun = promote.next_step(replace(scene(), replica_sets=(replica_set("x", "2", "a"),)), Wish())
    assert isinstance(begun, Do)
    assert "replicaSet" not in json.dumps(begun.write.operations)  # type: ignore[union-attr]


SAME = replace(scene(), proposed=scene().deployments[PRIMARY])
OTHER = replace(scene(), proposed=deployed(PRIMARY, "httpbin:1"))
GOES = "Deployment and Service httpbin-1 are deleted, and go when they have drained"
GETS = "httpbin-0 gets the pod template and the version label of httpbin-1, and rolls out"


@pytest.mark.parametrize(
    ("seen", "wish", "wanted"),
    [
        (
            OTHER,
            Wish(),
            (
                "requests leave httpbin-0 for httpbin-1, and httpbin-0 drains",
                GETS,
                "requests come back",
                GOES,
            ),
        ),
        (OTHER, KEEP, (GETS, GOES)),
        (SAME, Wish(), (GOES,)),
        (scene(), BY_ORDER, ("httpbin-1 is listed first (httpbin-1, httpbin-0)", "httpbin-0 drains")),
        (
            replace(scene(), override=override(1, 2)),
            Wish(by_order=True, delete=True),
            (
                "httpbin-1 is listed first (httpbin-1, httpbin-0)",
                "WeightOverride httpbin is deleted",
                "httpbin-0 drains",
                "Deployment and Service httpbin-0 are deleted",
            ),
        ),
        (noted(scene(), RECORD), Wish(), ("what is left of the promotion of httpbin-1: begun",)),
    ],
)
def test_the_steps_are_told_beforehand(seen: Scene, wish: Wish, wanted: tuple[str, ...]) -> None:
    assert promote.preview(seen, wish) == wanted


def test_an_undoing_by_order_ends_when_the_primary_is_ready_again() -> None:
    late = told(version(PRIMARY, **STARTING), version(CANDIDATE))
    seen = noted(late, {**ORDER, "stage": "undoing"})
    assert waits(promote.next_step(seen, Wish(undo=True))) == "httpbin-0 is not ready yet"


def test_an_override_that_goes_already_is_waited_for() -> None:
    going = changed(override(0, 100), "metadata.deletionTimestamp", "now")
    seen = replace(noted(scene(), {**RECORD, "stage": "promoted"}), override=going)
    assert waits(promote.next_step(seen, Wish())) == "WeightOverride httpbin is being deleted"


def test_what_is_to_be_committed_does_not_depend_on_a_note() -> None:
    printed = promote.to_commit(noted(scene(), "{"), BY_ORDER)
    assert not isinstance(printed, Stop)
    assert printed["metadata"] == {"name": "httpbin", "namespace": "default"}

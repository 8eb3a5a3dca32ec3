"""What Teal's own promotion writes, what keeps it from that, and who keeps the list elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import patches
from routing.promoting import by_itself, by_order, owners, promote
from routing.promoting.record import DONE, at, record_of
from routing.promoting.steps import Do, Scene, Wish
from routing.reading.parse import parse_routemap
from tests.unit.routing.manifests import changed, with_key
from tests.unit.routing.promotion import CANDIDATE, PRIMARY, asked, deployed, owned, status, version
from tests.unit.routing.shapes import versions

if TYPE_CHECKING:
    from tests.unit.routing.manifests import Manifest

NOTE = "iter8.tools/promotion"
UNDER_WAY = {"way": "in-place", "primary": PRIMARY, "candidate": CANDIDATE, "stage": "begun"}
STARTING = {"name": CANDIDATE, "state": "starting", "reason": "NoReadyEndpoint"}
NOT_READY = {"type": "Ready", "status": "False", "reason": "Conflict", "message": "shop has it"}
TIME = "2026-11-28T10:00:00Z"
OLDER = {"observedGeneration": 2}
MIXED: tuple[Any, ...] = ("Kubernetes", 7, None, {}, "helm", "argocd-controller", "kustomize-controller")


def noted(text: str) -> Manifest:
    return with_key({**asked()}, "annotations", NOTE, text)


HINDERED: dict[str, tuple[Manifest, str]] = {
    "it is not ready": (
        asked(told=status(version(PRIMARY), STARTING)),
        ("no candidate of httpbin is ready (httpbin-1 is starting: NoReadyEndpoint); make one ready first"),
    ),
    "the Routemap is not ready": (
        asked(told=status(conditions=[{**NOT_READY, "lastTransitionTime": TIME}])),
        "Routemap httpbin is not Ready (Conflict: shop has it); mend that first",
    ),
    "it has changed since it was told of": (
        asked(told=status(**OLDER)),
        "Teal has not looked at Routemap httpbin as it is now; is it running? See teal status httpbin",
    ),
    "somebody promotes": (
        noted(json.dumps(UNDER_WAY)),
        ("a promotion of httpbin-1 is under way; end it (teal promote httpbin), or take it back (--undo)"),
    ),
    "a note that nobody can read": (
        noted("{"),
        (
            "metadata.annotations[iter8.tools/promotion]: it is not as a promotion writes it; take it off "
            "(kubectl annotate routemap httpbin iter8.tools/promotion-), and look at the weights yourself"
        ),
    ),
    "Helm owns the list": (
        owned(asked(), "helm", "spec", "versions"),
        (
            "Helm owns spec.versions of Routemap httpbin and would bring back what it has; commit there the "
            "order httpbin-1, httpbin-0 with weight 0 (teal promote httpbin --by-order -o yaml prints it)"
        ),
    ),
}


@pytest.mark.parametrize("why", HINDERED)
def test_a_candidate_is_not_promoted_by_itself_when(why: str) -> None:
    routemap, sentence = HINDERED[why]
    assert by_itself.hindrance(routemap, CANDIDATE) == sentence


@pytest.mark.parametrize(
    "routemap",
    [
        asked(),
        noted(json.dumps({**UNDER_WAY, "stage": "done"})),
        owned(asked(), "helm", "spec", "hosts"),
        owned(asked(), "kubectl", "spec", "versions"),
    ],
    ids=["all is well", "an earlier promotion", "Helm owns something else", "kubectl has written it"],
)
def test_nothing_else_is_in_its_way(routemap: Manifest) -> None:
    assert by_itself.hindrance(routemap, CANDIDATE) == ""


@pytest.mark.parametrize("strategy", ["blue-green", "canary", "mirror"])
@pytest.mark.parametrize("count", range(2, 9))
def test_it_writes_what_teal_promote_by_order_begins_with_as_over_already(strategy: str, count: int) -> None:
    listed = versions(count, strategy)
    told = status(*(version(item["name"]) for item in listed))
    routemap = {**asked(told=told, strategy=strategy, versions=listed)}
    for candidate in [item["name"] for item in listed[1:]]:
        step = by_order.begin(Scene(routemap), Wish(candidate, by_order=True))
        assert isinstance(step, Do)
        theirs = patches.patched(routemap, getattr(step.write, "operations", ()))
        ours = patches.patched(routemap, by_itself.promotion(routemap, candidate).operations)
        assert ours["spec"] == theirs["spec"]
        begun, over = record_of(theirs), record_of(ours)
        assert begun is not None
        assert over == at(begun, DONE)
        primary = parse_routemap(ours).versions[0]
        assert (primary.name, primary.match) == (candidate, ""), "and it can be read again"
        assert parse_routemap(routemap).rollout == parse_routemap(ours).rollout


GONE: Manifest = {"name": "httpbin-2", "state": "absent", "reason": "DeploymentNotFound"}


@pytest.mark.parametrize(
    ("weight", "of_it", "strategy", "kept"),
    [
        (0, {}, "blue-green", False),
        (0, {}, "mirror", False),
        (0, {}, "canary", True),
        (50, {}, "blue-green", True),
        (0, {"reason": "NotWatched"}, "blue-green", True),
        (0, {"weight": 5}, "blue-green", True),
        (0, {"drainingUntil": TIME}, "blue-green", True),
        (0, {"name": "another"}, "blue-green", True),
    ],
)
def test_what_was_a_primary_and_has_gone_is_listed_no_more(
    weight: int, of_it: Manifest, strategy: str, *, kept: bool
) -> None:
    told = status(version(PRIMARY), version(CANDIDATE), {**GONE, **of_it})
    after = patches.patched(
        before := asked(50, 50, weight, told=told, strategy=strategy),
        by_itself.promotion(before, CANDIDATE).operations,
    )
    listed = [CANDIDATE, *(["httpbin-2"] if kept else []), *([] if strategy == "canary" else [PRIMARY])]
    assert [item["name"] for item in after["spec"]["versions"]] == listed


def test_it_is_written_only_over_the_list_that_was_seen_and_while_it_is_asked_for() -> None:
    routemap = asked()
    write = by_itself.promotion(routemap, CANDIDATE)
    assert write.operations[:2] == (
        {"op": "test", "path": "/spec/rollout/promotion", "value": "byOrder"},
        {"op": "test", "path": "/spec/versions", "value": routemap["spec"]["versions"]},
    )
    assert by_itself.promotes(write)
    assert not by_itself.promotes(replace(write, operations=write.operations[3:]))


@pytest.mark.parametrize(
    ("note", "made"),
    [("done", True), ("begun", False), ("undoing", False), ("", False), ("{", False)],
)
def test_the_note_of_an_earlier_promotion_is_taken_off_before_another_is_told(
    note: str, *, made: bool
) -> None:
    text = json.dumps({**UNDER_WAY, "stage": note}) if note != "{" else note
    routemap = noted(text) if note else asked()
    assert by_itself.made(routemap) is made
    written = by_itself.forgotten(routemap)
    assert len(written) == made
    after = patches.patched(routemap, written[0].operations) if written else asked()
    assert not by_itself.made(after)


def test_undoing_it_brings_the_list_back_as_after_a_promotion_by_hand() -> None:
    before = asked()
    after = patches.patched(before, by_itself.promotion(before, CANDIDATE).operations)
    deployments = {name: deployed(name) for name in (PRIMARY, CANDIDATE)}
    step = promote.next_step(Scene(after, deployments=deployments), Wish(undo=True))
    assert isinstance(step, Do)
    assert step.told == "httpbin-0 is listed first again (httpbin-0, httpbin-1)"
    undone = patches.patched(after, getattr(step.write, "operations", ()))
    assert undone["spec"] == before["spec"]


ODD: st.SearchStrategy[Any] = st.sampled_from([{}, None, 3, "x"])
PARTS = st.dictionaries(st.sampled_from(["f:versions", "f:hosts", "."]), ODD, max_size=2) | ODD
FIELDS = st.dictionaries(st.sampled_from(["f:spec", "f:versions", "f:metadata"]), PARTS, max_size=3) | ODD
ENTRIES = st.lists(
    st.one_of(
        st.sampled_from([None, 3, {}]),
        st.fixed_dictionaries({"manager": st.sampled_from(MIXED), "fieldsV1": FIELDS}),
        st.just({"manager": "helm", "fieldsV1": {"f:spec": {"f:versions": {}}}}),
    ),
    max_size=4,
)


@given(ENTRIES)
def test_what_is_kept_of_managed_fields_tells_of_the_same_owner(entries: list[Any]) -> None:
    manifest = changed(asked(), "metadata.managedFields", entries)
    kept = owners.kept(manifest, "spec", "versions")
    assert len(kept) <= 1
    again = changed(asked(), "metadata.managedFields", kept)
    assert owners.owner(again, "spec", "versions") == owners.owner(manifest, "spec", "versions")

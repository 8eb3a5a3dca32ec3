from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.rules.review import Verdict
from tests.unit.webhook.jsonpatch import apply
from tests.unit.webhook.reviews import ROUTEMAP, body, routemap
from webhook.admission import advise, mutate, validate
from webhook.codec import Answer, decode

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "httpbin-0", "namespace": "default", "labels": {"iter8.tools/watch": "yes"}},
    "spec": {},
}
OVERRIDE: dict[str, Any] = {
    "apiVersion": "iter8.tools/v1alpha1",
    "kind": "WeightOverride",
    "metadata": {"name": "httpbin", "namespace": "default"},
    "spec": {"weights": [{"version": "httpbin-0", "weight": "banana"}]},
}


def mutated(manifest: dict[str, Any], old: dict[str, Any] | None = None) -> Any:
    answer = mutate(decode(body(manifest, old)))
    assert answer.verdict == Verdict()
    return apply(manifest, [dict(operation) for operation in answer.patch])


def test_mutation_makes_a_routemaps_defaults_and_its_finalizer_explicit() -> None:
    patch = mutate(decode(body(ROUTEMAP))).patch
    assert sorted(patch, key=lambda operation: str(operation["path"])) == [
        {"op": "add", "path": "/metadata/finalizers", "value": ["iter8.tools/release"]},
        {"op": "add", "path": "/spec/drainSeconds", "value": 15},
        {"op": "add", "path": "/spec/gateways", "value": ["mesh"]},
        {
            "op": "add",
            "path": "/spec/hosts",
            "value": ["httpbin.default", "httpbin.default.svc", "httpbin.default.svc.cluster.local"],
        },
        {"op": "add", "path": "/spec/strategy", "value": "blue-green"},
        {"op": "add", "path": "/spec/versions/0/weight", "value": 50},
    ]


def test_hosts_and_what_is_foreign_among_them_are_of_the_clusters_domain() -> None:
    filled = apply(
        ROUTEMAP, [dict(each) for each in mutate(decode(body(ROUTEMAP)), domain="k8s.example").patch]
    )
    assert filled["spec"]["hosts"][-1] == "httpbin.default.svc.k8s.example"
    foreign = {**filled, "spec": {**filled["spec"], "hosts": ["web.other.svc.k8s.example"]}}
    for judge in (validate, mutate):
        assert not judge(decode(body(foreign)), domain="k8s.example").verdict.allowed
        assert judge(decode(body(foreign))).verdict.allowed


def test_a_routemap_whose_name_is_still_to_be_made_gets_its_hosts_when_it_has_one() -> None:
    unnamed = {**ROUTEMAP, "metadata": {"generateName": "httpbin-", "namespace": "default"}}
    assert "hosts" not in mutated(unnamed)["spec"]


def test_mutating_what_mutation_made_changes_nothing() -> None:
    assert mutate(decode(body(mutated(ROUTEMAP)))) == Answer(Verdict())


SPECS = st.fixed_dictionaries(
    {"versions": st.just([{"name": "httpbin-0"}, {"name": "httpbin-1", "weight": 20}])},
    optional={
        "port": st.integers(1, 65535),
        "hosts": st.just(["httpbin.default"]),
        "gateways": st.sampled_from([["mesh"], ["httpbin", "mesh"]]),
        "settleSeconds": st.integers(0, 60),
        "drainSeconds": st.integers(0, 300),
    },
)


@given(SPECS, st.sampled_from([None, [], ["example.org/mine"], ["iter8.tools/release"]]))
def test_mutation_twice_equals_once(spec: dict[str, Any], finalizers: list[str] | None) -> None:
    metadata = ROUTEMAP["metadata"] | ({} if finalizers is None else {"finalizers": finalizers})
    once = mutated({**ROUTEMAP, "metadata": metadata, "spec": spec})
    assert mutated(once) == once
    assert {key: once["spec"][key] for key in spec if key != "versions"} == {
        key: value for key, value in spec.items() if key != "versions"
    }
    assert "iter8.tools/release" in once["metadata"]["finalizers"]


@pytest.mark.parametrize("judge", [validate, mutate])
@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (
            routemap(strategy="rainbow"),
            'spec.strategy: "rainbow" is not a strategy; use blue-green, canary, mirror',
        ),
        (
            OVERRIDE,
            'spec.weights[0].weight: "banana" is not an integer; use an integer from 0 to 1000000',
        ),
    ],
)
def test_both_endpoints_refuse_our_own_kinds_with_the_rule_books_sentences(
    judge: Any, manifest: dict[str, Any], message: str
) -> None:
    answer = judge(decode(body(manifest)))
    assert answer.patch == ()
    assert [str(violation) for violation in answer.verdict.violations] == [message]


def test_a_deployment_is_judged_by_validation_and_passes_mutation_untouched() -> None:
    request = decode(body(DEPLOYMENT))
    assert [violation.reason for violation in validate(request).verdict.violations] == ["WatchValue"]
    assert mutate(request) == Answer(Verdict())


def test_a_deployment_that_asks_for_a_pause_gets_it() -> None:
    labels = {"iter8.tools/watch": "true", "iter8.tools/pre-stop-sleep": "7"}
    container = {"name": "httpbin", "image": "kennethreitz/httpbin"}
    manifest = {
        **DEPLOYMENT,
        "metadata": {**DEPLOYMENT["metadata"], "labels": labels},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    pause = {
        "op": "add",
        "path": "/spec/template/spec/containers/0/lifecycle",
        "value": {"preStop": {"sleep": {"seconds": 7}}},
    }
    assert mutate(decode(body(manifest)), pre_stop_sleep=3).patch == (pause,)
    assert mutate(decode(body(mutated(manifest))), pre_stop_sleep=3).patch == ()


def test_a_deletion_passes_mutation() -> None:
    assert mutate(decode(body(None, ROUTEMAP))) == Answer(Verdict())


def test_validation_never_answers_with_a_patch() -> None:
    assert validate(decode(body(ROUTEMAP))) == Answer(Verdict())


def test_an_update_that_repairs_one_of_two_mistakes_is_let_through_by_both_endpoints() -> None:
    before, after = routemap(strategy="rainbow", port=0), routemap(strategy="rainbow", port=80)
    request = decode(body(after, before))
    assert validate(request).verdict.allowed
    assert mutate(request).verdict.allowed


def wishing(wish: str | None, by: str | None = None, **spec: Any) -> dict[str, Any]:
    told = {"iter8.tools/rollout": wish, "iter8.tools/rollout-by": by}
    annotations = {key: value for key, value in told.items() if value is not None}
    made = routemap(**spec)
    return {**made, "metadata": {**made["metadata"], **({"annotations": annotations} if annotations else {})}}


@pytest.mark.parametrize(
    ("old", "new", "by"),
    [
        (None, wishing("pause"), "ada"),
        (wishing(None), wishing("pause"), "ada"),
        (wishing("pause", "bob"), wishing("pause", "bob", port=80), "bob"),
        (wishing("pause", "bob"), wishing("resume", "bob"), "ada"),
        (wishing("pause", "bob"), wishing("pause", "carl"), "bob"),
        (wishing("pause"), wishing("pause", "carl"), None),
        (wishing("pause", "bob"), wishing(None, "bob"), None),
        (None, wishing("pause", "carl"), "ada"),
    ],
)
def test_who_wishes_something_of_a_rollout_is_told_by_who_has_asked_and_by_nobody_else(
    old: dict[str, Any] | None, new: dict[str, Any], by: str | None
) -> None:
    assert mutated(new, old)["metadata"].get("annotations", {}).get("iter8.tools/rollout-by") == by


def test_a_workload_of_a_kind_that_was_named_is_judged_without_a_look_at_its_pods() -> None:
    labels = {"iter8.tools/wacth": "true", "iter8.tools/watch": "yes"}
    model: dict[str, Any] = {
        "kind": "InferenceService",
        "metadata": {"name": "a", "labels": labels},
        "spec": {},
    }
    verdict = validate(decode(body(model))).verdict
    assert [item.reason for item in verdict.violations] == ["UnknownKey", "WatchValue"]
    watched = {**model, "metadata": {"name": "a", "labels": {"iter8.tools/watch": "true"}}}
    assert validate(decode(body(watched))).verdict == Verdict()
    marked = {**watched, "metadata": {**watched["metadata"], "finalizers": ["iter8.tools/drain"]}}
    foreground = {"propagationPolicy": "Foreground"}
    refused = validate(decode(body(None, old=marked, operation="DELETE", options=foreground))).verdict
    assert [item.reason for item in refused.violations] == ["Foreground"]


def test_advice_is_a_sentence_and_never_a_refusal() -> None:
    daemons = {**DEPLOYMENT, "kind": "DaemonSet"}
    sentence = "iter8.tools/watch on a DaemonSet does nothing; Teal watches Deployments and StatefulSets"
    assert advise(decode(body(daemons))) == Answer(Verdict(warnings=(sentence,)))
    assert advise(decode(body(daemons, daemons))) == Answer(Verdict())

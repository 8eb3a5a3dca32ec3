"""What becomes of the primary in a promotion in place, how far its rollout is, and who else owns it."""

from __future__ import annotations

from typing import Any

import pytest

from routing.promoting import owners, templates
from routing.promoting.rollouts import Rollout, losses, rollout
from tests.unit.routing.manifests import Manifest, changed, service, without
from tests.unit.routing.promotion import CANDIDATE, PRIMARY, ROLLED, deployed, owned, replica_set

LABELS = "spec.template.metadata.labels"
POD = "spec.template.spec"


def promoted(primary: Manifest, candidate: Manifest, *services: Manifest) -> dict[str, Any]:
    return templates.promoted(primary, candidate, services)


def test_all_of_the_template_is_the_candidates_but_the_labels_by_which_pods_are_selected() -> None:
    primary = changed(deployed(PRIMARY), LABELS, {"app": PRIMARY, "track": "a", "old": "x"})
    candidate = changed(
        deployed(CANDIDATE, "httpbin:2"), LABELS, {"app": CANDIDATE, "track": "b", "new": "y"}
    )
    template = promoted(primary, candidate)
    assert template["metadata"]["labels"] == {"app": PRIMARY, "track": "b", "new": "y"}
    assert template["spec"] == candidate["spec"]["template"]["spec"]


def test_labels_by_which_a_service_selects_stay_the_primarys() -> None:
    primary = changed(deployed(PRIMARY), LABELS, {"app": PRIMARY, "track": "stable"})
    candidate = changed(deployed(CANDIDATE), LABELS, {"app": CANDIDATE, "track": "next", "only": "mine"})
    services = [
        changed(service(PRIMARY), "spec.selector", {"track": "stable"}),
        changed(service(CANDIDATE), "spec.selector", {"only": "mine"}),
    ]
    assert promoted(primary, candidate, *services)["metadata"]["labels"] == {
        "app": PRIMARY,
        "track": "stable",
    }


def test_labels_in_expressions_of_a_selector_stay_the_primarys() -> None:
    expressions = [{"key": "tier", "operator": "In", "values": ["a", "b"]}]
    primary = changed(deployed(PRIMARY), "spec.selector.matchExpressions", expressions)
    primary = changed(primary, LABELS, {"app": PRIMARY, "tier": "a"})
    candidate = changed(deployed(CANDIDATE), LABELS, {"app": CANDIDATE, "tier": "b"})
    assert promoted(primary, candidate)["metadata"]["labels"] == {"app": PRIMARY, "tier": "a"}


def test_pods_that_keep_away_from_each_other_do_so_under_the_primarys_labels() -> None:
    def spread(name: str) -> list[Any]:
        by_label = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": name, "a": "b"}}}
        listed = {"key": "app", "operator": "In", "values": [name, "other"]}
        there = {"key": "app", "operator": "Exists"}
        return [by_label, {"labelSelector": {"matchExpressions": [listed, there]}}, "odd"]

    candidate = changed(deployed(CANDIDATE), f"{POD}.topologySpreadConstraints", spread(CANDIDATE))
    template = promoted(deployed(PRIMARY), candidate)
    assert template["spec"]["topologySpreadConstraints"] == spread(PRIMARY)


def test_the_template_before_is_the_replica_sets_without_the_hash() -> None:
    before = templates.before(replica_set("httpbin-0-old", "3", "httpbin:0"))
    assert before == deployed(PRIMARY, "httpbin:0")["spec"]["template"]


def test_the_replica_set_of_the_present_template_is_known_by_its_revision() -> None:
    sets = [replica_set("a", "2", "x"), replica_set("b", "3", "y")]
    assert templates.current(deployed(PRIMARY), sets) == "b"
    assert templates.current(deployed(PRIMARY), sets[:1]) == ""
    assert templates.current(changed(deployed(PRIMARY), "metadata.annotations", {}), sets) == ""


def test_a_version_label_is_a_text() -> None:
    assert templates.version_label(deployed(PRIMARY, label="v9")) == "v9"
    assert templates.version_label(changed(deployed(PRIMARY), "metadata.labels", {})) is None


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (ROLLED, Rollout()),
        (
            {**ROLLED, "observedGeneration": 6},
            Rollout("the new template of httpbin-0 is about to be rolled out"),
        ),
        ({}, Rollout("the new template of httpbin-0 is about to be rolled out")),
        ({**ROLLED, "updatedReplicas": 1}, Rollout("1 of 2 pods of httpbin-0 are new")),
        ({**ROLLED, "replicas": 3}, Rollout("1 old pod of httpbin-0 has still to go")),
        ({**ROLLED, "replicas": 4}, Rollout("2 old pods of httpbin-0 have still to go")),
        ({**ROLLED, "availableReplicas": 1}, Rollout("1 of 2 new pods of httpbin-0 are available")),
        (
            {**ROLLED, "conditions": [{"type": "Progressing", "reason": "NewReplicaSetAvailable"}]},
            Rollout(),
        ),
        (
            {
                **ROLLED,
                "conditions": [
                    {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
                ],
            },
            Rollout("timed out", failed=True),
        ),
        (
            {**ROLLED, "conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]},
            Rollout("ProgressDeadlineExceeded", failed=True),
        ),
    ],
)
def test_a_rollout_is_told_as_kubectl_does(status: Manifest, wanted: Rollout) -> None:
    told = rollout({**deployed(PRIMARY), "status": status})
    assert told == wanted
    assert told.complete == (not wanted.told)


def test_replacing_pods_under_requests_takes_a_pause_a_probe_and_a_rolling_update() -> None:
    sound = deployed(PRIMARY)
    template = sound["spec"]["template"]
    assert losses(sound, template) == ()
    bare = without(sound, f"{POD}.containers.0.lifecycle")
    unprobed = without(sound, f"{POD}.containers.0.readinessProbe")["spec"]["template"]
    assert losses(changed(bare, "spec.strategy.type", "Recreate"), unprobed) == (
        "spec.strategy.type: Recreate stops all pods first; use RollingUpdate",
        "container httpbin has no preStop pause, so requests fail as its pods stop; give it one",
        "the new container httpbin has no readinessProbe, so requests come too early; give it one",
    )


@pytest.mark.parametrize(
    ("manager", "who"),
    [
        ("argocd-controller", "Argo CD"),
        ("kustomize-controller", "Flux"),
        ("helm-controller", "Flux (a HelmRelease)"),
        ("helm", "Helm"),
        ("kubectl-client-side-apply", ""),
        (None, ""),
    ],
)
def test_who_owns_a_field_is_told_by_its_manager(manager: str, who: str) -> None:
    assert (
        owners.owner(owned(deployed(PRIMARY), manager, "spec", "template", "spec"), "spec", "template") == who
    )


def test_everybody_who_keeps_any_field_is_named_once() -> None:
    kept = owned(deployed(PRIMARY), "helm", "spec", "replicas")
    entries = [*kept["metadata"]["managedFields"] * 2, {"manager": "kubectl"}, {"manager": "fleetagent"}, {}]
    assert owners.keepers({"metadata": {"managedFields": entries}}) == ("Helm", "Fleet")


def test_who_has_set_other_fields_only_does_not_own_it() -> None:
    assert owners.owner(owned(deployed(PRIMARY), "helm", "spec", "replicas"), "spec", "template") == ""

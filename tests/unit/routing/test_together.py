"""What is said of objects that stand side by side, and of those of kinds that Teal does not read."""

from __future__ import annotations

import pytest

from routing.rules import others
from routing.rules.objects import Objects
from routing.rules.review import KUBERNETES_USERS, Review, Verdict
from routing.rules.rulebook import advice
from routing.rules.together import RULES, misfits
from tests.unit.routing.bundles import APPLICATION, FITS, MISFITS, Bundle
from tests.unit.routing.manifests import Manifest, changed, with_key
from webhook.codec import MOST_WARNING_LENGTH


@pytest.mark.parametrize("bundle", MISFITS, ids=lambda bundle: bundle.name)
def test_what_does_not_fit_is_told_of_the_object_to_change(bundle: Bundle) -> None:
    found = misfits(bundle.manifests)
    assert tuple((item.index, item.reason, str(item)) for item in found) == bundle.said
    assert [item.fails for item in found] == [bundle.fails] * len(found)


@pytest.mark.parametrize("manifests", FITS, ids=range(len(FITS)))
def test_what_fits_or_is_not_there_is_passed_over(manifests: tuple[Manifest, ...]) -> None:
    assert misfits(manifests) == []


@pytest.mark.parametrize("left_out", range(len(APPLICATION)))
def test_an_application_of_which_something_is_not_there_gets_no_word(left_out: int) -> None:
    assert misfits([item for index, item in enumerate(APPLICATION) if index != left_out]) == []


@pytest.mark.parametrize("bundle", MISFITS, ids=lambda bundle: bundle.name)
def test_the_order_of_objects_changes_nothing_but_who_of_two_is_told(bundle: Bundle) -> None:
    turned = misfits(bundle.manifests[::-1])
    assert [item.reason for item in turned] == [reason for _, reason, _ in bundle.said]


def test_every_rule_speaks_in_an_example() -> None:
    for rule in RULES:
        assert any([*rule(Objects(bundle.manifests))] for bundle in MISFITS), rule.__name__
    assert len({reason for bundle in MISFITS for _, reason, _ in bundle.said}) == 17


def other(kind: str, **labels: str) -> Manifest:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x", "labels": labels}}


def owned(manifest: Manifest) -> Manifest:
    """Return an object that a controller has made, with the labels of what it was made from."""
    return changed(manifest, "metadata.ownerReferences", [{"kind": "Rollout", "name": "x"}])


WATCH = {"iter8.tools/watch": "true"}
NEARLY = {"iter8-tools/watch": "true"}
WITHIN = {"template": {"metadata": {"labels": WATCH}}}
SAID: tuple[tuple[Manifest, tuple[str, ...]], ...] = (
    (
        with_key(other("DaemonSet"), "annotations", "iter8.tools/watch"),
        ("iter8.tools/watch on a DaemonSet does nothing; Teal watches Deployments and StatefulSets",),
    ),
    (
        {**other("Rollout"), "spec": WITHIN},
        ("iter8.tools/watch on a Rollout does nothing; Teal watches Deployments and StatefulSets",),
    ),
    (
        {**other("CronJob"), "spec": {"jobTemplate": {"spec": WITHIN}}},
        ("iter8.tools/watch on a CronJob does nothing; Teal watches Deployments and StatefulSets",),
    ),
    (
        other("InferenceService", **WATCH, **NEARLY),
        ("iter8.tools/watch on an InferenceService does nothing; Teal watches Deployments and StatefulSets",),
    ),
    (
        other("DaemonSet", **NEARLY),
        (
            (
                "iter8-tools/watch on a DaemonSet means nothing, nor would iter8.tools/watch; "
                "Teal watches Deployments and StatefulSets"
            ),
        ),
    ),
    *(
        (
            other(kind, **WATCH),
            (f"iter8.tools/watch on a {kind} does nothing; Teal watches Deployments and StatefulSets",),
        )
        for kind in ("Pod", "ReplicaSet")
    ),
    *((owned(other(kind, **WATCH)), ()) for kind in ("Pod", "ReplicaSet")),
    *((other(kind, **WATCH), ()) for kind in ("Service", "EndpointSlice")),
    *((other(kind), ()) for kind in ("ConfigMap", "StatefulSet")),
    (
        other("ConfigMap", **{"iter8.tools/kind": "routemap", "iter8.tools/version": "v0.18"}),
        (
            (
                "this ConfigMap is Iter8's routing config, which Teal does not read; "
                "teal migrate prints the Routemap for it"
            ),
        ),
    ),
    (
        with_key(other("StatefulSet"), "annotations", "iter8.tools/weight", "20"),
        (
            (
                "iter8.tools/weight on a StatefulSet counts for nothing; "
                "Teal takes weights from a Routemap or a WeightOverride"
            ),
        ),
    ),
    (
        other("Service", **{"iter8.tools/wacth": "true"}),
        ("metadata.labels[iter8.tools/wacth]: Teal knows no such key; did you mean iter8.tools/watch?",),
    ),
    (
        other("Service", **NEARLY),
        ("iter8-tools/watch means nothing to Teal; did you mean iter8.tools/watch?",),
    ),
    (
        other("StatefulSet", **{"iter8-tools/routemap": "x"}),
        ("iter8-tools/routemap means nothing to Teal; did you mean iter8.tools/routemap?",),
    ),
)


@pytest.mark.parametrize(("manifest", "said"), SAID)
def test_teals_words_on_other_kinds_are_told_of(manifest: Manifest, said: tuple[str, ...]) -> None:
    assert tuple(line for rule in others.RULES for line in rule(manifest)) == said
    assert all(len(line) <= MOST_WARNING_LENGTH for line in said), "admission says it, too"
    assert advice(Review("CREATE", manifest)) == Verdict(warnings=said)
    assert advice(Review("UPDATE", manifest, other(manifest["kind"]))) == Verdict(warnings=said)
    assert advice(Review("UPDATE", manifest, manifest)) == Verdict(), "once is enough"
    assert advice(Review("CREATE", manifest, username=KUBERNETES_USERS[0])) == Verdict()

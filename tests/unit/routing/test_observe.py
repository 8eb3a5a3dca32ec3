"""The cluster's facts, read from raw manifests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from routing.facts import Part, Workload, is_marked, is_protected, is_watched, part, ready_endpoints, workload
from routing.kinds import STATEFUL_SET
from tests.unit.routing.manifests import Manifest, changed, deployment, marked, with_key

DELETED = 1_893_456_000.0
PROBE = {"exec": {"command": ["true"]}}


def available(status: str, kind: str = "Available") -> dict[str, Any]:
    return {"conditions": [{"type": "Progressing", "status": "True"}, {"type": kind, "status": status}]}


def with_containers(*containers: Manifest) -> Manifest:
    return changed(deployment(), "spec.template.spec.containers", list(containers))


@pytest.mark.parametrize(
    ("manifest", "wanted"),
    [
        (deployment(), Workload(available=False)),
        (with_containers({}), Workload(available=False, probed=False)),
        (with_containers({}, {"readinessProbe": PROBE}), Workload(available=False)),
        (with_containers({"livenessProbe": PROBE}), Workload(available=False, probed=False)),
        (
            with_key(deployment(), "annotations", "iter8.tools/allow-delete", "true"),
            Workload(available=False, expendable=True),
        ),
        (deployment() | {"status": available("True")}, Workload()),
        (deployment() | {"status": available("False")}, Workload(available=False)),
        (deployment() | {"status": available("Unknown")}, Workload(available=False)),
        (deployment() | {"status": available("True", "Other")}, Workload(available=False)),
        (deployment(replicas=0), Workload(available=False, scaled_to_zero=True)),
        (marked(deployment()), Workload(available=False, marked=True)),
        (changed(deployment(), "metadata.labels", {}), Workload(available=False, watched=False)),
        (
            changed(deployment(), "metadata.deletionTimestamp", "2030-01-01T00:00:00Z"),
            Workload(available=False, deleting_since=DELETED),
        ),
        (
            with_key(deployment(), "annotations", "iter8.tools/protected", "why"),
            Workload(available=False, protected="why"),
        ),
        ({"metadata": {}}, Workload(available=False, watched=False, probed=False)),
    ],
)
def test_a_deployment_is_read(manifest: Manifest, wanted: Workload) -> None:
    assert replace(workload(manifest), revision="") == wanted


@pytest.mark.parametrize(
    ("replicas", "status", "wanted"),
    [
        (None, {}, False),
        (None, {"availableReplicas": 1}, True),
        (1, {"availableReplicas": 0, "readyReplicas": 1}, False),
        (3, {"availableReplicas": 2}, False),
        (3, {"availableReplicas": 3}, True),
        (3, {"availableReplicas": 4}, True),
        (3, {"availableReplicas": "3"}, False),
        (2, {"conditions": [{"type": "Available", "status": "True"}]}, False),
    ],
)
def test_a_stateful_set_is_available_with_all_its_pods(
    replicas: int | None, status: Manifest, wanted: object
) -> None:
    manifest = {"spec": {} if replicas is None else {"replicas": replicas}, "status": status}
    assert workload(manifest, STATEFUL_SET).available is wanted


def test_a_revision_is_of_a_deployment_and_its_pods_template_and_of_nothing_else() -> None:
    def revision(path: str, value: Any) -> str:
        return workload(changed(deployment(), path, value)).revision

    same = workload(deployment()).revision
    assert revision("spec.replicas", 7) == revision("metadata.labels.team", "a") == same
    told = [
        same,
        revision("metadata.uid", "another"),
        revision("spec.template.metadata.annotations", {"kubectl.kubernetes.io/restartedAt": "now"}),
        revision("spec.template.spec.containers", [{"image": "another"}]),
    ]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize(
    ("metadata", "wanted"),
    [
        ({}, Part(watched=False)),
        ({"labels": {"iter8.tools/watch": "true"}}, Part()),
        ({"finalizers": ["a/b"]}, Part(watched=False)),
        ({"finalizers": ["a/b", "iter8.tools/drain"]}, Part(marked=True, watched=False)),
        ({"deletionTimestamp": "2030-01-01T00:00:00Z"}, Part(deleting_since=DELETED, watched=False)),
    ],
)
def test_a_service_is_read(metadata: Manifest, wanted: Part) -> None:
    assert part({"metadata": metadata}) == wanted


@pytest.mark.parametrize("metadata", [None, [], {"labels": []}, {"labels": {"iter8.tools/watch": "false"}}])
def test_without_the_watch_label_set_to_true_nothing_is_watched(metadata: object) -> None:
    assert not is_watched({"metadata": metadata})


@pytest.mark.parametrize("finalizers", [None, [], "iter8.tools/drain", ["iter8.tools/release"]])
def test_without_the_finalizer_nothing_is_marked(finalizers: object) -> None:
    assert not is_marked({"metadata": {"finalizers": finalizers}})


def test_an_object_with_the_annotation_is_protected_whatever_it_says() -> None:
    assert is_protected(with_key(deployment(), "annotations", "iter8.tools/protected", "why"))
    assert is_protected(with_key(deployment(), "annotations", "iter8.tools/protected", ""))
    assert not is_protected(with_key(deployment(), "labels", "iter8.tools/protected", "why"))


def endpoint(pod: str | None, ready: bool | None = True, address: str = "10.0.0.1") -> Manifest:  # noqa: FBT001, FBT002
    named = {"targetRef": {"kind": "Pod", "name": pod}} if pod else {}
    return {"addresses": [address], "conditions": {"ready": ready}, **named}


@pytest.mark.parametrize(
    ("slices", "count"),
    [
        ([], 0),
        ([{}], 0),
        ([{"endpoints": None}], 0),
        ([{"endpoints": [endpoint("a"), endpoint("b")]}], 2),
        ([{"endpoints": [endpoint("a")]}, {"endpoints": [endpoint("b")]}], 2),
        ([{"endpoints": [endpoint("a")]}, {"endpoints": [endpoint("a", address="fd00::1")]}], 1),
        ([{"endpoints": [endpoint("a", ready=False)]}], 0),
        ([{"endpoints": [endpoint("a", ready=None)]}], 1),
        ([{"endpoints": [{"addresses": ["10.0.0.1"]}]}], 1),
        # Of a Service with publishNotReadyAddresses: a pod that does not answer, and one that does.
        ([{"endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True, "serving": False}}]}], 0),
        ([{"endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True, "serving": True}}]}], 1),
        ([{"endpoints": [endpoint(None), endpoint(None, address="10.0.0.2")]}], 2),
        ([{"addressType": "IPv4", "endpoints": [endpoint("a")]}], 1),
        ([{"addressType": "FQDN", "endpoints": [{"addresses": ["web.example.com"]}]}], 0),
    ],
)
def test_endpoints_that_may_be_sent_requests_are_counted_once_each(
    slices: list[Manifest], count: int
) -> None:
    assert ready_endpoints(slices) == count


@pytest.mark.parametrize(
    ("generation", "status", "renewed"),
    [
        (2, {}, True),
        (2, {"replicas": 2, "updatedReplicas": 2, "observedGeneration": 2}, True),
        (2, {"replicas": 2, "updatedReplicas": 1, "observedGeneration": 2}, False),
        (2, {"replicas": 1, "observedGeneration": 2}, False),
        (2, {"replicas": 0}, True),
        (3, {"replicas": 2, "updatedReplicas": 2, "observedGeneration": 2}, False),
        ("3", {"replicas": "2", "observedGeneration": None}, True),
    ],
)
def test_whether_pods_of_an_earlier_template_are_left_is_told_by_the_status(
    generation: object, status: Manifest, *, renewed: bool
) -> None:
    whole = {**deployment(), "status": status}
    whole["metadata"] = {**whole["metadata"], "generation": generation}
    assert workload(whole).renewed is renewed

"""More neighbours of what once took a site down, said Ready, was not seen, or stopped others: a table."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from kube.errors import ClusterError, NotFoundError
from routing import names
from routing.kinds import (
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    GATEWAYS,
    ROUTEMAPS,
    SERVICES,
    VIRTUAL_SERVICES,
    WEIGHT_OVERRIDES,
)
from tests.api.bringing_about import BOTH, FIRST, both, change, make, one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from routing.kinds import Resource
    from tests.api.stage import Stage

pytestmark = pytest.mark.usefixtures("controller")
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
MOST_ANNOTATED = 256 * 1024
"""Bytes of an object's annotations, names and values (metav1, `TotalAnnotationSizeLimitB`)."""
HOOKS = f"{ADMISSION}/validatingwebhookconfigurations"


@dataclass(frozen=True)
class Neighbour:
    """What is done, and what is right: reasons (of versions by name, of conditions by type), the split."""

    done: Callable[[Stage], None]
    split: Mapping[str, int]
    shows: Mapping[str, str]


def _endpoint(stage: Stage, name: str, **conditions: Any) -> None:
    change(stage, ENDPOINT_SLICES, name, endpoints=[{"addresses": ["10.0.0.1"], "conditions": conditions}])


# A. Traffic never moves to what cannot answer.


def the_label_says_false_on_the_only_version(stage: Stage) -> None:
    one(stage)
    change(stage, DEPLOYMENTS, "httpbin-0", metadata={"labels": {names.WATCH: "false"}})


def the_only_version_is_scaled_to_zero_past_admission(stage: Stage) -> None:
    one(stage)
    change(stage, DEPLOYMENTS, "httpbin-0", spec={"replicas": 0})


def a_paused_deployment(stage: Stage) -> None:
    both(stage)
    change(stage, DEPLOYMENTS, "httpbin-1", spec={"paused": True})
    stage.available("httpbin-1", available=False)
    stage.until("Ready", lambda: _reason(stage, "httpbin-1"))


def pods_that_are_published_before_they_are_ready(stage: Stage) -> None:
    both(stage)
    change(stage, SERVICES, "httpbin-1", spec={"publishNotReadyAddresses": True})
    _endpoint(stage, "httpbin-1", ready=True, serving=False, terminating=False)


def a_pod_that_ends_and_still_answers(stage: Stage) -> None:
    both(stage)
    _endpoint(stage, "httpbin-1", ready=False, serving=True, terminating=True)


def the_order_is_turned_and_the_first_one_is_not_ready(stage: Stage) -> None:
    one(stage)
    versions = [{"name": "httpbin-1", "weight": 100}, {"name": "httpbin-0", "weight": 0}]
    change(stage, ROUTEMAPS, "httpbin", spec={"versions": versions})


def the_elder_of_two_that_list_a_version_goes(stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.routemap("api", versions=[{"name": "httpbin-0", "weight": 1}])
    stage.until(FIRST, lambda: stage.split("api"))
    stage.routemap()
    stage.until("Conflict", lambda: stage.condition("Ready").get("reason"))
    stage.delete(ROUTEMAPS, "api")


def an_override_gives_all_to_one_that_is_not_ready(stage: Stage) -> None:
    one(stage)
    stage.override(0, 100)


def the_route_is_deleted_while_nobody_is_ready(stage: Stage) -> None:
    one(stage)
    stage.endpoints("httpbin-0", 0)
    stage.until("NoReadyVersion", lambda: stage.condition("Ready").get("reason"))
    stage.delete(VIRTUAL_SERVICES, "httpbin")


def a_services_label_is_taken_off(stage: Stage) -> None:
    one(stage)
    change(stage, SERVICES, "httpbin-0", metadata={"labels": {names.WATCH: None}})
    # As the EndpointSlice controller does, which mirrors the Service's labels.
    change(stage, ENDPOINT_SLICES, "httpbin-0", metadata={"labels": {names.WATCH: None}})
    stage.until(
        {names.WATCH: "true"},
        lambda: ((stage.get(SERVICES, "httpbin-0") or {}).get("metadata") or {}).get("labels"),
    )


def _ending(stage: Stage) -> None:
    """Have the namespace be deleted: here nobody deletes what is in it, and nothing new is taken."""
    stage.cluster.request("DELETE", f"/api/v1/namespaces/{stage.namespace}")


def its_namespace_is_being_deleted(stage: Stage) -> None:
    both(stage)
    _ending(stage)
    stage.delete(DEPLOYMENTS, "httpbin-1")
    stage.until(None, lambda: stage.get(DEPLOYMENTS, "httpbin-1"))


def a_service_that_becomes_an_alias_of_somebody(stage: Stage) -> None:
    both(stage)
    change(stage, SERVICES, "httpbin-1", spec={"type": "ExternalName", "externalName": "web.example.com"})


def endpoints_by_hand_without_the_label(stage: Stage) -> None:
    one(stage)
    stage.deployment("httpbin-1")
    make(stage, SERVICES, "httpbin-1", ports=[{"port": 80}])
    stage.endpoints("httpbin-1", 1)
    change(stage, ENDPOINT_SLICES, "httpbin-1", metadata={"labels": {names.WATCH: None}})


def endpoints_by_hand_that_are_names(stage: Stage) -> None:
    one(stage)
    stage.deployment("httpbin-1")
    make(stage, SERVICES, "httpbin-1", ports=[{"port": 80}])
    labels = {"kubernetes.io/service-name": "httpbin-1", names.WATCH: "true"}
    metadata = {"name": "httpbin-1", "namespace": stage.namespace, "labels": labels}
    typed = {"apiVersion": ENDPOINT_SLICES.api_version, "kind": ENDPOINT_SLICES.kind, "addressType": "FQDN"}
    endpoints = {"endpoints": [{"addresses": ["web.example.com"]}], "ports": [{"port": 80}]}
    stage.cluster.create(ENDPOINT_SLICES, {**typed, "metadata": metadata, **endpoints})


# B. Ready means that requests arrive.


def a_port_renamed_so_that_it_is_none_for_http(stage: Stage) -> None:
    one(stage)
    change(stage, SERVICES, "httpbin", spec={"ports": [{"port": 80, "name": "http", "appProtocol": "tcp-a"}]})


def the_applications_service_becomes_an_alias(stage: Stage) -> None:
    one(stage)
    change(stage, SERVICES, "httpbin", spec={"type": "ExternalName", "externalName": "web.example.com"})


def the_targets_number_in_place_of_the_services(stage: Stage) -> None:
    one(stage)
    change(stage, SERVICES, "httpbin-0", spec={"ports": [{"port": 80, "targetPort": 8080}]})
    change(stage, ROUTEMAPS, "httpbin", spec={"port": 8080})


def a_gateway_whose_name_has_another_namespace(stage: Stage) -> None:
    server = {"hosts": ["*"], "port": {"number": 80, "name": "http", "protocol": "HTTP"}}
    make(stage, GATEWAYS, "in", servers=[server])
    one(stage, gateways=["istio-system/in"])


def a_gateway_that_comes_to_take_other_hosts(stage: Stage) -> None:
    port = {"number": 80, "name": "http", "protocol": "HTTP"}
    make(stage, GATEWAYS, "in", servers=[{"hosts": ["*"], "port": port}])
    one(stage, gateways=["in"])
    stage.until("Routable", lambda: stage.condition("Routable").get("reason"))
    change(stage, GATEWAYS, "in", spec={"servers": [{"hosts": ["web.example.com"], "port": port}]})


def an_older_route_has_a_wider_host(stage: Stage) -> None:
    rule = {"route": [{"destination": {"host": "x"}}]}
    make(stage, VIRTUAL_SERVICES, "a", hosts=[f"*.{stage.namespace}.svc.cluster.local"], http=[rule])
    one(stage)


def an_older_route_is_for_nobody_elses_namespace(stage: Stage) -> None:
    rule = {"route": [{"destination": {"host": "x"}}]}
    host = f"httpbin.{stage.namespace}.svc.cluster.local"
    make(stage, VIRTUAL_SERVICES, "a", hosts=[host], exportTo=["."], http=[rule])
    one(stage)


def _filled(stage: Stage, resource: Resource, name: str) -> None:
    """Give an object as many annotations as it may have."""
    key = "example.org/notes"
    found = (stage.get(resource, name) or {})["metadata"].get("annotations", {})
    used = sum(len(text) for text in (key, *found.keys(), *found.values()))
    change(stage, resource, name, metadata={"annotations": {key: "x" * (MOST_ANNOTATED - used)}})


def a_routemap_with_all_the_annotations_that_it_may_have(stage: Stage) -> None:
    both(stage)
    _filled(stage, ROUTEMAPS, "httpbin")
    stage.override(50, 50)


def a_service_with_all_the_annotations_that_it_may_have(stage: Stage) -> None:
    one(stage)
    stage.version("httpbin-1")
    _filled(stage, SERVICES, "httpbin-1")


def a_primary_with_no_room_for_its_protection(stage: Stage) -> None:
    both(stage)
    _filled(stage, DEPLOYMENTS, "httpbin-0")
    stage.delete(DEPLOYMENTS, "httpbin-1")


# C. What happens is seen where people look.


def an_override_that_is_there_before_the_routemap_and_goes(stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.override(20, 80)
    stage.routemap()
    stage.until({"httpbin-0": 20, "httpbin-1": 80}, stage.split)
    stage.delete(WEIGHT_OVERRIDES, "httpbin")


def a_deployment_is_watched_by_a_word_that_is_none(stage: Stage) -> None:
    one(stage)
    stage.deployment("httpbin-1", labels={names.WATCH: "True"})
    stage.service("httpbin-1", labels={})


def patience_beyond_any(stage: Stage) -> None:
    one(stage)
    stage.deployment("httpbin-1", available=False)
    change(stage, DEPLOYMENTS, "httpbin-1", spec={"progressDeadlineSeconds": 2**31 - 1})


NEIGHBOURS = (
    Neighbour(the_label_says_false_on_the_only_version, FIRST, {"Ready": "Held"}),
    Neighbour(the_only_version_is_scaled_to_zero_past_admission, FIRST, {"Ready": "Held"}),
    Neighbour(a_paused_deployment, BOTH, {"Complete": "SplitAsAsked"}),
    Neighbour(pods_that_are_published_before_they_are_ready, FIRST, {"httpbin-1": "NoReadyEndpoint"}),
    Neighbour(a_pod_that_ends_and_still_answers, FIRST, {"httpbin-1": "NoReadyEndpoint"}),
    Neighbour(the_order_is_turned_and_the_first_one_is_not_ready, FIRST, {"httpbin-1": "DeploymentNotFound"}),
    Neighbour(the_elder_of_two_that_list_a_version_goes, FIRST, {"Ready": "Applied"}),
    Neighbour(an_override_gives_all_to_one_that_is_not_ready, FIRST, {"Complete": "SplitNotAsAsked"}),
    Neighbour(the_route_is_deleted_while_nobody_is_ready, FIRST, {"Ready": "NoReadyVersion"}),
    Neighbour(a_services_label_is_taken_off, FIRST, {}),
    Neighbour(its_namespace_is_being_deleted, FIRST, {"Ready": "Applied"}),
    Neighbour(a_service_that_becomes_an_alias_of_somebody, FIRST, {"httpbin-1": "Headless"}),
    Neighbour(endpoints_by_hand_without_the_label, FIRST, {"httpbin-1": "NoReadyEndpoint"}),
    Neighbour(endpoints_by_hand_that_are_names, FIRST, {"httpbin-1": "NoReadyEndpoint"}),
    Neighbour(a_port_renamed_so_that_it_is_none_for_http, FIRST, {"Routable": "NotHTTP"}),
    Neighbour(the_applications_service_becomes_an_alias, FIRST, {"Routable": "Routable"}),
    Neighbour(
        the_targets_number_in_place_of_the_services, FIRST, {"httpbin-0": "NoSuchPort", "Ready": "Held"}
    ),
    Neighbour(a_gateway_whose_name_has_another_namespace, FIRST, {"Routable": "GatewayNotFound"}),
    Neighbour(a_gateway_that_comes_to_take_other_hosts, FIRST, {"Routable": "HostNotAtGateway"}),
    Neighbour(an_older_route_has_a_wider_host, FIRST, {"Routable": "Routable"}),
    Neighbour(an_older_route_is_for_nobody_elses_namespace, FIRST, {"Routable": "HostTaken"}),
    Neighbour(a_routemap_with_all_the_annotations_that_it_may_have, BOTH, {"Ready": "Applied"}),
    Neighbour(a_service_with_all_the_annotations_that_it_may_have, BOTH, {"Ready": "Applied"}),
    Neighbour(a_primary_with_no_room_for_its_protection, FIRST, {"Ready": "WriteRefused"}),
    Neighbour(an_override_that_is_there_before_the_routemap_and_goes, BOTH, {"Complete": "SplitAsAsked"}),
    Neighbour(a_deployment_is_watched_by_a_word_that_is_none, FIRST, {"httpbin-1": "NotWatched"}),
    Neighbour(patience_beyond_any, FIRST, {"httpbin-1": "DeploymentNotAvailable"}),
)


def _reason(stage: Stage, what: str) -> str | None:
    versions = stage.status().get("versions") or ()
    told = next((item["reason"] for item in versions if item["name"] == what), None)
    return stage.condition(what).get("reason") if told is None else told


@pytest.mark.parametrize("neighbour", NEIGHBOURS, ids=lambda neighbour: neighbour.done.__name__)
def test_a_neighbour_is_told_of_and_requests_are_where_they_are_answered(
    stage: Stage, neighbour: Neighbour
) -> None:
    neighbour.done(stage)
    for what, reason in neighbour.shows.items():
        stage.until(reason, partial(_reason, stage, what))
    stage.until(neighbour.split, stage.split)


def test_a_namespace_that_is_being_deleted_without_its_route_is_told_and_ends(stage: Stage) -> None:
    both(stage)
    _ending(stage)
    stage.delete(VIRTUAL_SERVICES, "httpbin")
    stage.delete(DEPLOYMENTS, "httpbin-1")
    stage.until("WriteRefused", lambda: stage.condition("Ready").get("reason"))
    assert stage.condition("Ready")["message"].endswith("because it is being terminated")
    stage.delete(ROUTEMAPS, "httpbin")
    stage.until(None, lambda: stage.get(ROUTEMAPS, "httpbin"))
    stage.until(None, lambda: stage.get(DEPLOYMENTS, "httpbin-1"))


@pytest.fixture
def unanswered(stage: Stage) -> Iterator[str]:
    """Give the name of somebody's webhook that judges VirtualServices here, fails closed, and is away."""
    name, path = f"{stage.namespace}.example.org", f"{HOOKS}/{stage.namespace}"
    hook = {
        "name": name,
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": stage.namespace}},
        "rules": [
            {
                "apiGroups": ["networking.istio.io"],
                "apiVersions": ["*"],
                "resources": ["virtualservices"],
                "operations": ["CREATE", "UPDATE"],
            }
        ],
    }
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": stage.namespace},
        "webhooks": [hook],
    }
    both(stage)
    stage.cluster.request("POST", HOOKS, body)
    yield name
    with suppress(NotFoundError):
        stage.cluster.request("DELETE", path)


def test_somebodys_webhook_that_stays_away_is_told_and_ready_holds_again_once_it_goes(
    stage: Stage, unanswered: str
) -> None:
    stage.until(True, lambda: _kept_out(stage))
    stage.override(20, 80)
    stage.until("WriteRefused", lambda: stage.condition("Ready").get("reason"))
    assert f'failed calling webhook "{unanswered}"' in stage.condition("Ready")["message"]
    assert stage.split() == BOTH
    stage.cluster.request("DELETE", f"{HOOKS}/{stage.namespace}")
    stage.until({"httpbin-0": 20, "httpbin-1": 80}, stage.split)
    stage.until("Applied", lambda: stage.condition("Ready").get("reason"))


def _kept_out(stage: Stage) -> bool:
    path = VIRTUAL_SERVICES.path(stage.namespace, "httpbin")
    body = {"metadata": {"annotations": {"example.org/try": "me"}}}
    try:
        stage.cluster.request("PATCH", path, body, {"dryRun": "All"}, "application/merge-patch+json")
    except ClusterError:
        return True
    return False


@pytest.fixture
def changing(stage: Stage) -> Iterator[None]:
    """Have a policy of somebody's keep every VirtualService here from other namespaces."""
    rule = {
        "apiGroups": ["networking.istio.io"],
        "apiVersions": ["*"],
        "resources": ["virtualservices"],
        "operations": ["CREATE", "UPDATE"],
    }
    here = {"matchLabels": {"kubernetes.io/metadata.name": stage.namespace}}
    patch = "[JSONPatch{op: 'add', path: '/spec/exportTo', value: ['.']}]"
    bodies: dict[str, dict[str, Any]] = {
        "MutatingAdmissionPolicy": {
            "matchConstraints": {"resourceRules": [rule], "namespaceSelector": here},
            "failurePolicy": "Fail",
            "reinvocationPolicy": "Never",
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": patch}}],
        },
        "MutatingAdmissionPolicyBinding": {"policyName": stage.namespace},
    }
    paths = [f"{ADMISSION}/mutatingadmissionpolic{end}" for end in ("ies", "ybindings")]
    both(stage)
    for path, (kind, spec) in zip(paths, bodies.items(), strict=True):
        metadata = {"name": stage.namespace}
        body = {
            "apiVersion": ADMISSION.removeprefix("/apis/"),
            "kind": kind,
            "metadata": metadata,
            "spec": spec,
        }
        stage.cluster.request("POST", path, body)
    yield
    for path in paths:
        with suppress(NotFoundError):
            stage.cluster.request("DELETE", f"{path}/{stage.namespace}")


@pytest.mark.usefixtures("changing")
def test_a_policy_that_changes_what_teal_writes_is_told(stage: Stage) -> None:
    stage.until(True, lambda: _exported(stage))
    # Somebody's hand: what Teal then puts back is changed again.
    stage.override(20, 80)
    stage.until("WriteRefused", lambda: stage.condition("Ready").get("reason"))
    assert "(spec.exportTo)" in stage.condition("Ready")["message"]
    stage.until({"httpbin-0": 20, "httpbin-1": 80}, stage.split)


def _exported(stage: Stage) -> bool:
    """Tell whether the policy is heard of, by a change that is not made."""
    path = VIRTUAL_SERVICES.path(stage.namespace, "httpbin")
    body = {"metadata": {"annotations": {"example.org/try": "me"}}}
    found = stage.cluster.request("PATCH", path, body, {"dryRun": "All"}, "application/merge-patch+json")
    return "exportTo" in found["spec"]

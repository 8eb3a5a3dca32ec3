"""How every reason that Teal gives is brought about, by what users and controllers do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kube.errors import ClusterError
from routing import names
from routing.kinds import DEPLOYMENTS, ENDPOINT_SLICES, GATEWAYS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES
from tests.api.named_kinds import ROLLOUT, deploy, install

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from routing.kinds import Resource
    from tests.api.stage import Stage

BOTH, FIRST = {"httpbin-0": 50, "httpbin-1": 50}, {"httpbin-0": 100}
PATIENCE = 4.0
"""Seconds for which a deletion that can't be drained waits here."""
_POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"
_HTTP = {"number": 80, "name": "http", "protocol": "HTTP"}


@dataclass(frozen=True)
class Scene:
    """What is done, and the reasons that are seen then.

    `shows`: of a version by its name, of a condition by its type, of an Event, of a WeightOverride's Applied,
    and of an Event on the Deployment httpbin-2.
    """

    done: Callable[[Stage], None]
    shows: Mapping[str, str] = field(default_factory=dict)


def change(stage: Stage, resource: Resource, name: str, **body: Any) -> None:
    """Change an object, as `kubectl patch` does."""
    path = resource.path(stage.namespace, name)
    stage.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")


def make(stage: Stage, resource: Resource, name: str, **spec: Any) -> None:
    """Make an object."""
    metadata = {"name": name, "namespace": stage.namespace}
    manifest = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, "spec": spec}
    stage.cluster.create(resource, manifest)


def freeze(stage: Stage, resource: Resource = VIRTUAL_SERVICES, unless: str = "false") -> None:
    """Have a policy of somebody's refuse every change of a kind in this namespace, a VirtualService's say.

    `unless`: in CEL, what is taken all the same.
    """
    rule = {
        "apiGroups": [resource.api_version.partition("/")[0]],
        "apiVersions": ["*"],
        "resources": [resource.plural],
        "operations": ["CREATE", "UPDATE"],
    }
    here = {"matchLabels": {"kubernetes.io/metadata.name": stage.namespace}}
    policy = {
        "matchConstraints": {"resourceRules": [rule], "namespaceSelector": here},
        "validations": [{"expression": unless, "message": "frozen until Monday"}],
    }
    _policy(stage, "ies", "ValidatingAdmissionPolicy", policy)
    binding = {"policyName": stage.namespace, "validationActions": ["Deny"]}
    _policy(stage, "ybindings", "ValidatingAdmissionPolicyBinding", binding)
    stage.until(True, lambda: _frozen(stage, resource))


def thaw(stage: Stage) -> None:
    """Take that policy away, where it is there."""
    for plural in ("ybindings", "ies"):
        with suppress(ClusterError):
            stage.cluster.request("DELETE", f"{_POLICIES}{plural}/{stage.namespace}")


def _policy(stage: Stage, plural: str, kind: str, spec: Mapping[str, Any]) -> None:
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": stage.namespace},
        "spec": spec,
    }
    stage.cluster.request("POST", f"{_POLICIES}{plural}", body)


def _frozen(stage: Stage, resource: Resource) -> bool:
    attempt: Mapping[str, Any] = {"metadata": {"annotations": {"example.org/try": "me"}}}
    if resource == ROUTEMAPS:
        attempt = {"spec": {"drainSeconds": 1}}
    path, kind = resource.path(stage.namespace, "httpbin"), "application/merge-patch+json"
    try:
        stage.cluster.request("PATCH", path, attempt, {"dryRun": "All"}, kind)
    except ClusterError:
        return True
    return False


def one(stage: Stage, **spec: Any) -> None:
    """Route everything to the primary; the candidate is not there."""
    stage.version("httpbin-0")
    stage.routemap(**spec)
    stage.until(FIRST, stage.split)
    stage.until("httpbin-0=100", lambda: stage.status().get("split"))


def both(stage: Stage, **spec: Any) -> None:
    """Split between primary and candidate."""
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap(**spec)
    stage.until(BOTH, stage.split)
    stage.until("httpbin-0=50 httpbin-1=50", lambda: stage.status().get("split"))


def nothing_is_there(stage: Stage) -> None:
    stage.routemap()


def all_is_as_it_has_to_be(stage: Stage) -> None:
    both(stage)


def nobody_answers_any_more(stage: Stage) -> None:
    one(stage)
    stage.endpoints("httpbin-0", 0)


def a_deployment_without_the_label(stage: Stage) -> None:
    one(stage)
    stage.deployment("httpbin-1", labels={})
    stage.service("httpbin-1", labels={})


def two_workloads_of_a_name(stage: Stage) -> None:
    both(stage)
    stage.stateful_version("httpbin-1", service=False)


def a_kind_that_the_cluster_lacks(stage: Stage) -> None:
    one(stage, versions=[{"name": "httpbin-0"}, {"name": "httpbin-1-gadget"}])
    stage.service("httpbin-1-gadget")


def a_deployment_is_deleted(stage: Stage) -> None:
    both(stage, drainSeconds=300)
    stage.delete(DEPLOYMENTS, "httpbin-1")


def a_drain_ends(stage: Stage) -> None:
    both(stage, drainSeconds=1)
    stage.delete(DEPLOYMENTS, "httpbin-1")


def the_label_is_taken_off(stage: Stage) -> None:
    both(stage, drainSeconds=300)
    change(stage, DEPLOYMENTS, "httpbin-1", metadata={"labels": {names.WATCH: None}})


def scaled_to_zero(stage: Stage) -> None:
    both(stage, drainSeconds=300)
    change(stage, DEPLOYMENTS, "httpbin-1", spec={"replicas": 0})


def a_service_is_deleted(stage: Stage) -> None:
    both(stage, drainSeconds=300)
    stage.delete(SERVICES, "httpbin-1")


def a_version_is_listed_no_more(stage: Stage) -> None:
    both(stage, drainSeconds=300)
    change(stage, ROUTEMAPS, "httpbin", spec={"versions": [{"name": "httpbin-0", "weight": 1}]})


def pods_start(stage: Stage) -> None:
    one(stage)
    stage.deployment("httpbin-1", available=False)
    stage.service("httpbin-1")


def pods_take_too_long(stage: Stage) -> None:
    pods_start(stage)
    change(stage, DEPLOYMENTS, "httpbin-1", spec={"progressDeadlineSeconds": 1})


def no_service(stage: Stage) -> None:
    one(stage)
    stage.deployment("httpbin-1")


def no_pod_is_ready(stage: Stage) -> None:
    no_service(stage)
    stage.service("httpbin-1")
    stage.endpoints("httpbin-1", 0)


def a_headless_service(stage: Stage) -> None:
    no_service(stage)
    make(stage, SERVICES, "httpbin-1", clusterIP="None", ports=[{"port": 80}])
    stage.endpoints("httpbin-1", 1)
    stage.until("Headless", lambda: stage.status()["versions"][1]["reason"])
    assert stage.split() == FIRST


def another_port(stage: Stage) -> None:
    both(stage, port=80)
    change(stage, SERVICES, "httpbin-1", spec={"ports": [{"port": 9080}]})


def another_name_of_the_port(stage: Stage) -> None:
    no_service(stage)
    make(stage, SERVICES, "httpbin-1", ports=[{"port": 80, "name": "web", "targetPort": "nope"}])
    stage.endpoints("httpbin-1", 1)


def it_settles(stage: Stage) -> None:
    one(stage, settleSeconds=0)
    change(stage, ROUTEMAPS, "httpbin", spec={"settleSeconds": 60})
    stage.version("httpbin-1")


def the_only_version_is_mistyped(stage: Stage) -> None:
    one(stage)
    change(stage, ROUTEMAPS, "httpbin", spec={"versions": [{"name": "httpbin-00", "weight": 1}]})


def a_rule_is_broken(stage: Stage) -> None:
    stage.routemap(drainSeconds=900)


def an_override_breaks_a_rule(stage: Stage) -> None:
    one(stage)
    stage.override(20, -5)


def two_routemaps_list_a_version(stage: Stage) -> None:
    stage.version("httpbin-0")
    # Of two that came in one second the name decides.
    stage.routemap("api", versions=[{"name": "httpbin-0", "weight": 1}])
    stage.until(FIRST, lambda: stage.split("api"))
    stage.routemap()


def a_policy_refuses_the_route(stage: Stage) -> None:
    one(stage)
    freeze(stage)
    stage.version("httpbin-1")


def a_deletion_can_not_be_drained(stage: Stage) -> None:
    both(stage)
    freeze(stage)
    stage.delete(DEPLOYMENTS, "httpbin-1")


def a_gateway_that_is_not_there(stage: Stage) -> None:
    one(stage, gateways=["mesh", "nope"])


def a_gateway_for_others(stage: Stage) -> None:
    make(stage, GATEWAYS, "in", servers=[{"hosts": ["shop.example.com"], "port": _HTTP}])
    one(stage, gateways=["mesh", "in"])


def the_applications_service_goes(stage: Stage) -> None:
    one(stage)
    stage.delete(SERVICES, "httpbin")


def a_service_for_tcp(stage: Stage) -> None:
    one(stage)
    change(stage, SERVICES, "httpbin", spec={"ports": [{"port": 80, "name": "tcp-web"}]})


def a_service_for_http_where_connections_are_split(stage: Stage) -> None:
    one(stage, protocol="TCP")
    change(stage, SERVICES, "httpbin", spec={"ports": [{"port": 80, "name": "http-web"}]})


def a_service_that_does_not_say_tls(stage: Stage) -> None:
    one(stage, protocol="TLS")
    change(stage, SERVICES, "httpbin", spec={"ports": [{"port": 80, "name": "tcp-web"}]})


def a_port_that_is_not_given(stage: Stage) -> None:
    one(stage)
    change(stage, SERVICES, "httpbin-0", spec={"ports": [{"port": 9080}]})


def a_port_that_is_not_given_behind_a_gateway(stage: Stage) -> None:
    make(stage, GATEWAYS, "in", servers=[{"hosts": ["*"], "port": _HTTP}])
    one(stage, gateways=["in"])
    ports = [{"port": 8080, "name": "web"}, {"port": 9090, "name": "figures"}]
    change(stage, SERVICES, "httpbin-0", spec={"ports": ports})


def an_older_route_has_the_host(stage: Stage) -> None:
    make(stage, VIRTUAL_SERVICES, "a", hosts=["httpbin"], http=[{"route": [{"destination": {"host": "x"}}]}])
    one(stage)


def two_services_select_the_same_pods(stage: Stage) -> None:
    both(stage)
    pod = {"addresses": ["10.0.0.9"], "targetRef": {"kind": "Pod", "name": "httpbin-1-5d4f8c7b9-abcde"}}
    for name in ("httpbin-0", "httpbin-1"):
        path = ENDPOINT_SLICES.path(stage.namespace, name)
        body = {"endpoints": [pod]}
        stage.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")


def a_service_for_grpc_beside_one_for_http(stage: Stage) -> None:
    both(stage)
    for name, protocol in (("httpbin-0", "grpc"), ("httpbin-1", "http")):
        change(stage, SERVICES, name, spec={"ports": [{"port": 80, "appProtocol": protocol}]})


def pods_of_a_stateful_set_start(stage: Stage) -> None:
    one(stage)
    stage.stateful_version("httpbin-1", ready=False)


def a_rollout_starts(stage: Stage) -> None:
    one(stage)
    install(stage, ROLLOUT)
    deploy(stage, ROLLOUT, "httpbin-1", ready=False)


def an_override_counts(stage: Stage) -> None:
    both(stage)
    stage.override(20, 80)


def an_override_names_a_version_that_is_not_listed(stage: Stage) -> None:
    one(stage)
    stage.override(20, 40, 40)


def an_override_without_routemap(stage: Stage) -> None:
    stage.override(20, 80)


def an_override_of_a_routemap_that_waits(stage: Stage) -> None:
    stage.routemap()
    stage.override(20, 80)


def a_candidate_comes_under_an_old_override(stage: Stage) -> None:
    one(stage)
    stage.override(20, 80)
    stage.until("httpbin-0=20 httpbin-1=80", lambda: stage.status().get("override"))
    stage.version("httpbin-1")


def a_deployment_that_nobody_lists(stage: Stage) -> None:
    one(stage)
    stage.deployment("httpbin-2")


SCENES = (
    Scene(
        nothing_is_there,
        {
            "httpbin-0": "DeploymentNotFound",
            "Ready": "NoReadyVersion",
            "Degraded": "NoReadyVersion",
            "Routable": "Routable",
            "Conflict": "NoConflict",
            "Complete": "SplitNotAsAsked",
            "Progressing": "NoVersionStarting",
        },
    ),
    Scene(
        all_is_as_it_has_to_be,
        {
            "httpbin-1": "Ready",
            "Ready": "Applied",
            "Degraded": "VersionReady",
            "Complete": "SplitAsAsked",
            "Event": "SplitApplied",
        },
    ),
    Scene(nobody_answers_any_more, {"httpbin-0": "NoReadyEndpoint", "Ready": "NoReadyVersion"}),
    Scene(a_deployment_without_the_label, {"httpbin-1": "NotWatched", "Complete": "SplitNotAsAsked"}),
    Scene(a_deployment_is_deleted, {"httpbin-1": "DeletionRequested", "Event": "Draining"}),
    Scene(a_drain_ends, {"httpbin-1": "DeploymentNotFound", "Event": "Drained"}),
    Scene(the_label_is_taken_off, {"httpbin-1": "WatchLabelRemoved", "Event": "Draining"}),
    Scene(scaled_to_zero, {"httpbin-1": "ScaledToZero", "Event": "Draining"}),
    Scene(a_service_is_deleted, {"httpbin-1": "ServiceDeletionRequested", "Event": "Draining"}),
    Scene(a_version_is_listed_no_more, {"httpbin-1": "NotListed", "Event": "Draining"}),
    Scene(pods_start, {"httpbin-1": "DeploymentNotAvailable", "Progressing": "VersionStarting"}),
    Scene(pods_of_a_stateful_set_start, {"httpbin-1": "StatefulSetNotAvailable"}),
    Scene(a_rollout_starts, {"httpbin-1": "WorkloadNotReady"}),
    Scene(pods_take_too_long, {"Progressing": "ProgressDeadlineExceeded"}),
    Scene(no_service, {"httpbin-1": "ServiceNotFound"}),
    Scene(no_pod_is_ready, {"httpbin-1": "NoReadyEndpoint"}),
    Scene(two_workloads_of_a_name, {"httpbin-1": "Ready", "Event": "SameName"}),
    Scene(a_kind_that_the_cluster_lacks, {"httpbin-1-gadget": "KindNotInstalled", "Ready": "Applied"}),
    Scene(a_headless_service, {"httpbin-1": "Headless", "Ready": "Applied"}),
    Scene(another_port, {"httpbin-1": "NoSuchPort", "Ready": "Applied"}),
    Scene(another_name_of_the_port, {"httpbin-1": "NoSuchTargetPort", "Ready": "Applied"}),
    Scene(it_settles, {"httpbin-1": "Settling", "Progressing": "VersionStarting"}),
    Scene(the_only_version_is_mistyped, {"httpbin-0": "NotListed", "Ready": "Held", "Degraded": "Held"}),
    Scene(a_rule_is_broken, {"Ready": "Invalid", "Complete": "Invalid", "Progressing": "Invalid"}),
    Scene(an_override_breaks_a_rule, {"Ready": "InvalidWeightOverride", "Override": "Invalid"}),
    Scene(two_routemaps_list_a_version, {"Ready": "Conflict", "Conflict": "Conflict"}),
    Scene(a_policy_refuses_the_route, {"Ready": "WriteRefused", "Complete": "WriteRefused"}),
    Scene(a_deletion_can_not_be_drained, {"Ready": "WriteRefused", "Event": "DeadlineExceeded"}),
    Scene(a_gateway_that_is_not_there, {"Routable": "GatewayNotFound", "Ready": "NotRoutable"}),
    Scene(a_gateway_for_others, {"Routable": "HostNotAtGateway", "Ready": "NotRoutable"}),
    Scene(the_applications_service_goes, {"Routable": "HostNotFound", "Ready": "NotRoutable"}),
    Scene(a_service_for_tcp, {"Routable": "NotHTTP", "Ready": "NotRoutable"}),
    Scene(a_service_for_http_where_connections_are_split, {"Routable": "NotTCP", "Ready": "NotRoutable"}),
    Scene(a_service_that_does_not_say_tls, {"Routable": "NotTLS", "Ready": "NotRoutable"}),
    Scene(a_port_that_is_not_given, {"Routable": "PortNotGiven", "Ready": "NotRoutable"}),
    Scene(a_port_that_is_not_given_behind_a_gateway, {"Routable": "PortNotGiven", "Ready": "NotRoutable"}),
    Scene(an_older_route_has_the_host, {"Routable": "HostTaken", "Ready": "NotRoutable"}),
    Scene(two_services_select_the_same_pods, {"Routable": "SharedPods", "Ready": "NotRoutable"}),
    Scene(a_service_for_grpc_beside_one_for_http, {"Routable": "OtherProtocol", "Ready": "NotRoutable"}),
    Scene(an_override_counts, {"Ready": "Applied", "Override": "Applied"}),
    Scene(an_override_names_a_version_that_is_not_listed, {"Ready": "Applied", "Override": "NotListed"}),
    Scene(an_override_without_routemap, {"Override": "NoRoutemap"}),
    Scene(an_override_of_a_routemap_that_waits, {"Ready": "NoReadyVersion", "Override": "NoReadyVersion"}),
    Scene(a_candidate_comes_under_an_old_override, {"httpbin-1": "Ready", "Event": "WeightOverridden"}),
    Scene(a_deployment_that_nobody_lists, {"Ready": "Applied", "Deployment": "NotListed"}),
)

"""What a real API server answers, and what the client makes of it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from kube import paging
from kube.errors import ClusterError, NotFoundError, NotInstalledError, RefusedError, StaleError
from kube.reading import LEVELS
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, Resource
from tools.bench.wire import Target, Wire, raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.api.stage import Stage
    from tools.local.controlplane import ControlPlane

STALE = [{"op": "test", "path": "/metadata/resourceVersion", "value": "1"}]
FINALIZE = [{"op": "add", "path": "/metadata/finalizers", "value": ["example.org/kept"]}]
MORE = [{"op": "add", "path": "/metadata/finalizers/-", "value": "example.org/late"}]
ADMISSION = "admissionregistration.k8s.io/v1"
POLICIES = Resource(ADMISSION, "ValidatingAdmissionPolicy", "validatingadmissionpolicies", namespaced=False)
BINDINGS = Resource(
    ADMISSION, "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", namespaced=False
)
UNKNOWN = {
    "group": Resource("example.org/v1", "Nothing", "nothings"),
    "kind of a group of kinds": Resource(ROUTEMAPS.api_version, "Nothing", "nothings"),
    "version": Resource("iter8.tools/v9", "Routemap", "routemaps"),
    "kind of Kubernetes' own": Resource("apps/v1", "Nothing", "nothings"),
}


@pytest.fixture
def things(stage: Stage) -> Stage:
    """A Routemap, a Deployment and a Service, all named httpbin."""
    stage.routemap()
    stage.deployment("httpbin")
    return stage


def _caught(kind: type[ClusterError], send: Callable[[], object]) -> ClusterError:
    """Return the error, which is of just that kind."""
    with pytest.raises(ClusterError) as caught:
        send()
    assert type(caught.value) is kind, caught.value
    return caught.value


@pytest.mark.parametrize("resource", [DEPLOYMENTS, SERVICES, ROUTEMAPS], ids=lambda each: each.kind)
def test_a_patch_that_does_not_fit_is_stale(things: Stage, resource: Resource) -> None:
    lacking = [{"op": "remove", "path": "/metadata/annotations/nothing"}]
    for operations in (STALE, lacking):
        send = lambda operations=operations: things.cluster.patch(  # noqa: E731
            resource, things.namespace, "httpbin", operations
        )
        assert _caught(StaleError, send).status == 422


@pytest.mark.parametrize("resource", [DEPLOYMENTS, SERVICES, ROUTEMAPS], ids=lambda each: each.kind)
def test_a_finalizer_for_what_is_being_deleted_is_stale(things: Stage, resource: Resource) -> None:
    things.cluster.patch(resource, things.namespace, "httpbin", FINALIZE)
    things.delete(resource, "httpbin")
    late = _caught(StaleError, lambda: things.cluster.patch(resource, things.namespace, "httpbin", MORE))
    assert late.status == 422


@pytest.mark.parametrize(
    ("resource", "path", "value", "told"),
    [
        (ROUTEMAPS, "/spec/port", "x", "spec.port in body must be of type integer"),
        (SERVICES, "/spec/ports/0/port", -1, "must be between 1 and 65535"),
        (SERVICES, "/metadata/finalizers", ["a b"], "metadata.finalizers"),
        (SERVICES, "/spec/ports", "x", "cannot unmarshal string"),
    ],
)
def test_what_a_schema_refuses_is_refused_with_its_words(
    things: Stage, resource: Resource, path: str, value: Any, told: str
) -> None:
    operations = [{"op": "add", "path": path, "value": value}]
    send = lambda: things.cluster.patch(resource, things.namespace, "httpbin", operations)  # noqa: E731
    refused = _caught(RefusedError, send)
    assert refused.status == 422
    assert told in str(refused)


@pytest.fixture
def policy(things: Stage) -> Iterator[str]:
    """A policy that refuses an annotation in the test's namespace, with the default code 422; its name."""
    name = things.namespace
    rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["UPDATE"], "resources": ["*"]}
    spec = {
        "matchConstraints": {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
            "resourceRules": [rule],
        },
        "validations": [
            {
                "expression": "!('example.org/no' in object.metadata.?annotations.orValue({}))",
                "message": "this team writes no such annotation",
            }
        ],
    }
    bound = {"policyName": name, "validationActions": ["Deny"]}
    for resource, content in ((POLICIES, spec), (BINDINGS, bound)):
        body = {"apiVersion": ADMISSION, "kind": resource.kind, "metadata": {"name": name}, "spec": content}
        things.cluster.request("POST", resource.path(), body)
    yield name
    for resource in (BINDINGS, POLICIES):
        things.cluster.request("DELETE", resource.path(None, name))


@pytest.mark.parametrize("resource", [DEPLOYMENTS, SERVICES, ROUTEMAPS], ids=lambda each: each.kind)
def test_what_a_policy_denies_is_refused_with_its_words(
    things: Stage, policy: str, resource: Resource
) -> None:
    operations = [{"op": "add", "path": "/metadata/annotations", "value": {"example.org/no": "1"}}]
    undone = [{"op": "remove", "path": "/metadata/annotations"}]

    def patch() -> None:
        things.cluster.patch(resource, things.namespace, "httpbin", operations)

    def is_refused() -> bool:
        try:
            patch()
        except ClusterError:
            return True
        things.cluster.patch(resource, things.namespace, "httpbin", undone)
        return False

    things.until(True, is_refused)  # the API server hears of the policy by a watch
    told = str(_caught(RefusedError, patch))
    assert told.endswith(
        f"ValidatingAdmissionPolicy '{policy}' with binding '{policy}' denied request: "
        "this team writes no such annotation"
    )


@pytest.mark.parametrize("resource", UNKNOWN.values(), ids=UNKNOWN)
def test_a_kind_that_is_not_installed_is_told_apart_from_an_object_that_is_missing(
    stage: Stage, resource: Resource
) -> None:
    cluster, namespace = stage.cluster, stage.namespace
    manifest = {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"namespace": namespace, "name": "a"},
    }
    for send in (
        lambda: cluster.get(resource, namespace, "a"),
        lambda: list(cluster.pages(resource, "")),
        lambda: list(cluster.watch(resource, "", "1")),
        lambda: cluster.create(resource, manifest),
        lambda: cluster.patch(resource, namespace, "a", STALE),
    ):
        _caught(NotInstalledError, send)


@pytest.mark.parametrize("resource", [DEPLOYMENTS, SERVICES, ROUTEMAPS], ids=lambda each: each.kind)
@pytest.mark.parametrize("name", ["nothing", "?watch=true&x=", "a\r\nb", "..%2f", "", "..", "#", "é"])
def test_an_object_that_is_missing_or_can_be_none_is_not_found(
    stage: Stage, resource: Resource, name: str
) -> None:
    _caught(NotFoundError, lambda: stage.cluster.get(resource, stage.namespace, name))


def test_in_a_namespace_that_is_missing_nothing_can_be_made(stage: Stage) -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": "nowhere", "name": "a"},
        "spec": {"ports": [{"port": 80}]},
    }
    _caught(NotFoundError, lambda: stage.cluster.create(SERVICES, manifest))


@pytest.mark.parametrize("depth", [2_000, 9_900])
def test_a_service_with_deep_managed_fields_is_read_listed_and_watched(
    plane: ControlPlane, stage: Stage, depth: int
) -> None:
    stage.service("httpbin")
    before = stage.get(SERVICES, "httpbin")
    assert before is not None
    deep = '{"f:a":' * depth + "{}" + "}" * depth
    entry = (
        '{"manager":"m","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z",'
        f'"fieldsType":"FieldsV1","fieldsV1":{deep}}}'
    )
    operations = f'[{{"op":"add","path":"/metadata/managedFields","value":[{entry}]}}]'.encode()
    path = SERVICES.path(stage.namespace, "httpbin")
    # Past the client: the standard library can't write it either.
    with closing(Wire(Target.of(plane))) as wire:
        wire.send(raw("PATCH", path, operations, "application/json-patch+json"))
    watch = stage.cluster.watch(SERVICES, "", before["metadata"]["resourceVersion"])
    seen = next(event["object"] for event in watch if event["object"]["metadata"]["name"] == "httpbin")
    [listed] = [
        item for item in stage.cluster.every(SERVICES) if item["metadata"].get("namespace") == stage.namespace
    ]
    got = stage.get(SERVICES, "httpbin")
    assert got is not None
    for found in (seen, listed, got):
        assert found["spec"]["ports"][0]["port"] == 80
        assert LEVELS - 10 < _depth(found) <= LEVELS


def _depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(_depth, value.values() if isinstance(value, dict) else value), default=0)


def test_large_objects_come_in_small_pages_and_small_ones_in_large(stage: Stage) -> None:
    padding = "x" * 200_000
    for number in range(30):
        manifest = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "namespace": stage.namespace,
                "name": f"a{number}",
                "annotations": {"example.org/padding": padding},
            },
            "spec": {"ports": [{"port": 80}]},
        }
        stage.cluster.create(SERVICES, manifest)
    # Other namespaces' Services are small, and come in large pages.
    large = [
        sum(item["metadata"]["namespace"] == stage.namespace for item in items)
        for items, _ in stage.cluster.pages(SERVICES, "")
    ]
    assert sum(large) == 30
    assert max(large) * len(padding) <= paging.MOST_BYTES

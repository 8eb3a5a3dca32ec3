"""What the client sends, and what it makes of answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kube.client import Cluster
from kube.errors import (
    ClusterError,
    DeposedError,
    GoneError,
    NotFoundError,
    NotInstalledError,
    RefusedError,
    StaleError,
    UnavailableError,
)
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, WEBHOOK_CONFIGURATIONS
from tests.unit.kube.api_server import ApiServer, Reply, status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MANIFEST = {"metadata": {"namespace": "a", "name": "b"}, "spec": {}}
OPERATIONS = [{"op": "test", "path": "/metadata/resourceVersion", "value": "1"}]
SERVICE = "/api/v1/namespaces/a/services/b"
MINE = {"fieldManager": "teal"}
JSON = "application/json"

REQUESTS: dict[str, tuple[Callable[[Cluster], object], tuple[str, str, dict[str, str], Any, str]]] = {
    "get": (lambda cluster: cluster.get(SERVICES, "a", "b"), ("GET", SERVICE, {}, None, JSON)),
    "create": (
        lambda cluster: cluster.create(SERVICES, MANIFEST),
        ("POST", "/api/v1/namespaces/a/services", MINE, MANIFEST, JSON),
    ),
    "create, dry run": (
        lambda cluster: cluster.create(SERVICES, MANIFEST, dry_run=True),
        ("POST", "/api/v1/namespaces/a/services", MINE | {"dryRun": "All"}, MANIFEST, JSON),
    ),
    "replace": (lambda cluster: cluster.replace(SERVICES, MANIFEST), ("PUT", SERVICE, MINE, MANIFEST, JSON)),
    "patch": (
        lambda cluster: cluster.patch(SERVICES, "a", "b", OPERATIONS),
        ("PATCH", SERVICE, MINE, OPERATIONS, "application/json-patch+json"),
    ),
    "merge": (
        lambda cluster: cluster.merge(DEPLOYMENTS, "a", "b", {"spec": {"replicas": 0}}, "scale"),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/a/deployments/b/scale",
            MINE,
            {"spec": {"replicas": 0}},
            "application/merge-patch+json",
        ),
    ),
    "apply": (
        lambda cluster: cluster.apply(SERVICES, MANIFEST),
        ("PATCH", SERVICE, MINE | {"force": "true"}, MANIFEST, "application/apply-patch+yaml"),
    ),
    "request": (
        lambda cluster: cluster.request("DELETE", SERVICE, query={"dryRun": "All"}),
        ("DELETE", SERVICE, {"dryRun": "All"}, None, JSON),
    ),
}


@pytest.mark.parametrize(("send", "wanted"), REQUESTS.values(), ids=REQUESTS)
def test_each_method_sends_one_request(
    server: ApiServer,
    cluster: Cluster,
    send: Callable[[Cluster], object],
    wanted: tuple[str, str, dict[str, str], Any, str],
) -> None:
    server.script = [Reply(body={"kind": "Service"})]
    assert send(cluster) == {"kind": "Service"}
    [asked] = server.asked
    body = json.loads(asked.body) if asked.body else None
    assert (asked.method, asked.path, asked.query, body, asked.headers["Content-Type"]) == wanted
    assert asked.headers["User-Agent"] == "teal"
    assert "Authorization" not in asked.headers


def test_an_answer_that_is_no_json_is_a_text(server: ApiServer, cluster: Cluster) -> None:
    server.script = [Reply(body=b"teal_leader 1\n\xff")]
    assert cluster.text("/api/v1/namespaces/a/pods/b:8080/proxy/metrics") == "teal_leader 1\n�"


WRITES = [name for name, (_, (method, *_)) in REQUESTS.items() if method != "GET"]


@pytest.mark.parametrize("name", WRITES)
def test_who_does_not_lead_sends_no_write(server: ApiServer, tmp_path: Path, name: str) -> None:
    deposed = Cluster(server.kubeconfig(tmp_path), may_write=lambda: False)
    with pytest.raises(DeposedError, match="this replica does not lead any more"):
        REQUESTS[name][0](deposed)
    assert server.asked == []
    assert deposed.get(SERVICES, "a", "b") == {}


ODD_NAMES = ["", ".", "..", "a/b", "%2e%2e", "\ud800"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_of_a_name_that_no_object_can_have_there_is_none_and_nobody_is_asked(
    server: ApiServer, cluster: Cluster, name: str
) -> None:
    manifest = {"metadata": {"namespace": "a", "name": name}}
    sending: tuple[Callable[[], object], ...] = (
        lambda: cluster.get(SERVICES, "a", name),
        lambda: cluster.get(SERVICES, name, "a"),
        lambda: cluster.patch(SERVICES, "a", name, []),
        lambda: cluster.merge(SERVICES, "a", name, {}, "status"),
        lambda: cluster.replace(SERVICES, manifest),
        lambda: cluster.apply(SERVICES, manifest),
        lambda: cluster.create(SERVICES, {"metadata": {"namespace": name}}),
    )
    for send in sending:
        with pytest.raises(NotFoundError, match="no object can have it"):
            send()
    assert server.asked == []


def test_a_name_with_a_query_in_it_stays_a_name(server: ApiServer, cluster: Cluster) -> None:
    cluster.get(SERVICES, "a", "?watch=true&x=\r\n#")
    assert [(each.path, each.query) for each in server.asked] == [
        ("/api/v1/namespaces/a/services/%3Fwatch%3Dtrue%26x%3D%0D%0A%23", {})
    ]


def test_an_unknown_subresource_is_a_mistake_of_the_callers(cluster: Cluster) -> None:
    with pytest.raises(ValueError, match="subresource 'x'"):
        cluster.merge(SERVICES, "a", "b", {}, "x")


def cause(reason: str, field: str) -> dict[str, str]:
    return {"reason": reason, "field": field, "message": "no"}


DELETING = cause("FieldValueForbidden", "metadata.finalizers")
DENIED = {"name": "b", "kind": "services", "causes": [{"message": "ValidatingAdmissionPolicy 'p' denied"}]}
REFUSALS: dict[str, tuple[Reply, type[ClusterError]]] = {
    "a failed test": (status(422, "Invalid", "the server rejected our request", {}), StaleError),
    "a finalizer on what is being deleted": (
        status(422, "Invalid", "no", {"name": "b", "causes": [cause("FieldValueInvalid", "x"), DELETING]}),
        StaleError,
    ),
    "a policy": (status(422, "Invalid", "denied", DENIED), RefusedError),
    "a schema": (
        status(422, "Invalid", "x", {"name": "b", "causes": [cause("FieldValueInvalid", "spec.port")]}),
        RefusedError,
    ),
    "another finalizer": (
        status(
            422, "Invalid", "x", {"name": "b", "causes": [cause("FieldValueInvalid", "metadata.finalizers")]}
        ),
        RefusedError,
    ),
    "a forbidden field": (
        status(
            422, "Invalid", "x", {"name": "b", "causes": [cause("FieldValueForbidden", "spec.clusterIP")]}
        ),
        RefusedError,
    ),
    "a webhook": (status(422, "Invalid", "denied the request"), RefusedError),
    "a webhook without reason": (status(422, "", "denied the request", {}), RefusedError),
    "odd causes": (status(422, "Invalid", "x", {"causes": [1, None]}), RefusedError),
    "causes that are none": (status(422, "Invalid", "x", {"causes": "x"}), RefusedError),
    "422 and no Status": (Reply(422, b"<html>"), RefusedError),
    "a missing object": (status(404, "NotFound", "x", {"name": "b", "kind": "services"}), NotFoundError),
    "a missing kind": (
        status(404, "NotFound", "could not find the requested resource", {}),
        NotInstalledError,
    ),
    "a missing group": (Reply(404, b"404 page not found\n"), NotInstalledError),
    "odd details": (status(404, "NotFound", "x", ["services"]), NotInstalledError),  # type: ignore[arg-type]
    "a conflict": (status(409, "Conflict", "modified", {"name": "b"}), StaleError),
    "a version that is too old": (status(410, "Expired", "too old"), GoneError),
    "no right": (status(403, "Forbidden", "x"), RefusedError),
    "overload": (Reply(429, b"{}", {"Retry-After": "7"}), UnavailableError),
    "a fault": (Reply(500, b"[]"), UnavailableError),
}


@pytest.mark.parametrize(("reply", "wanted"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_told_by_what_to_do_about_it(
    server: ApiServer, cluster: Cluster, reply: Reply, wanted: type[ClusterError]
) -> None:
    server.script = [reply]
    with pytest.raises(ClusterError) as caught:
        cluster.patch(SERVICES, "a", "b", OPERATIONS)
    assert type(caught.value) is wanted
    assert caught.value.status == reply.status
    assert caught.value.retry_after == float(reply.headers.get("Retry-After", 0))


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        (status(403, "Forbidden", "services is forbidden"), "services is forbidden"),
        (Reply(404, b"404 page not found\n"), "404 page not found\n"),
        (Reply(503, b"\xff" + b"x" * 500), "�" + "x" * 199),
    ],
)
def test_an_error_says_what_was_asked_and_what_was_answered(
    server: ApiServer, cluster: Cluster, reply: Reply, wanted: str
) -> None:
    server.script = [reply]
    with pytest.raises(ClusterError) as caught:
        cluster.get(SERVICES, "a", "b")
    assert str(caught.value) == f"GET {SERVICE}: {wanted}"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"[]"),
        Reply(body=b""),
        Reply(body=b'{"a": NaN}'),
        Reply(body=b'{"a": "\xff"}'),
        Reply(body=b"[" * 5_000),
        Reply(body=b'{"a"', cut=True),
        Reply(raw=b"SSH-2.0\r\n\r\n"),
    ],
    ids=["list", "empty", "NaN", "no UTF-8", "deep", "cut", "SSH"],
)
def test_an_answer_that_is_no_object_is_an_outage(server: ApiServer, cluster: Cluster, reply: Reply) -> None:
    server.script = [reply]
    with pytest.raises(UnavailableError, match=f"^GET {SERVICE}: "):
        cluster.get(SERVICES, "a", "b")


def test_an_object_of_any_depth_is_read(server: ApiServer, cluster: Cluster) -> None:
    deep = (
        b'{"metadata": {"name": "b", "managedFields": ' + b'[{"f:a":' * 5_000 + b"1" + b"}]" * 5_000 + b"}}"
    )
    server.script = [Reply(body=deep)]
    assert cluster.get(SERVICES, "a", "b")["metadata"]["name"] == "b"


def test_nobody_listening_is_an_outage(server: ApiServer, tmp_path: Path) -> None:
    kubeconfig = server.kubeconfig(tmp_path)
    server.shutdown()
    server.server_close()
    with pytest.raises(UnavailableError, match="refused"):
        Cluster(kubeconfig).get(ROUTEMAPS, "a", "b")


def test_a_kind_without_namespace_needs_none(server: ApiServer, cluster: Cluster) -> None:
    cluster.get(WEBHOOK_CONFIGURATIONS[0], "", "teal")
    assert server.asked[0].path.endswith("/v1/mutatingwebhookconfigurations/teal")


def test_of_each_answer_is_heard_when_the_server_gave_it_refusals_too(
    server: ApiServer, cluster: Cluster
) -> None:
    heard: list[str] = []
    cluster.heard = heard.append
    server.script = [Reply(), status(404, "NotFound", "there is none")]
    cluster.get(SERVICES, "a", "b")
    with pytest.raises(NotFoundError):
        cluster.get(SERVICES, "a", "b")
    assert [date[-4:] for date in heard] == [" GMT", " GMT"]

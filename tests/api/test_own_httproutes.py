"""With the account of Teal's reconciler, from the pod that leads, no HTTPRoute leads or reaches elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kube.client import Cluster
from kube.errors import ClusterError, RefusedError
from routing import names
from routing.kinds import GRPC_ROUTES, HTTP_ROUTES
from tests.api.fenced import Fenced, fenced
from tests.api.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "own-httproutes"
MERGE = "application/merge-patch+json"
OURS = {names.ROUTEMAP: "httpbin"}
BACKEND = {"name": "httpbin-0", "port": 80}
ELSEWHERE = {"name": "mine", "namespace": "attacker", "port": 80}
HOSTNAME = {"group": "networking.istio.io", "kind": "Hostname", "name": "attacker.example.org", "port": 80}
SERVICE = {"group": "", "kind": "Service", "name": "httpbin"}
OUT = f"would send requests out of namespace {NAME}"
FOREIGN = "would take requests for Services of other namespaces"


def mirror(backend: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RequestMirror", "requestMirror": {"backendRef": backend}}


def rule(*backends: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"rules": [{"backendRefs": [*(backends or [BACKEND])], **more}]}


REWRITE = {"type": "URLRewrite", "urlRewrite": {"hostname": "attacker.example.org"}}
REDIRECT = {"type": "RequestRedirect", "requestRedirect": {"hostname": "attacker.example.org"}}
EXTENSION = {"type": "ExtensionRef", "extensionRef": {"group": "a.org", "kind": "B", "name": "c"}}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a backend": (rule(BACKEND, ELSEWHERE), OUT),
    "a host outside": (rule(HOSTNAME), OUT),
    "a mirror": (rule(filters=[mirror(ELSEWHERE)]), OUT),
    "a mirror outside": (rule(filters=[mirror(HOSTNAME)]), OUT),
    "a rewrite": (rule(filters=[REWRITE]), OUT),
    "a redirect": ({"rules": [{"filters": [REDIRECT]}]}, OUT),
    "an extension": (rule(filters=[EXTENSION]), OUT),
    "a backend's filter": (rule({**BACKEND, "filters": [mirror(BACKEND)]}), OUT),
    "another's Service": ({**rule(), "parentRefs": [{**SERVICE, "namespace": "victim"}]}, FOREIGN),
}
TAKEN = {
    "a split": rule(BACKEND, {**BACKEND, "name": "httpbin-1", "namespace": NAME}),
    "copies": rule(filters=[mirror(BACKEND)]),
    "a Gateway of another namespace": {**rule(), "parentRefs": [{"name": "web", "namespace": "infra"}]},
}


def route(name: str, spec: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": HTTP_ROUTES.api_version,
        "kind": HTTP_ROUTES.kind,
        "metadata": {"name": name, "namespace": NAME, "labels": labels},
        "spec": {"parentRefs": [SERVICE], **spec},
    }


@pytest.fixture(scope="module")
def release(cluster: Cluster, kubeconfig: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fenced]:
    with fenced(Stage(cluster, NAME), kubeconfig, tmp_path_factory.mktemp("pods")) as found:
        cluster.create(HTTP_ROUTES, route("httpbin", rule(), OURS))
        cluster.create(HTTP_ROUTES, route("foreign", rule(), {}))
        yield found


@pytest.fixture(scope="module")
def leader(release: Fenced) -> Cluster:
    """What the pod that leads may do, from when the API server goes by the policies."""
    taken_over = Cluster(str(release.pod("leader")))
    release.lead("leader")
    release.stage.until(True, lambda: release.taken(taken_over))
    release.stage.until(True, lambda: refused(taken_over))
    return taken_over


def refused(cluster: Cluster) -> bool:
    """Tell whether the API server has come to refuse what it is to.

    It is asked only: a route that it has taken once it takes again as it is.
    """
    try:
        cluster.create(HTTP_ROUTES, route("try", REFUSED["a backend"][0], OURS), dry_run=True)
    except ClusterError as error:
        return OUT in str(error)
    return False


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("name", ["httpbin", "fresh"])
def test_it_sends_no_request_out_of_its_namespace_and_takes_none_of_anothers(
    release: Fenced, leader: Cluster, name: str, case: str
) -> None:
    spec, refusal = REFUSED[case]
    before = release.stage.get(HTTP_ROUTES, name)
    with pytest.raises(RefusedError, match=f"HTTPRoute {name} {refusal}"):
        leader.apply(HTTP_ROUTES, route(name, spec, OURS))
    assert release.stage.get(HTTP_ROUTES, name) == before
    # An administrator may.
    release.stage.cluster.create(HTTP_ROUTES, route("any", spec, {}), dry_run=True)


def test_another_s_is_not_changed(leader: Cluster) -> None:
    with pytest.raises(
        RefusedError, match="HTTPRoute foreign belongs to no Routemap, so Teal does not change it"
    ):
        leader.apply(HTTP_ROUTES, route("foreign", rule(), OURS))


@pytest.mark.parametrize("case", TAKEN)
def test_what_teal_writes_is_taken(leader: Cluster, case: str) -> None:
    made = leader.apply(HTTP_ROUTES, route("httpbin", TAKEN[case], OURS))
    assert made["metadata"]["labels"] == OURS


def test_what_somebody_else_has_put_into_its_route_is_put_right(release: Fenced, leader: Cluster) -> None:
    spec = {**rule(ELSEWHERE), "parentRefs": [{**SERVICE, "namespace": "victim"}]}
    path = HTTP_ROUTES.path(NAME, "httpbin")
    release.stage.cluster.request("PATCH", path, {"spec": spec}, content_type=MERGE)
    # A write of something else leaves it there.
    leader.request("PATCH", path, {"metadata": {"annotations": {names.LEFT: "x"}}}, content_type=MERGE)
    wanted = route("httpbin", rule(), OURS)
    after = leader.apply(HTTP_ROUTES, wanted)
    assert [each["name"] for each in after["spec"]["rules"][0]["backendRefs"]] == ["httpbin-0"]


def test_of_a_grpc_route_the_same_is_held(leader: Cluster) -> None:
    def calls(**spec: Any) -> dict[str, Any]:
        return {**route("calls", {**rule(), **spec}, OURS), "kind": GRPC_ROUTES.kind}

    leader.apply(GRPC_ROUTES, calls())
    for wrong in (rule(ELSEWHERE), rule(filters=[mirror(ELSEWHERE)])):
        with pytest.raises(RefusedError, match=f"GRPCRoute calls {OUT}"):
            leader.apply(GRPC_ROUTES, calls(**wrong))
    with pytest.raises(RefusedError, match=f"GRPCRoute calls {FOREIGN}"):
        leader.apply(GRPC_ROUTES, calls(parentRefs=[{**SERVICE, "namespace": "victim"}]))


def test_who_does_not_lead_writes_no_http_route(release: Fenced, leader: Cluster) -> None:
    assert release.taken(leader)
    other = Cluster(str(release.pod("other")))
    with pytest.raises(RefusedError, match="does not lead any more"):
        other.apply(HTTP_ROUTES, route("httpbin", rule(), OURS))

"""With the account of Teal's reconciler, from the pod that leads, nobody changes what runs or is called.

Each attempt is one that RBAC allows: who may patch a mark may patch an image.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from kube.client import Cluster
from kube.errors import ClusterError, RefusedError
from routing import names, patches
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, WEIGHT_OVERRIDES, Resource
from tests.api.fenced import Fenced, fenced
from tests.api.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    Operations = list[dict[str, Any]]

NAME = "own-patches"
KEPT = "example.org/kept"
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "anything", "uid": "u"}
MANY = 3000


def _set(path: str, value: Any) -> Operations:
    return [{"op": "add", "path": path, "value": value}]


def _spec_of(kind: str) -> str:
    return f"Teal does not change the spec of {kind}"


LISTED = [{"name": "httpbin-0", "weight": 50}, {"name": "httpbin-1", "weight": 50}]
MATCH = [{"headers": {"me": {"exact": "all"}}}]
FIRST, LAST = {"name": "httpbin-1", "weight": 50}, {"name": "httpbin-0", "weight": 0}
WITH = {
    "another version": _set("/spec/versions", [{"name": "miner"}, *LISTED]),
    "a version twice": _set("/spec/versions", [FIRST, FIRST]),
    "another weight": _set("/spec/versions", [{**FIRST, "weight": 1}, LAST]),
    "a match": _set("/spec/versions", [{**FIRST, "match": MATCH}, LAST]),
    "other hosts": [*_set("/spec/versions", [FIRST, LAST]), *_set("/spec/hosts", ["victim"])],
    "a field fewer": [*_set("/spec/versions", [FIRST, LAST]), {"op": "remove", "path": "/spec/drainSeconds"}],
    "another rollout": _set("/spec/rollout/steps", []),
}
"""What goes beyond an order of the versions, where the Routemap asks for one."""
ROLLOUT = {"steps": [{"share": 10, "for": "1m"}], "promotion": "byOrder"}
FINALIZERS = [{"op": "remove", "path": "/metadata/finalizers"}]
ANNOTATION = _set("/metadata/annotations", {KEPT: "", "external-dns.example/hostname": "victim"})
ATTEMPTS: dict[str, tuple[Resource, str, Operations, str]] = {
    "another image": (
        DEPLOYMENTS,
        "httpbin-0",
        _set("/spec/template/spec/containers/0/image", "miner"),
        _spec_of("Deployment httpbin-0"),
    ),
    "no pods": (DEPLOYMENTS, "httpbin-0", _set("/spec/replicas", 0), _spec_of("Deployment httpbin-0")),
    "addresses of nodes": (
        SERVICES,
        "httpbin-0",
        _set("/spec/externalIPs", ["192.0.2.1"]),
        _spec_of("Service httpbin-0"),
    ),
    "other pods": (
        SERVICES,
        "httpbin-0",
        _set("/spec/selector", {"app": "mine"}),
        _spec_of("Service httpbin-0"),
    ),
    "a Routemap's weights": (
        ROUTEMAPS,
        "httpbin",
        _set("/spec/versions/0/weight", 1),
        _spec_of("Routemap httpbin"),
    ),
    "a Routemap's order, unasked": (
        ROUTEMAPS,
        "httpbin",
        _set("/spec/versions", LISTED[::-1]),
        _spec_of("Routemap httpbin"),
    ),
    **{
        f"a promotion with {what}": (ROUTEMAPS, "promoted", operations, _spec_of("Routemap promoted"))
        for what, operations in WITH.items()
    },
    "a Routemap's own wish": (
        ROUTEMAPS,
        "promoted",
        _set("/metadata/annotations", {names.WISH: "skip"}),
        "of the annotations of Routemap promoted Teal changes iter8.tools/promotion only",
    ),
    "an override's weights": (
        WEIGHT_OVERRIDES,
        "httpbin",
        _set("/spec/weights", []),
        _spec_of("WeightOverride httpbin"),
    ),
    "another's label": (
        DEPLOYMENTS,
        "httpbin-0",
        _set("/metadata/labels", {"app": "other"}),
        "of the labels of Deployment httpbin-0 Teal changes iter8.tools/watch only",
    ),
    "another's annotation": (
        SERVICES,
        "httpbin-0",
        ANNOTATION,
        "of the annotations of Service httpbin-0 Teal changes iter8.tools/protected only",
    ),
    "an annotation fewer": (
        SERVICES,
        "httpbin-0",
        [{"op": "remove", "path": "/metadata/annotations"}],
        "of the annotations of Service httpbin-0 Teal changes iter8.tools/protected only",
    ),
    "leave to delete": (
        DEPLOYMENTS,
        "httpbin-0",
        _set("/metadata/annotations", {KEPT: "", names.ALLOW_DELETE: "true"}),
        "of the annotations of Deployment httpbin-0 Teal changes iter8.tools/protected only",
    ),
    "another's finalizer off": (
        DEPLOYMENTS,
        "httpbin-0",
        FINALIZERS,
        "of the finalizers of Deployment httpbin-0 Teal changes its own only",
    ),
    "an owner to go with": (
        DEPLOYMENTS,
        "httpbin-0",
        _set("/metadata/ownerReferences", [OWNER]),
        "Teal gives Deployment httpbin-0 no other owner",
    ),
    "an override's owner": (
        WEIGHT_OVERRIDES,
        "httpbin",
        _set("/metadata/ownerReferences", [OWNER]),
        "Teal gives WeightOverride httpbin no other owner",
    ),
    "another's VirtualService": (
        VIRTUAL_SERVICES,
        "foreign",
        _set("/spec/http", []),
        "VirtualService foreign belongs to no Routemap, so Teal does not change it",
    ),
    "another's VirtualService by its label": (
        VIRTUAL_SERVICES,
        "foreign",
        _set("/metadata/labels", {names.ROUTEMAP: "foreign"}),
        "VirtualService foreign belongs to no Routemap, so Teal does not change it",
    ),
    **{
        f"{field} elsewhere": (
            VIRTUAL_SERVICES,
            "httpbin",
            _set(
                f"/spec/{field}",
                [{**match, "route": [{"destination": {"host": "db.victim.svc.cluster.local"}}]}],
            ),
            f"VirtualService httpbin would send connections out of namespace {NAME}",
        )
        for field, match in (("tcp", {}), ("tls", {"match": [{"sniHosts": ["db.example.com"]}]}))
    },
}
ELSEWHERE = "mine.attacker.svc.cluster.local"
HERE = f"httpbin-0.{NAME}.svc.cluster.local"
RULES: dict[str, dict[str, Any]] = {
    "a route": {"route": [{"destination": {"host": ELSEWHERE}}]},
    "a second destination": {
        "route": [{"destination": {"host": HERE}, "weight": 1}, {"destination": {"host": ELSEWHERE}}]
    },
    "a host that only ends alike": {"route": [{"destination": {"host": f"mine.x{NAME}.svc.cluster.local"}}]},
    "a mirror": {"route": [{"destination": {"host": HERE}}], "mirror": {"host": ELSEWHERE}},
    "mirrors": {
        "route": [{"destination": {"host": HERE}}],
        "mirrors": [{"destination": {"host": ELSEWHERE}}],
    },
    "a redirect": {"redirect": {"authority": "attacker.example"}},
    "a delegate": {"delegate": {"name": "mine", "namespace": "attacker"}},
}


def _virtual_service(
    name: str, rule: dict[str, Any], labels: dict[str, str], field: str = "http"
) -> dict[str, Any]:
    return {
        "apiVersion": VIRTUAL_SERVICES.api_version,
        "kind": VIRTUAL_SERVICES.kind,
        "metadata": {"name": name, "namespace": NAME, "labels": labels},
        "spec": {"hosts": [f"{name}.{NAME}"], field: [rule]},
    }


@pytest.fixture(scope="module")
def release(cluster: Cluster, kubeconfig: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fenced]:
    stage = Stage(cluster, NAME)
    with fenced(stage, kubeconfig, tmp_path_factory.mktemp("pods")) as found:
        stage.version("httpbin-0")
        stage.routemap()
        stage.routemap("promoted", versions=LISTED, rollout=ROLLOUT)
        stage.override(50, 50)
        rule = {"route": [{"destination": {"host": HERE}}]}
        cluster.create(VIRTUAL_SERVICES, _virtual_service("httpbin", rule, {names.ROUTEMAP: "httpbin"}))
        cluster.create(VIRTUAL_SERVICES, _virtual_service("foreign", rule, {}))
        for resource in (DEPLOYMENTS, SERVICES):
            cluster.patch(resource, NAME, "httpbin-0", _set("/metadata/annotations", {KEPT: ""}))
            cluster.patch(resource, NAME, "httpbin-0", _set("/metadata/finalizers", ["example.org/kept"]))
        yield found
        for resource in (DEPLOYMENTS, SERVICES):
            cluster.patch(resource, NAME, "httpbin-0", FINALIZERS)


@pytest.fixture(scope="module")
def leader(release: Fenced) -> Cluster:
    """What the pod that leads may do, from when the API server goes by the policies."""
    taken_over = Cluster(str(release.pod("leader")))
    release.lead("leader")
    release.stage.until(True, lambda: release.taken(taken_over))
    for which in ("another image", "another's VirtualService"):
        release.stage.until(True, partial(_refused, taken_over, which))
    return taken_over


def _tried(cluster: Cluster, which: str) -> None:
    """Have an attempt judged, without its effect."""
    resource, name, operations, _ = ATTEMPTS[which]
    path = resource.path(NAME, name)
    cluster.request("PATCH", path, operations, {"dryRun": "All"}, "application/json-patch+json")


def _refused(cluster: Cluster, which: str) -> bool:
    """Tell whether the API server refuses an attempt, as it is to."""
    try:
        _tried(cluster, which)
    except ClusterError as error:
        return ATTEMPTS[which][-1] in str(error)
    return False


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_who_has_taken_over_the_leader_changes_nothing_that_is_not_teals(
    release: Fenced, leader: Cluster, attempt: str
) -> None:
    resource, name, operations, refusal = ATTEMPTS[attempt]
    before = release.stage.get(resource, name)
    with pytest.raises(RefusedError, match=refusal):
        leader.patch(resource, NAME, name, operations)
    assert release.stage.get(resource, name) == before
    _tried(release.stage.cluster, attempt)  # which an administrator may


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["httpbin", "fresh"])
def test_it_sends_no_request_out_of_its_namespace(leader: Cluster, name: str, rule: str) -> None:
    wanted = _virtual_service(name, RULES[rule], {names.ROUTEMAP: name})
    refusal = f"VirtualService {name} would send requests out of namespace {NAME}"
    with pytest.raises(RefusedError, match=refusal):
        leader.apply(VIRTUAL_SERVICES, wanted)


@pytest.mark.parametrize("field", ["http", "tcp", "tls"])
def test_it_sends_requests_and_connections_to_services_of_its_namespace(leader: Cluster, field: str) -> None:
    match = {"match": [{"sniHosts": [f"of-{field}.{NAME}"]}]} if field == "tls" else {}
    rule = {**match, "route": [{"destination": {"host": HERE}}]}
    wanted = _virtual_service(f"of-{field}", rule, {names.ROUTEMAP: f"of-{field}"}, field)
    assert leader.apply(VIRTUAL_SERVICES, wanted)["spec"] == wanted["spec"]


@pytest.mark.parametrize("resource", [DEPLOYMENTS, SERVICES], ids=lambda resource: resource.kind)
def test_marks_protections_and_the_watch_label_are_taken(
    release: Fenced, leader: Cluster, resource: Resource
) -> None:
    def put_on_and_take_off(*, on: bool) -> dict[str, Any]:
        found = release.stage.get(resource, "httpbin-0") or {}
        operations = patches.finalizer(found, names.MARK, wanted=on)
        operations += patches.entry(found, "annotations", names.PROTECTED, "why" if on else None)
        operations += patches.entry(found, "labels", names.WATCH, "true" if on else None)
        after = leader.patch(resource, NAME, "httpbin-0", patches.guarded(found, operations))
        return dict(after["metadata"])

    assert names.MARK in put_on_and_take_off(on=True)["finalizers"]
    assert put_on_and_take_off(on=False)["finalizers"] == ["example.org/kept"]
    put_on_and_take_off(on=True)
    assert put_on_and_take_off(on=False)["annotations"] == {KEPT: ""}


@pytest.mark.parametrize("after", [[FIRST, LAST], [{"name": "httpbin-1"}]], ids=["blue-green", "canary"])
def test_a_promotion_is_taken_where_the_routemap_asks_for_it(
    release: Fenced, leader: Cluster, after: list[dict[str, Any]]
) -> None:
    found = release.stage.get(ROUTEMAPS, "promoted") or {}
    operations = [*_set("/spec/versions", after), *patches.entry(found, "annotations", names.PROMOTION, "{}")]
    path = ROUTEMAPS.path(NAME, "promoted")
    query, kind = {"dryRun": "All"}, "application/json-patch+json"
    assert leader.request("PATCH", path, operations, query, kind)["spec"]["versions"] == after


def test_what_somebody_else_has_put_into_its_virtual_service_is_put_right(
    release: Fenced, leader: Cluster
) -> None:
    tcp = ATTEMPTS["tcp elsewhere"][2]
    release.stage.cluster.patch(
        VIRTUAL_SERVICES, NAME, "httpbin", [*tcp, *_set("/spec/http/0", RULES["a route"])]
    )
    leader.patch(VIRTUAL_SERVICES, NAME, "httpbin", [patches.removal("spec", "tcp")])
    rule = {"route": [{"destination": {"host": HERE}}]}
    wanted = _virtual_service("httpbin", rule, {names.ROUTEMAP: "httpbin"})
    assert leader.apply(VIRTUAL_SERVICES, wanted)["spec"] == wanted["spec"]


def test_the_mark_of_a_deletion_comes_off_whatever_else_is_done_to_it(
    release: Fenced, leader: Cluster
) -> None:
    """A mutating webhook of somebody else's may change each write; of what is deleted nothing runs."""
    stage = release.stage
    stage.deployment("going")
    stage.cluster.patch(DEPLOYMENTS, NAME, "going", _set("/metadata/finalizers", [names.MARK]))
    stage.delete(DEPLOYMENTS, "going")
    leader.patch(DEPLOYMENTS, NAME, "going", [*FINALIZERS, *_set("/spec/replicas", 0)])
    stage.until(None, lambda: stage.get(DEPLOYMENTS, "going"))


def test_an_object_with_thousands_of_labels_and_annotations_is_judged_within_the_api_servers_budget(
    release: Fenced, leader: Cluster
) -> None:
    many = {f"example.org/{number}": "" for number in range(MANY)}
    release.stage.service("many", many)
    release.stage.cluster.patch(SERVICES, NAME, "many", _set("/metadata/annotations", many))
    marked = leader.patch(SERVICES, NAME, "many", _set("/metadata/finalizers", [names.MARK]))
    assert marked["metadata"]["finalizers"] == [names.MARK]
    leader.patch(SERVICES, NAME, "many", FINALIZERS)

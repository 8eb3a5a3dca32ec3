"""A change beside its versions calls for exactly the Routemaps that depend on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.watching.mentions import RoutemapKey
from reconciler.watching.needs import Needs, gateway, service
from routing.kinds import GATEWAYS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES
from tests.unit.reconciler.scene import KEY

if TYPE_CHECKING:
    from tests.unit.reconciler.scene import Scene

PORTS = {"ports": [{"port": 80}]}


def routemap(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "shop", "name": name}, "spec": spec}


def test_what_a_routemap_needs_is_its_hosts_services_gateways_and_hosts() -> None:
    needs, key = Needs[RoutemapKey](), RoutemapKey("shop", "web")
    needs.update(key, routemap("web", gateways=["mesh", "in", "infra/out"]))
    for need in (service("shop", "web"), gateway("shop", "in"), gateway("infra", "out"), "web.shop.svc"):
        assert needs.of([need]) == {key}
    for need in (service("shop", "in"), gateway("shop", "mesh"), "web.other.svc"):
        assert needs.of([need]) == set()


def test_what_a_routemap_does_not_need_any_more_calls_for_it_no_more() -> None:
    needs, key = Needs[RoutemapKey](), RoutemapKey("shop", "web")
    needs.update(key, routemap("web", gateways=["in"]))
    needs.update(key, routemap("web", gateways=["out"]))
    assert needs.of([gateway("shop", "in")]) == set()
    assert needs.of([gateway("shop", "out"), "web.shop.svc"]) == {key}
    needs.update(key, None)
    assert needs.of([gateway("shop", "out"), "web.shop.svc"]) == set()


def test_odd_hosts_and_gateways_call_for_nobody_and_stop_nobody() -> None:
    needs, key = Needs[RoutemapKey](), RoutemapKey("shop", "web")
    needs.update(
        key, {"metadata": {"namespace": "shop", "name": "web"}, "spec": {"hosts": [7, None], "gateways": 3}}
    )
    needs.update(key, {"metadata": {"namespace": "shop"}, "spec": None})
    assert needs.of(["web.shop.svc"]) == set()


def test_the_applications_service_its_gateway_and_another_route_call_for_a_pass(scene: Scene) -> None:
    scene.version("httpbin-0")
    scene.routemap(50)
    spec = {"versions": [{"name": "httpbin-0"}], "hosts": ["httpbin"], "gateways": ["mesh", "in"]}
    scene.objects.patch(ROUTEMAPS, "default", "httpbin", [{"op": "replace", "path": "/spec", "value": spec}])
    scene.sync()
    for resource, name, changed in (
        (SERVICES, "httpbin", PORTS),
        (GATEWAYS, "in", {"servers": [{"hosts": ["*"]}]}),
        (VIRTUAL_SERVICES, "other", {"hosts": ["httpbin.default"]}),
    ):
        scene.make(resource, name, {}, spec=changed)
        _looked(scene)
        assert KEY in scene.called_for, name
        scene.objects.delete(resource, name)
        _looked(scene)
        assert KEY in scene.called_for, name
    scene.make(SERVICES, "unrelated", {}, spec=PORTS)
    _looked(scene)
    assert scene.called_for == []


def test_what_keeps_requests_away_is_told_and_taken_back(scene: Scene) -> None:
    scene.version("httpbin-0")
    scene.routemap(50)
    spec = {"versions": [{"name": "httpbin-0"}], "hosts": ["httpbin"], "settleSeconds": 0}
    scene.objects.patch(ROUTEMAPS, "default", "httpbin", [{"op": "replace", "path": "/spec", "value": spec}])
    scene.reconcile()
    assert scene.split() == {"httpbin-0": 100}
    assert scene.condition("Routable") == ("False", "HostNotFound")
    assert scene.condition("Ready") == ("False", "NotRoutable")
    scene.make(SERVICES, "httpbin", {}, spec=PORTS)
    scene.reconcile()
    assert scene.condition("Routable") == ("True", "Routable")
    assert scene.condition("Ready") == ("True", "Applied")
    assert scene.events().count("HostNotFound") == 1


def _called_shop(scene: Scene, *gateways: str) -> None:
    """Make a Routemap that clients call as `shop`, and then, before its watch tells of it, Service shop."""
    scene.version("httpbin-0")
    scene.routemap(50)
    spec = {"versions": [{"name": "httpbin-0"}], "hosts": ["shop"], "settleSeconds": 0, "gateways": gateways}
    scene.objects.patch(ROUTEMAPS, "default", "httpbin", [{"op": "replace", "path": "/spec", "value": spec}])
    scene.sync()
    scene.make(SERVICES, "shop", {}, spec=PORTS)


def test_a_service_that_no_watch_has_told_of_yet_is_asked_for_while_nothing_is_told(scene: Scene) -> None:
    _called_shop(scene, "mesh")
    scene.reconciler.reconcile(KEY)
    assert scene.condition("Routable") == ("True", "Routable")
    assert "Service shop" in scene.objects.read
    scene.objects.delete(SERVICES, "shop")
    scene.sync()
    for _ in range(3):
        scene.reconciler.reconcile(KEY)
    assert scene.condition("Routable") == ("False", "HostNotFound")
    assert scene.objects.read == [], "a watch tells of what becomes of it"
    assert scene.events().count("HostNotFound") == 1


@pytest.mark.parametrize("host", [":", "..", "A", "a/b", "%3a", "a?b", "-", "a" * 64])
def test_a_service_by_a_name_that_none_can_have_is_not_asked_for(scene: Scene, host: str) -> None:
    _called_shop(scene, "mesh")
    hosts = [{"op": "replace", "path": "/spec/hosts", "value": [host]}]
    scene.objects.patch(ROUTEMAPS, "default", "httpbin", hosts)
    scene.reconcile()
    assert scene.objects.read == []


def test_a_service_by_which_nobody_in_the_mesh_calls_is_not_asked_for(scene: Scene) -> None:
    _called_shop(scene, "in")
    scene.reconciler.reconcile(KEY)
    assert scene.objects.read == []


def test_a_port_that_no_version_has_leaves_requests_where_they_arrive(scene: Scene) -> None:
    scene.version("httpbin-0")
    scene.routemap(50)
    scene.reconcile()
    [before] = scene.objects.listed(VIRTUAL_SERVICES)
    wrong = [{"op": "add", "path": "/spec/port", "value": 81}]
    scene.objects.patch(ROUTEMAPS, "default", "httpbin", wrong)
    scene.reconcile()
    [after] = scene.objects.listed(VIRTUAL_SERVICES)
    assert after["spec"] == before["spec"]
    assert scene.condition("Ready") == ("False", "Held")
    [told] = scene.objects.listed(ROUTEMAPS)
    [version] = told["status"]["versions"]
    assert (version["reason"], version["weight"]) == ("NoSuchPort", 100)
    assert version["message"] == (
        "spec.port: Service httpbin-0 has no port 81, so requests for this version fail; it has 80"
    )


def _looked(scene: Scene) -> None:
    """Have the stores see what there is, and note what that calls for."""
    scene.called_for.clear()
    for store in scene.stores.every():
        store.reset([(scene.objects.listed(store.kind.resource), scene.objects.version)])

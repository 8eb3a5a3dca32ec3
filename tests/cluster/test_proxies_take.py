"""Whatever Teal renders goes to proxies and is taken by them; settings do there what docs/routes.md says."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from routing.reading.parse import parse_routemap
from routing.routes import ROUTER
from routing.routes.exposure import Exposure
from tests.unit.routing import shapes
from tests.unit.routing.manifests import Manifest, changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.conftest import Shell

NAMESPACE = "shapes"
ISTIOD = "-n istio-system deployment/istiod"
SHAPES = 178
GATEWAY = {
    "apiVersion": "networking.istio.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "shapes"},
    "spec": {
        "selector": {"istio": "ingressgateway"},
        "servers": [
            {"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": [f"{NAMESPACE}/*"]}
        ],
    },
}
SAMPLES = Path(__file__).parents[2] / "deploy" / "samples"
APPLICATION = f"httpbin.{NAMESPACE}"


def service(name: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"ports": [{"name": "http", "port": 80}], "selector": {"app": "httpbin-0"}},
    }


def moved(virtual_service: Manifest, name: str) -> Manifest:
    """Return a VirtualService as that of another application, in this test's namespace, owned by nobody."""
    return shapes.moved(virtual_service, NAMESPACE, name, ["mesh", "shapes"])


@pytest.fixture(scope="module")
def proxies(shell: Shell, sleep: str) -> Iterator[tuple[str, str]]:
    """A client's sidecar and the ingress gateway, and what VirtualServices refer to."""
    shell.run(
        f"kubectl delete namespace {NAMESPACE} --ignore-not-found && kubectl create namespace {NAMESPACE}"
    )
    given = [GATEWAY, *map(service, ("httpbin", *(f"httpbin-{index}" for index in range(8))))]
    shell.run(f"kubectl -n {NAMESPACE} create -f -", yaml.safe_dump_all(given))
    gateway = shell.run("kubectl -n istio-system get pod -l istio=ingressgateway -o name").split()[0]
    yield f"-n default {sleep}", f"-n istio-system {gateway}"
    shell.run(f"kubectl delete namespace {NAMESPACE} --wait=false")


def asked(shell: Shell, proxy: str, path: str) -> str:
    return shell.run(f"kubectl exec {proxy} -c istio-proxy -- pilot-agent request GET '{path}'")


def rejected(shell: Shell) -> int:
    """Return how many updates proxies have refused so far, by what istiod heard of them."""
    metrics = shell.run(f"kubectl exec {ISTIOD} -- pilot-discovery request GET /metrics")
    assert "pilot_xds_pushes" in metrics
    return sum(
        int(count) for count in re.findall(r"^pilot_total_xds_rejects\S* (\d+)$", metrics, re.MULTILINE)
    )


def unheard(shell: Shell) -> set[str]:
    """Return the proxies that have not answered yet to what istiod sent them last."""
    answer = shell.run(f"kubectl exec {ISTIOD} -- pilot-discovery request GET /debug/syncz")
    told = json.loads(answer)
    assert told
    return {
        proxy["proxy"]
        for proxy in told
        for kind in proxy["resources"].values()
        if kind.get("sent") != kind.get("acked")
    }


def known(shell: Shell, proxy: str) -> set[str]:
    """Return the VirtualServices whose routes a proxy goes by."""
    dump = asked(shell, proxy, "config_dump?resource=dynamic_route_configs")
    return set(re.findall(rf'"(shape-\d+)\.{NAMESPACE}"', dump))


def test_every_shape_reaches_the_proxies_and_none_refuses_an_update(
    shell: Shell, proxies: tuple[str, str]
) -> None:
    made = [moved(each, f"shape-{index}") for index, each in enumerate(shapes.for_proxies())]
    assert len(made) == SHAPES
    before = rejected(shell)
    shell.run("kubectl create -f -", yaml.safe_dump_all(made))
    for proxy in proxies:
        shell.until({f"shape-{index}" for index in range(SHAPES)}, partial(known, shell, proxy))
    shell.until(set(), lambda: unheard(shell))
    assert rejected(shell) == before
    shell.run(f"kubectl -n {NAMESPACE} delete virtualservice --all")


def test_a_variable_that_teal_refuses_passes_istiod_and_is_refused_by_every_proxy(
    shell: Shell, proxies: tuple[str, str]
) -> None:
    spec = {"headers": {"request": {"set": {"x-a": "%PROTOCOL%"}}}}
    fine = moved(shapes.rendered("blue-green", 1, spec, ["httpbin-0"]), "shape-0")
    bad = changed(fine, "spec.http.0.headers.request.set.x-a", "%NOPE%")
    before = rejected(shell)
    shell.run("kubectl create -f -", json.dumps(bad))
    try:
        shell.until(True, lambda: rejected(shell) >= before + len(proxies))
    finally:
        shell.run(f"kubectl -n {NAMESPACE} delete virtualservice --all")
    shell.until(set(), lambda: unheard(shell))


@pytest.fixture(scope="module")
def application(shell: Shell, proxies: tuple[str, str]) -> None:
    """A version that answers, by each of the Services."""
    assert proxies
    shell.run(
        f"kubectl -n {NAMESPACE} create deployment httpbin-0 --image=kennethreitz/httpbin --port=80 && "
        f"kubectl -n {NAMESPACE} rollout status deployment/httpbin-0 --timeout=120s"
    )


def routed(shell: Shell, sleep: str, sample: str) -> str:
    """Apply the VirtualService of a sample; return how to ask it, once the client's proxy knows it."""
    manifest, *roots = yaml.safe_load_all((SAMPLES / f"{sample}.yaml").read_text("utf-8"))
    asked_for = parse_routemap(changed(manifest, "metadata.namespace", NAMESPACE))
    made = dict(ROUTER.render(asked_for, [Exposure("httpbin-0", 50), Exposure("httpbin-1", 50)]))
    shell.run(f"kubectl -n {NAMESPACE} delete virtualservice --all")
    metadata = {"name": "httpbin", "namespace": NAMESPACE}
    given = [{**made, "metadata": metadata} if roots else moved(made, "httpbin")]
    given += [changed(root, "spec.hosts", [APPLICATION]) for root in roots]
    shell.run(f"kubectl -n {NAMESPACE} create -f -", yaml.safe_dump_all(given))
    path = "/shop/get" if roots else "/get"
    ask = f"kubectl exec {sleep} -c sleep -- curl -s -o /dev/null -w '%header{{app-version}}' http://{APPLICATION}"
    shell.until(True, lambda: shell.run(f"{ask}{path}").startswith("httpbin-"))
    return f"kubectl exec {sleep} -c sleep -- curl -s http://{APPLICATION}"


@pytest.mark.usefixtures("application")
def test_headers_and_cors_are_as_the_sample_says(shell: Shell, sleep: str) -> None:
    ask = routed(shell, sleep, "settings")
    seen: dict[str, Any] = json.loads(shell.run(f"{ask}/headers -H 'X-Debug: 1' -H 'X-Forwarded-Prefix: /a'"))
    assert seen["headers"]["X-Forwarded-Prefix"] == "/shop"
    assert "X-Debug" not in seen["headers"]
    told = shell.run(f"{ask}/get -D - -o /dev/null -H 'Origin: https://shop.example.com'").lower()
    assert "strict-transport-security: max-age=31536000" in told
    assert "access-control-allow-origin: https://shop.example.com" in told


@pytest.mark.usefixtures("application")
def test_a_route_is_rewritten_and_shares_the_split(shell: Shell, sleep: str) -> None:
    ask = routed(shell, sleep, "routes")
    assert json.loads(shell.run(f"{ask}/api/get?a=b"))["url"].endswith("/get?a=b")
    versions = Counter(
        shell.run(f"{ask}/api/get -o /dev/null -w '%header{{app-version}}'") for _ in range(60)
    )
    assert set(versions) == {"httpbin-0", "httpbin-1"}


@pytest.mark.usefixtures("application")
def test_a_delegate_is_reached_by_its_root_and_shares_the_split(shell: Shell, sleep: str) -> None:
    ask = routed(shell, sleep, "delegate")
    versions = Counter(
        shell.run(f"{ask}/shop/get -o /dev/null -w '%header{{app-version}}'") for _ in range(60)
    )
    assert set(versions) == {"httpbin-0", "httpbin-1"}
    assert json.loads(shell.run(f"{ask}/shop/get"))["url"].endswith("/get")
    assert shell.run(f"{ask}/other -o /dev/null -w '%{{http_code}}'") == "404"


@pytest.mark.usefixtures("application")
def test_a_fault_is_of_its_route_alone(shell: Shell, sleep: str) -> None:
    ask = routed(shell, sleep, "fault").removeprefix(f"kubectl exec {sleep} -c sleep -- ")
    each = f"{ask}{{}} -o /dev/null -w '%{{http_code}} %{{time_total}}\\n'"
    told: dict[str, list[list[str]]] = {}
    for path in ("/rehearsal/get", "/get"):
        command = f"seq 200 | xargs -P 50 -I@ {each.replace('{}', path)}"
        answers = shell.run(f'kubectl exec {sleep} -c sleep -- sh -c "{command}"')
        told[path] = [line.split() for line in answers.splitlines()]
    assert {code for code, _ in told["/get"]} == {"200"}
    assert {code for code, _ in told["/rehearsal/get"]} == {"200", "503"}
    slow = [float(seconds) >= 2 for _, seconds in told["/rehearsal/get"]]
    assert any(slow)
    assert not all(slow)

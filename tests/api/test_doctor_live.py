"""`teal doctor` on a real API server: what it sees there, and what it says with less rights, or with none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from routing.kinds import DEPLOYMENTS, GATEWAYS, LEASES, ROUTEMAPS, SECRETS, VIRTUAL_SERVICES
from tests.api.bringing_about import change, make

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.command_line import Bench
    from tests.api.stage import Stage

pytestmark = pytest.mark.usefixtures("controller")
SECRET = "c2VjcmV0LW9mLXRlYWw="  # noqa: S105 - what must not be told
PROMETHEUS = "http://teal:not-to-be-told@prometheus.monitoring:9090"
CHECKED = {"steps": [{"share": 5, "for": "1h"}], "checks": [{"metric": "success", "min": 99}]}
HTTP = {"number": 80, "name": "http", "protocol": "HTTP"}


def install(stage: Stage, *flags: str) -> None:
    """Have a Teal in the application's own namespace, as far as a doctor looks at it."""
    stage.deployment("teal", labels={})
    container = {"name": "app", "command": ["python", "-m", "reconciler", *flags]}
    patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
    kind = "application/strategic-merge-patch+json"
    stage.cluster.request("PATCH", DEPLOYMENTS.path(stage.namespace, "teal"), patch, content_type=kind)
    metadata = {"name": "teal-ca", "namespace": stage.namespace}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"state": SECRET}}
    stage.cluster.create(SECRETS, secret)
    make(stage, LEASES, "teal", holderIdentity="teal-a", renewTime="2026-01-01T00:00:00.000000Z")


def judged(bench: Bench, *options: str) -> dict[str, tuple[str, str]]:
    """Return by check how it was judged, and by which evidence; of one that came twice the last."""
    told = json.loads(bench.teal(["doctor", "-o", "json", *options]).out)["verdicts"]
    return {each["check"]: (each["judged"], each["evidence"]) for each in told}


def test_a_doctor_says_what_is_well_and_what_is_not(bench: Bench) -> None:
    ended = bench.teal(["doctor", "-o", "json"])
    assert (ended.code, ended.err) == (1, "")
    found = judged(bench)
    assert found["kinds"] == ("ok", "iter8.tools/v1alpha1 serves routemaps and weightoverrides")
    assert found["Istio"][0] == "ok"
    assert found["Istio"][1].startswith("networking.istio.io/v1 is served (with networking.istio.io/v1, ")
    assert found["Istio"][1].endswith(
        "; its kinds are of no version that is told; no istiod is in istio-system"
    )
    assert found["Gateway API"][0] == "ok"
    assert found["Gateway API"][1].endswith("; its kinds are v1.6.0 (standard)")
    assert found["admission"] == (
        "bad",
        "a Routemap that breaks a rule was taken by the API server (dry run)",
    )
    assert found["installation"] == ("bad", "there is no Deployment teal-system/teal")
    assert found["leader"][0] == "bad"
    assert found["rights"][0] == "ok"
    assert found["Prometheus"] == (
        "ok",
        "Teal's Deployment, which says where it is, is not seen; no rollout here has checks",
    )
    assert found["application NAMESPACE/httpbin"] == ("ok", "httpbin-0=50 httpbin-1=50")
    assert found["injection in NAMESPACE"][0] == "warning"


def test_a_doctor_without_rights_says_what_it_could_not_look_at(bench: Bench) -> None:
    ended = bench.teal(["doctor"], [])
    assert ended.err == ""
    lines = ended.out.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("unknown")] == [
        "admission:",
        "installation:",
        "leader:",
        "certificates:",
        "workloads:",
        "Prometheus:",
        "applications:",
    ]
    assert "; istiod may not be looked at by this account\n" in ended.out
    assert "; its kinds may not be looked at by this account\n" in ended.out
    assert (
        "warning  rights: you may: nothing; not: status (list routemaps.iter8.tools); status APP "
        in ended.out
    )
    assert ended.code == 2


def _no_gateway(stage: Stage) -> None:
    change(stage, ROUTEMAPS, "httpbin", spec={"gateways": ["missing"]})


def _no_service(stage: Stage) -> None:
    change(stage, ROUTEMAPS, "httpbin", spec={"hosts": ["shop"]})


def _other(stage: Stage) -> None:
    """Have another VirtualService take the host at the same Gateway, from before the Routemap's own."""
    make(stage, GATEWAYS, "web", selector={"istio": "x"}, servers=[{"port": HTTP, "hosts": ["*"]}])
    route = [{"route": [{"destination": {"host": "httpbin"}}]}]
    make(stage, VIRTUAL_SERVICES, "older", hosts=["shop.example"], gateways=["web"], http=route)
    versions = [{"name": "shop-0"}]
    stage.version("shop-0")
    make(
        stage, ROUTEMAPS, "shop", versions=versions, hosts=["shop.example"], gateways=["web"], settleSeconds=0
    )


AMISS: dict[str, tuple[Callable[[Stage], None], str, str]] = {
    "GatewayNotFound": (_no_gateway, "httpbin", 'spec.gateways[0]: there is no Gateway "missing"'),
    "HostNotFound": (_no_service, "httpbin", "spec.hosts[0]: there is no Service shop"),
    "HostTaken": (_other, "shop", "spec.hosts[0]: "),
}


@pytest.mark.parametrize("reason", AMISS)
def test_what_keeps_requests_from_the_route_is_one_line(bench: Bench, reason: str) -> None:
    done, name, told = AMISS[reason]
    done(bench.stage)
    bench.stage.until(reason, lambda: bench.stage.condition("Routable", name).get("reason"))
    ended = bench.teal(["doctor"])
    begin = f"bad      application NAMESPACE/{name}: "
    (line,) = [line for line in ended.out.splitlines() if line.startswith(begin)]
    assert line.startswith(f"{begin}{reason}: {told}")
    assert f"; teal explain {reason}\n" in ended.out
    assert ended.code == 1


def test_a_named_kind_that_the_cluster_lacks_is_told(bench: Bench) -> None:
    install(bench.stage, "--workload=gadgets.v1.gadgets.example=Gadget,Ready", "--workload=odd")
    assert judged(bench, "--teal-namespace", bench.stage.namespace)["workloads"] == (
        "warning",
        "Teal is to take gadgets.gadgets.example (Gadget) for versions, and the cluster does not serve this",
    )


def test_a_rollout_with_checks_that_nobody_can_answer_is_told(bench: Bench) -> None:
    here = ("--teal-namespace", bench.stage.namespace)
    install(bench.stage)
    change(bench.stage, ROUTEMAPS, "httpbin", spec={"rollout": CHECKED})
    assert judged(bench, *here)["Prometheus"] == (
        "bad",
        "none is configured, and NAMESPACE/httpbin has checks",
    )


def test_a_support_ticket_has_no_secrets(bench: Bench) -> None:
    install(
        bench.stage, f"--prometheus-url={PROMETHEUS}", "--prometheus-header=Authorization: not-to-be-told"
    )
    found = judged(bench, "--teal-namespace", bench.stage.namespace)
    assert found["Prometheus"][1].startswith("Teal asks http://prometheus.monitoring:9090; ")
    for form in ("json", "yaml"):
        told = bench.teal(["doctor", "-o", form, "--teal-namespace", bench.stage.namespace]).out
        assert "Prometheus" in told
        assert "not-to-be-told" not in told
        assert SECRET not in told
        assert "secret-of-teal" not in told


def test_a_namespace_with_sidecars_is_told_to_have_them(bench: Bench) -> None:
    path = f"/api/v1/namespaces/{bench.stage.namespace}"
    labels: dict[str, Any] = {"metadata": {"labels": {"istio-injection": "enabled"}}}
    bench.stage.cluster.request("PATCH", path, labels, content_type="application/merge-patch+json")
    wanted = ("ok", "the namespace is labelled for it (enabled)")
    assert judged(bench)["injection in NAMESPACE"] == wanted

"""`teal doctor`'s verdicts on what is around Teal: Istio, Gateway API, Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cli import evidence, named_kinds, routers, spans, verdicts
from cli.routers import Router
from routing.kinds import named_workload
from tests.unit.cli.told import READY, routemap
from tests.unit.layers import ROOT

if TYPE_CHECKING:
    from cli.verdicts import Verdict

WHERE = "http://prometheus.monitoring:9090"


def group(*versions: str) -> dict[str, Any]:
    return {"versions": [{"groupVersion": version} for version in versions]}


def kind(bundle: str | None = None) -> dict[str, Any]:
    told = {routers.BUNDLE: bundle, routers.CHANNEL: "standard"} if bundle else {}
    return {"metadata": {"annotations": told, "labels": {routers.VERSION: "1.30.1"} if bundle else {}}}


def istiod(ready: int, **labels: str) -> dict[str, Any]:
    container = {"image": "registry.example/istio/pilot:1.30.0"}
    return {
        "metadata": {"name": "istiod", "labels": {routers.VERSION: labels["version"]} if labels else {}},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [container]}}},
        "status": {"readyReplicas": ready} if ready else {},
    }


ISTIO = group("networking.istio.io/v1", "networking.istio.io/v1beta1")
GATEWAY_API = group("gateway.networking.k8s.io/v1")
NONE = Router(None)
SERVED = "networking.istio.io/v1 is served (with networking.istio.io/v1, networking.istio.io/v1beta1)"
ROUTES = "gateway.networking.k8s.io/v1 is served (with gateway.networking.k8s.io/v1)"


def checked(name: str, *messages: str, phase: str = "Stepping") -> dict[str, Any]:
    """Return a Routemap with checks, of which these things are told."""
    checks = [{"name": "success", "verdict": "open", "message": message} for message in messages]
    rollout = {"steps": [{"share": 5, "for": "1m"}], "checks": [{"metric": "success", "min": 99}]}
    status = READY | {"rollout": {"version": f"{name}-1", "phase": phase, "checks": checks}}
    return routemap(status, name, rollout=rollout)


def asked(done: int, failed: int) -> str:
    counts = {"done": done, "failed": failed}
    lines = [f'teal_prometheus_queries_total{{result="{result}"}} {at}.0' for result, at in counts.items()]
    return "\n".join(["# TYPE teal_prometheus_queries_total counter", *lines, ""])


ROLLOUTS = named_workload("rollouts.v1alpha1.argoproj.io=Rollout,Available")
VERSIONS = f"workloads: {named_kinds.BUILT_IN}"
ARGO = {"argoproj.io/v1alpha1": {"resources": [{"name": "rollouts"}, {"name": "rollouts/status"}]}}
TOLD: dict[str, tuple[Verdict, str]] = {
    "no kind is named": (
        named_kinds.workloads([], {}),
        f"ok       {VERSIONS}",
    ),
    "a named kind is served": (
        named_kinds.workloads([ROLLOUTS], ARGO),
        f"ok       {VERSIONS}, and rollouts.argoproj.io (Rollout)",
    ),
    "a named kind is not served": (
        named_kinds.workloads([ROLLOUTS], {"argoproj.io/v1alpha1": None}),
        (
            "warning  workloads: Teal is to take rollouts.argoproj.io (Rollout) for versions, and the "
            "cluster does not serve this\n"
            "         to mend: install the CustomResourceDefinition, which Teal then sees by itself, or take "
            "it off `workloads` of Teal's chart"
        ),
    ),
    "nobody tells which kinds are named": (
        named_kinds.workloads(None, {}),
        (
            f"unknown  {VERSIONS}; Teal's Deployment, which names other kinds, is not seen\n"
            "         to mend: have somebody look who may"
        ),
    ),
    "all that is to be known": (
        routers.istio(Router(ISTIO, kind("v1.6.0")), NONE, [istiod(2, version="1.30.1")]),
        f"ok       Istio: {SERVED}; its kinds are 1.30.1; istiod is 1.30.1, 2 of 2 pods ready",
    ),
    "labels of an older chart": (
        routers.istio(Router(ISTIO, kind()), NONE, [istiod(1)]),
        (
            f"ok       Istio: {SERVED}; its kinds are of no version that is told; istiod is 1.30.0, 1 of 2 "
            "pods ready"
        ),
    ),
    "without rights": (
        routers.istio(Router(ISTIO), NONE, None),
        f"ok       Istio: {SERVED}; istiod may not be looked at by this account",
    ),
    "istiod elsewhere": (
        routers.istio(Router(ISTIO), NONE, []),
        f"ok       Istio: {SERVED}; no istiod is in istio-system",
    ),
    "no pod of istiod": (
        routers.istio(Router(ISTIO), NONE, [istiod(0)]),
        (
            f"bad      Istio: {SERVED}; istiod is 1.30.0, 0 of 2 pods ready\n"
            "         to mend: kubectl describe pods --namespace istio-system --selector app=istiod"
        ),
    ),
    "neither": (
        routers.istio(NONE, NONE, None),
        (
            "bad      Istio: networking.istio.io/v1 is not served; there is nothing of its group\n"
            "         to mend: install Istio 1.22 or newer, or Gateway API and a controller; Teal goes on by "
            "itself"
        ),
    ),
    "too old": (
        routers.istio(Router(group("networking.istio.io/v1beta1")), NONE, []),
        (
            "bad      Istio: networking.istio.io/v1 is not served; there is networking.istio.io/v1beta1\n"
            "         to mend: install Istio 1.22 or newer, or Gateway API and a controller; Teal goes on by "
            "itself"
        ),
    ),
    "only the other one": (
        routers.istio(NONE, Router(GATEWAY_API), None),
        (
            "warning  Istio: networking.istio.io/v1 is not served; there is nothing of its group\n"
            "         to mend: have each Routemap say router: HTTPRoute or GRPCRoute, or install Istio "
            "1.22 or newer"
        ),
    ),
    "Gateway API": (
        routers.gateway_api(Router(GATEWAY_API, kind("v1.6.0"))),
        f"ok       Gateway API: {ROUTES}; its kinds are v1.6.0 (standard)",
    ),
    "Gateway API without rights": (
        routers.gateway_api(Router(GATEWAY_API)),
        f"ok       Gateway API: {ROUTES}; its kinds may not be looked at by this account",
    ),
    "Gateway API of nobody's bundle": (
        routers.gateway_api(Router(GATEWAY_API, kind())),
        (
            f"ok       Gateway API: {ROUTES}; its kinds are of no version that is told (of no channel that "
            "is told)"
        ),
    ),
    "Gateway API that is older": (
        routers.gateway_api(Router(GATEWAY_API, kind("v1.2.1"))),
        (
            f"warning  Gateway API: {ROUTES}; its kinds are v1.2.1 (standard)\n"
            "         to mend: install 1.3 or newer before a Routemap with strategy: mirror copies a part of "
            "the requests"
        ),
    ),
    "no Gateway API": (
        routers.gateway_api(NONE),
        (
            "ok       Gateway API: gateway.networking.k8s.io/v1 is not served; only a Routemap with router: "
            "HTTPRoute or GRPCRoute needs it"
        ),
    ),
    "no Prometheus, and nobody asks": (
        evidence.prometheus("", None, [routemap()]),
        "ok       Prometheus: none is configured; no rollout here has checks",
    ),
    "no Prometheus": (
        evidence.prometheus("", None, [checked("web"), checked("shop")]),
        (
            "bad      Prometheus: none is configured, and default/web (and 1 more) has checks\n"
            "         to mend: set prometheus.url of Teal's chart"
        ),
    ),
    "nobody asks": (
        evidence.prometheus(WHERE, asked(0, 0), [routemap()]),
        f"ok       Prometheus: Teal asks {WHERE}; no rollout here has checks",
    ),
    "it answers": (
        evidence.prometheus(WHERE, asked(7, 1), [checked("web", "99.8 % of 500 requests were good")]),
        f"ok       Prometheus: Teal asks {WHERE}; 7 of the leader's 8 queries were answered",
    ),
    "it answers nothing": (
        evidence.prometheus(WHERE, asked(0, 3), []),
        (
            f"bad      Prometheus: Teal asks {WHERE}; none of the leader's 3 queries was answered\n"
            "         to mend: docs/prometheus.md has the cause of each such sentence; the leader's log says "
            "more"
        ),
    ),
    "a rollout says so": (
        evidence.prometheus(None, None, [checked("web", "not known: Prometheus did not answer within 10 s")]),
        (
            "bad      Prometheus: Teal's Deployment, which says where it is, is not seen; default/web: "
            "Prometheus did not answer within 10 s\n"
            "         to mend: docs/prometheus.md has the cause of each such sentence; the leader's log says "
            "more"
        ),
    ),
    "it answers others": (
        evidence.prometheus(WHERE, asked(2, 0), None),
        f"ok       Prometheus: Teal asks {WHERE}; 2 of the leader's 2 queries were answered",
    ),
    "no Prometheus, and rollouts that may not be looked at": (
        evidence.prometheus("", None, None),
        "ok       Prometheus: none is configured; rollouts may not be looked at",
    ),
    "nothing may be looked at": (
        evidence.prometheus(None, None, None),
        (
            "unknown  Prometheus: Teal's Deployment, which says where it is, is not seen; whether it "
            "answers, no status tells\n"
            "         to mend: have somebody look who may get pods/proxy in Teal's namespace"
        ),
    ),
    "no status tells": (
        evidence.prometheus(WHERE, None, [checked("web")]),
        (
            f"unknown  Prometheus: Teal asks {WHERE}; whether it answers, no status tells\n"
            "         to mend: have somebody look who may get pods/proxy in Teal's namespace"
        ),
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_verdict_has_evidence_and_remedy(name: str) -> None:
    found, printed = TOLD[name]
    *lines, _ = verdicts.told([found])
    assert spans.plain(lines) == f"{printed}\n"


@pytest.mark.parametrize("reason", evidence.WAITS)
def test_a_check_that_is_only_young_is_no_trouble(reason: str) -> None:
    found = evidence.prometheus(WHERE, asked(1, 0), [checked("web", f"not known: {reason} 30 s")])
    assert found.judged is verdicts.Judged.OK
    rooms = (ROOT / "reconciler" / "asking", ROOT / "routing" / "stepping")
    said = [path.read_text("utf-8") for room in rooms for path in room.glob("*.py")]
    assert any(
        f'Unknown("{reason}' in text or f'Unknown(f"{reason}' in text or f'or "{reason}' in text
        for text in said
    )


def test_what_a_rollout_says_that_has_ended_is_no_trouble() -> None:
    over = checked("web", "not known: Prometheus did not answer within 10 s", phase="Failed")
    assert evidence.prometheus(WHERE, asked(1, 0), [over]).judged is verdicts.Judged.OK


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["python", "-m", "reconciler"], ""),
        (
            ["--prometheus-url=https://mimir/prometheus", "--prometheus-preset=istio"],
            "https://mimir/prometheus",
        ),
        (["--prometheus-url=http://teal:secret@mimir:9090/x?token=secret"], "http://mimir:9090/x"),
        (["--prometheus-url=http://[mimir"], "an address that is none"),
        ([None, 3], ""),
    ],
)
def test_where_prometheus_is_stands_in_teals_deployment_without_credentials(
    words: list[Any], told: str
) -> None:
    containers = [{"image": "teal"}, {"command": words, "args": "odd"}]
    assert evidence.address({"spec": {"template": {"spec": {"containers": containers}}}}) == told
    assert evidence.address({}) == ""


def test_the_kinds_are_those_that_teals_deployment_names() -> None:
    texts = ["--workload=rollouts.v1alpha1.argoproj.io=Rollout,Available", "--workload=odd", "--port=8080"]
    pods = {"containers": [{"args": ["webhook"]}, {"command": ["python"], "args": texts}]}
    assert named_kinds.named({"spec": {"template": {"spec": pods}}}) == [ROLLOUTS]

"""Candidates, good and bad ones, what happens while they come by steps, and how that ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from routing import names

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIMARY, CANDIDATE = "httpbin-0", "httpbin-1"
SHARES = (5, 25, 50)
SUCCESS = ({"metric": "success", "min": 95}, {"metric": "success", "worseBy": 5})
_PLAIN = "from httpbin import app\n"
_WRAPPED = """import random, time
from httpbin import app as httpbin
def app(environ, start):
    if environ["PATH_INFO"] == "/get":
        {bad}
    return httpbin(environ, start)
"""
"""Bad by what users ask for only: probes see nothing of it."""
_FAILING = _WRAPPED.format(
    bad="""if random.random() < 0.2:
            start("500 Internal Server Error", [("Content-Length", "0")])
            return []"""
)
_SELDOM = _FAILING.replace("< 0.2", "< 0.02")
_FOR_TESTERS = _FAILING.replace("random.random() < 0.2", 'environ.get("HTTP_TRAFFIC") == "test"')
_LATE = _WRAPPED.format(bad="time.sleep(0.2)")
_SERVE = (
    'printf %s "$APP" > /tmp/app.py && cd /tmp && exec timeout --signal=KILL "$LIFE" '
    "python3 -m gunicorn --worker-class=gthread --threads=32 --keep-alive=3900 --bind=:80 app:app"
)
_LEADER = "$(kubectl -n teal-system get lease teal -o jsonpath={.spec.holderIdentity})"


@dataclass(frozen=True)
class Case:
    """A candidate, what happens meanwhile, and how it ends.

    `app`: the WSGI application that it is; `life`: the seconds after which it crashes, again and again.
    `meanwhile`: commands, some seconds into the second step. `reason`: in the end, with these shares of the
    candidate one after the other, None for any. `own`: with which statuses the candidate itself may fail
    requests. `steps`: the shares that are asked for. `routemap`: what else is; `testers`: requests a second
    with a tester's header. `slow`: played by the bench only. `router`: by which requests come.
    """

    name: str
    title: str
    reason: str
    shares: tuple[int, ...] | None
    app: str = _PLAIN
    life: str = "infinity"
    meanwhile: tuple[str, ...] = ()
    checks: tuple[Mapping[str, Any], ...] = SUCCESS
    own: frozenset[int] = frozenset()
    promotion: str = "manual"
    within: str = "2m"
    steps: tuple[int, ...] = SHARES
    routemap: Mapping[str, Any] = field(default_factory=dict)
    testers: float = 0.0
    slow: bool = True
    router: str = names.VIRTUAL_SERVICE

    @property
    def dies(self) -> bool:
        """Whether its pods die while requests are under way: nobody's name is on answers to those."""
        return self.life != "infinity"


CASES = (
    Case("good", "A good candidate", "Succeeded", SHARES, slow=False),
    Case(
        "promoted",
        "A good one that is promoted by itself",
        "Promoted",
        (*SHARES, 100),
        promotion="byOrder",
    ),
    Case(
        "failing",
        "One that answers 20 % of its requests with 500",
        "RolledBack",
        (5, 0),
        app=_FAILING,
        own=frozenset({500}),
        slow=False,
    ),
    Case(
        "seldom",
        "One that answers 2 % of its requests with 500, with a limit of 99.5 %",
        "RolledBack",
        (5, 0),
        app=_SELDOM,
        checks=({"metric": "success", "min": 99.5},),
        own=frozenset({500}),
        within="4m",
    ),
    Case(
        "testers",
        "One that fails for a header's testers only; they come first (strategy canary)",
        "RolledBack",
        None,
        app=_FOR_TESTERS,
        own=frozenset({500}),
        steps=(0, *SHARES),
        routemap={"strategy": "canary", "versions": [{"name": PRIMARY}, {"name": CANDIDATE}]},
        testers=20.0,
    ),
    Case(
        "testers-by-httproute",
        "The same by router HTTPRoute",
        "RolledBack",
        None,
        app=_FOR_TESTERS,
        own=frozenset({500}),
        steps=(0, *SHARES),
        routemap={"strategy": "canary", "versions": [{"name": PRIMARY}, {"name": CANDIDATE}]},
        testers=20.0,
        router=names.HTTP_ROUTE,
    ),
    Case(
        "copies",
        "One that answers 20 % of what it gets with 500, and gets copies only (strategy mirror)",
        "RolledBack",
        None,
        app=_FAILING,
        steps=(50, 100),
        routemap={"strategy": "mirror", "timeout": "10s"},
    ),
    Case(
        "late",
        "One that is 200 ms slower, with a limit of 100 ms",
        "RolledBack",
        (5, 0),
        app=_LATE,
        checks=(*SUCCESS, {"metric": "latency", "under": "100ms", "min": 90}),
    ),
    Case(
        "crashing",
        "One that crashes every 30 s",
        "RolledBack",
        None,
        life="30",
        own=frozenset({0, 502, 503}),
    ),
    Case(
        "aborted",
        "A good one that somebody aborts in its second step",
        "Aborted",
        (5, 25, 0),
        meanwhile=("kubectl annotate --overwrite routemap httpbin iter8.tools/rollout=abort",),
    ),
    Case(
        "leader-killed",
        "A good one; the leader is killed (SIGKILL) in its second step",
        "Succeeded",
        SHARES,
        meanwhile=(f'{{local}} signal KILL "--identity={_LEADER}"',),
    ),
    Case(
        "prometheus-killed",
        "A good one; Prometheus loses its pod and its data in its second step",
        "Succeeded",
        SHARES,
        meanwhile=("kubectl -n monitoring delete pod -l app=prometheus --grace-period=1",),
    ),
    Case(
        "api-server-killed",
        "A good one; the API server is away for 15 s in its second step",
        "Succeeded",
        SHARES,
        meanwhile=("{local} stop kube-apiserver", "sleep 15", "{local} start kube-apiserver"),
    ),
)


def asked(case: Case) -> dict[str, Any]:
    """Return the Routemap's spec as far as it is the case's: short steps, for a test."""
    rollout = {
        "steps": [{"share": share, "for": "10s"} for share in case.steps],
        "checks": list(case.checks),
        "evidence": {"requests": 50, "within": case.within},
        "promotion": case.promotion,
    }
    return {**case.routemap, "rollout": rollout}


def candidate(case: Case) -> dict[str, Any]:
    """Return the candidate's Deployment and Service; a busy machine is no failure of its probe."""
    labels = {"app": CANDIDATE}
    container = {
        "name": "httpbin",
        "image": "kennethreitz/httpbin",
        "command": ["sh", "-c", _SERVE],
        "env": [{"name": "APP", "value": case.app}, {"name": "LIFE", "value": case.life}],
        "ports": [{"containerPort": 80}],
        "readinessProbe": {
            "httpGet": {"path": "/status/200", "port": 80},
            "periodSeconds": 1,
            "timeoutSeconds": 10,
        },
    }
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": CANDIDATE, "labels": {**labels, "iter8.tools/watch": "true"}},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": CANDIDATE},
        "spec": {"ports": [{"port": 80}], "selector": labels},
    }
    return {"apiVersion": "v1", "kind": "List", "items": [deployment, service]}

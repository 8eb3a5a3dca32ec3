"""How Teal is, as far as it may be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.health import KEPT_SECONDS, Health, refusals
from kube.errors import NotFoundError, RefusedError
from routing.kinds import DEPLOYMENTS, LEASES
from routing.reading.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.kinds import Resource

NOW = 1_900_000_000.0
FIGURES = """\
# HELP teal_webhook_denials_total Denied requests
# TYPE teal_webhook_denials_total counter
teal_webhook_denials_total{kind="Routemap",rule="UnknownField"} 2.0
teal_webhook_denials_total{kind="Deployment",rule="OnlyReady"} 5.0
teal_webhook_denials_total{kind="Routemap",rule="Quiet"} 0.0
teal_webhook_denials_created{kind="Routemap",rule="UnknownField"} 1.8e+09
"""
DEPLOYMENT: Mapping[str, Any] = {
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app.kubernetes.io/name": "teal"}},
        "template": {"spec": {"containers": [{"image": "teal:1"}]}},
    },
    "status": {"readyReplicas": 2},
}
LEASE = {
    "spec": {"holderIdentity": "teal-1", "renewTime": timestamp(NOW - 1), "leaseDurationSeconds": 10},
}


class Rights:
    """A cluster of which some may be read; counts the requests."""

    def __init__(self, *forbidden: str) -> None:
        self._forbidden = forbidden
        self.requests: list[str] = []

    def _ask(self, what: str, path: str) -> None:
        self.requests.append(path)
        if what in self._forbidden:
            raise RefusedError(f"{what} is forbidden")

    def get(self, resource: Resource, namespace: str, name: str) -> Mapping[str, Any]:
        self._ask(resource.plural, resource.path(namespace, name))
        if resource not in (DEPLOYMENTS, LEASES):
            raise NotFoundError("404")
        return DEPLOYMENT if resource == DEPLOYMENTS else LEASE

    def request(self, _method: str, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        self._ask("pods", f"{path}?{query['labelSelector']}")
        return {"items": [{"metadata": {"name": "teal-1"}}, {"metadata": {"name": "teal-2"}}]}

    def text(self, path: str) -> str:
        self._ask("proxy", path)
        return FIGURES


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


def health(cluster: Any, clock: Clock | None = None) -> Health:
    return Health(cluster, ("teal-system", "teal"), clock or Clock())


def test_teal_is_told_of_as_the_doctor_does_with_what_it_refused() -> None:
    cluster = Rights()
    told = health(cluster).told()
    assert [(each["check"], each["judged"]) for each in told["verdicts"]] == [
        ("installation", "ok"),
        ("leader", "ok"),
    ]
    assert told["refusals"] == [
        {"kind": "Deployment", "rule": "OnlyReady", "count": 10},
        {"kind": "Routemap", "rule": "UnknownField", "count": 4},
    ]
    pods = "/api/v1/namespaces/teal-system/pods"
    assert cluster.requests == [
        "/apis/apps/v1/namespaces/teal-system/deployments/teal",
        "/apis/coordination.k8s.io/v1/namespaces/teal-system/leases/teal",
        f"{pods}?app.kubernetes.io/name=teal",
        f"{pods}/teal-1:8081/proxy/metrics",
        f"{pods}/teal-2:8081/proxy/metrics",
    ]


def test_what_may_not_be_read_is_said_to_be_unknown() -> None:
    told = health(Rights("deployments", "leases")).told()
    assert [(each["judged"], each["evidence"]) for each in told["verdicts"]] == [
        ("unknown", "deployments is forbidden"),
        ("unknown", "leases is forbidden"),
    ]
    assert (told["refusals"], told["unread"]) == (
        None,
        "the Deployment that says which pods are Teal's is not to be read",
    )


def test_figures_that_may_not_be_read_are_said_so() -> None:
    told = health(Rights("proxy")).told()
    assert (told["refusals"], told["unread"]) == (None, "proxy is forbidden")


def test_many_who_ask_cost_as_much_as_one() -> None:
    cluster, clock = Rights(), Clock()
    asked = health(cluster, clock)
    first = asked.told()
    assert asked.told() is first
    assert len(cluster.requests) == 5
    clock.now += KEPT_SECONDS
    asked.told()
    assert len(cluster.requests) == 10


def test_what_is_no_figure_of_refusals_is_passed_over() -> None:
    assert refusals(["", "teal_webhook_denials_total{} x", "<html>"]) == []

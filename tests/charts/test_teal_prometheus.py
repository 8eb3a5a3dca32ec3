"""What the chart teal tells the reconciler of Prometheus, and the webhook nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.settings import parse
from tests.charts.helm import container, one

if TYPE_CHECKING:
    from tests.charts.helm import Helm, Manifest

URL = "https://prometheus.monitoring:9090"
ALL = {
    "url": f"{URL}/prometheus",
    "preset": "envoy",
    "interval": 30,
    "timeout": 5,
    "caBundle": "authority",
    "tokenSecret": "reader",
    "headers": {"X-Scope-OrgID": "shop: all"},
    "customQueries": True,
    "customQueriesUrl": "http://label-proxy:8080",
}


def pod(manifests: list[Manifest]) -> dict[str, Any]:
    spec: dict[str, Any] = one(manifests, "Deployment")["spec"]["template"]["spec"]
    return spec


def flags(manifests: list[Manifest], name: str = "reconciler") -> list[str]:
    return [word for word in container(manifests, name)["command"] if "--prometheus" in word]


def test_by_default_nobody_is_asked(teal: list[Manifest]) -> None:
    assert flags(teal) == []
    assert not [volume for volume in pod(teal)["volumes"] if "prometheus" in volume["name"]]


def test_with_an_address_the_reconciler_asks_for_istios_metrics(helm: Helm) -> None:
    manifests = helm.render("teal", {"prometheus": {"url": URL}})
    assert flags(manifests) == [
        f"--prometheus-url={URL}",
        "--prometheus-preset=istio",
        "--prometheus-interval=15",
        "--prometheus-timeout=10",
    ]
    assert flags(manifests, "webhook") == []


def test_all_that_can_be_said_of_prometheus_reaches_the_reconciler_alone(helm: Helm) -> None:
    manifests = helm.render("teal", {"prometheus": ALL})
    assert flags(manifests) == [
        f"--prometheus-url={URL}/prometheus",
        "--prometheus-preset=envoy",
        "--prometheus-interval=30",
        "--prometheus-timeout=5",
        "--prometheus-token=/prometheus-token/token",
        "--prometheus-authorities=/prometheus-ca/ca.crt",
        "--prometheus-header=X-Scope-OrgID: shop: all",
        "--prometheus-custom-queries",
        "--prometheus-custom-url=http://label-proxy:8080",
    ]
    volumes = {volume["name"]: volume for volume in pod(manifests)["volumes"]}
    assert volumes["prometheus-token"]["secret"] == {
        "secretName": "reader",
        "defaultMode": 0o400,
        "items": [{"key": "token", "path": "token"}],
    }
    assert volumes["prometheus-ca"]["configMap"] == {"name": "authority"}
    for name in ("webhook", "reconciler"):
        mounts = container(manifests, name)["volumeMounts"]
        mounted = [mount for mount in mounts if mount["name"].startswith("prometheus")]
        assert [(mount["mountPath"], mount["readOnly"]) for mount in mounted] == (
            [("/prometheus-token", True), ("/prometheus-ca", True)] if name == "reconciler" else []
        )


def test_the_reconciler_understands_what_the_chart_tells_it(helm: Helm) -> None:
    manifests = helm.render("teal", {"prometheus": ALL})
    asking = parse(["--namespace=a", "--identity=b", *flags(manifests)]).asking
    assert asking is not None
    assert (asking.place.url, asking.preset, asking.interval) == (f"{URL}/prometheus", "envoy", 30)
    assert asking.place.headers == {"X-Scope-OrgID": "shop: all"}
    assert asking.custom is not None
    assert asking.custom.url == "http://label-proxy:8080"


def test_no_right_comes_with_it(helm: Helm, teal: list[Manifest]) -> None:
    def roles(manifests: list[Manifest]) -> list[Manifest]:
        return [item for item in manifests if item["kind"] in ("Role", "ClusterRole")]

    assert roles(helm.render("teal", {"prometheus": ALL})) == roles(teal)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"url": "prometheus:9090"}, "- at '/prometheus/url': 'prometheus:9090' does not match pattern"),
        ({"url": "http://a:b@c"}, "- at '/prometheus/url': 'http://a:b@c' does not match pattern"),
        ({"url": "http://a/?b"}, "- at '/prometheus/url': 'http://a/?b' does not match pattern"),
        ({"preset": "nginx"}, "- at '/prometheus/preset': value must be one of 'istio', 'envoy'"),
        ({"interval": 1}, "- at '/prometheus/interval': minimum: got 1, want 5"),
        ({"timeout": 0}, "- at '/prometheus/timeout': minimum: got 0, want 1"),
        ({"headers": {"a b": "c"}}, "invalid propertyName 'a b'"),
        ({"headers": {"a": "b\nc"}}, "- at '/prometheus/headers/a': 'b\\nc' does not match pattern"),
        ({"token": "a"}, "- at '/prometheus': additional properties 'token' not allowed"),
    ],
)
def test_what_can_not_be_is_refused(helm: Helm, values: dict[str, Any], says: str) -> None:
    assert says in helm.refusal("teal", {"prometheus": values})


def test_without_an_address_there_is_no_alert_about_it(helm: Helm) -> None:
    values = {"monitoring": {"prometheusRule": {"enabled": True}}}
    manifests = helm.render("teal", values, api_versions=["monitoring.coreos.com/v1"])
    groups = one(manifests, "PrometheusRule")["spec"]["groups"]
    names = {rule["alert"] for group in groups for rule in group["rules"]}
    assert "TealHasNoLeader" in names
    assert "TealCannotAskPrometheus" not in names

"""`clusterDomain`: whatever a chart calls by its full name has the cluster's domain in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from routing.reading.parse import parse_routemap
from tests.charts.helm import container, one

if TYPE_CHECKING:
    from tests.charts.helm import Helm

CRD = "CustomResourceDefinition"
"""Its descriptions tell of the default."""
OTHER = "k8s.example.com"
INITIALIZE = {"appName": "httpbin", "action": "initialize", "clusterDomain": OTHER}


@pytest.mark.parametrize("name", ["webhook", "reconciler"])
def test_both_processes_are_told_it(helm: Helm, name: str) -> None:
    rendered = helm.render("teal", {"clusterDomain": OTHER})
    assert f"--cluster-domain={OTHER}" in container(rendered, name)["command"]


@pytest.mark.parametrize("values", [{}, {"certManager": {"enabled": True}}], ids=["own", "cert-manager"])
def test_nothing_of_the_chart_teal_calls_a_service_by_another(helm: Helm, values: dict[str, object]) -> None:
    given = {"clusterDomain": OTHER, **values}
    found = helm.render("teal", given, api_versions=["cert-manager.io/v1"])
    rendered = [item for item in found if item["kind"] != CRD]
    assert f"istio-ingressgateway.istio-system.svc.{OTHER}" in json.dumps(rendered)
    assert "svc.cluster.local" not in json.dumps(rendered)


def test_the_routing_is_for_hosts_under_it(helm: Helm) -> None:
    rendered = helm.render("routing-actions", INITIALIZE, namespace="shop")
    hosts = parse_routemap(one(rendered, "Routemap", "httpbin"), OTHER).hosts
    assert hosts == ("httpbin.shop", "httpbin.shop.svc", f"httpbin.shop.svc.{OTHER}")
    service = one(rendered, "Service", "httpbin")
    assert service["spec"]["externalName"] == f"istio-ingressgateway.istio-system.svc.{OTHER}"


@pytest.mark.parametrize("host", [f"web.other.svc.{OTHER}", f"*.svc.{OTHER}", f"*.{OTHER}", "*.com", "*.svc"])
def test_hosts_of_other_namespaces_are_refused_under_it(helm: Helm, host: str) -> None:
    [said] = helm.complaints({**INITIALIZE, "hosts": [host]}, chart="routing-actions")
    assert said.startswith(f'hosts[0]: "{host}" takes in Services of other namespaces')


def test_what_is_no_domain_is_refused(helm: Helm) -> None:
    assert "clusterDomain" in helm.refusal("teal", {"clusterDomain": "a_b"})

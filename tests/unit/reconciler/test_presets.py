"""Whose metrics tell about requests, by the labels that they really have."""

from __future__ import annotations

import math
import re

import pytest

from reconciler.asking.presets import BUCKETS_MS, ENVOY, ISTIO, Version, bucket, preset
from routing.stepping.rollout import Measure

SHOP, OTHER = Version("shop", "a-1"), Version("lab", "b")
ISTIO_LABELS = {"destination_service_namespace": "shop", "destination_service_name": "a-1"}


def test_istios_requests_are_asked_for_as_clients_report_them_by_status() -> None:
    query = preset(ISTIO).query(Measure.SUCCESS, {SHOP, OTHER}, [], 15)
    series = (
        '{__name__="istio_requests_total",response_code!="",reporter="source",'
        'destination_service_namespace=~"lab|shop",destination_service_name=~"a-1|b"}'
    )
    assert query.startswith(
        "sum by (destination_service_namespace, destination_service_name, response_code, grpc) "
        f'((label_replace(label_join(last_over_time({series}[5m]), "grpc", "/", "grpc_response_status", '
        '"response_flags"), "grpc", "", "grpc", "/.*") - label_replace(label_join('
        f"last_over_time({series}[1h] offset 15s)"
    )


def test_copies_are_asked_for_as_those_report_them_who_get_them_and_envoys_senders_know_of_them() -> None:
    for measure in (Measure.SUCCESS, Measure.LATENCY):
        given = measure, {SHOP}, [250], 15
        by_senders, by_receivers = (
            preset(ISTIO).reported(copies=copies).query(*given) for copies in (False, True)
        )
        assert by_senders == preset(ISTIO).query(*given)
        assert by_receivers == by_senders.replace('reporter="source"', 'reporter="destination"') != by_senders
        assert preset(ENVOY).reported(copies=True).query(*given) == preset(ENVOY).query(*given)


def test_envoys_requests_are_asked_for_by_cluster_and_status() -> None:
    query = preset(ENVOY).query(Measure.SUCCESS, {SHOP}, [], 15)
    assert (r',cluster_name=~"outbound\\|[0-9]+\\|[^|]*\\|(a-1\\.shop)\\.svc\\.cluster\\.local"}') in query
    assert query.startswith("sum by (cluster_name, response_code, grpc)")
    counters = re.search(r'{__name__=~"([^"]*)"', query)
    assert counters is not None
    for counter in ("upstream_rq", "grpc_0", "grpc_14", "grpc_16"):
        assert re.fullmatch(counters[1], f"envoy_cluster_{counter}")
    for counter in ("upstream_rq_total", "grpc_total", "grpc_17", "grpc_success"):
        assert not re.fullmatch(counters[1], f"envoy_cluster_{counter}")


@pytest.mark.parametrize(
    ("name", "metric"),
    [(ISTIO, "istio_request_duration_milliseconds_bucket"), (ENVOY, "envoy_cluster_upstream_rq_time_bucket")],
)
def test_latencies_are_asked_for_by_the_limits_and_all_however_prometheus_writes_them(
    name: str, metric: str
) -> None:
    query = preset(name).query(Measure.LATENCY, {SHOP}, [500, 250], 15)
    assert metric in query
    matcher = re.search(r'le=~"([^"]*)"', query)
    assert matcher is not None
    pattern = matcher[1].replace("\\\\", "\\")
    for fits in ("250", "250.0", "500", "500.0", "+Inf"):
        assert re.fullmatch(pattern, fits)
    for other in ("2500", "25", "250.5", "Inf", "1250"):
        assert not re.fullmatch(pattern, other)


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        (ISTIO, ISTIO_LABELS, SHOP),
        (ISTIO, {"destination_service_name": "a-1"}, None),
        (ISTIO, {}, None),
        (ENVOY, {"cluster_name": "outbound|80||a-1.shop.svc.cluster.local"}, SHOP),
        (ENVOY, {"cluster_name": "outbound|8080|v2|a-1.shop.svc.cluster.local"}, SHOP),
        (ENVOY, {"cluster_name": "outbound|80||a-1.shop.svc.other.local"}, None),
        (ENVOY, {"cluster_name": "outbound|80||example.org"}, None),
        (ENVOY, {"cluster_name": "inbound|80||"}, None),
        (ENVOY, {}, None),
    ],
)
def test_a_series_is_a_versions_by_its_labels(
    name: str, labels: dict[str, str], expected: Version | None
) -> None:
    assert preset(name).version(labels) == expected


def test_envoys_clusters_are_of_the_clusters_domain() -> None:
    mine = preset(ENVOY, "k8s.example")
    assert mine.version({"cluster_name": "outbound|80||a-1.shop.svc.k8s.example"}) == SHOP
    assert r"\\.svc\\.k8s\\.example" in mine.query(Measure.SUCCESS, {SHOP}, [], 15)


@pytest.mark.parametrize(
    ("limit", "expected"), [("250", 250), ("250.0", 250), ("+Inf", math.inf), ("0.5", 0.5)]
)
def test_a_buckets_limit_is_a_number(limit: str, expected: float) -> None:
    assert bucket({"le": limit}) == expected


@pytest.mark.parametrize("labels", [{}, {"le": "x"}])
def test_what_is_no_bucket_has_no_limit(labels: dict[str, str]) -> None:
    assert math.isnan(bucket(labels))


def test_envoys_buckets_rise() -> None:
    assert list(BUCKETS_MS) == sorted(set(BUCKETS_MS))


def test_there_is_no_other_preset() -> None:
    with pytest.raises(KeyError):
        preset("nginx")

"""Whether requests arrive at a version's pods by its Service."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.reaching import Unreachable, takes_grpc, unreachable

SLICE = {"endpoints": [{"targetRef": {"name": "a"}}], "ports": [{"name": ""}]}


def service(*ports: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "shop-1"}, "spec": {"ports": [*ports], **spec}}


@pytest.mark.parametrize("port", [None, 80])
def test_by_its_only_port_requests_arrive(port: int | None) -> None:
    assert unreachable(service({"port": 80}), port, [SLICE]) is None


@pytest.mark.parametrize(
    ("found", "port", "wanted"),
    [
        (
            service({"port": 8080}, {"port": 9090, "name": "figures"}),
            80,
            Unreachable(
                "NoSuchPort",
                (
                    "spec.port: Service shop-1 has no port 80, so requests for this version fail; "
                    "it has 8080 and 9090"
                ),
            ),
        ),
        (
            service({"port": 80, "protocol": "UDP"}),
            None,
            Unreachable(
                "NoSuchPort",
                (
                    "Service shop-1, spec.ports: none is for TCP, so requests for this version fail; "
                    "add one with protocol: TCP"
                ),
            ),
        ),
        (
            service({"port": 80, "protocol": "UDP"}, {"port": 81, "protocol": "TCP"}),
            80,
            Unreachable(
                "NoSuchPort",
                "spec.port: Service shop-1 has no port 80, so requests for this version fail; it has 81",
            ),
        ),
        (
            service({"port": 80}, clusterIP="None"),
            80,
            Unreachable(
                "Headless",
                'Service shop-1, spec.clusterIP: proxies can\'t split by a Service with "None"; leave it out',
            ),
        ),
        (
            service({"port": 80}, type="ExternalName"),
            None,
            Unreachable(
                "Headless",
                (
                    'Service shop-1, spec.type: proxies can\'t split by a Service with "ExternalName"; '
                    "leave it out"
                ),
            ),
        ),
        (
            service({"port": 80, "name": "web", "targetPort": "http"}),
            80,
            Unreachable(
                "NoSuchTargetPort",
                (
                    "Service shop-1, spec.ports[].targetPort: no container of shop-1 names a port "
                    '"http", so requests fail'
                ),
            ),
        ),
    ],
)
def test_why_requests_do_not_arrive_is_told(found: Any, port: int | None, wanted: Unreachable) -> None:
    assert unreachable(found, port, [SLICE]) == wanted


def test_while_no_pod_is_ready_nothing_is_said_of_their_ports() -> None:
    found = service({"port": 80, "name": "web", "targetPort": "http"})
    assert unreachable(found, 80, []) is None
    assert unreachable(found, 80, [{"endpoints": [], "ports": []}]) is None


def test_pods_of_which_some_have_the_port_are_reached() -> None:
    found = service({"port": 80, "name": "web", "targetPort": "http"})
    assert unreachable(found, 80, [SLICE, {**SLICE, "ports": [{"name": "web"}]}]) is None


def test_with_several_ports_and_none_asked_for_nothing_is_known_against_it() -> None:
    assert unreachable(service({"port": 80, "name": "a"}, {"port": 81, "name": "b"}), None, [SLICE]) is None


JUNK = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(JUNK, JUNK, st.none() | st.integers(1, 65_535))
def test_of_what_is_odd_nothing_is_said(ports: Any, slices: Any, port: int | None) -> None:
    found = unreachable({"metadata": {"name": "a"}, "spec": {"ports": ports}}, port, [{"ports": slices}])
    assert found is None or found.reason == "NoSuchPort"


FIGURES = {"port": 9090, "name": "http-figures"}


@pytest.mark.parametrize(
    ("found", "port", "expected"),
    [
        (service({"port": 80, "name": "grpc"}), None, True),
        (service({"port": 80, "name": "GRPC-api"}), 80, True),
        (service({"port": 80, "name": "http", "appProtocol": "grpc"}), None, True),
        (service({"port": 80, "name": "grpc", "appProtocol": "kubernetes.io/h2c"}), None, False),
        (service({"port": 80, "name": "grpc-web"}), None, False),
        (service({"port": 80}), None, False),
        (service({"port": 80, "name": "grpc"}, FIGURES), 80, True),
        (service({"port": 80, "name": "grpc"}, FIGURES), 9090, False),
        (service({"port": 80, "name": "grpc"}, FIGURES), None, False),
        (service(), 80, False),
    ],
)
def test_a_port_that_requests_go_to_says_itself_that_it_is_for_grpc(
    found: dict[str, Any],
    port: int | None,
    expected: bool,  # noqa: FBT001
) -> None:
    assert takes_grpc(found, port) == expected

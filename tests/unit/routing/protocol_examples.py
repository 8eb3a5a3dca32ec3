"""Routemaps of connections: what is refused beside `spec.protocol`, with each sentence, and what is taken."""

from __future__ import annotations

from typing import Any

from tests.unit.routing.rollout_examples import GOOD, STEPS, TOTAL

Spec = dict[str, Any]
REQUESTS: Spec = {
    "timeout": "2s",
    "retries": {"attempts": 2},
    "headers": {"request": {"set": {"x-a": "b"}}},
    "rewrite": {"uri": "/"},
    "cors": {"allowOrigins": [{"exact": "https://shop.example.com"}]},
    "fault": {"abort": {"httpStatus": 503, "percentage": {"value": 1}}},
    "routes": [{"name": "api", "match": [{"uri": {"prefix": "/api/"}}]}],
    "affinity": {"cookie": "shop-version"},
}
"""All that is done to requests."""
COUNTED: Spec = {"steps": STEPS, "checks": [{"name": "closed", "good": GOOD, "total": TOTAL, "min": 99}]}


def _for_requests(protocol: str, strategy: str) -> tuple[str, str]:
    detail = (
        f"strategy: strategy {strategy} looks at requests, and a connection of protocol {protocol} has none; "
        "use strategy blue-green, or use protocol HTTP"
    )
    return "NotForProtocol", detail


def _by(router: str, protocol: str) -> tuple[str, str]:
    detail = (
        f"router: router {router} takes requests of HTTP only; Gateway API has {protocol}Route for protocol "
        f"{protocol}, which Teal does not write; use router VirtualService, or use protocol HTTP"
    )
    return "NotForProtocol", detail


REFUSED: tuple[tuple[str, Spec, tuple[tuple[str, str], ...]], ...] = (
    (
        "a protocol that there is not",
        {"protocol": "UDP"},
        (("UnknownProtocol", 'protocol: "UDP" is not a protocol; use HTTP, TCP or TLS'),),
    ),
    *(
        (
            f"{field} as a VirtualService has it",
            {field: []},
            (
                (
                    "UnknownField",
                    (
                        f"{field}: no such field; give protocol: {field.upper()}, and Teal writes the "
                        "VirtualService's"
                    ),
                ),
            ),
        )
        for field in ("tcp", "tls")
    ),
    (
        "connections by a match",
        {"protocol": "TCP", "strategy": "canary"},
        (_for_requests("TCP", "canary"),),
    ),
    (
        "copies of connections, by an HTTPRoute without a port",
        {"protocol": "TLS", "strategy": "mirror", "router": "HTTPRoute"},
        (_for_requests("TLS", "mirror"), _by("HTTPRoute", "TLS")),
    ),
    (
        "connections by a GRPCRoute",
        {"protocol": "TCP", "router": "GRPCRoute", "port": 80},
        (_by("GRPCRoute", "TCP"),),
    ),
    (
        "connections with all that is done to requests",
        {"protocol": "TCP", **REQUESTS},
        tuple(
            (
                "NotForProtocol",
                f"{field}: a connection of protocol TCP has no requests; take it off, or use protocol HTTP",
            )
            for field in REQUESTS
        ),
    ),
    (
        "connections to Services that sidecars do not know by these names",
        {
            "protocol": "TCP",
            "hosts": ["a.default", "b.default.svc", "b.default.svc.cluster.local", "c", "d.example.com"],
        },
        (
            (
                "NotForProtocol",
                (
                    "hosts[0]: sidecars look for connections by a Service's full name; list "
                    "a.default.svc.cluster.local, too, or take mesh off spec.gateways"
                ),
            ),
        ),
    ),
    (
        "connections that are delegated",
        {"protocol": "TLS", "delegate": True},
        (
            (
                "NotForProtocol",
                (
                    "delegate: Istio delegates requests of HTTP only; give hosts and gateways instead, or "
                    "use protocol HTTP"
                ),
            ),
        ),
    ),
    (
        "connections judged by their answers",
        {
            "protocol": "TCP",
            "rollout": {
                **COUNTED,
                "checks": [
                    *COUNTED["checks"],
                    {"metric": "success", "min": 99},
                    {"metric": "latency", "under": "300ms", "min": 99},
                ],
            },
        },
        tuple(
            (
                "NotForProtocol",
                (
                    f"rollout.checks[{place}].metric: connections of protocol TCP have no {metric} that "
                    "Istio counts; give good and total, or take the check off"
                ),
            )
            for place, metric in ((1, "success"), (2, "latency"))
        ),
    ),
)
ACCEPTED: tuple[Spec, ...] = (
    {"protocol": "HTTP", "strategy": "canary", "timeout": "2s"},
    {"protocol": "TCP"},
    {"protocol": "TCP", "port": 9000, "router": "VirtualService", "rollout": COUNTED},
    {"protocol": "TLS", "gateways": ["in"], "hosts": ["*.example.com", "shop.example.org"]},
    {"protocol": "TCP", "gateways": ["in"], "hosts": ["a.default"]},
    {"protocol": "TCP", "hosts": ["*.default.svc.cluster.local", "a.default.svc"]},
)

"""Iter8's templates of HTTPRoutes, read as Gateway API means them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.routing import iter8s
from tests.unit.routing.iter8s import (
    config_map,
    made,
    migrated,
    spec,
    weights,
)

if TYPE_CHECKING:
    from tests.unit.routing.manifests import Manifest

AT = "strSpec.routingTemplates[blue-green].template"


def backend(name: str, **fields: Any) -> Manifest:
    return {"name": name, "port": 80, **fields}


ROUTE = {"parentRefs": [{"kind": "Service", "name": "httpbin"}, {"name": "web", "namespace": "edge"}]}
HTTP_ROUTES: list[tuple[str, Manifest, Manifest, tuple[str, ...]]] = [
    (
        "copies",
        {
            "rules": [
                {
                    "backendRefs": [backend("httpbin-0")],
                    "filters": [
                        {
                            "type": "RequestMirror",
                            "requestMirror": {"backendRef": backend("httpbin-1"), "percent": 30},
                        }
                    ],
                }
            ]
        },
        {"strategy": "mirror", "versions": [{"name": "httpbin-0"}, {"name": "httpbin-1", "weight": 30}]},
        (),
    ),
    (
        "copies of a fraction",
        {
            "rules": [
                {
                    "backendRefs": [backend("httpbin-0")],
                    "filters": [
                        {
                            "type": "RequestMirror",
                            "requestMirror": {
                                "backendRef": backend("httpbin-1"),
                                "fraction": {"numerator": 1},
                            },
                        }
                    ],
                }
            ]
        },
        {"strategy": "mirror"},
        (
            (
                'spec.rules[0].mirrors[0].destination: {"numerator": 1} is no whole percentage, as a '
                "Routemap's copies are; set its weight"
            ),
        ),
    ),
    (
        "a timeout",
        {"rules": [{"backendRefs": [backend("httpbin-0")], "timeouts": {"request": "2s"}}]},
        {"timeout": "2s", "hosts": iter8s.HOSTS, "gateways": ["mesh", "edge/web"]},
        (),
    ),
    (
        "a timeout of a try",
        {"rules": [{"backendRefs": [backend("httpbin-0")], "timeouts": {"backendRequest": "2s"}}]},
        {},
        ("spec.rules[0].timeouts: a Routemap can't say it",),
    ),
    (
        "a backend that is no Service, and one of another namespace",
        {
            "rules": [
                {
                    "backendRefs": [
                        backend("httpbin-0", filters=[{"type": "URLRewrite"}]),
                        backend("httpbin-1", kind="Bucket"),
                        backend("pay", namespace="other"),
                    ]
                }
            ]
        },
        {},
        (
            "spec.rules[0].route[0].filters: a Routemap can't say it",
            "spec.rules[0].route[1].destination.kind: a Routemap can't say it",
            (
                'spec.rules[0].route[2].destination.host: "pay.other.svc" is no Service of namespace '
                "default; "
                "versions are"
            ),
        ),
    ),
    (
        "matches of each kind",
        {
            "rules": [
                {
                    "matches": [
                        {
                            "path": {"type": "Exact", "value": "/a"},
                            "method": "PUT",
                            "queryParams": [{"name": "Q", "type": "RegularExpression", "value": "a.*"}],
                        },
                    ],
                    "backendRefs": [backend("httpbin-1")],
                },
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                    "backendRefs": [backend("httpbin-0")],
                },
            ]
        },
        {
            "versions": [
                {"name": "httpbin-0", "weight": 100},
                {
                    "name": "httpbin-1",
                    "weight": 0,
                    "match": [
                        {
                            "uri": {"exact": "/a"},
                            "queryParams": {"Q": {"regex": "a.*"}},
                            "method": {"exact": "PUT"},
                        }
                    ],
                },
            ]
        },
        (),
    ),
]


@pytest.mark.parametrize("case", HTTP_ROUTES, ids=[each[0] for each in HTTP_ROUTES])
def test_an_http_route_is_read_as_gateway_api_means_it(
    case: tuple[str, Manifest, Manifest, tuple[str, ...]],
) -> None:
    _, route, wanted, left = case
    found = migrated(config_map(template=made("HTTPRoute", **ROUTE, **route)))
    assert found.left == tuple(f"{AT}: {each}" for each in left)
    assert {key: spec(found)[key] for key in wanted} == wanted
    assert weights(found) is None

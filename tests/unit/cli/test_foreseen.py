"""`teal diff`: what a change would give, in words and YAML."""

from __future__ import annotations

from typing import Any

import pytest

from cli import spans
from cli.foreseen import There, foresee, told
from routing import facts
from routing.reading.defaults import defaulted
from routing.reading.parse import parse_routemap
from routing.reading.violation import InvalidManifestError
from routing.routes import ROUTER
from routing.routes.exposure import Exposure
from tests.unit.cli.told import NOW, routemap

DOMAIN = "cluster.local"
ROUTEMAP = routemap(name="httpbin")
FRESH = (
    "httpbin in default: a route is made\n"
    "  now   nothing is routed\n"
    "  then  httpbin-0=100\n"
    "  httpbin-0 goes from 0 % to 100 %\n"
    "  httpbin-1 gets nothing yet: DeploymentNotFound (`teal explain DeploymentNotFound`)\n"
    "  once all are ready: httpbin-0=80 httpbin-1=20\n"
)


def deployment(name: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"iter8.tools/watch": "true"}},
        "spec": {"replicas": 1},
        "status": {"conditions": [{"type": "Available", "status": "True"}]},
    }


def there(*names: str, split: dict[str, int] | None = None) -> There:
    """Return an application whose versions of these names are ready, and a route with a split."""
    stored = {**ROUTEMAP, "metadata": {**ROUTEMAP["metadata"], "uid": "u"}}
    exposures = [Exposure(name, share) for name, share in (split or {}).items()]
    return There(
        routemap=stored,
        route=ROUTER.render(parse_routemap(defaulted(stored), DOMAIN), exposures) if exposures else None,
        workloads={name: facts.workload(deployment(name)) for name in names},
        services={name: {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}} for name in names},
        slices={
            name: [{"endpoints": [{"addresses": ["10.0.0.1"]}], "ports": [{"port": 80}]}] for name in names
        },
    )


def said(seen: There, wanted: Any = ROUTEMAP, override: Any = None) -> str:
    return spans.plain(told(foresee(seen, wanted, override, NOW, DOMAIN)))


def test_a_first_route_is_told_with_who_waits() -> None:
    text = said(there("httpbin-0"))
    assert text.startswith(FRESH)
    assert "+++ VirtualService default/httpbin then\n" in text


def test_the_route_is_of_the_kind_that_the_routemap_asks_for() -> None:
    wanted = {**ROUTEMAP, "spec": {**ROUTEMAP["spec"], "router": "HTTPRoute", "port": 80}}
    assert "+++ HTTPRoute default/httpbin then\n" in said(there("httpbin-0"), wanted)


def test_what_changes_nothing_is_said_to() -> None:
    split = {"httpbin-0": 80, "httpbin-1": 20}
    assert said(there("httpbin-0", "httpbin-1", split=split)) == (
        "httpbin in default: the route stays as it is\n"
        "  now   httpbin-0=80 httpbin-1=20\n"
        "  then  httpbin-0=80 httpbin-1=20\n"
    )


def test_other_weights_move_the_split() -> None:
    override = {
        "apiVersion": "iter8.tools/v1alpha1",
        "kind": "WeightOverride",
        "metadata": {"name": "httpbin", "namespace": "default"},
        "spec": {"weights": [{"version": "httpbin-0", "weight": 0}, {"version": "httpbin-1", "weight": 1}]},
    }
    text = said(there("httpbin-0", "httpbin-1", split={"httpbin-0": 80, "httpbin-1": 20}), ROUTEMAP, override)
    assert text.startswith(
        "httpbin in default: the route changes\n"
        "  now   httpbin-0=80 httpbin-1=20\n"
        "  then  httpbin-0=0 httpbin-1=100\n"
        "  httpbin-0 goes from 80 % to 0 %\n"
        "  httpbin-0 drains, and is let go then\n"
        "  httpbin-1 goes from 20 % to 100 %\n"
        "--- VirtualService default/httpbin now\n"
    )


def test_a_version_that_is_listed_no_more_drains() -> None:
    wanted = routemap(versions=[{"name": "httpbin-0", "weight": 1}])
    text = said(there("httpbin-0", "httpbin-1", split={"httpbin-0": 80, "httpbin-1": 20}), wanted)
    assert "  httpbin-1 goes from 20 % to 0 %\n  httpbin-1 drains, and is let go then\n" in text


def test_what_the_webhook_would_refuse_is_not_foreseen() -> None:
    with pytest.raises(InvalidManifestError, match=r"spec\.versions"):
        foresee(There(), routemap(versions=[]), None, NOW, DOMAIN)

"""A route that the API server takes and changes, as somebody's webhook or policy has it do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from routing.contradicted import CONTRADICTED_SECONDS, contradicted
from routing.kinds import HTTP_ROUTES
from routing.passes import Pass
from routing.routes import ROUTER, ROUTERS
from routing.writes import Apply
from tests.unit.routing.cluster import Cluster, cluster
from tests.unit.routing.manifests import changed
from tests.unit.routing.worlds import FRESH, NOW, facts, routemap

if TYPE_CHECKING:
    from routing.passes import Seen
    from tests.unit.routing.manifests import Manifest

OWNERS = [{"kind": "Routemap", "uid": "12ab"}]
METADATA: dict[str, Any] = {
    "name": "httpbin",
    "namespace": "default",
    "labels": {"iter8.tools/routemap": "httpbin"},
    "ownerReferences": OWNERS,
}
RULE = {"route": [{"destination": {"host": "httpbin-0.default.svc.cluster.local"}, "weight": 100}]}
ISTIOS: Manifest = {"metadata": METADATA, "spec": {"hosts": ["httpbin.default"], "http": [RULE]}}
BACKEND = {"name": "httpbin-0", "port": 80, "weight": 100}
GATEWAYS: Manifest = {"metadata": METADATA, "spec": {"rules": [{"backendRefs": [BACKEND]}]}}


def _place() -> Cluster:
    return cluster(routemap(50), [facts("httpbin-0", "ready", FRESH)])


def _by_http_route() -> Seen:
    seen = _place().seen()
    return replace(seen, routemap=changed(dict(seen.routemap), "spec.router", "HTTPRoute"))


def _told(seen: Seen, done: Pass, found: Manifest) -> tuple[str, str] | None:
    """Return reason and message of Ready, None where nothing is told."""
    after = contradicted(seen, done, found, NOW)
    if after == done:
        return None
    assert after.status is not None
    assert after.again_at == NOW + CONTRADICTED_SECONDS
    ready = next(each for each in after.status.conditions if each.type == "Ready")
    assert not ready.holds
    return ready.reason, ready.message


ISTIOS_PASS = Pass(route=(Apply(ROUTER.resource, ISTIOS),))
GATEWAYS_PASS = Pass(route=(Apply(HTTP_ROUTES, GATEWAYS),))


@pytest.mark.parametrize(
    ("found", "fields"),
    [
        (changed(ISTIOS, "spec.exportTo", ["."]), "spec.exportTo"),
        (changed(ISTIOS, "spec.http", [RULE | {"timeout": "1s"}]), "spec.http"),
        (changed(ISTIOS, "metadata.labels", {}), "metadata"),
    ],
)
def test_what_is_not_as_it_was_written_is_told_with_its_fields(found: Manifest, fields: str) -> None:
    assert _told(_place().seen(), ISTIOS_PASS, found) == (
        "WriteRefused",
        (
            f"VirtualService httpbin is not as Teal writes it ({fields}): a webhook or a policy changes it; "
            "have that leave it out"
        ),
    )


def test_what_is_as_it_was_written_and_a_pass_that_writes_no_route_are_not() -> None:
    beside = changed(ISTIOS, "metadata.labels", METADATA["labels"] | {"team": "a"})
    for found in (ISTIOS, beside):
        assert _told(_place().seen(), ISTIOS_PASS, found) is None
    assert _told(_place().seen(), Pass(), ISTIOS) is None


def test_of_an_http_route_a_default_that_is_filled_in_is_no_change_and_another_share_is() -> None:
    assert ROUTERS["HTTPRoute"].resource == HTTP_ROUTES
    filled = changed(GATEWAYS, "spec.useDefaultGateways", "None")
    assert _told(_by_http_route(), GATEWAYS_PASS, filled) is None
    other = changed(GATEWAYS, "spec.rules", [{"backendRefs": [BACKEND | {"name": "httpbin-1"}]}])
    reason, message = _told(_by_http_route(), GATEWAYS_PASS, other) or ("", "")
    assert (reason, message.partition(" is ")[0]) == ("WriteRefused", "HTTPRoute httpbin")
    assert "(spec.rules)" in message

"""Marks that a new route rests on are on before anything else is decided: what is unmarked goes unasked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from routing import facts, names
from routing.facts import Facts
from routing.kinds import DEPLOYMENTS, SERVICES, VIRTUAL_SERVICES
from routing.passes import Pass, Seen
from routing.plan import plan
from routing.reading.defaults import defaulted
from routing.routes.exposure import Exposure
from routing.writes import Apply, Patch, SeenVersion
from tests.unit.routing import manifests
from tests.unit.routing.worlds import NOW


def seen(*marked: bool) -> Seen:
    """Return what is seen of versions that are ready and have settled, nothing routed yet."""
    routemap = defaulted(manifests.routemap(versions=[{"name": name(at)} for at in range(len(marked))]))
    versions = tuple(version(at, marked=each) for at, each in enumerate(marked))
    return Seen(routemap=routemap, versions=versions)


def name(at: int) -> str:
    return f"httpbin-{at}"


def version(at: int, *, marked: bool) -> SeenVersion:
    deployment = manifests.deployment(name(at))
    deployment["metadata"]["uid"] = "1"
    deployment["status"] = {"conditions": [{"type": "Available", "status": "True"}]}
    service: dict[str, Any] = {
        "metadata": {"name": name(at), "namespace": "default", "uid": "2", "labels": {names.WATCH: "true"}}
    }
    if marked:
        deployment, service = manifests.marked(deployment), manifests.marked(service)
    told = Facts(name(at), facts.workload(deployment), facts.part(service), 1, NOW - 60)
    return SeenVersion(told, deployment, service)


def marked(due: Pass) -> list[tuple[str, str]]:
    return [(patch.resource.kind, patch.manifest["metadata"]["name"]) for patch in due.before]


def test_a_pass_that_marks_what_is_to_come_in_does_nothing_else_and_looks_again_at_once() -> None:
    due = plan(seen(True, False), NOW)
    assert marked(due) == [(DEPLOYMENTS.kind, "httpbin-1"), (SERVICES.kind, "httpbin-1")]
    assert due == Pass(before=due.before, again_at=NOW)


def test_the_next_one_routes_to_it() -> None:
    due = plan(seen(True, True), NOW)
    assert due.before == ()
    assert [type(write) for write in due.route] == [Apply]
    assert due.route[0].resource == VIRTUAL_SERVICES
    assert due.status is not None
    assert due.status.split == "httpbin-0=50 httpbin-1=50"


def test_a_mark_that_is_missing_where_no_route_changes_holds_nothing_up() -> None:
    routed = plan(seen(True, True), NOW).route[0].manifest
    exposed = Seen(
        routemap=seen(True, True).routemap,
        versions=tuple(_exposed(each) for each in seen(True, False).versions),
        route=routed,
    )
    due = plan(exposed, NOW)
    assert all(isinstance(patch, Patch) for patch in due.before)
    assert marked(due) == [(DEPLOYMENTS.kind, "httpbin-1"), (SERVICES.kind, "httpbin-1")]
    assert due.status is not None


def _exposed(version: SeenVersion) -> SeenVersion:
    return replace(version, facts=replace(version.facts, exposure=Exposure(version.facts.name, 50)))

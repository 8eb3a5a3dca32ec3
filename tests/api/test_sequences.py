"""Whatever users do, in whatever order: a random sequence of commands, and what has to be true after each."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kube.errors import ClusterError
from reconciler.passes.controller import Controller
from reconciler.serving.metrics import Metrics
from routing import facts, names
from routing.kinds import (
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    ROUTEMAPS,
    SERVICES,
    VIRTUAL_SERVICES,
    WEIGHT_OVERRIDES,
    Resource,
)
from tests.api.conftest import running
from tests.api.history import KINDS, Recorder, never
from tests.api.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from kube.client import Cluster

SEQUENCES = int(os.environ.get("TEAL_SEQUENCES", "25"))
"""`TEAL_SEQUENCES=500 make test` for the long run."""
LONGEST = 12
AT_ONCE = 2 * LONGEST
"""So many events come of the commands where none is waited for: a pass may have been paused before them."""
VERSIONS = ("httpbin-0", "httpbin-1", "httpbin-2")
_MERGE = "application/merge-patch+json"


def _merge(stage: Stage, resource: Resource, name: str, body: Any) -> None:
    stage.cluster.request("PATCH", resource.path(stage.namespace, name), body, content_type=_MERGE)


def _label(stage: Stage, name: str, value: str) -> None:
    _merge(stage, DEPLOYMENTS, name, {"metadata": {"labels": {names.WATCH: value}}})


def _list_versions(stage: Stage, count: int) -> None:
    versions = [{"name": name, "weight": 50} for name in VERSIONS[:count]]
    _merge(stage, ROUTEMAPS, "httpbin", {"spec": {"versions": versions}})


ON_A_VERSION: dict[str, Callable[[Stage, str], None]] = {
    "deploy": lambda stage, name: stage.deployment(name),
    "expose": lambda stage, name: stage.service(name),
    "expose without label": lambda stage, name: stage.service(name, labels={}),
    "endpoint ready": lambda stage, name: stage.endpoints(name, 1),
    "endpoint gone": lambda stage, name: stage.endpoints(name, 0),
    "unavailable": lambda stage, name: stage.available(name, available=False),
    "delete deployment": lambda stage, name: stage.delete(DEPLOYMENTS, name),
    "delete service": lambda stage, name: stage.delete(SERVICES, name),
    "unwatch": lambda stage, name: _label(stage, name, "false"),
    "watch": lambda stage, name: _label(stage, name, "true"),
    "scale to 0": lambda stage, name: _merge(stage, DEPLOYMENTS, name, {"spec": {"replicas": 0}}),
    "scale to 2": lambda stage, name: _merge(stage, DEPLOYMENTS, name, {"spec": {"replicas": 2}}),
}
ON_THE_ROUTING: dict[str, Callable[[Stage], None]] = {
    "initialize": lambda stage: stage.routemap(),
    "list 3 versions": lambda stage: _list_versions(stage, 3),
    "list 1 version": lambda stage: _list_versions(stage, 1),
    "weights 20 80": lambda stage: stage.override(20, 80),
    "weights 0 100": lambda stage: stage.override(0, 100),
    "delete weights": lambda stage: stage.delete(WEIGHT_OVERRIDES, "httpbin"),
    "delete virtual service": lambda stage: stage.delete(VIRTUAL_SERVICES, "httpbin"),
    "delete routing": lambda stage: stage.delete(ROUTEMAPS, "httpbin"),
}
COMMANDS = st.one_of(
    st.tuples(st.sampled_from(sorted(ON_A_VERSION)), st.sampled_from(VERSIONS)),
    st.tuples(st.sampled_from(sorted(ON_THE_ROUTING)), st.just("")),
)


def _carry_out(stage: Stage, command: tuple[str, str]) -> None:
    what, name = command
    with suppress(ClusterError):  # what is not there can't be deleted, what is there can't be made
        if name:
            ON_A_VERSION[what](stage, name)
        else:
            ON_THE_ROUTING[what](stage)


def _ready(stage: Stage, name: str, *, routed: bool) -> bool:
    """Tell whether a version is to get requests, given whether it gets some already."""
    deployment, service = stage.get(DEPLOYMENTS, name), stage.get(SERVICES, name)
    slices = [item for item in [stage.get(ENDPOINT_SLICES, name)] if item]
    if deployment is None or service is None or facts.part(service).deleting:
        return False
    seen = facts.workload(deployment)
    sound = seen.watched and (seen.available or routed) and not seen.deleting and not seen.scaled_to_zero
    return sound and facts.ready_endpoints(slices) > 0


def _wrong(stage: Stage) -> list[str]:
    """Return what must not be, once everything has come to rest."""
    routemap = stage.get(ROUTEMAPS, "httpbin")
    split = (stage.split() or {}) if routemap else {}
    listed = [item["name"] for item in routemap["spec"]["versions"]] if routemap else []
    ready = [name for name in listed if _ready(stage, name, routed=name in split)]
    # Before a version has been ready nothing is routed.
    whole = (100,) if ready else (0, 100)
    wrong = ["the split does not sum to 100"] if routemap and sum(split.values()) not in whole else []
    for name in VERSIONS:
        marks = [stage.finalizers(resource, name) for resource in (DEPLOYMENTS, SERVICES)]
        if split.get(name) and name in ready and marks != [[names.MARK]] * 2:
            wrong.append(f"{name} has traffic and marks {marks}")
        if split.get(name) and ready and name not in ready:
            wrong.append(f"{name} has traffic, and {ready} could take it")
        if not split.get(name) and any(mark for mark in marks):
            wrong.append(f"{name} has no traffic and marks {marks}")
    going = [item for item in _everything(stage) if "deletionTimestamp" in item["metadata"]]
    # With nobody else ready, who answers stays.
    stay = [name for name, share in split.items() if share and not ready and _answers(stage, name)]
    names_ = [item["metadata"]["name"] for item in going]
    return wrong + [f"{name} waits for its deletion" for name in names_ if name not in stay]


def _answers(stage: Stage, name: str) -> bool:
    found = stage.get(ENDPOINT_SLICES, name)
    return found is not None and facts.ready_endpoints([found]) > 0


def _everything(stage: Stage) -> list[dict[str, Any]]:
    places = [(ROUTEMAPS, "httpbin")]
    places += [(resource, name) for resource in (DEPLOYMENTS, SERVICES) for name in VERSIONS]
    return [item for item in (stage.get(resource, name) for resource, name in places) if item]


@pytest.fixture(scope="module")
def recorder(cluster: Cluster) -> Recorder:
    return Recorder(cluster)


@settings(max_examples=SEQUENCES, deadline=None, suppress_health_check=list(HealthCheck))
@given(commands=st.lists(COMMANDS, max_size=LONGEST), restart=st.booleans())
@example(commands=[("delete routing", ""), ("weights 0 100", ""), ("initialize", "")], restart=False)
def test_after_any_sequence_of_commands_all_is_as_it_should_be(
    cluster: Cluster, recorder: Recorder, commands: list[tuple[str, str]], *, restart: bool
) -> None:
    stage = Stage(cluster, f"sequence-{uuid.uuid4().hex[:8]}")
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    with running(Controller(cluster, Metrics())):
        for command in commands:
            _carry_out(stage, command)
            if not restart:
                stage.until([], lambda: _wrong(stage))
    if restart:  # the rest of it is done by the next leader
        with running(Controller(cluster, Metrics())):
            stage.until([], lambda: _wrong(stage))
    stage.until(_versions_of(stage), lambda: recorder.state(stage.namespace))
    assert list(never(recorder.events(stage.namespace), AT_ONCE if restart else 8)) == []
    for item in _everything(stage):
        with suppress(ClusterError):
            stage.cluster.request("PATCH", _path(item), {"metadata": {"finalizers": []}}, content_type=_MERGE)
            stage.cluster.request("DELETE", _path(item))


def _versions_of(stage: Stage) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for resource in KINDS:
        items = stage.cluster.request("GET", resource.path(stage.namespace))["items"]
        found |= {
            (resource.kind, item["metadata"]["name"]): item["metadata"]["resourceVersion"] for item in items
        }
    return found


def _path(item: dict[str, Any]) -> str:
    resources = {"Routemap": ROUTEMAPS, "Deployment": DEPLOYMENTS, "Service": SERVICES}
    return resources[item["kind"]].path(item["metadata"]["namespace"], item["metadata"]["name"])

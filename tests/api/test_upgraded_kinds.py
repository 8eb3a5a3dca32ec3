"""The kinds of the last release replaced by these with objects stored, and back, on a real API server.

`tests/charts/test_kinds_stay.py` compares the schemas themselves; `make bench-upgrade` upgrades all of Teal
under load.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from kube.client import Cluster
from reconciler.passes.controller import Controller
from reconciler.serving.metrics import Metrics
from routing import names
from routing.kinds import ROUTEMAPS, WEIGHT_OVERRIDES
from routing.reading.parse import parse_routemap
from routing.reading.status import read
from tests.api.bringing_rollouts_about import rolling
from tests.api.conftest import running
from tests.api.stage import Stage
from tests.charts.test_kinds_stay import RELEASED
from tools.charts.kinds import kinds
from tools.charts.repository import CHARTS
from tools.local.controlplane import control_plane
from tools.local.kinds import install_kinds, kubectl
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SAMPLES = sorted((CHARTS.parent / "samples").glob("*.yaml"))
SINCE = "2026-01-01T00:00:00Z"
VERSION = {"name": "httpbin-0", "state": "ready", "weight": 100, "readyEndpoints": 3, "protected": True}
CONDITION = {"type": "Ready", "status": "True", "reason": "Applied", "message": "the split is applied"}
STATUS: dict[str, Any] = {
    "observedGeneration": 1,
    "split": "httpbin-0=100",
    "override": "httpbin-0=100 httpbin-1=0",
    "versions": [
        VERSION | {"reason": "Ready", "stateSince": SINCE, "weightSince": SINCE},
        {"name": "httpbin-1", "state": "draining", "drainingUntil": SINCE, "message": "drains", "copies": 5},
    ],
    "conditions": [CONDITION | {"lastTransitionTime": SINCE}],
}
ONLY_NOW = {"status": {"rollout": {"phase": "Stepping"}}}
"""What the last release's kinds drop."""


class Kinds:
    """An API server whose kinds of Teal are replaced, as `helm upgrade` and `helm rollback` do."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig
        self.cluster = Cluster(str(kubeconfig))

    def released(self) -> None:
        """Have the kinds of the last release served."""
        self._replace(RELEASED, keeps=False)

    def now(self) -> None:
        """Have these served."""
        self._replace(kinds(programs() / "helm"), keeps=True)

    def _replace(self, definitions: list[dict[str, Any]], *, keeps: bool) -> None:
        given = yaml.safe_dump_all(definitions)
        kubectl(self._kubeconfig, "apply", "--server-side", "--force-conflicts", "-f", "-", given=given)
        probe = Stage(self.cluster, f"probe-{time.monotonic_ns()}")
        probe.routemap()
        probe.until(keeps, lambda: self._keeps(probe))

    def _keeps(self, probe: Stage) -> bool:
        path = ROUTEMAPS.path(probe.namespace, "httpbin", "status")
        answer = self.cluster.request("PATCH", path, ONLY_NOW, content_type="application/merge-patch+json")
        return "rollout" in answer.get("status", {})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kinds]:
    with control_plane(tmp_path_factory.mktemp("plane")) as plane:
        install_kinds(plane.kubeconfig)
        yield Kinds(plane.kubeconfig)


@pytest.fixture
def place(served: Kinds) -> Stage:
    return Stage(served.cluster, f"test-{time.monotonic_ns()}")


def stored(stage: Stage) -> list[dict[str, Any]]:
    """Return all objects of Teal's kinds in a namespace, in their order of names."""
    found = [
        item
        for resource in (ROUTEMAPS, WEIGHT_OVERRIDES)
        for item in stage.cluster.request("GET", resource.path(stage.namespace))["items"]
    ]
    return [{**item, "metadata": {**item["metadata"], "managedFields": None}} for item in found]


def fill(stage: Stage) -> None:
    """Store what users of the last release may have: the samples, and one with all that it told."""
    for path in SAMPLES:
        for manifest in yaml.safe_load_all(path.read_text("utf-8")):
            if manifest["kind"] == "Routemap" and "rollout" not in manifest["spec"]:
                metadata = {"name": path.stem, "namespace": stage.namespace}
                stage.cluster.apply(ROUTEMAPS, manifest | {"metadata": metadata})
    stage.routemap("told")
    stage.override(100, 0, name="told")
    stage.cluster.merge(ROUTEMAPS, stage.namespace, "told", {"status": STATUS}, "status")


def test_what_the_last_release_has_stored_is_the_same_by_these_kinds(served: Kinds, place: Stage) -> None:
    served.released()
    fill(place)
    before = stored(place)
    assert len(before) > 8
    served.now()
    assert stored(place) == before
    told = place.status("told")
    assert told == STATUS
    assert read(told) == read(STATUS)
    assert [version.name for version in read(told).versions] == ["httpbin-0", "httpbin-1"]
    parse_routemap(place.get(ROUTEMAPS, "told") or {})
    label(place, "told", "taken")


def label(stage: Stage, name: str, value: str) -> None:
    """Change a Routemap, as `kubectl label` does."""
    body = {"metadata": {"labels": {"shop": value}}}
    path = ROUTEMAPS.path(stage.namespace, name)
    stage.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")


def test_what_the_last_release_has_begun_this_one_goes_on_with(served: Kinds, place: Stage) -> None:
    served.released()
    place.version("httpbin-0")
    place.routemap()
    place.cluster.merge(ROUTEMAPS, place.namespace, "httpbin", {"status": STATUS}, "status")
    served.now()
    with running(Controller(served.cluster, Metrics())):
        place.until({"httpbin-0": 100}, place.split)
        place.until("httpbin-0=100", lambda: place.status().get("split"))
        place.until("VersionReady", lambda: place.condition("Degraded").get("reason"))


def test_a_rollback_keeps_what_only_these_kinds_know_of_what_users_wrote(served: Kinds, place: Stage) -> None:
    served.now()
    with running(Controller(served.cluster, Metrics())):
        rolling(place)
    spec = (place.get(ROUTEMAPS, "httpbin") or {})["spec"]
    split = place.split()
    served.released()
    label(place, "httpbin", "written")
    place.cluster.merge(
        ROUTEMAPS, place.namespace, "httpbin", {"status": {"split": "httpbin-0=100"}}, "status"
    )
    assert "rollout" not in place.status(), "the last release's kinds drop it on a write"
    assert (place.get(ROUTEMAPS, "httpbin") or {})["spec"] == spec
    served.now()
    with running(Controller(served.cluster, Metrics())):
        place.until("Stepping", lambda: place.condition("RolledOut").get("reason"))
        place.until(split, place.split)
    assert (place.get(ROUTEMAPS, "httpbin") or {})["spec"] == spec


def test_nothing_is_stored_in_another_version_than_the_last_releases(served: Kinds) -> None:
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    for definition in RELEASED:
        found = served.cluster.request("GET", f"{path}/{definition['metadata']['name']}")
        assert found["status"]["storedVersions"] == [names.API_VERSION.partition("/")[2]]

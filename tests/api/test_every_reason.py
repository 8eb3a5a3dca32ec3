"""Every reason of docs/reasons.md, brought about on a real API server, and what its user sees of it.

`SCENES` of `bringing_about` and `bringing_rollouts_about` are the table: what is done, and the reasons that
it shows. Of each it is looked at what `kubectl get` and `kubectl describe` print, at Events, and at the
figures for Prometheus; what is to be seen there is what the tables say of which docs/reasons.md is made.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kube.client import Cluster
from reconciler.passes.controller import Controller
from reconciler.passes.reconcile import Policy
from reconciler.serving.metrics import Metrics
from routing.kinds import EVENTS, WEIGHT_OVERRIDES
from routing.routes import parents
from routing.telling.condition_reasons import CONDITIONS
from routing.telling.event_reasons import DEPLOYMENTS, OVERRIDES
from routing.telling.event_reasons import EVENTS as EVENT_REASONS
from routing.telling.reasons import VERSIONS, Reason
from tests.api import bringing_about, bringing_rollouts_about
from tests.api.bringing_about import FIRST, PATIENCE, Scene, thaw
from tests.api.conftest import running
from tests.api.named_kinds import GADGET, ROLLOUT
from tests.api.stage import Stage
from tests.charts.kubectl import Kubectl
from tools.local.controlplane import control_plane
from tools.local.kinds import install_kinds
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator

SCENES = (*bringing_about.SCENES, *bringing_rollouts_about.SCENES)
COLUMNS = {"Ready": ("READY", "REASON"), "Routable": ("ROUTABLE",), "Complete": ("COMPLETE",)}
"""Those of `kubectl get routemap -o wide`, by the condition that they show."""
TABLES = {**CONDITIONS, "Override": OVERRIDES, "Event": EVENT_REASONS, "Deployment": DEPLOYMENTS}
KINDS = {"Override": "WeightOverride", "Deployment": "Deployment"}
"""What an Event is about, where that is no Routemap."""
WITH_EVENTS = {name for table in (*TABLES.values(), VERSIONS) for name, told in table.items() if told.event}
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ROUTER = "virtualservices.networking.istio.io"
NOT_INSTALLED = (
    "the cluster has no VirtualService (networking.istio.io/v1), so nothing is routed; install Istio"
)


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture(scope="module")
def leader(cluster: Cluster, metrics: Metrics) -> Iterator[None]:
    with running(Controller(cluster, metrics, Policy(PATIENCE), workloads=(ROLLOUT, GADGET))):
        yield


class Eyes:
    """A user who looks at what is there of one application."""

    def __init__(self, stage: Stage, metrics: Metrics, kubectl: Kubectl) -> None:
        self._stage = stage
        self._metrics = metrics
        self._kubectl = kubectl

    def wait(self, what: str, reason: str) -> None:
        """Wait until a reason is there."""
        self._stage.until(reason, lambda: self._reason(what))

    def _reason(self, what: str) -> str | None:
        if what in CONDITIONS:
            return self._stage.condition(what).get("reason")
        if what == "Override":
            status = (self._stage.get(WEIGHT_OVERRIDES, "httpbin") or {}).get("status") or {}
            return next((item["reason"] for item in status.get("conditions") or ()), None)
        if what in TABLES:
            return next(
                iter([reason for _, reason in self.events(what) if reason in TABLES[what]][-1:]), None
            )
        versions = self._stage.status().get("versions") or ()
        return next((item["reason"] for item in versions if item["name"] == what), None)

    def events(self, what: str) -> list[tuple[str, str]]:
        """Return type and reason of the Events about what tells of this."""
        found = self._stage.cluster.request("GET", EVENTS.path(self._stage.namespace))["items"]
        items = sorted(found, key=lambda item: int(item["metadata"]["resourceVersion"]))
        about = [item for item in items if item["involvedObject"]["kind"] == KINDS.get(what, "Routemap")]
        return [(item["type"], item["reason"]) for item in about]

    def columns(self, kind: str) -> dict[str, str]:
        """Return what `kubectl get` prints, by the columns' heads."""
        space = f"--namespace={self._stage.namespace}"
        head, line = self._kubectl("get", kind, "httpbin", "--output=wide", space).splitlines()
        starts = [found.start() for found in re.finditer(r"\S+", head)]
        ends = [*starts[1:], len(line)]
        return {head[at:end].strip(): line[at:end].strip() for at, end in zip(starts, ends, strict=True)}

    def described(self, kind: str, name: str = "httpbin") -> str:
        """Return what `kubectl describe` prints, its Events with it."""
        return self._kubectl("describe", kind, name, f"--namespace={self._stage.namespace}")

    def figure(self, name: str, **labels: str) -> float | None:
        """Return what Prometheus reads."""
        about = {"namespace": self._stage.namespace, "routemap": "httpbin"}
        return self._metrics.registry.get_sample_value(name, about | labels)


@pytest.fixture
def eyes(stage: Stage, metrics: Metrics, kubeconfig: str) -> Iterator[Eyes]:
    yield Eyes(stage, metrics, Kubectl(programs() / "kubectl", Path(kubeconfig)))
    thaw(stage)


@pytest.mark.usefixtures("leader")
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.done.__name__)
def test_what_users_see_when(scene: Scene, stage: Stage, eyes: Eyes) -> None:
    scene.done(stage)
    for what, reason in scene.shows.items():
        eyes.wait(what, reason)
        look(stage, eyes, what, reason)


def look(stage: Stage, eyes: Eyes, what: str, reason: str) -> None:
    """Look at all places where a reason is to be seen."""
    told = _row(what, reason)
    if what == "Override":
        seen = eyes.columns("weightoverride")
        assert (seen["APPLIED"], seen["REASON"]) == (str(told.holds), reason)
        assert re.search(rf"Reason:\s+{reason}\n", eyes.described("weightoverride"))
        stage.until(float(told.holds), lambda: eyes.figure("teal_weight_override_applied", reason=reason))
    elif what in CONDITIONS:
        seen = eyes.columns("routemap")
        expected = dict(zip(COLUMNS.get(what, ()), (str(told.holds), reason), strict=False))
        assert {head: seen[head] for head in expected} == expected
        assert re.search(rf"Reason:\s+{reason}\n", eyes.described("routemap"))
        stage.until(
            float(told.holds),
            lambda: eyes.figure("teal_routemap_condition", condition=what, reason=reason),
        )
    elif what not in TABLES:
        assert re.search(rf"Name:\s+{what}\n.*Reason:\s+{reason}\n", eyes.described("routemap"), re.DOTALL)
        stage.until(float(reason == "Ready"), lambda: eyes.figure("teal_version_ready", version=what))
        stage.until(1.0, lambda: eyes.figure("teal_version_reason", version=what, reason=reason))
    _events(stage, eyes, what, reason)


def _row(what: str, reason: str) -> Reason:
    """Return the table's row of a reason; conditions for which nothing is written share those of Ready."""
    table = TABLES.get(what, VERSIONS)
    return table[reason] if reason in table else CONDITIONS["Ready"][reason]


def _events(stage: Stage, eyes: Eyes, what: str, reason: str) -> None:
    """See the Event that tells of a reason, or that there is none."""
    told = _row(what, reason).event
    if not told:
        assert reason in WITH_EVENTS or reason not in {found for _, found in eyes.events(what)}
        return
    if what == "Override" and reason not in OVERRIDES:
        told = "Normal"  # the Routemap's own warning is told there
    stage.until(True, lambda: reason in {found for _, found in eyes.events(what)})
    assert {kind for kind, found in eyes.events(what) if found == reason} <= {*told.split(" or ")}
    name = "httpbin-2" if what == "Deployment" else "httpbin"
    lines = eyes.described(KINDS.get(what, "Routemap").lower(), name).partition("Events:")[2].splitlines()
    assert reason in {line.split()[1] for line in lines if len(line.split()) > 1}


def test_without_the_routers_kind_it_is_told_of_by_who_needs_it_until_it_comes(tmp_path: Path) -> None:
    with control_plane(tmp_path) as plane:
        install_kinds(plane.kubeconfig)
        cluster, metrics = Cluster(str(plane.kubeconfig)), Metrics()
        crd = cluster.request("GET", f"{CRDS}/{ROUTER}")
        cluster.request("DELETE", f"{CRDS}/{ROUTER}")
        stage = Stage(cluster, "default", exists=True)
        eyes = Eyes(stage, metrics, Kubectl(programs() / "kubectl", plane.kubeconfig))
        with running(Controller(cluster, metrics)):
            stage.version("httpbin-0")
            stage.routemap()
            eyes.wait("Ready", "RouterNotInstalled")
            look(stage, eyes, "Ready", "RouterNotInstalled")
            assert stage.condition("Ready")["message"] == NOT_INSTALLED
            crd = {**crd, "metadata": {"name": ROUTER}, "status": {}}
            stage.until(ROUTER, lambda: cluster.request("POST", CRDS, crd)["metadata"]["name"])
            stage.until(FIRST, stage.split)


def test_every_reason_of_the_tables_is_brought_about() -> None:
    shown = {
        (what if what in TABLES else "", reason) for scene in SCENES for what, reason in scene.shows.items()
    }
    wanted = {(kind, reason) for kind, table in {**TABLES, "": VERSIONS}.items() for reason in table}
    assert wanted - shown == {
        ("Ready", "RouterNotInstalled"),
        *(("Routable", reason) for reason in parents.REASONS),
        ("Ready", "RouterChanged"),
        ("RolledOut", "Promoting"),
    }, (
        "the first has a test of its own; those of HTTPRoutes are brought about in test_httproute_live.py; "
        "the last is over in a moment, and its Event is looked for in test_rollouts_live.py"
    )

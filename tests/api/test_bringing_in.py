"""`teal init` on a real API server with Kubernetes' own controllers, and Teal: in, and out again.

To the end, killed after each write and run again, refused, and with no more than the rights that docs/cli.md
names.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cli.rights import RIGHTS
from kube.client import Cluster
from routing import names
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, Resource
from routing.reading.defaults import DRAIN_SECONDS
from tests.api.command_rights import account
from tests.api.stage import Stage
from tests.charts.kubectl import Kubectl
from tools.local.light import light_cluster
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 120
API = [{"uri": {"prefix": "/api/"}}]
SPEC = {
    "hosts": ["pay"],
    "http": [
        {"name": "api", "match": API, "timeout": "5s", "route": [{"destination": {"host": "pay"}}]},
        {"route": [{"destination": {"host": "pay"}}]},
    ],
}
WATCHED = "✓ Deployment pay-v1 is watched"
MADE = [
    WATCHED,
    "✓ Service pay-v1 is made, for the pods of pay-v1 alone",
    "✓ Routemap shop is made (pay-v1 pay-next)",
    "✓ VirtualService shop becomes the Routemap's; what it was is noted on it",
    "✓ pay is Teal's to share: pay-v1=100. Out again: teal init pay --undo",
]
GONE = [
    "✓ VirtualService shop is what it was before",
    "✓ Routemap shop is deleted",
    "✓ the note on VirtualService shop is taken off",
    "✓ Service pay-v1, which was made for Teal, is deleted",
    "✓ Deployment pay-v1 is watched no more",
    "✓ pay is as it was before teal init",
]
PRINTED = """\
# Routemap shop shares the requests for pay among pay-v1, pay-next.
# Play it: teal init pay --apply. Or by hand, in this order:
#   kubectl label deployment pay-v1 iter8.tools/watch=true
#   kubectl apply -f <this>
#   kubectl label virtualservice shop iter8.tools/routemap=shop    # from now on it is Teal's
"""


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """A cluster on which Deployments roll out, and Teal."""
    with light_cluster(tmp_path_factory.mktemp("light")) as kubeconfig:
        yield Kubectl(programs() / "kubectl", kubeconfig)


def create(stage: Stage, resource: Resource, name: str, spec: dict[str, Any], **metadata: Any) -> None:
    typed = {"apiVersion": resource.api_version, "kind": resource.kind}
    about = {"name": name, "namespace": stage.namespace, **metadata}
    stage.cluster.create(resource, {**typed, "metadata": about, "spec": spec})


@pytest.fixture
def stage(kubectl: Kubectl) -> Stage:
    """`pay`, which is a Deployment of another name behind a Service."""
    made = Stage(Cluster(str(kubectl.kubeconfig)), f"test-{uuid.uuid4().hex[:8]}")
    container = {
        "name": "app",
        "image": "app:0",
        "ports": [{"containerPort": 80}],
        "readinessProbe": {"tcpSocket": {"port": 80}},
        "lifecycle": {"preStop": {"sleep": {"seconds": 1}}},
    }
    labels = {"app": "pay", "release": "v1"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    create(made, DEPLOYMENTS, "pay-v1", {"selector": {"matchLabels": labels}, "template": template})
    create(made, SERVICES, "pay", {"selector": {"app": "pay"}, "ports": [{"port": 80}]})
    made.until(1, lambda: (made.get(DEPLOYMENTS, "pay-v1") or {}).get("status", {}).get("readyReplicas"))
    return made


@pytest.fixture
def routed(stage: Stage) -> Stage:
    """The same behind a VirtualService of a user's."""
    create(
        stage, VIRTUAL_SERVICES, "shop", SPEC, labels={"app.kubernetes.io/managed-by": "us", "team": "pay"}
    )
    return stage


def teal(
    stage: Stage, kubectl: Kubectl, *words: str, cut: int | None = None, hasty: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run `teal`, killed after so many writes; `hasty`: proxies are given one second to hear, not 15."""
    program = ["cli"] if cut is None else ["tools.bench.traffic.cut_teal", str(cut)]
    if hasty:
        program.insert(0, "tests.api.hasty")
    options = ["-n", stage.namespace, f"--kubeconfig={kubectl.kubeconfig}"]
    command = [sys.executable, "-m", *program, "init", "pay", *words, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the steps that were told, without what was waited for."""
    return [line for line in done.stdout.splitlines() if not line.startswith("  …")]


def drains_soon(stage: Stage, name: str = "shop") -> None:
    """Have what goes out drain for a second, and not for half a minute."""
    path = ROUTEMAPS.path(stage.namespace, name)
    body = {"spec": {"drainSeconds": 1}}
    stage.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")


def state(stage: Stage) -> Any:
    """Return what a user has made, and whether Teal watches it."""
    deployment, route = stage.get(DEPLOYMENTS, "pay-v1") or {}, stage.get(VIRTUAL_SERVICES, "shop") or {}
    listed = stage.cluster.request("GET", SERVICES.path(stage.namespace))["items"]
    metadata = route.get("metadata", {})
    return {
        "routemaps": stage.cluster.request("GET", ROUTEMAPS.path(stage.namespace))["items"],
        "services": [item["metadata"]["name"] for item in listed],
        "watched": (deployment["metadata"].get("labels") or {}).get(names.WATCH),
        "finalizers": deployment["metadata"].get("finalizers"),
        "route": route.get("spec"),
        "labels": metadata.get("labels"),
        "noted": metadata.get("annotations"),
        "owners": metadata.get("ownerReferences"),
    }


def test_a_virtual_service_becomes_the_routemaps_and_what_it_was_again(
    routed: Stage, kubectl: Kubectl
) -> None:
    before = state(routed)
    inside = teal(routed, kubectl, "--apply")
    assert (inside.returncode, said(inside), inside.stderr) == (0, MADE, "")
    route = routed.get(VIRTUAL_SERVICES, "shop") or {}
    assert [rule["name"] for rule in route["spec"]["http"]] == ["shop.api", "shop"]
    assert [rule.get("timeout") for rule in route["spec"]["http"]] == ["5s", None]
    hosts = {to["destination"]["host"] for rule in route["spec"]["http"] for to in rule["route"]}
    assert hosts == {f"pay-v1.{routed.namespace}.svc.cluster.local"}
    assert route["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "teal",
        names.ROUTEMAP: "shop",
        "team": "pay",
    }
    again = teal(routed, kubectl, "--apply")
    assert (again.returncode, said(again)) == (0, MADE[-1:])
    drains_soon(routed)
    begin = time.monotonic()
    outside = teal(routed, kubectl, "--undo", hasty=False)
    assert (outside.returncode, said(outside), outside.stderr) == (0, GONE, "")
    assert time.monotonic() - begin > DRAIN_SECONDS, "proxies are given time to hear before a Service goes"
    assert state(routed) == before


def test_a_plain_service_gets_a_virtual_service_and_is_without_one_again(
    stage: Stage, kubectl: Kubectl
) -> None:
    before = state(stage)
    inside = teal(stage, kubectl, "--apply")
    assert (inside.returncode, said(inside)[-1], inside.stderr) == (0, MADE[-1], "")
    stage.until({"pay-v1": 100}, lambda: stage.split("pay"))
    drains_soon(stage, "pay")
    outside = teal(stage, kubectl, "--undo")
    assert (outside.returncode, said(outside), outside.stderr) == (
        0,
        ["✓ Routemap pay is deleted", *GONE[3:]],
        "",
    )
    assert stage.get(VIRTUAL_SERVICES, "pay") is None
    assert state(stage) == before


@pytest.mark.parametrize("writes", range(len(MADE) - 1))
def test_it_ends_the_same_wherever_it_is_killed(routed: Stage, kubectl: Kubectl, writes: int) -> None:
    killed = teal(routed, kubectl, "--apply", cut=writes)
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    done = teal(routed, kubectl, "--apply")
    assert (done.returncode, done.stderr, said(done)[-1]) == (0, "", MADE[-1])
    assert routed.split("shop") == {"pay-v1": 100}


@pytest.mark.parametrize("writes", range(len(GONE) - 1))
def test_out_it_ends_the_same_wherever_it_is_killed(routed: Stage, kubectl: Kubectl, writes: int) -> None:
    before = state(routed)
    assert teal(routed, kubectl, "--apply").returncode == 0
    drains_soon(routed)
    killed = teal(routed, kubectl, "--undo", cut=writes)
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    done = teal(routed, kubectl, "--undo")
    assert (done.returncode, done.stderr, said(done)[-1]) == (0, "", GONE[-1])
    assert state(routed) == before


def test_what_takes_it_over_is_printed_and_nothing_is_changed(routed: Stage, kubectl: Kubectl) -> None:
    before = state(routed)
    done = teal(routed, kubectl)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(PRINTED)
    service, routemap = yaml.safe_load_all(done.stdout)
    place = {"name": "pay-v1", "namespace": routed.namespace}
    assert (service["kind"], service["metadata"]) == ("Service", place)
    assert service["spec"]["selector"] == {"app": "pay", "release": "v1"}
    assert routemap["metadata"] == {**place, "name": "shop"}
    assert routemap["spec"] == {
        "versions": [{"name": "pay-v1"}, {"name": "pay-next"}],
        "hosts": ["pay"],
        "routes": [{"name": "api", "match": API, "timeout": "5s"}],
    }
    listed = json.loads(teal(routed, kubectl, "-o", "json").stdout)
    assert listed == {"apiVersion": "v1", "kind": "List", "items": [service, routemap]}
    assert state(routed) == before


def test_what_a_routemap_cannot_say_is_named_and_left_out_only_on_request(
    routed: Stage, kubectl: Kubectl
) -> None:
    rules = [*SPEC["http"][:1], {**SPEC["http"][1], "mirror": {"host": "pay"}}]  # type: ignore[index]
    change = json.dumps({"spec": {"http": rules}})
    kubectl("patch", "virtualservice", "shop", "-n", routed.namespace, "--type=merge", "-p", change)
    printed = teal(routed, kubectl)
    assert printed.returncode == 1
    assert printed.stdout.splitlines()[1:4] == [
        "# It can't say all that VirtualService shop does; left out is:",
        "#   spec.http[1].mirror: a Routemap can't say it",
        "# Play it: teal init pay --apply --drop. Or by hand, in this order:",
    ]
    refused = teal(routed, kubectl, "--apply")
    assert (refused.returncode, refused.stdout, refused.stderr) == (
        1,
        "",
        (
            "teal: a Routemap can't say all of VirtualService shop; --drop takes it over without:\n"
            "  spec.http[1].mirror: a Routemap can't say it\n"
        ),
    )
    assert teal(routed, kubectl, "--apply", "--drop").returncode == 0


COMMANDS = [name for name in RIGHTS if name.startswith("init ")]


def words_of(stage: Stage, kubectl: Kubectl, command: str) -> list[str]:
    """Return a command's words, what it takes out being brought in."""
    words = command.split()[2:]
    if words == ["--undo"]:
        assert teal(stage, kubectl, "--apply").returncode == 0
        drains_soon(stage)
        stage.override(100, 0, name="shop")
    return words


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_needs_no_more_than_its_rights(
    routed: Stage, kubectl: Kubectl, tmp_path: Path, command: str
) -> None:
    words = words_of(routed, kubectl, command)
    path = account(kubectl, routed.namespace, "team", RIGHTS[command].needed, tmp_path)
    done = teal(routed, Kubectl(kubectl.program, Path(path)), *words)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("command", "lacking"), [(name, right) for name in COMMANDS for right in RIGHTS[name].needed]
)
def test_and_no_less(
    routed: Stage, kubectl: Kubectl, tmp_path: Path, command: str, lacking: tuple[str, str, str]
) -> None:
    words = words_of(routed, kubectl, command)
    rights = [right for right in RIGHTS[command].needed if right != lacking]
    path = account(kubectl, routed.namespace, "team", rights, tmp_path)
    done = teal(routed, Kubectl(kubectl.program, Path(path)), *words)
    assert done.returncode != 0
    assert f'cannot {lacking[2]} resource "{lacking[1]}"' in done.stderr

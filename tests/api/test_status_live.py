"""`teal status` of all namespaces, and `--watch` in a real terminal, with only the rights that it needs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING

import pytest

from cli.rights import RIGHTS
from routing.kinds import ROUTEMAPS
from tests.api.bringing_about import change
from tests.api.command_line import Bench
from tests.api.command_rights import account
from tests.api.on_a_screen import Screen
from tests.api.stage import DEADLINE_SECONDS, Stage
from tests.charts.kubectl import Kubectl
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kube.client import Cluster
    from tools.local.controlplane import ControlPlane

pytestmark = pytest.mark.usefixtures("controller")
CLEAR, HOME = re.compile(r"\x1b\[[123]?J"), "\x1b[H"
OTHER_SCREEN, FIRST_SCREEN, CURSOR = "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"
EVENLY, CHANGED = "httpbin-0=50 httpbin-1=50", "httpbin-0=80 httpbin-1=20"


@pytest.fixture
def bench(plane: ControlPlane, stage: Stage, tmp_path: Path) -> Bench:
    application(stage)
    return Bench(stage, Kubectl(programs() / "kubectl", plane.kubeconfig), tmp_path)


def application(stage: Stage) -> None:
    """Have an application of two versions that share the requests."""
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    stage.until("True", lambda: stage.condition("Complete").get("status"))


@pytest.fixture
def reader(bench: Bench) -> Iterator[str]:
    """The kubeconfig of an account that may do everywhere what `status` needs, and nothing else."""
    namespace, name = bench.stage.namespace, f"reader-{uuid.uuid4().hex[:8]}"
    path = account(bench.kubectl, namespace, name, [], bench.folder)
    ((group, kind, verb),) = RIGHTS["status"].needed
    bench.kubectl("create", "clusterrole", name, f"--verb={verb}", f"--resource={kind}.{group}")
    bound = f"--serviceaccount={namespace}:{name}"
    bench.kubectl("create", "clusterrolebinding", name, f"--clusterrole={name}", bound)
    yield path
    bench.kubectl("delete", "clusterrole,clusterrolebinding", name)


def test_the_applications_of_all_namespaces_are_a_table(bench: Bench, cluster: Cluster, reader: str) -> None:
    other = Stage(cluster, f"{bench.stage.namespace}-other")
    application(other)
    bench.stage.until(True, lambda: bench.teal(["--kubeconfig", reader, "status", "-A"]).code == 0)
    ended = bench.teal(["status", "-A", "--kubeconfig", reader])
    assert (ended.code, ended.err) == (0, "")
    head, *rows = (line.split() for line in ended.out.splitlines())
    assert head[:2] == ["NAMESPACE", "NAME"]
    own = [row for row in rows if row[0].startswith("NAMESPACE")]
    assert [row[:3] for row in own] == [
        ["NAMESPACE", "httpbin", "httpbin-0=50"],
        ["NAMESPACE-other", "httpbin", "httpbin-0=50"],
    ]


def test_all_namespaces_take_a_right_in_all(bench: Bench) -> None:
    ended = bench.teal(["status", "-A"], RIGHTS["status"].needed)
    assert (ended.code, ended.out) == (2, "")
    assert 'cannot list resource "routemaps" in API group "iter8.tools" at the cluster scope' in ended.err


def watching(bench: Bench, *words: str) -> list[str]:
    """Return the line of a command by an account with what `status APP` needs, and no other right.

    An interrupt ends it, also where tests have been started in the background, which ignores them.
    """
    kubeconfig = account(
        bench.kubectl, bench.stage.namespace, "user", RIGHTS["status APP"].needed, bench.folder
    )
    place = (f"--namespace={bench.stage.namespace}", f"--kubeconfig={kubeconfig}")
    teal = [sys.executable, "-m", "cli", *place]
    return ["env", "--default-signal=INT", *teal, "status", "httpbin", "--watch", *words]


def test_a_change_is_seen_by_whoever_watches_without_flicker_until_ctrl_c(bench: Bench) -> None:
    with Screen(watching(bench), os.environ) as screen:
        screen.until(OTHER_SCREEN)
        screen.until(EVENLY)
        bench.stage.override(80, 20)
        screen.until(CHANGED)
        screen.until(HOME)
        screen.until(HOME)
        screen.type("\x03")
        assert screen.ended() == 130
    assert CLEAR.findall(screen.shown) == []
    assert screen.shown.count(OTHER_SCREEN) == screen.shown.count(FIRST_SCREEN) == 1
    assert screen.shown.endswith(("\n", FIRST_SCREEN))
    assert CURSOR in screen.shown.partition(CHANGED)[2]
    assert "Traceback" not in screen.shown


def test_an_application_that_goes_ends_a_watch(bench: Bench) -> None:
    with Screen(watching(bench), os.environ) as screen:
        screen.until(EVENLY)
        bench.stage.delete(ROUTEMAPS, "httpbin")
        screen.until(f"teal: there is no Routemap httpbin in namespace {bench.stage.namespace}")
        assert screen.ended() == 1


def test_what_is_piped_gets_what_has_changed(bench: Bench) -> None:
    line = watching(bench, "-o", "name")
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watch:
        assert watch.stdout is not None
        assert watch.stderr is not None
        assert watch.stdout.readline() == "routemap.iter8.tools/httpbin\n"
        bench.stage.override(80, 20)
        assert watch.stdout.readline() == "routemap.iter8.tools/httpbin\n"
        watch.send_signal(signal.SIGINT)
        rest, complaint = watch.communicate(timeout=DEADLINE_SECONDS)
        assert (watch.returncode, complaint.strip()) == (130, "")
        assert set(rest.splitlines()) <= {"routemap.iter8.tools/httpbin"}


def test_what_keeps_a_versions_pods_is_told_to_who_may_list_them(bench: Bench) -> None:
    bench.stage.version("httpbin-1-next", ready=False)
    versions = [{"name": "httpbin-0"}, {"name": "httpbin-1-next"}]
    change(bench.stage, ROUTEMAPS, "httpbin", spec={"versions": versions})
    waiting = {"reason": "ImagePullBackOff", "message": "Back-off"}
    status = {
        "name": "app",
        "image": "kennethreitz/httpbim",
        "imageID": "",
        "ready": False,
        "restartCount": 0,
        "state": {"waiting": waiting},
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "next", "namespace": bench.stage.namespace, "labels": {"app": "httpbin-1-next"}},
        "spec": {"containers": [{"name": "app", "image": "kennethreitz/httpbim"}]},
        "status": {"containerStatuses": [status]},
    }
    bench.kubectl("create", "-f-", manifest=pod)
    patch = json.dumps({"status": pod["status"]})
    place = f"--namespace={bench.stage.namespace}"
    bench.kubectl("patch", "pod", "next", place, "--subresource=status", "--type=merge", f"--patch={patch}")
    bench.stage.until(True, lambda: '"starting"' in json.dumps(bench.stage.status()))
    told = "its pods: app: ImagePullBackOff of kennethreitz/httpbim\n"
    needs = RIGHTS["status APP"]
    assert told in bench.teal(["status", "httpbin"], [*needs.needed, *needs.more]).out
    without = [right for right in needs.more if right[1] != "pods"]
    assert told not in bench.teal(["status", "httpbin"], [*needs.needed, *without]).out

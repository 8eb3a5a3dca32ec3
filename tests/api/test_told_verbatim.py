"""Each of `teal`'s commands on a real API server, by a table: what it prints to the letter, and its exit code.

Commands that change what is routed are tried to their ends in test_promoting.py, test_bringing_in.py and
test_teal_command.py.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.api.command_line import Bench, Ended
from tests.api.stage import Stage
from tests.charts.kubectl import Kubectl
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kube.client import Cluster
    from tools.local.controlplane import ControlPlane

pytestmark = pytest.mark.usefixtures("controller")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_OWN = re.compile(r'("(?:uid|resourceVersion)": )"[^"]*"')


@pytest.fixture(scope="module")
def bench(
    plane: ControlPlane, cluster: Cluster, controller: None, tmp_path_factory: pytest.TempPathFactory
) -> Bench:
    """One application for all: nothing here changes it."""
    stage = Stage(cluster, f"told-{uuid.uuid4().hex[:8]}")
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    stage.until("True", lambda: stage.condition("Complete").get("status"))
    return Bench(stage, Kubectl(programs() / "kubectl", plane.kubeconfig), tmp_path_factory.mktemp("told"))


def ended(bench: Bench, words: Sequence[str]) -> Ended:
    """Run a command; times and what the API server makes up are named alike in all runs."""
    done = bench.teal(words)
    return Ended(done.code, *(_OWN.sub(r'\1"OWN"', _TIME.sub("TIME", text)) for text in (done.out, done.err)))


LINES = [
    ["status"],
    ["status", "-o", "wide"],
    ["status", "-o", "name"],
    ["status", "httpbin", "-o", "name"],
    ["status", "httpbin", "-o", "wide"],
    ["status", "httpbin", "-o", "json"],
    ["status", "httpbin", "--wait-for", "ready"],
    ["history", "httpbin"],
    ["history", "httpbin", "-o", "json"],
    ["weights", "httpbin", "httpbin-1=20", "--dry-run"],
    ["weights", "httpbin", "httpbin-1=20", "--dry-run", "-o", "name"],
    ["weights", "httpbin", "httpbin-1=20", "--dry-run", "-o", "json"],
    ["weights", "httpbin", "--reset", "--dry-run"],
    ["explain", "HostNotFound"],
    ["explain", "HostNotFound", "-o", "json"],
    ["status", "nobody"],
    ["history", "nobody"],
    ["promote", "nobody"],
    ["abort", "nobody"],
    ["rollout", "nobody", "pause"],
    ["init", "nobody"],
    ["weights", "nobody", "a=1"],
    ["explain", "Nobody"],
    ["status", "httpbin", "-A"],
    ["status", "--wait-for", "ready"],
    ["status", "httpbin", "--wait-for", "banana"],
    ["weights", "httpbin"],
    ["weights", "httpbin", "httpbin-1"],
    ["rollout", "httpbin", "dance"],
    ["diff"],
    ["diff", "-f", "/nowhere"],
    ["promote"],
    ["explain", "a", "b"],
    ["certs", "dance"],
    ["certs", "status"],
    ["lint", "/nowhere"],
    ["dashboard", "--port", "none"],
]


def test_capture(bench: Bench) -> None:
    for words in LINES:
        print("=====", words)
        print(repr(ended(bench, words)))
        print(ended(bench, words).out)
    assert json and yaml and Any

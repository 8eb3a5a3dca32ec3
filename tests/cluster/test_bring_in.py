"""docs/bring-in.md, every command as written, while requests come in: not one fails."""

from __future__ import annotations

import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests.cluster.conftest import Load, Shell
from tools.bench.traffic.scenario import scenarios
from tools.demo import clients
from tools.demo.shell import Shell as DemoShell
from tools.local.programs import programs
from tools.tutorial.document import CHARTS_URL

if TYPE_CHECKING:
    from collections.abc import Iterator

RATE = 50
AFTER_SECONDS = 2.0
PAGE = Path(__file__).parents[2] / "docs" / "bring-in.md"
[RUNS, *BLOCKS, PROMOTION] = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
REMOVAL = "kubectl delete --ignore-not-found --timeout=60s"


@pytest.fixture
def running(installed: Shell) -> Iterator[None]:
    """Teal, and an application that it does not know yet."""
    installed.run(RUNS)
    yield
    installed.attempt(f"{REMOVAL} routemap/pay gateway/pay")
    installed.attempt(f"{REMOVAL} deployment,service pay pay-next")


@pytest.mark.usefixtures("running")
def test_a_running_application_is_brought_in_and_promoted_without_an_outage(shell: Shell, sleep: str) -> None:
    command = clients.inside([sleep, "--container=sleep"], "http://pay.default/get", "pay.default", RATE)
    with TemporaryDirectory() as homes:
        demo_shell = DemoShell(shell.kubeconfig, Path(homes), programs())
        with clients.load(demo_shell, {"inside": command}) as started:
            load = Load(started)
            shell.until(True, lambda: load.requests > RATE and _calm(load))
            before = len(load.failures)
            for block in BLOCKS:
                shell.run(block.replace(CHARTS_URL, shell.charts))
                time.sleep(AFTER_SECONDS)
    print(f"{load.requests} requests, {len(load.failures) - before} failed")
    assert [answer.what for answer in load.failures[before:]] == []
    assert load.versions >= {"pay", "pay-next"}
    assert load.requests > 1000


def _calm(load: Load) -> bool:
    """Tell whether the last requests were answered: the name has reached DNS and proxies."""
    since = time.monotonic() - 1.0
    return all(answer.sent < since for answer in load.failures)


def test_the_promotion_where_no_version_bears_the_applications_name_is_a_scenario() -> None:
    [scenario] = [each for each in scenarios() if each.name == "promote"]
    assert "\n".join(scenario.commands[:2]) == PROMOTION.strip()

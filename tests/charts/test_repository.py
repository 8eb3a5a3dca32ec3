"""The charts as users get them: packed, and from a URL."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tools.charts.repository import NAMES, HelmError, pack, repository, serve
from tools.tutorial import Step, steps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.charts.helm import Helm

VERSION = "0.1.0"


@pytest.fixture(scope="module")
def url(helm: Helm) -> Iterator[str]:
    with repository(helm.program) as url:
        yield url


def test_it_is_on_loopback(url: str) -> None:
    assert url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("chart", NAMES)
def test_helm_finds_each_chart_there(helm: Helm, url: str, chart: str) -> None:
    done = helm.run("show", "chart", chart, "--repo", url)
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["version"] == VERSION


RENDERING = [step for step in steps() if "helm template" in step.template]


@pytest.mark.parametrize("step", RENDERING, ids=[step.name for step in RENDERING])
def test_the_tutorials_own_commands_render(helm: Helm, url: str, step: Step) -> None:
    command = step.command(url).replace("| kubectl apply -f -", "").replace("| kubectl delete -f -", "")
    assert "kubectl" not in command
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=helm.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    kinds = {"initialize": ["Service", "Gateway", "Routemap"], "modify-weights": ["WeightOverride"]}
    rendered = [item["kind"] for item in yaml.safe_load_all(done.stdout) if item]
    assert rendered == kinds[next(action for action in kinds if f"action: {action}" in command)]


def test_a_package_holds_all_that_a_chart_needs_and_nothing_else(helm: Helm, tmp_path: Path) -> None:
    pack(helm.program, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "index.yaml",
        *(f"{name}-{VERSION}.tgz" for name in NAMES),
    ]
    listed = subprocess.run(
        ["/bin/tar", "-tzf", tmp_path / f"teal-{VERSION}.tgz"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"teal/values.schema.json", "teal/README.md", "teal/templates/NOTES.txt"} <= set(listed)
    assert not [path for path in listed if path.endswith((".py", ".pyc"))]


def test_helms_own_words_reach_the_caller(helm: Helm, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HelmError, match="not a directory"):
        pack(helm.program, tmp_path / "file" / "folder")


def test_two_repositories_do_not_collide(tmp_path: Path) -> None:
    with serve(tmp_path) as one, serve(tmp_path) as other:
        assert one != other

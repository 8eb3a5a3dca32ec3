"""CI's workflows: their own linter finds nothing, what they run exists, and all of others' is pinned."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MODULE = ROOT / "tools" / "release" / "actionlint"
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def actionlint(*files: Path) -> subprocess.CompletedProcess[str]:
    """Have the linter, built at the module's version, judge workflows by itself: without other linters."""
    command = ["go", "-C", str(MODULE), "tool", "actionlint", "-shellcheck=", "-pyflakes=", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_their_linter_finds_nothing() -> None:
    done = actionlint(*WORKFLOWS)  # on standard error Go says what it downloads
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_a_workflow_with_a_mistake_is_told(tmp_path: Path) -> None:
    spoilt = tmp_path / "check.yml"
    spoilt.write_text(
        WORKFLOWS[0].read_text("utf-8").replace("matrix.python }}", "matrix.pyhton }}"), "utf-8"
    )
    assert 'property "pyhton" is not defined' in actionlint(spoilt).stdout


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_each_foreign_action_is_pinned_by_its_commit_and_named_by_its_version(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text("utf-8"))
    assert used
    assert [
        each for each in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)
    ] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_job_may_do_no_more_than_it_says(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text("utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 120
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"] == {"persist-credentials": False}


def test_what_they_run_of_ours_exists() -> None:
    ours = [
        word
        for file in WORKFLOWS
        for command in commands(file)
        for word in re.findall(r"^make ([a-z-]+)", command)
    ]
    assert set(ours) == {"check", "release", "release-check"} <= TARGETS
    assert any(".ci/run" in command for file in WORKFLOWS for command in commands(file))


def commands(file: Path) -> list[str]:
    jobs: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))["jobs"]
    return [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]

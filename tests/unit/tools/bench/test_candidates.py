"""The candidates that come by steps are well formed: a mistake in them would cost minutes on the cluster."""

from __future__ import annotations

import subprocess

import pytest

from routing.rules.review import Review
from routing.rules.rulebook import review
from tools.bench.traffic.by_steps import Outcome
from tools.bench.traffic.candidates import CANDIDATE, CASES, PRIMARY, Case, asked, candidate

CASE = {case.name: case for case in CASES}
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_admission_takes_the_rollout_and_the_candidate(case: Case) -> None:
    routemap = {
        "apiVersion": "iter8.tools/v1alpha1",
        "kind": "Routemap",
        "metadata": {"name": "httpbin", "namespace": "default"},
        "spec": {"versions": [{"name": PRIMARY}, {"name": CANDIDATE}], **asked(case)},
    }
    for manifest in (routemap, *candidate(case)["items"]):
        assert review(Review("CREATE", manifest)).violations == ()


@each_case
def test_what_is_run_meanwhile_and_in_the_pod_is_a_program(case: Case) -> None:
    compile(case.app, case.name, "exec")
    for command in case.meanwhile:
        assert subprocess.run(["bash", "-n", "-c", command], check=False).returncode == 0, command


def test_strange_is_what_the_candidate_has_not_failed_by_itself() -> None:
    failures = {(500, CANDIDATE): 7, (500, PRIMARY): 1, (503, CANDIDATE): 2, (0, ""): 3}
    outcome = Outcome({}, (), 100, failures, (), 1.0)
    assert outcome.strange(CASE["failing"]) == {(500, PRIMARY): 1, (503, CANDIDATE): 2, (0, ""): 3}
    assert outcome.strange(CASE["good"]) == failures


def test_what_nobody_has_answered_is_a_dying_candidates_while_none_of_the_primarys_failed() -> None:
    failures = {(503, ""): 3, (503, CANDIDATE): 2, (404, ""): 1, (503, PRIMARY): 1}
    outcome = Outcome({}, (), 100, failures, (), 1.0)
    assert outcome.strange(CASE["crashing"]) == {(404, ""): 1, (503, PRIMARY): 1}
    assert outcome.strange(CASE["failing"]) == failures
    failed = Outcome({}, (), 100, failures, (), 1.0, primary_failed=1.0)
    assert failed.strange(CASE["crashing"]) == {(503, ""): 3, (404, ""): 1, (503, PRIMARY): 1}

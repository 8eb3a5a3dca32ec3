"""`teal lint` as users run it: texts in, sentences, places and exit codes out."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cli.__main__ import main
from tests.unit.routing.examples import REFUSED, WARNED, Example

if TYPE_CHECKING:
    from pathlib import Path

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: httpbin-0
  labels:
    iter8.tools/wacth: "true"
spec:
  template:
    spec:
      containers: [{name: httpbin}]
"""
WRONG = (
    "Deployment httpbin-0: metadata.labels[iter8.tools/wacth]: Teal knows no such key; "
    "did you mean iter8.tools/watch?"
)
ROUTEMAP = """\
apiVersion: iter8.tools/v1alpha1
kind: Routemap
metadata: {name: httpbin}
spec:
  versions:
  - {name: httpbin-0, weight: banana}
"""
GOOD = ROUTEMAP.replace("banana", "50")
CREATED = [example for example in (*REFUSED, *WARNED) if example.review.operation == "CREATE"]


class Teal:
    """Runs the command in a folder, in this process."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
        self.folder = folder
        self._patch = monkeypatch
        self._capsys = capsys
        monkeypatch.chdir(folder)

    def lint(self, *arguments: str, given: bytes = b"") -> tuple[int, str]:
        """Return the exit code and what was printed."""
        self._patch.setattr(sys, "argv", ["teal", "lint", *arguments])
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        code = main()
        printed = self._capsys.readouterr()
        return code, printed.out + printed.err

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def teal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Teal:
    return Teal(tmp_path, monkeypatch, capsys)


def test_a_mistake_is_told_with_its_place_and_the_webhooks_sentence(teal: Teal) -> None:
    teal.write("app.yaml", DEPLOYMENT)
    counts = "1 error, 0 warnings in 1 object of Teal's concern in 1 file"
    assert teal.lint("app.yaml") == (1, f"app.yaml:6:5: error: {WRONG}\n{counts}\n")


def test_what_is_fine_is_said_to_be_and_exits_with_0(teal: Teal) -> None:
    teal.write("routing.yaml", GOOD)
    counts = "0 errors, 0 warnings in 1 object of Teal's concern in 1 file"
    assert teal.lint("routing.yaml") == (0, f"{counts}\n")


def test_warnings_alone_exit_with_0(teal: Teal) -> None:
    teal.write("app.yaml", DEPLOYMENT.replace("wacth", "watch"))
    code, said = teal.lint("app.yaml")
    assert code == 0
    assert (
        "app.yaml:4:3: warning: Deployment httpbin-0: container httpbin has no readinessProbe: requests "
        "come too early\n"
    ) in said


@pytest.mark.parametrize("example", CREATED, ids=lambda example: example.name)
def test_lint_says_what_the_webhook_says(teal: Teal, example: Example) -> None:
    code, said = teal.lint(
        "--output=json", "-", given=yaml.safe_dump(dict(example.review.manifest or {})).encode()
    )
    messages = [finding["message"] for finding in json.loads(said)]
    assert sorted(messages) == sorted(example.answers)
    assert code == (1 if example.reasons else 0)


def test_a_boolean_where_a_label_has_to_be_text_is_found(teal: Teal) -> None:
    text = DEPLOYMENT.replace('wacth: "true"', "watch: true")
    assert 'true is neither "true" nor "false"' in teal.lint("-", given=text.encode())[1]


def test_helm_output_is_judged_where_it_stands_in_standard_input(teal: Teal) -> None:
    rendered = f"---\n# Source: routing-actions/templates/routemap.yaml\n{ROUTEMAP}"
    code, said = teal.lint("-", given=rendered.encode())
    assert code == 1
    assert said.startswith('<stdin>:8:23: error: Routemap httpbin: spec.versions[0].weight: "banana" is')


def test_folders_are_searched_but_not_what_is_hidden_and_not_helms_templates(teal: Teal) -> None:
    teal.write("k8s/b/app.yml", DEPLOYMENT)
    teal.write("k8s/a.json", json.dumps(yaml.safe_load(ROUTEMAP)))
    teal.write("k8s/.git/c.yaml", DEPLOYMENT)
    teal.write("k8s/note.txt", DEPLOYMENT)
    teal.write("k8s/chart/Chart.yaml", "name: chart\n")
    teal.write("k8s/chart/templates/app.yaml", "{{ if }}")
    code, said = teal.lint("k8s")
    assert code == 1
    assert [line.split(":")[0] for line in said.splitlines()[:-1]] == ["k8s/a.json", "k8s/b/app.yml"]
    assert said.endswith("2 errors, 0 warnings in 2 objects of Teal's concern in 3 files\n")


def test_objects_of_others_are_passed_over(teal: Teal) -> None:
    others = (
        "kind: Deployment\napiVersion: example.org/v1\n---\nkind: Service\n---\n[]\n---\nkind: [Routemap]\n"
    )
    assert teal.lint("-", given=others.encode())[0] == 0


def test_a_field_given_twice_is_an_error(teal: Teal) -> None:
    text = ROUTEMAP.replace("banana", "20, weight: 80")
    code, said = teal.lint("-", given=text.encode())
    assert code == 1
    assert "<stdin>:6:35: error: Routemap httpbin: weight: given twice; give it once\n" in said


def test_a_text_that_is_no_yaml_exits_with_2_and_the_other_files_are_judged(teal: Teal) -> None:
    teal.write("bad.yaml", "a: {{ .Values.a }}\n")
    teal.write("app.yaml", DEPLOYMENT)
    code, said = teal.lint("bad.yaml", "app.yaml")
    assert code == 2
    assert said.startswith("bad.yaml:1:5: error: no YAML: ")
    assert "for a Helm template, pipe `helm template` into `teal lint -`" in said
    assert f"app.yaml:6:5: error: {WRONG}\n" in said


def test_a_file_that_can_not_be_read_exits_with_2(teal: Teal) -> None:
    assert teal.lint("none.yaml") == (2, "teal lint: none.yaml can't be read: No such file or directory\n")
    (teal.folder / "latin.yaml").write_bytes(b"a: \xe9\n")
    assert teal.lint("latin.yaml") == (
        2,
        "teal lint: latin.yaml is not UTF-8 text: invalid continuation byte at byte 3\n",
    )


def test_json_gives_each_finding_its_fields(teal: Teal) -> None:
    teal.write("app.yaml", DEPLOYMENT)
    code, said = teal.lint("--output=json", "app.yaml")
    assert code == 1
    assert json.loads(said) == [
        {
            "file": "app.yaml",
            "line": 6,
            "column": 5,
            "severity": "error",
            "rule": "UnknownKey",
            "object": "Deployment httpbin-0",
            "message": WRONG.partition(": ")[2],
        }
    ]


def test_sarif_is_a_run_with_results_and_their_rules(teal: Teal) -> None:
    teal.write("app.yaml", DEPLOYMENT)
    log = json.loads(teal.lint("--output=sarif", "app.yaml")[1])
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["tool"]["driver"] == {"name": "teal lint", "rules": [{"id": "UnknownKey"}]}
    region = {"startLine": 6, "startColumn": 5}
    assert run["results"] == [
        {
            "ruleId": "UnknownKey",
            "level": "error",
            "message": {"text": WRONG},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": "app.yaml"}, "region": region}}],
        }
    ]


def test_github_gets_annotations_in_which_nothing_ends_them_early(teal: Teal) -> None:
    teal.write("a,b:50%.yaml", DEPLOYMENT.replace("httpbin-0", '"100%"'))
    said = teal.lint("--output=github", "a,b:50%.yaml")[1]
    assert said == (
        "::error file=a%2Cb%3A50%25.yaml,line=6,col=5,title=UnknownKey::"
        f"{WRONG.replace('httpbin-0', '100%25')}\n"
    )

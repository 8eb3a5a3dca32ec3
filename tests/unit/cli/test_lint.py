"""`teal lint` as users run it: texts in, sentences, places and exit codes out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.unit.routing.examples import REFUSED, WARNED, Example

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Teal

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


def test_a_mistake_is_told_with_its_place_and_the_webhooks_sentence(teal: Teal) -> None:
    teal.write("app.yaml", DEPLOYMENT)
    counts = "1 error, 0 warnings in 1 object of Teal's concern in 1 file"
    assert teal.lint("app.yaml") == (1, f"app.yaml:6:5: error: {WRONG}\n{counts}\n")


def test_what_is_fine_is_said_to_be_and_exits_with_0(teal: Teal) -> None:
    teal.write("routing.yaml", GOOD)
    counts = "0 errors, 0 warnings in 1 object of Teal's concern in 1 file"
    assert teal.lint("routing.yaml") == (0, f"{counts}\n")


def test_the_clusters_domain_tells_whose_a_host_is(teal: Teal) -> None:
    teal.write("routing.yaml", GOOD + "  hosts: [web.other.svc.k8s.example]\n  gateways: [public]\n")
    assert teal.lint("routing.yaml")[0] == 0
    code, said = teal.lint("--cluster-domain=k8s.example", "routing.yaml")
    assert code == 1
    assert "takes in Services of other namespaces" in said


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
    code, said = teal.lint("-", given=text.encode())
    assert code == 1
    assert 'true is neither "true" nor "false"' in said
    assert said.count(": error: ") == 1


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
    assert said.startswith("bad.yaml:1:5: error: no JSON: ")
    assert "for a Helm template, pipe `helm template` into `teal lint -`" in said
    assert f"app.yaml:6:5: error: {WRONG}\n" in said


def test_a_file_that_can_not_be_read_exits_with_2(teal: Teal) -> None:
    assert teal.lint("none.yaml") == (2, "teal lint: none.yaml can't be read: No such file or directory\n")


def test_bytes_that_are_no_text_are_read_as_kubectl_reads_them_and_warned_of(teal: Teal) -> None:
    code, said = teal.lint("-", given=ROUTEMAP.encode() + b"# caf\xe9\n")
    assert code == 1
    assert said.splitlines()[1] == (
        "<stdin>:7:1: warning: this is not UTF-8, and kubectl puts U+FFFD in place of each byte that is "
        "none; "
        "save it as UTF-8"
    )
    assert teal.lint("-", given=GOOD.encode("utf-16"))[0] == 0


NOTHING = "nothing here is a Deployment, StatefulSet, Routemap, WeightOverride or VirtualService\n"
NONE = "0 errors, 0 warnings in 0 objects of Teal's concern in 1 file\n"


@pytest.mark.parametrize("given", ["", "\n", "---\n", "# only a comment\n---\nnull\n", "\ufeff"])
def test_input_without_any_object_exits_with_2(teal: Teal, given: str) -> None:
    assert teal.lint("-", given=given.encode()) == (
        2,
        "teal lint: no objects passed: standard input is empty; did the command that writes it fail?\n",
    )


def test_files_and_folders_without_any_object_exit_with_2(teal: Teal) -> None:
    teal.write("empty.yaml", "# nothing\n")
    teal.write("k8s/note.txt", "text")
    said = "teal lint: no objects passed: there is none in empty.yaml, k8s\n"
    assert teal.lint("empty.yaml", "k8s") == (2, said)


@pytest.mark.parametrize("given", ["kind: Service\napiVersion: v1\n", "replicas: 2\n", "[]\n", "text\n"])
def test_input_without_anything_of_teals_says_so_and_exits_with_0(teal: Teal, given: str) -> None:
    assert teal.lint("-", given=given.encode()) == (0, NOTHING + NONE)


HOSTED = GOOD.replace("  versions:", "  hosts: [httpbin.shop.svc]\n  versions:")


def test_a_namespace_is_where_objects_are_that_name_none(teal: Teal) -> None:
    assert teal.lint("-n", "shop", "-", given=HOSTED.encode())[0] == 0
    assert teal.lint("--namespace=shop", "-", given=HOSTED.encode())[0] == 0
    assert "use hosts of namespace default" in teal.lint("-", given=HOSTED.encode())[1]
    assert "use hosts of namespace other" in teal.lint("-n", "other", "-", given=HOSTED.encode())[1]


def test_an_object_of_another_namespace_than_asked_for_is_refused_as_kubectl_refuses_it(teal: Teal) -> None:
    named = HOSTED.replace("{name: httpbin}", "{name: httpbin, namespace: shop}")
    assert teal.lint("-", given=named.encode())[0] == 0
    assert teal.lint("-n", "shop", "-", given=named.encode())[0] == 0
    code, said = teal.lint("-n", "other", "-", given=named.encode())
    assert code == 1
    assert said.splitlines()[0] == (
        '<stdin>:3:27: error: Routemap httpbin: the namespace from the provided object "shop" does not match '
        "the namespace \"other\". You must pass '--namespace=shop' to perform this operation."
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


ROLLOUTS = "--workload=rollouts.v1alpha1.argoproj.io=Rollout,Available"
INFERENCE = "--workload=inferenceservices.v1beta1.serving.kserve.io=InferenceService,Ready,-predictor"
NAMED = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: httpbin-0, labels: {iter8.tools/watch: "true"}, annotations: {iter8.tools/wacth: x}}
spec: {template: {metadata: {labels: {app: httpbin-0}}}}
---
apiVersion: v1
kind: Service
metadata: {name: httpbin-0}
spec: {selector: {app: web}}
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: wisdom-1}
spec: {predictor: {}}
---
apiVersion: v1
kind: Service
metadata: {name: wisdom-1-predictor}
spec: {selector: {app: isvc.wisdom-1-predictor}, ports: [{port: 80, targetPort: http1}]}
---
apiVersion: iter8.tools/v1alpha1
kind: Routemap
metadata: {name: wisdom}
spec: {versions: [{name: wisdom-0-predictor}, {name: wisdom-1-predictor}]}
"""


def test_a_kind_that_the_administrator_has_named_is_judged_as_the_webhook_would(teal: Teal) -> None:
    code, said = teal.lint(ROLLOUTS, INFERENCE, "-", given=NAMED.encode())
    assert said == (
        "<stdin>:3:80: error: Rollout httpbin-0: metadata.annotations[iter8.tools/wacth]: Teal knows no such "
        "key; did you mean iter8.tools/watch?\n"
        '<stdin>:9:8: error: Service httpbin-0: spec.selector: {"app": "web"} selects no pod of Rollout '
        'httpbin-0, so this version gets no requests; its pods are labelled {"app": "httpbin-0"}\n'
        "<stdin>:13:1: warning: InferenceService wisdom-1: metadata.labels: Routemap wisdom lists "
        "wisdom-1-predictor, which gets no requests while it is not watched; label it iter8.tools/watch: "
        '"true"\n'
        "2 errors, 1 warning in 2 objects of Teal's concern in 1 file\n"
    )
    assert code == 1


def test_a_kind_that_nobody_has_named_is_passed_over(teal: Teal) -> None:
    code, said = teal.lint("-", given=NAMED.encode())
    assert "Teal watches Deployments and StatefulSets" in said
    assert code == 0


def test_a_kind_is_named_as_the_reconcilers_flag_names_it(teal: Teal) -> None:
    code, said = teal.lint("--workload=Rollout", "-", given=NAMED.encode())
    assert "'Rollout' names no kind of workloads; use plural.version.group=Kind,Condition" in said
    assert code == 2

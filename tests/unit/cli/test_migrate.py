"""`teal migrate` on files: what it prints, what it says beside that, and by which exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.unit.routing import iter8s

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Teal
    from tests.unit.routing.manifests import Manifest

WEIGHT = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {
        "name": "httpbin-1-weight-config",
        "labels": {"iter8.tools/watch": "true"},
        "annotations": {"iter8.tools/weight": "80"},
    },
}
VALUES = {"appType": "deployment", "appName": "httpbin", "action": "initialize", "strategy": "blue-green"}
PRINTED = """\
apiVersion: iter8.tools/v1alpha1
kind: Routemap
metadata:
  name: httpbin
  namespace: default
spec:
  strategy: blue-green
  versions:
  - name: httpbin-0
    weight: 50
  - name: httpbin-1
    weight: 50
  hosts:
  - httpbin.default
  - httpbin.default.svc
  - httpbin.default.svc.cluster.local
  gateways:
  - mm-gateway
  - mesh
---
apiVersion: iter8.tools/v1alpha1
kind: WeightOverride
metadata:
  name: httpbin
  namespace: default
spec:
  weights:
  - version: httpbin-1
    weight: 80
"""
CONFIG_MAPS = "configmap httpbin-routemap httpbin-0-weight-config httpbin-1-weight-config --ignore-not-found"
OBJECTS = " ".join(f"configmap/{name}-weight-config deployment/{name}" for name in ("httpbin-0", "httpbin-1"))
FINALIZER = "iter8.tools/finalizer"
NOTES = f"""\
1. Keep what Iter8 has, for the way back:
     kubectl -n default get {CONFIG_MAPS} -o yaml | \
grep -vE '^ +(uid|resourceVersion|creationTimestamp): ' > iter8-httpbin.yaml
2. Iter8 stops writing. Its StatefulSet bears the name of its Helm release; the routes of applications
   that stay with it stand still for as long:
     kubectl -n ITER8 scale statefulset iter8 --replicas=0
     kubectl -n ITER8 wait --for=delete pod/iter8-0 --timeout=60s
3. Nobody takes Iter8's finalizer off now, and what bears it would stay when it is deleted. Take it
   off (where this fails, there is none):
     for each in {OBJECTS}; do kubectl -n default patch $each --type=json -p \
'[{{"op":"test","path":"/metadata/finalizers/0","value":"{FINALIZER}"}},\
{{"op":"remove","path":"/metadata/finalizers/0"}}]'; done
4. With Teal installed (teal doctor), look at what is printed here, and apply it. The Routemap stands
   back (condition Conflict), and Iter8's VirtualService goes on as it is:
     teal lint FILE && teal diff -f FILE
     kubectl apply -f FILE
5. Teal takes the VirtualService over; requests go where they went before. First it loses its owner, Iter8's
   ConfigMap, with which it would go:
     kubectl -n default patch virtualservice/httpbin --type=merge -p \
'{{"metadata":{{"ownerReferences":null}}}}'
     kubectl -n default label virtualservice/httpbin iter8.tools/routemap=httpbin
     kubectl -n default wait routemap/httpbin --for=condition=Ready --timeout=60s
6. Clean up, and no more than this: deleting all that Iter8's chart has rendered would take the
   Gateway, the Service and the VirtualService along:
     kubectl -n default delete {CONFIG_MAPS}
7. Where others stay with Iter8, it goes on:
     kubectl -n ITER8 scale statefulset iter8 --replicas=1
Back, as long as Iter8 is installed:
     kubectl -n default apply -f iter8-httpbin.yaml
     kubectl -n default patch virtualservice/httpbin --type=merge -p \
'{{"metadata":{{"labels":{{"iter8.tools/routemap":null}},"ownerReferences":null}}}}'
     kubectl -n default delete routemap httpbin
     kubectl -n ITER8 scale statefulset iter8 --replicas=1
"""


def text(*manifests: Manifest) -> bytes:
    return yaml.safe_dump_all(manifests).encode()


def objects(teal: Teal, *manifests: Manifest, code: int = 0) -> list[Any]:
    """Return what is printed of some objects."""
    ended, said = teal.run("migrate", "-o", "json", "-f", "-", given=text(*manifests))
    assert ended == code, said
    found: list[Any] = json.JSONDecoder().raw_decode(said)[0]["items"]
    return found


def test_a_rendered_chart_is_taken_over_with_the_order_and_the_way_back(teal: Teal) -> None:
    assert teal.run("migrate", "-f", "-", given=text(iter8s.config_map(), WEIGHT)) == (0, PRINTED + NOTES)


def test_json_is_one_list(teal: Teal) -> None:
    assert objects(teal, iter8s.config_map(), WEIGHT) == [*yaml.safe_load_all(PRINTED)]


FORMS = (iter8s.BLUE_GREEN, iter8s.CANARY, iter8s.MIRROR, iter8s.HTTP_BLUE_GREEN, iter8s.HTTP_CANARY)


@pytest.mark.parametrize("template", FORMS)
def test_lint_has_nothing_to_say_of_what_is_printed(teal: Teal, template: str) -> None:
    made = objects(teal, iter8s.config_map(template=template), WEIGHT)
    code, said = teal.lint("-", given=text(*made))
    judged = f"{len(made)} object{'s'[: len(made) - 1]} of Teal's concern in 1 file"
    assert (code, said) == (0, f"0 errors, 0 warnings in {judged}\n")


def test_values_of_a_chart_are_known_by_what_they_hold(teal: Teal) -> None:
    (routemap,) = objects(teal, VALUES)
    assert routemap == yaml.safe_load(PRINTED.partition("---")[0])


def test_modified_weights_alone_need_no_order(teal: Teal) -> None:
    values = {**VALUES, "action": "modify-weights", "appVersions": [{}, {"weight": 80}]}
    code, said = teal.run("migrate", "-f", "-", given=text(values))
    wanted = "Apply it when its Routemap is there: it changes the weights, as Iter8's annotations did.\n"
    assert (code, said) == (0, PRINTED.partition("---\n")[2] + wanted)


def test_what_is_given_twice_is_printed_once(teal: Teal) -> None:
    assert objects(teal, iter8s.config_map(), WEIGHT, iter8s.config_map()) == [*yaml.safe_load_all(PRINTED)]


def test_the_namespace_asked_for_is_that_of_objects_without_one(teal: Teal) -> None:
    teal.write("values.yaml", yaml.safe_dump(VALUES))
    assert "\n  namespace: shop\n" in teal.run("-n", "shop", "migrate", "-f", "values.yaml")[1]


def test_one_that_can_not_be_migrated_keeps_no_other_from_it(teal: Teal) -> None:
    kserve = iter8s.config_map({"resources": [{"gvrShort": "isvc", "name": "a"}]}, name="model")
    code, said = teal.run("migrate", "-f", "-", given=text(kserve, iter8s.config_map(), WEIGHT))
    sentence = (
        'ConfigMap model: strSpec.versions[0].resources[0].gvrShort: "isvc" is a model of KServe, and is not '
        "migrated; in its Standard mode write the Routemap by hand (docs/strategies.md, Kinds of your own), "
        "else leave it to Iter8\n"
    )
    assert (code, said) == (1, PRINTED + sentence + NOTES)


def test_what_a_routemap_can_not_say_is_told_and_the_answer_is_no(teal: Teal) -> None:
    template = iter8s.rule(redirect={"uri": "/"})
    code, said = teal.run("migrate", "-f", "-", given=text(iter8s.config_map(template=template)))
    assert code == 1
    assert (
        "ConfigMap httpbin-routemap: httpbin is taken over, but for:\n"
        "  strSpec.routingTemplates[blue-green].template: spec.http[0].redirect: a Routemap can't say it\n"
    ) in said


def test_what_does_not_count_is_told_and_iter8s_annotation_is_taken_off(teal: Teal) -> None:
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "httpbin-1", "annotations": {"iter8.tools/weight": "80"}},
    }
    code, said = teal.run("migrate", "-f", "-", given=text(iter8s.config_map(), deployment))
    assert code == 0
    assert "ConfigMap httpbin-routemap: Deployment httpbin-1: annotation iter8.tools/weight: " in said
    assert (
        "4. Teal knows no such annotation, and refuses it where it is new:\n"
        "     kubectl -n default annotate deployment/httpbin-1 iter8.tools/weight-\n"
    ) in said


def test_hosts_are_those_of_a_virtual_service_beside_a_template_without(teal: Teal) -> None:
    made = yaml.safe_load(iter8s.rule())
    route = {**made, "spec": {"hosts": ["pay.default"], "http": []}}
    del made["spec"]["hosts"]
    (routemap,) = objects(teal, iter8s.config_map(template=yaml.safe_dump(made)), route)
    assert routemap["spec"]["hosts"] == ["pay.default"]


NOTHING = (
    "there is neither a routemap of Iter8's (a ConfigMap with the label iter8.tools/kind=routemap) nor "
    "values of its charts in "
)


def test_where_there_is_nothing_of_iter8s_nobody_can_tell(teal: Teal) -> None:
    assert teal.run("migrate", "-f", "-", given=text(WEIGHT)) == (2, f"teal: {NOTHING}-\n")
    code, said = teal.run("migrate", "-f", "none.yaml")
    assert (code, said) == (2, "teal: none.yaml can't be read: No such file or directory\n")
    told = "no JSON: a key is text, a number or a boolean; for a Helm template, pipe `helm template` into"
    wanted = (2, f"teal: <stdin>:1: {told} `teal migrate -f -`\n")
    assert teal.run("migrate", "-f", "-", given=b"a: {{ .Values.a }}") == wanted


def test_a_terminal_gets_no_control_characters_of_anybodys(teal: Teal) -> None:
    _, said = teal.run("migrate", "-f", "-", given=text(iter8s.config_map(template=1, name="a\x1b[31m")))
    assert "\x1b" not in said

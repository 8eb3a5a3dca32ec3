"""Iter8's routemaps as Routemaps, in the forms of its charts and of whoever wrote his own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cli.migrating.read import parse
from routing.migrating.migrate import unhosted
from routing.migrating.scene import Given, is_routemap
from routing.reading.parse import parse_routemap
from tests.unit.routing import iter8s
from tests.unit.routing.iter8s import (
    annotated,
    config_map,
    migrated,
    of_text,
    refused,
    spec,
    version,
    weights,
)

if TYPE_CHECKING:
    from tests.unit.routing.manifests import Manifest

ISTIO = {"hosts": iter8s.HOSTS, "gateways": ["mm-gateway", "mesh"]}
GATEWAY_API = {"router": "HTTPRoute", "hosts": iter8s.HOSTS, "gateways": ["mesh", "web"], "port": 80}
TEST = [{"headers": {"traffic": {"exact": "test"}}}]
PORT = {"port": 80}


def shares(one: int, other: int) -> list[Manifest]:
    return [{"name": "httpbin-0", "weight": one}, {"name": "httpbin-1", "weight": other}]


CANDIDATE = [{"name": "httpbin-0", "weight": 100}, {"name": "httpbin-1", "weight": 0, "match": TEST}]
COPIES = [{"name": "httpbin-0"}, {"name": "httpbin-1", "weight": 50}]
FORMS = {
    "blue-green": (iter8s.BLUE_GREEN, {"versions": shares(50, 50), **ISTIO}),
    "canary": (iter8s.CANARY, {"versions": CANDIDATE, **ISTIO, **PORT}),
    "mirror": (iter8s.MIRROR, {"versions": COPIES, **ISTIO, **PORT}),
    "blue-green by HTTPRoute": (iter8s.HTTP_BLUE_GREEN, {"versions": shares(50, 50), **GATEWAY_API}),
    "canary by HTTPRoute": (iter8s.HTTP_CANARY, {"versions": CANDIDATE, **GATEWAY_API}),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_a_chart_renders_is_said_in_full(form: str) -> None:
    template, wanted = FORMS[form]
    found = migrated(config_map(template=template))
    assert (found.left, found.remarks, found.override) == ((), (), None)
    assert spec(found) == {"strategy": form.partition(" ")[0], **wanted}
    assert found.routemap is not None
    assert found.routemap["metadata"] == {"name": "httpbin", "namespace": "default"}
    parse_routemap(found.routemap)


def test_what_iter8_keeps_of_it_is_named() -> None:
    found = migrated(config_map())
    configs = ("httpbin-0-weight-config", "httpbin-1-weight-config")
    assert found.config_maps == ("httpbin-routemap", *configs)
    assert found.objects == (
        ("ConfigMap", configs[0]),
        ("Deployment", "httpbin-0"),
        ("ConfigMap", configs[1]),
        ("Deployment", "httpbin-1"),
    )
    assert (found.route, found.annotated, found.name, found.namespace) == (
        "VirtualService",
        (),
        "httpbin",
        "default",
    )
    assert found.made == [found.routemap]


def test_annotated_weights_are_a_weight_override() -> None:
    found = migrated(config_map(), annotated(httpbin_0="20", httpbin_1="80"))
    assert spec(found)["versions"] == shares(50, 50)
    assert weights(found) == {"httpbin-0": 20, "httpbin-1": 80}
    assert found.made == [found.routemap, found.override]


def test_an_annotation_that_changes_nothing_is_none() -> None:
    assert weights(migrated(config_map(), annotated(httpbin_0="50"))) is None
    assert weights(migrated(config_map(), annotated(httpbin_0="50", httpbin_1="0"))) == {"httpbin-1": 0}


def test_the_annotated_percentage_of_copies_is_a_weight_override() -> None:
    found = migrated(config_map(template=iter8s.MIRROR), annotated(httpbin_0="10", httpbin_1="30"))
    assert spec(found)["versions"] == COPIES
    assert weights(found) == {"httpbin-1": 30}


def test_without_weights_each_version_has_iter8s_default() -> None:
    versions = [{**each, "weight": None} for each in iter8s.BOTH]
    assert spec(migrated(config_map(*versions)))["versions"] == shares(1, 1)


def test_where_all_weights_are_zero_the_first_version_gets_all_as_from_iter8() -> None:
    versions = [{**each, "weight": 0} for each in iter8s.BOTH]
    assert spec(migrated(config_map(*versions)))["versions"] == shares(1, 0)
    assert weights(migrated(config_map(), annotated(httpbin_0="0", httpbin_1="0"))) == {
        "httpbin-0": 1,
        "httpbin-1": 0,
    }


def test_an_annotation_counts_on_the_first_object_alone_as_for_iter8() -> None:
    given = Given(
        {("Deployment", "default", "httpbin-1"): "80", ("ConfigMap", "", "httpbin-0-weight-config"): "x"}
    )
    found = migrated(config_map(), given)
    assert weights(found) is None
    assert found.remarks == (
        (
            'ConfigMap httpbin-0-weight-config: annotation iter8.tools/weight: "x" does not count (it is no '
            "whole number), and did not for Iter8"
        ),
        (
            'Deployment httpbin-1: annotation iter8.tools/weight: "80" does not count (it is not on the '
            "version's first object), and did not for Iter8"
        ),
    )
    assert found.annotated == (("Deployment", "httpbin-1"),)


NAMESPACES = [
    ("its own", {"namespace": "shop"}, "", [], "shop"),
    ("its own before the one asked for", {"namespace": "shop"}, "pay", [], "shop"),
    ("the one asked for", {}, "shop", [], "shop"),
    ("that of its versions", {}, "", ["default"], "default"),
    ("default", {}, "", [], "default"),
]


@pytest.mark.parametrize(("metadata", "asked", "of_versions", "wanted"), [each[1:] for each in NAMESPACES])
def test_the_namespace_is_its_own_the_one_asked_for_or_that_of_its_versions(
    metadata: Manifest, asked: str, of_versions: list[str], wanted: str
) -> None:
    resources = [
        {
            "gvrShort": "deploy",
            "name": "httpbin-0",
            **dict.fromkeys(["namespace"] * bool(of_versions), "default"),
        }
    ]
    template = iter8s.CANARY.replace("default", wanted).partition("  # non-primary")[0] + (
        "  - route: [{destination: {host: httpbin-0}}]\n"
    )
    manifest = config_map({"resources": resources}, template=template, **metadata)
    assert migrated(manifest, asked=asked).namespace == wanted


def test_an_annotation_that_does_not_count_and_says_what_is_so_is_passed_over() -> None:
    given = Given({("Deployment", "default", "httpbin-1"): "50"})
    assert migrated(config_map(), given).remarks == ()


def test_a_service_of_another_name_is_told_with_the_command_that_makes_one() -> None:
    named = version("pay", ("svc", "httpbin-1"), ("deploy", "pay"))
    found = migrated(config_map(version("httpbin-0"), named))
    assert [each["name"] for each in spec(found)["versions"]] == ["httpbin-0", "pay"]
    assert found.left == (
        (
            "strSpec.versions[1].resources: Deployment pay and Service httpbin-1 have two names, and a "
            "version has one; make Service pay for its pods first: kubectl expose deployment pay -n default"
        ),
    )


def test_a_version_is_called_by_its_service_where_no_deployment_is_listed() -> None:
    found = migrated(config_map(version("", ("svc", "httpbin-0")), version("httpbin-1")))
    assert spec(found)["versions"] == shares(50, 50)
    assert found.left == ()


def test_the_form_of_a_fixed_split_is_said_as_it_is() -> None:
    template = iter8s.BLUE_GREEN.replace("{{ index .Weights 0 }}", "30").replace(
        "{{ index .Weights 1 }}", "70"
    )
    found = migrated(config_map(template=template), annotated(httpbin_0="99"))
    assert spec(found)["versions"] == shares(30, 70)
    assert weights(found) is None


def test_hosts_that_the_template_leaves_to_the_object_that_is_there_are_its() -> None:
    template = yaml.safe_dump(
        {
            "apiVersion": "networking.istio.io/v1beta1",
            "kind": "VirtualService",
            "metadata": {"name": "httpbin"},
            "spec": {"http": [{"route": [{"destination": {"host": "httpbin-0"}}]}]},
        }
    )
    manifest = config_map(version("httpbin-0"), template=template)
    told = (
        "strSpec.routingTemplates[blue-green].template: spec.hosts: the template has none, so those of the "
        "object that is there count; give that, too, or set the Routemap's hosts and gateways"
    )
    assert migrated(manifest).left == (told,)
    assert unhosted(manifest, parse) == ("VirtualService", "httpbin")
    assert unhosted(config_map(), parse) is None
    assert unhosted(of_text("-"), parse) is None
    there = {"spec": {"hosts": ["pay.default"], "gateways": ["web"], "http": []}}
    for namespace in ("default", ""):
        found = migrated(manifest, Given(routes={("VirtualService", namespace, "httpbin"): there}))
        assert found.left == ()
        assert (spec(found)["hosts"], spec(found)["gateways"]) == (["pay.default"], ["web"])


def test_a_routemap_is_known_by_kind_and_label() -> None:
    assert is_routemap(config_map())
    assert not is_routemap({**config_map(), "kind": "Secret"})
    assert not is_routemap({"kind": "ConfigMap", "metadata": {"labels": {"iter8.tools/kind": "other"}}})


WEIGHTS = st.lists(st.integers(0, 100), min_size=2, max_size=2)


@given(WEIGHTS, st.lists(st.none() | st.integers(0, 100), min_size=2, max_size=2))
def test_who_gets_what_is_what_iter8_would_give(own: list[int], notes: list[int | None]) -> None:
    """By Iter8's normalizeWeights: the annotation, else the routemap's; all to the first where all are 0."""
    versions = [version(f"httpbin-{index}", weight=weight) for index, weight in enumerate(own)]
    given = annotated(
        **{f"httpbin_{index}": str(each) for index, each in enumerate(notes) if each is not None}
    )
    found = migrated(config_map(*versions), given)
    wanted = [weight if note is None else note for weight, note in zip(own, notes, strict=True)]
    wanted = wanted if any(wanted) else [1, 0]
    got = {each["name"]: each["weight"] for each in spec(found)["versions"]} | (weights(found) or {})
    assert [*got.values()] == wanted


ACTIONS = [
    "{{ range .Versions }}",
    "{{- if .Ready }}",
    "{{ .Name }}",
    "{{ else }}",
    "{{ index .Weights 2 }}",
    "{{- index .Weights 0 }}",
    '{{ printf "%s" .Name | html }}',
    "{{ template }",
]


@pytest.mark.parametrize("action", ACTIONS)
def test_another_form_in_a_template_is_named_with_what_is_read(action: str) -> None:
    (said,) = refused(config_map(template=f"{iter8s.BLUE_GREEN}  {action}\n"))
    shown = json.dumps(action)
    assert said == (
        f"strSpec.routingTemplates[blue-green].template: {shown}: only {{{{ if gt (index .Weights 1) 0 }}}}, "
        "{{ end }} and {{ index .Weights 0 }} are read, of versions that are listed; write the "
        "Routemap by hand"
    )


def test_comments_and_conditions_in_other_spellings_are_read() -> None:
    forms = "{{- /* why */ -}}\n  {{if ne (index .Weights 1) 0}}\n  {{end}}\n"
    assert spec(migrated(config_map(template=iter8s.BLUE_GREEN + forms)))["versions"] == shares(50, 50)

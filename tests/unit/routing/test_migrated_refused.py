"""What of Iter8's routemaps can't be a Routemap: each by its field, with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.routing.iter8s import (
    annotated,
    config_map,
    made,
    of_text,
    refused,
    rule,
    to,
    version,
)

if TYPE_CHECKING:
    from tests.unit.routing.manifests import Manifest

AT = "strSpec.routingTemplates[blue-green].template"
BY_HAND = "write the Routemap by hand"


def resource(**fields: Any) -> Manifest:
    return {"resources": [{"gvrShort": "deploy", "name": "httpbin-0", "namespace": "default", **fields}]}


REFUSED: list[tuple[str, Manifest, str]] = [
    ("no text", of_text(None), "data.strSpec: missing; Iter8's routemap is a text there"),
    (
        "no YAML",
        of_text("a: [\n"),
        "data.strSpec: line 3: no YAML: did not find expected node content; Iter8 does not read it either",
    ),
    (
        "no YAML that holds a template",
        of_text("a: {{ b }}\n"),
        "data.strSpec: line 1: no JSON: a key is text, a number or a boolean; Iter8 does not read it either",
    ),
    (
        "a field twice",
        of_text("versions: []\nversions: []\n"),
        "data.strSpec: line 2: versions is given twice, and Iter8 takes the last; give it once",
    ),
    (
        "no version",
        of_text("versions: []"),
        "strSpec.versions: there is none; Iter8 takes no routemap without",
    ),
    (
        "versions without a name",
        of_text("versions: [null]"),
        "strSpec.versions: none names a Deployment or a Service; name them",
    ),
    (
        "no template, as for the SDK",
        config_map(templates={}),
        (
            "strSpec.routingTemplates: there is none, so Iter8 routes nothing by it; bring the "
            "application in by "
            "teal init APP"
        ),
    ),
    (
        "a template that is no text",
        config_map(template=1),
        f"{AT}: missing; Iter8's routing template is a text there",
    ),
    (
        "a template that is no YAML",
        config_map(template="a: [\n"),
        f"{AT}: line 3: no YAML: did not find expected node content; Iter8 does not read it either",
    ),
    (
        "an object of another kind",
        config_map(template="{apiVersion: apps/v1, kind: Deployment}"),
        (
            f'{AT}: it makes "apps/v1" "Deployment"; Teal routes by Istio\'s VirtualService or Gateway '
            f"API's "
            f"HTTPRoute: {BY_HAND}"
        ),
    ),
    (
        "an object without name",
        config_map(template=made(metadata={})),
        f"{AT}: metadata.name: null is no name of a VirtualService; give it one",
    ),
    (
        "KServe",
        config_map(resource(gvrShort="isvc"), version("httpbin-1")),
        (
            'strSpec.versions[0].resources[0].gvrShort: "isvc" is a model of KServe, and is not migrated; '
            "in its Standard mode write the Routemap by hand (docs/strategies.md, Kinds of your own), else "
            "leave it to Iter8"
        ),
    ),
    (
        "an object's name that is none",
        config_map(resource(name="Http_bin")),
        (
            'strSpec.versions[0].resources[0].name: "Http_bin" is no name; use at most 63 of a-z, 0-9 '
            "and '-', "
            "beginning and ending with a letter or digit"
        ),
    ),
    (
        "another namespace",
        config_map(version("httpbin-1"), resource(namespace="other")),
        (
            'strSpec.versions[1].resources[0].namespace: "other" is not "default"; a version is in its '
            "Routemap's namespace: move it there"
        ),
    ),
    (
        "no weight",
        config_map(version("httpbin-0", weight="50"), version("httpbin-1", weight=-1)),
        (
            'strSpec.versions[0].weight: "50" is no weight to Iter8 either; use a whole number from 0\n'
            "strSpec.versions[1].weight: -1 is no weight to Iter8 either; use a whole number from 0"
        ),
    ),
    (
        "a weight that Teal does not take",
        config_map(version("httpbin-0", weight=2_000_000), version("httpbin-1")),
        (
            "Routemap httpbin would be refused: spec.versions[0].weight: 2000000 is out of range; use an "
            "integer from 0 "
            "to 1000000"
        ),
    ),
    (
        "no route",
        config_map(template=made(http=[])),
        f"{AT}: spec.http: there is no HTTP route; Teal shares HTTP requests",
    ),
    (
        "copies beside a split",
        config_map(
            template=made(
                http=[
                    {
                        "route": [{**to(), "weight": 50}, {**to("httpbin-1"), "weight": 50}],
                        "mirror": to("httpbin-1")["destination"],
                    }
                ]
            )
        ),
        (
            f"{AT}: with mirror a Routemap sends the rest to its first version, httpbin-0, and this to "
            f"httpbin-0 "
            f"and httpbin-1; {BY_HAND}"
        ),
    ),
    (
        "copies of the requests for a version without a name",
        config_map(None, version("httpbin-1"), template=rule(mirror=to("httpbin-1")["destination"])),
        (
            "strSpec.versions[0]: it names neither a Deployment nor a Service; add it to the Routemap\n"
            f"{AT}: it sends to httpbin-0, and strSpec.versions names no such Service; add it to the "
            f"Routemap's "
            "versions, with its Deployment\n"
            f"{AT}: with mirror a Routemap sends the rest to its first version, which names no object, "
            f"and this "
            f"to httpbin-0; {BY_HAND}"
        ),
    ),
    (
        "a ConfigMap without name",
        config_map(name=None),
        "metadata.name: null is no name of a ConfigMap; give its own",
    ),
    (
        "a ConfigMap's name that is none",
        config_map(name="a; b"),
        'metadata.name: "a; b" is no name of a ConfigMap; give its own',
    ),
    (
        "a namespace that is none",
        config_map(
            {"resources": [{"gvrShort": "deploy", "name": "a"}]},
            template=made(http=[{"route": [{"destination": {"host": "a"}}]}]),
            namespace="a; b",
        ),
        (
            "namespace: \"a; b\" is none; use at most 63 of a-z, 0-9 and '-', beginning and ending with "
            "a letter "
            "or digit"
        ),
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=[each[0] for each in REFUSED])
def test_what_can_not_be_migrated_is_told_by_its_field(case: tuple[str, Manifest, str]) -> None:
    _, manifest, wanted = case
    assert "\n".join(refused(manifest)) == wanted


def test_weights_that_teal_does_not_take_are_told_of_the_override() -> None:
    assert "\n".join(refused(config_map(), annotated(httpbin_0="2000000"))) == (
        "WeightOverride httpbin would be refused: spec.weights[0].weight: 2000000 is out of range; use "
        "an integer from 0 "
        "to 1000000"
    )

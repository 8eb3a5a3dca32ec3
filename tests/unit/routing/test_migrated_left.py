"""What a Routemap can't say of Iter8's, told beside what it says; and copies, in whole percent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.routing import iter8s
from tests.unit.routing.iter8s import (
    config_map,
    made,
    migrated,
    rule,
    spec,
    to,
    version,
)

if TYPE_CHECKING:
    from tests.unit.routing.manifests import Manifest

AT = "strSpec.routingTemplates[blue-green].template"


OTHER = {"gvrShort": "vs", "template": "-"}
LEFT: list[tuple[str, Manifest, str]] = [
    (
        "an object that Teal does not wait for",
        config_map(version("httpbin-0", ("job", "warm"), ("deploy", "httpbin-0")), version("httpbin-1")),
        (
            'strSpec.versions[0].resources[0].gvrShort: "job" is nothing that Teal waits for; it looks at a '
            "version's Deployment, Service and endpoints"
        ),
    ),
    (
        "a second template",
        config_map(templates={"blue-green": {"template": iter8s.BLUE_GREEN}, "more": OTHER}),
        ("strSpec.routingTemplates[more]: a Routemap has one route; apply what this makes by yourself"),
    ),
    (
        "an object of another namespace",
        config_map(
            template=iter8s.BLUE_GREEN.replace("  name: httpbin\n", "  {name: httpbin, namespace: other}\n")
        ),
        (
            f'{AT}: metadata.namespace: "other" is not "default", where the routemap is; the Routemap is '
            f"made there"
        ),
    ),
    (
        "a setting that a Routemap does not have",
        config_map(template=rule(redirect={"uri": "/"})),
        f"{AT}: spec.http[0].redirect: a Routemap can't say it",
    ),
    (
        "a filter of an HTTPRoute",
        config_map(
            template=iter8s.HTTP_BLUE_GREEN + "    filters: [{type: RequestRedirect}]\n",
        ),
        f"{AT}: spec.rules[0].filters: a Routemap can't say it",
    ),
    (
        "a Service that is no version's",
        config_map(
            version("httpbin-0"),
            template=rule(route=[{**to(), "weight": 1}, {**to("httpbin-1"), "weight": 1}]),
        ),
        (
            f"{AT}: it sends to httpbin-1, and strSpec.versions names no such Service; add it to the "
            f"Routemap's "
            "versions, with its Deployment"
        ),
    ),
    (
        "a version without a name",
        config_map(*iter8s.BOTH, None),
        "strSpec.versions[2]: it names neither a Deployment nor a Service; add it to the Routemap",
    ),
    (
        "a candidate without a match",
        config_map(*iter8s.BOTH, version("httpbin-2"), template=iter8s.CANARY),
        "strSpec.versions[2]: httpbin-2 gets no requests by a match of its own; give it one, and list it",
    ),
    (
        "a candidate that is turned off",
        config_map(
            *iter8s.BOTH,
            version("httpbin-2", weight=0),
            template=iter8s.CANARY.replace(
                "  # primary version",
                "  - match: [{method: {exact: PUT}}]\n    route: [{destination: {host: httpbin-2, port: "
                "{number: 80}}}]\n"
                "  # primary version",
            ),
        ),
        (
            "strSpec.versions[2]: the weight 0 turns httpbin-2 off, which a Routemap's match does not "
            "heed; add "
            "it to the versions when it is to get what it matches"
        ),
    ),
    (
        "copies for another namespace",
        config_map(template=rule(mirror={"host": "pay.other.svc.cluster.local"})),
        (
            f'{AT}: spec.http[0].mirror.host: "pay.other.svc.cluster.local" is no Service of namespace '
            f"default; versions are"
        ),
    ),
    (
        "copies for a subset",
        config_map(template=rule(mirror=to("httpbin-1", subset="v2")["destination"])),
        f'{AT}: spec.http[0].mirror.subset: "v2": give each version a Service of its own',
    ),
    (
        "a part of a percent",
        config_map(template=rule(mirrors=[{**to("httpbin-1"), "percentage": {"value": 0.5}}])),
        (
            f"{AT}: spec.http[0].mirrors[0].destination: 0.5 is no whole percentage, as a Routemap's "
            f"copies are; "
            "set its weight"
        ),
    ),
    (
        "copies by the path",
        config_map(
            template=made(
                http=[
                    {
                        "match": [{"uri": {"prefix": "/a"}}],
                        "route": [to()],
                        "mirror": to("httpbin-1")["destination"],
                    },
                    {"route": [to()]},
                ]
            )
        ),
        f"{AT}: spec.http[0].mirror: a Routemap can't say it",
    ),
]


@pytest.mark.parametrize("case", LEFT, ids=[each[0] for each in LEFT])
def test_what_a_routemap_can_not_say_is_told_beside_what_it_says(case: tuple[str, Manifest, str]) -> None:
    _, manifest, wanted = case
    found = migrated(manifest)
    assert wanted in found.left
    assert found.routemap is not None


def test_a_candidate_that_is_turned_off_or_matches_nothing_is_not_listed() -> None:
    for name, manifest, _ in LEFT:
        if name.startswith("a candidate"):
            assert [each["name"] for each in spec(migrated(manifest))["versions"]] == [
                "httpbin-0",
                "httpbin-1",
            ]


COPIED = [
    ({"mirror": to("httpbin-1")["destination"]}, 100),
    ({"mirror": to("httpbin-1")["destination"], "mirrorPercent": 5}, 5),
    ({"mirror": to("httpbin-1")["destination"], "mirrorPercentage": {"value": 7.0}}, 7),
    ({"mirrors": [{**to("httpbin-1"), "percentage": {"value": 0}}]}, 0),
    ({"mirrors": [{**to("httpbin-1"), "percentage": {"value": 0.2}}]}, 1),
    ({"mirrors": [{**to("httpbin-1"), "percentage": {"value": "all"}}]}, 0),
]


@pytest.mark.parametrize(("mirror", "percentage"), COPIED)
def test_copies_are_said_in_whole_percent(mirror: Manifest, percentage: int) -> None:
    found = migrated(config_map(template=rule(**mirror)))
    assert spec(found)["strategy"] == "mirror"
    assert spec(found)["versions"] == [{"name": "httpbin-0"}, {"name": "httpbin-1", "weight": percentage}]

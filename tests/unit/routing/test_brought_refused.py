"""What keeps an application from being brought in or out, each in a sentence with what to do."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from routing import names
from routing.adopting.bring_in import next_step, proposal, undo
from routing.adopting.finding import MOST_NOTED, NotFoundOutError, called, find
from routing.adopting.scene import Scene, Wish, before, restored
from routing.kinds import WEIGHT_OVERRIDES
from routing.promoting.steps import Delete, Do, Done, Stop, Wait
from tests.unit.routing.brought import (
    applied,
    deployed,
    exposed,
    of_connections,
    played,
    scene,
    virtual_service,
)
from tests.unit.routing.manifests import changed, without

DIVIDED = "a version is one workload and a Service of its name: narrow spec.selector to one of them first"
KEPT = (
    "Helm keeps VirtualService pay and would bring back what it has; commit the Routemap in its place (teal "
    "init pay prints it), have nothing pruned, or use --force"
)


def kept_by(manager: str) -> dict[str, Any]:
    return virtual_service("pay", managedFields=[{"manager": manager}])


def with_rule(**rule: Any) -> dict[str, Any]:
    return changed(
        virtual_service("pay"), "spec.http.0", {"route": [{"destination": {"host": "pay"}}], **rule}
    )


def large() -> dict[str, Any]:
    return changed(virtual_service("pay"), "spec.hosts", ["x" * MOST_NOTED])


REFUSED: dict[str, tuple[Scene, Wish, list[str]]] = {
    "no Service": (scene(services={}), Wish(), ["there is no Service pay in namespace shop"]),
    "no Deployment": (
        scene(deployments=()),
        Wish(),
        [
            (
                "Service pay selects the pods of no Deployment or StatefulSet (spec.selector: app=pay); Teal "
                "shares requests among these"
            ),
        ],
    ),
    "no selector": (
        scene(services={"pay": without(exposed("pay"), "spec.selector")}),
        Wish(),
        [
            (
                "Service pay selects the pods of no Deployment or StatefulSet (spec.selector: none); Teal "
                "shares requests among these"
            ),
        ],
    ),
    "several Deployments": (
        scene(deployments=(deployed("a", app="pay"), deployed("b", app="pay"))),
        Wish(),
        [f"Service pay selects the pods of Deployments a and b; {DIVIDED}"],
    ),
    "a name that no Service has": (
        scene(deployments=(deployed("pay.v1", app="pay"),)),
        Wish(),
        [
            (
                "Deployment pay.v1: its version's Service has to bear its name, too; rename it so that it "
                "has at most 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit"
            )
        ],
    ),
    "a Service for other pods": (
        scene(
            deployments=(deployed("v1", app="pay"),),
            services={"pay": exposed("pay"), "v1": exposed("v1", app="other")},
        ),
        Wish(),
        ["Service v1 does not select the pods of Deployment v1; have it do so, or delete it"],
    ),
    "a VirtualService that is Teal's": (
        scene(virtual_service("pay", labels={names.ROUTEMAP: "pay"})),
        Wish(),
        ["VirtualService pay is Teal's already; see teal status pay"],
    ),
    "a VirtualService whose name no Routemap has": (
        scene(virtual_service("pay", name="pay.routes"), name="pay.routes"),
        Wish(),
        [
            (
                "VirtualService pay.routes: a Routemap of its name takes it over, which has at most 63 of "
                "a-z, 0-9 and '-', beginning and ending with a letter or digit; make one of such a name with "
                "the same hosts first, then delete this one"
            )
        ],
    ),
    "a VirtualService that is too large": (
        scene(large()),
        Wish(),
        ["VirtualService pay: it is too large to be noted for the way back"],
    ),
    "a VirtualService of Helm's": (scene(kept_by("helm")), Wish(), [KEPT]),
    "a VirtualService without a route": (
        scene(changed(virtual_service("pay"), "spec.http", [])),
        Wish(drop=True),
        ["spec.http: there is no HTTP route; Teal shares HTTP requests"],
    ),
    "what a rule refuses, whatever is dropped": (
        scene(changed(with_rule(mirror={"host": "x"}), "spec.hosts", ["a b"])),
        Wish(drop=True),
        [
            "spec.http[0].mirror: a Routemap can't say it",
            'Routemap pay: spec.hosts[0]: "a b" is not a host name; use a DNS name such as "httpbin.default"',
        ],
    ),
    "what a Routemap can't say": (
        scene(with_rule(mirror={"host": "x"})),
        Wish(),
        [
            "a Routemap can't say all of VirtualService pay; --drop takes it over without:",
            "  spec.http[0].mirror: a Routemap can't say it",
        ],
    ),
    "what the API server refuses": (
        scene(refused="no quota"),
        Wish(),
        ["Routemap pay would be refused: no quota"],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_does_not_begin_where_it_could_not_end(case: str) -> None:
    seen, wish, told = REFUSED[case]
    assert next_step(seen, wish) == Stop(tuple(told))


@pytest.mark.parametrize(
    ("seen", "wish"),
    [(scene(with_rule(mirror={"host": "x"})), Wish(drop=True)), (scene(kept_by("helm")), Wish(force=True))],
)
def test_it_begins_where_the_user_has_said_so(seen: Scene, wish: Wish) -> None:
    assert isinstance(next_step(seen, wish), Do)


def test_the_routemap_is_tried_before_anything_begins() -> None:
    proposed = proposal(scene(), Wish(candidate="pay-green"))
    assert proposed == find(scene(), Wish(candidate="pay-green")).routemap
    assert proposed["spec"]["versions"] == [{"name": "pay"}, {"name": "pay-green"}]


@pytest.mark.parametrize(
    "seen", [scene(services={}), scene(with_rule(mirror={"host": "x"})), scene(routemap={"metadata": {}})]
)
def test_nothing_is_tried_that_does_not_begin(seen: Scene) -> None:
    assert proposal(seen, Wish()) is None


def test_a_canarys_matches_are_taken_over() -> None:
    match = [{"headers": {"traffic": {"exact": "test"}}}]
    rule = {"match": match, "route": [{"destination": {"host": "pay-v2"}}]}
    last = {"route": [{"destination": {"host": "pay"}}]}
    seen = scene(
        changed(virtual_service("pay"), "spec.http", [rule, last]),
        services={"pay": exposed("pay"), "pay-v2": exposed("pay-v2")},
        deployments=(deployed("pay"), deployed("pay-v2")),
    )
    assert find(seen, Wish()).routemap["spec"] == {
        "strategy": "canary",
        "versions": [{"name": "pay", "weight": 100}, {"name": "pay-v2", "weight": 0, "match": match}],
        "hosts": ["pay", "pay.example.com"],
    }


def test_a_service_of_the_versions_own_is_for_its_pods_and_has_the_same_ports() -> None:
    [made] = find(scene(deployments=(deployed("pay-v1", app="pay"),)), Wish()).services
    assert made["spec"] == {
        "ports": [{"name": "http", "port": 80, "targetPort": "web"}],
        "selector": {"app": "pay", "version": "pay-v1"},
    }


def test_the_routemap_is_called_as_the_virtual_service_that_has_to_do_with_the_service() -> None:
    others = [virtual_service("shop", name="x"), virtual_service("pay", name="routes")]
    others[0]["spec"]["hosts"] = ["shop.example.com"]
    assert called("pay", "shop", others) == "routes"
    assert called("pay", "shop", others[:1]) == "pay"


def test_of_several_virtual_services_none_is_chosen() -> None:
    with pytest.raises(NotFoundOutError) as caught:
        called("pay", "shop", [virtual_service("pay", name="a"), virtual_service("pay", name="b")])
    assert str(caught.value) == "VirtualServices a and b have to do with Service pay; make them one first"


def brought(**parts: Any) -> Scene:
    """Return an application that has been brought in."""
    return replace(played(scene(virtual_service("pay")), Wish())[1], **parts)


def test_a_routemap_that_is_there_is_left_alone() -> None:
    seen = scene(routemap={"metadata": {"name": "pay"}})
    assert next_step(seen, Wish()) == Done("Routemap pay is there already: teal status pay")


WAITS: list[tuple[str, Any, str]] = [
    ("metadata.deletionTimestamp", "2026-11-28T10:00:00Z", "the Routemap pay before is being deleted"),
    ("metadata.generation", 2, "Teal has not looked at Routemap pay yet"),
    ("status.conditions", [], "Teal has not looked at Routemap pay yet"),
    ("status.conditions.0.status", "False", "Routemap pay is not ready: Applied"),
    (
        "status.conditions.0",
        {**(brought().routemap or {})["status"]["conditions"][0], "status": "False", "message": "x"},
        "Routemap pay is not ready: x",
    ),
]


@pytest.mark.parametrize(("path", "value", "told"), WAITS)
def test_it_waits_until_teal_has_taken_over(path: str, value: Any, told: str) -> None:
    seen = brought()
    assert next_step(replace(seen, routemap=changed(dict(seen.routemap or {}), path, value)), Wish()) == Wait(
        told
    )


def annotated(key: str, value: str) -> Any:
    routemap = dict(brought().routemap or {})
    return changed(routemap, "metadata.annotations", {names.BROUGHT_IN: "pay", key: value})


STAYS: dict[str, tuple[dict[str, Any], str]] = {
    "not by teal init": (
        {"routemap": {"metadata": {"name": "pay"}}},
        (
            "Routemap pay was not brought in by teal init; kubectl delete routemap pay takes it away with "
            "its VirtualService"
        ),
    ),
    "a promotion under way": (
        {
            "routemap": annotated(
                names.PROMOTION,
                json.dumps({"way": "in-place", "primary": "pay", "candidate": "pay-next", "stage": "begun"}),
            )
        },
        "a promotion is under way; take it back first: teal promote pay --undo",
    ),
    "a note that no promotion has written": (
        {"routemap": annotated(names.PROMOTION, "x")},
        (
            "metadata.annotations[iter8.tools/promotion]: it is not as a promotion writes it; take it off "
            "(kubectl annotate routemap pay iter8.tools/promotion-), and look at the weights yourself"
        ),
    ),
    "the Service is gone": (
        {"services": {}},
        "requests would go to Service pay again, which is not there; make it first",
    ),
    "nobody is ready": (
        {"deployments": (deployed("pay", ready=0),)},
        "requests would go to Service pay again, and no pod of its workloads is ready",
    ),
}


@pytest.mark.parametrize("case", STAYS)
def test_it_is_not_taken_out_where_requests_would_be_lost(case: str) -> None:
    parts, told = STAYS[case]
    assert undo(brought(**parts)) == Stop((told,))


def test_out_it_waits_for_the_routemap_and_for_teals_own_virtual_service() -> None:
    seen = brought()
    leaving = changed(dict(seen.routemap or {}), "metadata.deletionTimestamp", "2026-11-28T10:00:00Z")
    # It was taken back by a pass that was under way: once more, before it goes along.
    back = undo(replace(seen, routemap=leaving))
    assert isinstance(back, Do)
    after = applied(replace(seen, routemap=leaving), back.write)
    assert undo(after) == Wait("Routemap pay is being deleted")
    assert undo(replace(seen, routemap=None)) == back
    own = virtual_service("pay", labels={names.ROUTEMAP: "pay"})
    assert undo(scene(own)) == Wait("VirtualService pay is about to go")


def test_an_override_that_was_left_goes() -> None:
    override = {"metadata": {"name": "pay", "namespace": "shop"}}
    step = undo(scene(override=override))
    assert step == Do(Delete(WEIGHT_OVERRIDES, override), "WeightOverride pay is deleted")


def test_a_service_that_goes_already_is_not_deleted_again() -> None:
    made = exposed("v1")
    made["metadata"] |= {
        "annotations": {names.BROUGHT_IN: "pay"},
        "deletionTimestamp": "2026-11-28T10:00:00Z",
    }
    assert undo(scene(services={"v1": made}, quiet=60.0)) == Done("pay is as it was before teal init")


@pytest.mark.parametrize("note", ["x", "[]", '{"spec": 1}', '{"spec": {"a": 1}, "labels": 1}', "[" * 9999])
def test_what_a_hand_has_made_of_the_note_is_none(note: str) -> None:
    route = virtual_service("pay", annotations={names.BROUGHT_IN: note})
    assert before(route) is None
    assert restored(route) == []


def test_a_destination_that_gets_nothing_need_not_answer() -> None:
    route = virtual_service("pay", "gone")
    for rule in route["spec"]["http"]:
        rule["route"] = [
            {"destination": {"host": "pay"}, "weight": 1},
            {"destination": {"host": "gone"}, "weight": 0},
        ]
    seen = scene(
        route,
        services={"pay": exposed("pay"), "gone": exposed("gone")},
        deployments=(deployed("pay"), deployed("gone", ready=0)),
    )
    _, inside, _ = played(seen, Wish())
    assert isinstance(undo(inside), Do)


def test_who_got_connections_has_to_answer_as_who_got_requests() -> None:
    seen = scene(
        of_connections("pay", "v2"),
        services={"pay": exposed("pay"), "v2": exposed("v2")},
        deployments=(deployed("pay"), deployed("v2")),
    )
    _, inside, _ = played(seen, Wish())
    silent = replace(inside, deployments=(inside.deployments[0], deployed("v2", ready=0)))
    assert undo(silent) == Stop(
        ("requests would go to Service v2 again, and no pod of its workloads is ready",)
    )


def test_what_leads_elsewhere_need_not_answer_here() -> None:
    route = changed(virtual_service("pay"), "spec.http.0.mirror", {"host": "x"})
    route["spec"]["http"].append(
        {"match": [{"uri": {"prefix": "/x"}}], "route": [{"destination": {"host": "a.other"}}]}
    )
    _, inside, _ = played(scene(route), Wish(drop=True))
    assert isinstance(undo(inside), Do)

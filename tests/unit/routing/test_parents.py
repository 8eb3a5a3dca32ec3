"""What the controllers of an HTTPRoute's parents say of it: whether it is taken, and what is against it."""

from __future__ import annotations

from typing import Any

import pytest

from routing.routes import parents
from routing.routes.word import Word

ISTIO = "istio.io/gateway-controller"
WEB = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "web"}
SHOP = {"group": "", "kind": "Service", "name": "shop"}


def said(ref: dict[str, Any], *conditions: tuple[str, str], by: str = ISTIO, of: int = 3) -> dict[str, Any]:
    told = [
        {
            "type": kind,
            "status": status,
            "reason": f"{kind}Reason",
            "message": "words",
            "observedGeneration": of,
        }
        for kind, status in conditions
    ]
    return {"parentRef": ref, "controllerName": by, "conditions": told}


def route(*told: dict[str, Any], refs: tuple[dict[str, Any], ...] = (WEB,)) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "default", "name": "shop", "generation": 3},
        "spec": {"parentRefs": [*refs]},
        "status": {"parents": [*told]},
    }


ACCEPTED = ("Accepted", "True")
RESOLVED = ("ResolvedRefs", "True")


@pytest.mark.parametrize(
    ("told", "taken", "reasons"),
    [
        ([], False, ["NotAcceptedYet"]),
        ([said(WEB, ACCEPTED, RESOLVED)], True, []),
        # The API server's defaults are no difference.
        ([said({"name": "web", "namespace": "default"}, ACCEPTED)], True, []),
        # What was said of an older generation is no word on this.
        ([said(WEB, ACCEPTED, RESOLVED, of=2)], False, ["NotAcceptedYet"]),
        ([said(WEB, ("Accepted", "False"), of=2), said(WEB, ACCEPTED, by="other.io/c")], True, []),
        ([said(WEB, ("Accepted", "False"), RESOLVED)], False, ["NotAccepted"]),
        ([said(WEB, ("Accepted", "Unknown"))], False, ["NotAccepted"]),
        ([said(WEB, RESOLVED)], False, ["NotAcceptedYet"]),
        ([said(WEB, ACCEPTED, ("ResolvedRefs", "False"))], True, ["NotResolved"]),
        ([said(WEB, ACCEPTED, ("PartiallyInvalid", "True"))], False, ["NotAccepted"]),
        ([said(WEB, ACCEPTED, ("PartiallyInvalid", "False"))], True, []),
        ([said(WEB, ACCEPTED), said(WEB, ("Accepted", "False"), by="other.io/c")], False, ["NotAccepted"]),
        # Another parent's, another section's, another namespace's.
        ([said(SHOP, ACCEPTED)], False, ["NotAcceptedYet"]),
        ([said({**WEB, "sectionName": "https"}, ACCEPTED)], False, ["NotAcceptedYet"]),
        ([said({**WEB, "namespace": "infra"}, ACCEPTED)], False, ["NotAcceptedYet"]),
    ],
)
def test_a_route_is_taken_once_its_parents_controller_has_accepted_it_as_it_is(
    told: list[dict[str, Any]], taken: object, reasons: list[str]
) -> None:
    word = parents.word(route(*told), "HTTPRoute")
    assert (word.taken, [fault.reason for fault in word.faults]) == (taken, reasons)


def test_each_parent_has_to_take_it() -> None:
    one = route(said(WEB, ACCEPTED), refs=(WEB, SHOP))
    assert not parents.word(one, "HTTPRoute").taken
    both = route(said(WEB, ACCEPTED), said(SHOP, ACCEPTED), refs=(WEB, SHOP))
    assert parents.word(both, "HTTPRoute") == Word(taken=True)


MEND = "create the Gateway, have a controller run for its class, or take it off"
YET = "no controller has taken the route as it is yet; if it stays so,"
SAYS = "mend what it says:"
BY = "Gateway default/web: its controller (istio.io/gateway-controller)"
INFRA = {**WEB, "namespace": "infra"}


@pytest.mark.parametrize(
    ("told", "ref", "sentence"),
    [
        (
            [],
            INFRA,
            f"Gateway infra/web: {YET} {MEND}",
        ),
        (
            [],
            SHOP,
            (
                f"Service shop: {YET} no mesh that reads HTTPRoutes is there; take mesh off spec.gateways, "
                "or use router VirtualService"
            ),
        ),
        (
            [said(WEB, ("Accepted", "False"))],
            WEB,
            f"{BY} does not take the route; {SAYS} AcceptedReason: words",
        ),
        (
            [said(WEB, ACCEPTED, ("PartiallyInvalid", "True"))],
            WEB,
            f"{BY} takes a part of the route only; {SAYS} PartiallyInvalidReason: words",
        ),
        (
            [said(WEB, ACCEPTED, ("ResolvedRefs", "False"))],
            WEB,
            f"{BY} finds that a part of the route leads nowhere; {SAYS} ResolvedRefsReason: words",
        ),
    ],
)
def test_a_fault_names_the_parent_and_has_the_controllers_words(
    told: list[dict[str, Any]], ref: dict[str, Any], sentence: str
) -> None:
    (fault,) = parents.word(route(*told, refs=(ref,)), "HTTPRoute").faults
    assert str(fault) == f"spec.gateways: {sentence}"


def test_a_mesh_that_nobody_hears_of_is_told_by_the_kind_of_route() -> None:
    (fault,) = parents.word(route(refs=(SHOP,)), "GRPCRoute").faults
    assert "no mesh that reads GRPCRoutes is there" in fault.detail


def test_words_of_a_controller_that_talks_on_are_cut() -> None:
    long = said(WEB, ("Accepted", "False"))
    long["conditions"][0]["message"] = "x" * 30_000
    (fault,) = parents.word(route(long), "HTTPRoute").faults
    assert len(fault.detail) < 500


@pytest.mark.parametrize(
    ("refs", "names"),
    [
        ((SHOP, SHOP), ["shop.default.svc"]),
        (({**SHOP, "namespace": "other"}, WEB), ["shop.other.svc"]),
        (({"kind": "Service", "name": "shop"},), []),
        ((None,), []),
    ],
)
def test_the_services_whose_requests_a_route_takes_are_its_parents(refs: Any, names: list[str]) -> None:
    assert parents.called(route(refs=refs)) == names

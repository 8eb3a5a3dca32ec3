"""Delegates: hosts and gateways are those of the VirtualService that delegates to Teal's."""

from __future__ import annotations

from routing.deciding.routable import Surroundings, faults
from routing.reading.defaults import defaulted
from routing.reading.parse import parse_routemap
from routing.routes import ROUTER
from routing.routes.exposure import Exposure
from tests.unit.routing.manifests import changed, routemap

PRIMARY = [Exposure("httpbin-0", 100)]


def test_a_delegate_has_no_hosts_and_no_gateways() -> None:
    assert [*ROUTER.render(parse_routemap(routemap(delegate=True)), PRIMARY)["spec"]] == ["http"]


def test_what_was_filled_in_goes_when_a_routemap_becomes_a_delegate_and_comes_back_after() -> None:
    before = defaulted(routemap())
    delegate = defaulted(changed(dict(before), "spec.delegate", True))
    assert not {"hosts", "gateways"} & {*delegate["spec"]}
    assert defaulted(changed(dict(delegate), "spec.delegate", False))["spec"] == {
        **before["spec"],
        "delegate": False,
    }


def test_what_a_user_has_written_is_not_taken_away() -> None:
    asked = routemap(delegate=True, hosts=["shop.example.com"], gateways=["public"])
    spec = defaulted(asked)["spec"]
    assert (spec["hosts"], spec["gateways"]) == (["shop.example.com"], ["public"])


def test_who_delegates_is_not_known_so_nothing_is_said_of_ways_in() -> None:
    assert faults(parse_routemap(routemap(delegate=True)), Surroundings()) == ()


def test_a_virtual_service_whose_routemap_becomes_a_delegate_is_written_anew() -> None:
    before, after = (
        ROUTER.render(parse_routemap(routemap(delegate=delegate)), PRIMARY) for delegate in (False, True)
    )
    assert not ROUTER.same(before, after)
    assert not ROUTER.same(after, before)

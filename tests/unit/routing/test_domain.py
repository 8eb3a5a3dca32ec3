"""A cluster's domain need not be cluster.local: it is given, and everything that names a Service has it."""

from __future__ import annotations

import string
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.plan import plan
from routing.reading.defaults import defaulted
from routing.reading.parse import parse_routemap
from routing.routes import ROUTER, shares
from routing.routes.exposure import Exposure
from routing.rules.review import Review
from routing.rules.rulebook import review
from routing.rules.together import misfits
from routing.writes import Apply
from tests.unit.routing.manifests import changed, routemap
from tests.unit.routing.test_plan import READY, settled
from tests.unit.routing.worlds import NOW

OTHER = "k8s.example.com"
LABELS = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=9)
DOMAINS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)


def refused(host: str, domain: str = OTHER) -> list[str]:
    asked = Review("CREATE", routemap(hosts=[host], gateways=["public"]), domain=domain)
    return [violation.reason for violation in review(asked).violations]


def test_the_hosts_that_are_filled_in_have_it() -> None:
    hosts = ["httpbin.default", "httpbin.default.svc", f"httpbin.default.svc.{OTHER}"]
    assert list(parse_routemap(routemap(), OTHER).hosts) == hosts
    assert defaulted(routemap(), OTHER)["spec"]["hosts"] == hosts


def test_a_pass_routes_to_services_of_the_clusters_domain() -> None:
    seen = settled(READY).seen()
    [[applied]] = plan(replace(seen, domain=OTHER), NOW).steps
    assert isinstance(applied, Apply)
    assert _hosts(applied.manifest) == [f"httpbin-0.default.svc.{OTHER}"]
    assert plan(seen, NOW).steps == ()


@given(DOMAINS)
def test_what_is_rendered_is_read_back_whatever_the_domain(domain: str) -> None:
    asked = parse_routemap(routemap(), domain)
    route = ROUTER.render(asked, [Exposure("httpbin-0", 30), Exposure("httpbin-1", 70)])
    assert shares(route) == {"httpbin-0": 30, "httpbin-1": 70}


@given(DOMAINS)
def test_hosts_of_other_namespaces_are_refused_under_it_and_own_ones_are_not(domain: str) -> None:
    assert refused(f"web.other.svc.{domain}", domain) == ["ForeignHost"]
    assert refused("web.other.svc", domain) == ["ForeignHost"]
    assert refused(f"web.default.svc.{domain}", domain) == []


@given(DOMAINS, st.data())
def test_no_pattern_takes_in_all_services(domain: str, data: st.DataObject) -> None:
    labels = f"svc.{domain}".split(".")
    start = data.draw(st.integers(0, len(labels) - 1))
    assert refused(".".join(["*", *labels[start:]]), domain) == ["ForeignHost"]


@pytest.mark.parametrize("host", ["web.other.svc.cluster.local", "*.cluster.local", "*.local"])
def test_elsewhere_cluster_local_is_a_domain_as_any_other(host: str) -> None:
    assert refused(host) == []
    assert refused(host, "cluster.local") == ["ForeignHost"]


def test_short_and_full_names_of_one_host_are_one() -> None:
    one = routemap(hosts=["web"])
    other = changed(routemap(hosts=[f"web.default.svc.{OTHER}"]), "metadata.name", "other")
    other = changed(other, "spec.versions", [{"name": "other-0"}])
    told = [misfit.reason for misfit in misfits([one, other], OTHER)]
    assert told == ["SameHost"]
    assert misfits([one, other]) == []


def _hosts(route: Any) -> list[str]:
    return [item["destination"]["host"] for item in route["spec"]["http"][0]["route"]]

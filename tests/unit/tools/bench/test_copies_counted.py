"""Copies are counted from what proxies say of their endpoints, and none is no good share."""

from __future__ import annotations

from tools.bench.traffic.copies import counted, wrong

CLIENT = """\
outbound|80||httpbin-0.default.svc.cluster.local::observability_name::outbound|80||httpbin-0;
outbound|80||httpbin-0.default.svc.cluster.local::10.244.0.10:80::rq_total::49165
outbound|80||httpbin-0.default.svc.cluster.local::10.244.0.10:80::rq_success::49160
outbound|80||httpbin-1.default.svc.cluster.local::10.244.0.12:80::rq_total::23974
outbound|80||httpbin-1.other.svc.cluster.local::10.244.0.13:80::rq_total::7
inbound|80||::10.244.0.12:80::rq_total::316
"""
GATEWAY = """\
outbound|80||httpbin-0.default.svc.cluster.local::10.244.0.10:80::rq_total::10
outbound|80||httpbin-0.default.svc.cluster.local::10.244.0.11:80::rq_total::20
"""


def test_what_every_proxy_has_sent_to_a_versions_pods_adds_up() -> None:
    assert counted([CLIENT, GATEWAY]) == {"httpbin-0": 49195, "httpbin-1": 23974}
    assert counted([]) == {}


def test_a_share_that_chance_explains_is_right_and_nothing_counted_never_is() -> None:
    assert wrong(1300, 653, 50) == ""
    assert wrong(1523, 792, 30) == "copies of 792 of 1523 requests, not of 30 %"
    assert wrong(1000, 0, 30) == "copies of 0 of 1000 requests, not of 30 %"
    assert wrong(0, 0, 30) == "no copies that tell anything: no request was counted"

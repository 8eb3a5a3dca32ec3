from __future__ import annotations

from tools.demo.leftovers import removal


def test_the_routing_goes_first_so_that_teal_lets_the_versions_go() -> None:
    virtual_service = "virtualservice.networking.istio.io/httpbin"
    found = ["routemap.iter8.tools/httpbin", virtual_service, "service/httpbin"]
    found += ["deployment/httpbin-0", "service/httpbin-0"]
    assert removal(found) == [
        "kubectl delete routemap.iter8.tools/httpbin service/httpbin --ignore-not-found --timeout=120s",
        "kubectl delete deployment/httpbin-0 service/httpbin-0 --ignore-not-found --timeout=120s",
    ]


def test_nothing_left_is_nothing_to_remove() -> None:
    assert removal([]) == []


def test_a_virtual_service_without_its_routemap_goes_by_itself() -> None:
    (command,) = removal(["virtualservice.networking.istio.io/httpbin"])
    assert command.startswith("kubectl delete virtualservice.networking.istio.io/httpbin ")

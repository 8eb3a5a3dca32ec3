"""What Envoy Gateway does not take, and how Teal tells of it: in its words, where it says any."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routing import names
from tools.bench.envoy_gateway.gateway import GATEWAY, NAMESPACE, apply, gateway
from tools.bench.envoy_gateway.lives import PRIMARY, clean, deploy_primary, ready
from tools.demo.shell import DemoError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tools.bench.envoy_gateway.site import Site

_CLOSED, _NAMED = "closed", "named"
_READY = '{.status.conditions[?(@.type=="Ready")].message}'
_ROUTABLE = '{.status.conditions[?(@.type=="Routable")]'


@dataclass(frozen=True)
class Case:
    """A Routemap's spec, and what its condition Routable is to say: a reason, and words in its message."""

    title: str
    spec: Mapping[str, Any]
    reason: str
    words: str


CASES = (
    Case("a Gateway that is not there", {"gateways": ["nowhere"]}, "NotAcceptedYet", "default/nowhere"),
    Case("`mesh`", {"gateways": [GATEWAY, "mesh"]}, "NotAcceptedYet", "Service httpbin"),
    Case(
        "a Gateway of another namespace, which lets nobody in",
        {"gateways": [f"{NAMESPACE}/{_CLOSED}"]},
        "NotAccepted",
        "NotAllowedByListeners",
    ),
    Case(
        "a host that the Gateway's listener has not",
        {"gateways": [_NAMED], "hosts": ["other.example"]},
        "NotAccepted",
        "NoMatchingListenerHostname",
    ),
)


def refusals(site: Site) -> Iterator[tuple[Case, str]]:
    """Play all; yield each with what Routable says. Raises DemoError where it is anything else."""
    apply(site.kubeconfig, gateway(_CLOSED, NAMESPACE), gateway(_NAMED, hostname="shop.example"))
    deploy_primary(site)
    site.ask("kubectl create service clusterip httpbin --tcp=80")
    try:
        for case in CASES:
            yield case, _told(site, case)
    finally:
        site.ask("kubectl delete service httpbin")
        clean(site)


def nobody_ready(site: Site) -> tuple[str, str]:
    """Take the only version's endpoints away; return what Teal says then, and what Envoy Gateway says.

    Its `Accepted` and `ResolvedRefs` stay True. Raises DemoError where Teal goes on saying Ready.
    """
    deploy_primary(site)
    try:
        _apply(site, {"gateways": [GATEWAY]})
        ready(site)
        selector = json.dumps({"spec": {"selector": {"app": "nobody"}}})
        site.ask(f"kubectl patch service {PRIMARY} --type=merge -p '{selector}'")
        told = "{.status.conditions[?(@.type=='Ready')].reason}"
        site.ask(f'kubectl wait --for=jsonpath="{told}"=NoReadyVersion routemap/httpbin --timeout=60s')
        theirs = "{.status.parents[*].conditions[?(@.type=='BackendsAvailable')].status}"
        site.ask(f'kubectl wait --for=jsonpath="{theirs}"=False httproute/httpbin --timeout=60s')
        every = "{range .status.parents[*].conditions[*]}{.type}={.status} {end}"
        return (
            site.ask(f"kubectl get routemap httpbin -o jsonpath='{_READY}'"),
            site.ask(f"kubectl get httproute httpbin -o jsonpath='{every}'"),
        )
    finally:
        clean(site)


def _told(site: Site, case: Case) -> str:
    _apply(site, case.spec)
    said = f"'{_ROUTABLE}.reason}}'={case.reason}"
    site.ask(f"kubectl wait --for=jsonpath={said} routemap/httpbin --timeout=60s")
    message = site.ask(f"kubectl get routemap httpbin -o jsonpath='{_ROUTABLE}.message}}'")
    site.ask("kubectl delete routemap httpbin --timeout=60s")
    if case.words not in message:
        raise DemoError(f"{case.title}: Routable says: {message}")
    return message


def _apply(site: Site, spec: Mapping[str, Any]) -> None:
    """Apply a Routemap of the primary by an HTTPRoute."""
    manifest = {
        "apiVersion": names.API_VERSION,
        "kind": "Routemap",
        "metadata": {"name": "httpbin"},
        "spec": {"router": names.HTTP_ROUTE, "port": 80, "versions": [{"name": PRIMARY}], **spec},
    }
    site.ask(f"kubectl apply -f - <<'EOF'\n{json.dumps(manifest)}\nEOF")

"""What is split (`spec.protocol`), and what can't be done to connections: proxies see no requests there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading import defaults, settings
from routing.reading.hosts import MESH, service_of
from routing.reading.violation import shown
from routing.stepping.rollout import Measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from routing.model import Routemap
    from routing.reading.fields import Fields

WHY_NOT: Mapping[str, str] = {
    protocol.lower(): f"give protocol: {protocol}, and Teal writes the VirtualService's"
    for protocol in (names.TCP, names.TLS)
}
"""What is said of the fields by which a VirtualService has routes of connections."""
_ELSE = f"or use protocol {names.HTTP}"


def read(fields: Fields, value: Any) -> str:
    """Return what is split, after noting a protocol that there is not."""
    if value in names.PROTOCOLS:
        return str(value)
    *others, last = names.PROTOCOLS
    detail = f"{shown(value)} is not a protocol; use {', '.join(others)} or {last}"
    fields.note("spec.protocol", "UnknownProtocol", detail)
    return names.HTTP


def limits(fields: Fields, routemap: Routemap) -> None:
    """Note what can't be done to connections, each with what can be done instead.

    They are shared out by weight when they are opened, and that is all.
    """
    protocol = routemap.protocol
    if routemap.strategy != defaults.STRATEGY:
        detail = (
            f"strategy {routemap.strategy} looks at requests, and a connection of protocol {protocol} has "
            f"none; use strategy {defaults.STRATEGY}, {_ELSE}"
        )
        fields.note("spec.strategy", "NotForProtocol", detail)
    if routemap.router != names.VIRTUAL_SERVICE:
        detail = (
            f"router {routemap.router} takes requests of HTTP only; Gateway API has {protocol}Route for "
            f"protocol {protocol}, which Teal does not write; use router {names.VIRTUAL_SERVICE}, {_ELSE}"
        )
        fields.note("spec.router", "NotForProtocol", detail)
    for path in _of_requests(routemap):
        detail = f"a connection of protocol {protocol} has no requests; take it off, {_ELSE}"
        fields.note(f"spec.{path}", "NotForProtocol", detail)
    if not routemap.gateways:
        detail = f"Istio delegates requests of HTTP only; give hosts and gateways instead, {_ELSE}"
        fields.note("spec.delegate", "NotForProtocol", detail)
    for path, name in _looked_up_by_another(routemap):
        detail = (
            f"sidecars look for connections by a Service's full name; list {name}.{routemap.namespace}.svc."
            f"{routemap.domain}, too, or take mesh off spec.gateways"
        )
        fields.note(path, "NotForProtocol", detail)
    for index, check in enumerate(routemap.rollout.checks if routemap.rollout else ()):
        if check.measure is not Measure.QUERY:
            detail = (
                f"connections of protocol {protocol} have no {check.measure} that Istio counts; "
                f"give good and total, or take the check off"
            )
            fields.note(f"spec.rollout.checks[{index}].metric", "NotForProtocol", detail)


def _looked_up_by_another(routemap: Routemap) -> Iterator[tuple[str, str]]:
    """Yield where a Service is called in the mesh, with its name, whose full name is not listed.

    A name without a dot is one: Istio completes it.
    """
    listed: dict[str, str] = {}
    for index, host in enumerate(routemap.hosts if MESH in routemap.gateways else ()):
        name = service_of(host, routemap.namespace)
        if name is not None:
            listed.setdefault(name, f"spec.hosts[{index}]")
    for name, path in listed.items():
        full = f"{name}.{routemap.namespace}.svc.{routemap.domain}"
        wide = any(host.startswith("*.") and full.endswith(host[1:]) for host in routemap.hosts)
        if not wide and not {name, full} & {*routemap.hosts}:
            yield path, name


def _of_requests(routemap: Routemap) -> Iterator[str]:
    """Yield what is asked for that is done to requests."""
    yield from (key for key in settings.SETTINGS if getattr(routemap.settings, key))
    if routemap.routes:
        yield "routes"
    if routemap.affinity is not None:
        yield "affinity"

"""Whom an HTTPRoute is attached to, and what their controllers say of it (`status.parents`).

A status is one of a generation: what was said of an older one is no word on this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.reading.hosts import MESH, qualified, service_of
from routing.reading.raw import listing, section
from routing.reading.violation import cut
from routing.routes.word import Fault, Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from routing.model import Routemap

    Manifest = Mapping[str, Any]

NOT_ACCEPTED, NOT_ACCEPTED_YET, NOT_RESOLVED = REASONS = ("NotAccepted", "NotAcceptedYet", "NotResolved")
GATEWAY_GROUP = "gateway.networking.k8s.io"
MOST_PARENTS = 32
"""As many as the kind takes (v1)."""
_MOST_WORDS = 300
_PATH = "spec.gateways"


def parent_refs(routemap: Routemap) -> list[dict[str, Any]]:
    """Return whom a Routemap's HTTPRoute is attached to, each once.

    A gateway is a Gateway of Gateway API; `mesh` stands for the Services of this namespace that hosts name
    (GAMMA).
    """
    found: list[dict[str, Any]] = []
    for gateway in routemap.gateways:
        if gateway == MESH:
            found += [{"group": "", "kind": "Service", "name": name} for name in services(routemap)]
            continue
        *namespace, name = gateway.split("/")
        where = {"namespace": namespace[0]} if namespace else {}
        found.append({"group": GATEWAY_GROUP, "kind": "Gateway", "name": name, **where})
    return found


def services(routemap: Routemap) -> list[str]:
    """Return the Services of the Routemap's namespace by which clients in the mesh call it, each once."""
    named = (service_of(host, routemap.namespace) for host in routemap.hosts)
    return [*dict.fromkeys(name for name in named if name is not None)]


def called(current: Manifest) -> list[str]:
    """Return the full names of the Services whose requests in the mesh an HTTPRoute takes, each once."""
    namespace = str(section(current, "metadata").get("namespace"))
    refs = map(section, listing(current, "spec", "parentRefs")[:MOST_PARENTS])
    parents = [(ref.get("name"), ref.get("namespace") or namespace) for ref in refs if _is_service(ref)]
    return [*dict.fromkeys(f"{name}.{space}.svc" for name, space in parents)]


def word(current: Manifest, kind: str) -> Word:
    """Return what the controllers of a route's parents say of it as it is; `kind` is the route's.

    It is taken once, for each parent, a controller has accepted this generation, and none refuses it.
    """
    namespace = str(section(current, "metadata").get("namespace"))
    told = entries(current)
    taken, faults = True, []
    for ref in map(section, listing(current, "spec", "parentRefs")[:MOST_PARENTS]):
        there = [item for item in told if _same(section(item, "parentRef"), ref, namespace)]
        found = [*_refusals(there, _name(ref, namespace))]
        if not any(_says(item, "Accepted") for item in there) and not found:
            found.append(_unheard(ref, namespace, kind))
        taken = taken and all(fault.reason == NOT_RESOLVED for fault in found)
        faults += found
    return Word(taken, tuple(faults))


def entries(current: Manifest) -> list[dict[str, Any]]:
    """Return what is said of an HTTPRoute's generation as it is, of each parent by each controller."""
    generation = section(current, "metadata").get("generation")
    least = generation if isinstance(generation, int) else 0
    kept = []
    for item in map(section, listing(current, "status", "parents")[:MOST_PARENTS]):
        conditions = [each for each in map(section, listing(item, "conditions")) if _observed(each) >= least]
        if conditions:
            kept.append({**item, "conditions": conditions})
    return kept


def _refusals(there: list[dict[str, Any]], parent: str) -> Iterator[Fault]:
    """Yield what the controllers of a parent have against the route, in their words."""
    for item in there:
        who = cut(str(item.get("controllerName")))
        for kind, good, reason, what in (
            ("Accepted", "True", NOT_ACCEPTED, "does not take the route"),
            ("PartiallyInvalid", "False", NOT_ACCEPTED, "takes a part of the route only"),
            ("ResolvedRefs", "True", NOT_RESOLVED, "finds that a part of the route leads nowhere"),
        ):
            condition = _condition(item, kind)
            if condition is not None and condition.get("status") != good:
                words = f"{condition.get('reason')}: {condition.get('message')}"
                detail = (
                    f"{parent}: its controller ({who}) {what}; mend what it says: {cut(words, _MOST_WORDS)}"
                )
                yield Fault(reason, _PATH, detail)


def _unheard(ref: Manifest, namespace: str, kind: str) -> Fault:
    """Return that nobody has taken the route for a parent yet, and what to look at if it stays so."""
    if _is_service(ref):
        remedy = (
            f"if it stays so, no mesh that reads {kind}s is there; take mesh off spec.gateways, or use "
            "router VirtualService"
        )
    else:
        remedy = "if it stays so, create the Gateway, have a controller run for its class, or take it off"
    detail = f"{_name(ref, namespace)}: no controller has taken the route as it is yet; {remedy}"
    return Fault(NOT_ACCEPTED_YET, _PATH, detail)


def _name(ref: Manifest, namespace: str) -> str:
    """Return a parent as users write it."""
    if _is_service(ref):
        return f"Service {cut(str(ref.get('name')))}"
    return f"Gateway {cut(qualified(str(ref.get('name')), str(ref.get('namespace') or namespace)))}"


def _is_service(ref: Manifest) -> bool:
    return ref.get("kind") == "Service" and ref.get("group") in ("", "core")


def _same(one: Manifest, other: Manifest, namespace: str) -> bool:
    return _key(one, namespace) == _key(other, namespace)


def _key(ref: Manifest, namespace: str) -> tuple[Any, ...]:
    """Return what makes a parent, the API server's defaults filled in."""
    return (
        ref.get("group", GATEWAY_GROUP),
        ref.get("kind", "Gateway"),
        ref.get("namespace") or namespace,
        ref.get("name"),
        ref.get("sectionName"),
        ref.get("port"),
    )


def _condition(item: Manifest, kind: str) -> dict[str, Any] | None:
    conditions = map(section, listing(item, "conditions"))
    return next((each for each in conditions if each.get("type") == kind), None)


def _says(item: Manifest, kind: str) -> bool:
    return (_condition(item, kind) or {}).get("status") == "True"


def _observed(condition: Manifest) -> int:
    told = condition.get("observedGeneration")
    return told if isinstance(told, int) else 0

"""What the ports of Services say that they speak, where several stand for one application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reaching import is_grpc, is_http2, is_told, label
from routing.reading.hosts import MESH, service_of
from routing.reading.raw import listing, section
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from routing.model import Routemap

    Manifest = Mapping[str, Any]
    Port = Mapping[str, Any]

_BROUGHT = ("", "what router GRPCRoute brings")


@dataclass(frozen=True, slots=True)
class Unlike:
    """A port at which gRPC calls fail: its place in a version's Service, and the sentence that says why."""

    version: str
    place: int
    message: str


def called(routemap: Routemap) -> list[str]:
    """Return the names of Services by which clients in the mesh call an application, versions' left out."""
    hosts = routemap.hosts if MESH in routemap.gateways else ()
    found = dict.fromkeys(service_of(host, routemap.namespace) for host in hosts)
    versions = {version.name for version in routemap.versions}
    return [name for name in found if name is not None and name not in versions]


def unlike(
    routemap: Routemap, services: Mapping[str, Manifest], speaks: Callable[[Port], bool] = is_grpc
) -> Iterator[Unlike]:
    """Yield the ports of versions' Services at which gRPC calls fail.

    `services`: by name, versions' and those by which clients call the application. Calls come where a port of
    another of these `speaks` so, or the router is for nothing else. To a port that says what it is for,
    HTTP/2 left out, proxies speak HTTP/1.1, whatever has come; to one that says nothing gateways do, and
    sidecars speak what has come (istio: Protocol Selection). It is Istio's matter: Gateways of others may go
    by something else (Envoy Gateway speaks HTTP/2 to all that is behind a GRPCRoute).
    """
    istio, port = routemap.router == names.VIRTUAL_SERVICE, routemap.port
    if not (istio or MESH in routemap.gateways):
        return
    if routemap.router != names.GRPC_ROUTE and not any(
        speaks(item) for service in services.values() for _, item in _ports(service, None)
    ):
        return
    at_gateway = istio and any(gateway != MESH for gateway in routemap.gateways)
    mine = {each.name: [*_ports(services.get(each.name, {}), port)] for each in routemap.versions}
    theirs = {name: [*_ports(services.get(name, {}), None)] for name in called(routemap)}
    spoken = _spoken(mine, port, speaks) | _spoken(theirs, port, speaks)
    brought = _BROUGHT if routemap.router == names.GRPC_ROUTE else None
    for name, found in mine.items():
        for place, item in found:
            other = brought or spoken.get(port or item["port"])
            if other and not is_http2(item) and (at_gateway or is_told(item)):
                yield Unlike(name, place, _message(name, item, *other, mine))


def _ports(service: Manifest, port: int | None) -> Iterator[tuple[int, Port]]:
    """Yield the ports of a Service that are for TCP, or the one of a number, each with its place."""
    for place, item in enumerate(map(section, listing(service, "spec", "ports"))):
        number = item.get("port")
        if isinstance(number, int) and port in (None, number) and item.get("protocol", "TCP") == "TCP":
            yield place, item


def _spoken(
    services: Mapping[str, Iterable[tuple[int, Port]]], port: int | None, speaks: Callable[[Port], bool]
) -> dict[int, tuple[str, str]]:
    """Return, by the port at which it comes to versions, the Service that says so, and the words for it."""
    spoken: dict[int, tuple[str, str]] = {}
    for name, found in services.items():
        for _, item in found:
            if speaks(item):
                spoken.setdefault(port or item["port"], (name, f"that of Service {name} ({label(item)})"))
    return spoken


def _message(version: str, port: Port, by: str, other: str, versions: Container[str]) -> str:
    if is_told(port):
        fails = f"is not for HTTP/2, and {other} is, so gRPC calls for {version} fail"
    else:
        fails = (
            f"says nothing, which gateways take for HTTP/1.1, and {other} is for HTTP/2, so gRPC calls for "
            f"{version} that come by them fail"
        )
    # Which of two versions is as clients are can't be known.
    fails += f", or what else comes to {by}" if by in versions else ""
    return (
        f"{label(port)} {fails}; have both say what their pods speak, by a name or an appProtocol that "
        "begins with grpc, http2 or http"
    )

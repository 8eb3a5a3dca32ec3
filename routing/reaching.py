"""Whether requests can arrive at a version's pods by its Service: what ports and kinds of Services say of it.

The sentences are those of `teal lint`, too (`rules.versions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.raw import listing, section
from routing.reading.violation import joined, shown
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Manifest = Mapping[str, Any]

OTHER_PROTOCOLS = ("tcp", "udp", "tls", "https", "mongo", "mysql", "redis", "sctp")
"""What a port's name begins with, or its appProtocol is, for sidecars not to route it as HTTP.

Of any other name, or none, they look at the bytes (istio.io, Protocol Selection).
"""
_HTTP = ("http", "http2", "http_proxy", "grpc")
_HTTP2 = ("http2", "grpc")
_TLS = ("tls", "https")
_NEVER_LOOKED_AT = (25, 53, 3306, 27017)
"""Ports at which servers speak first, so that bytes of any other protocol than a told one are TCP's there."""
NO_TCP = "none is for TCP, so requests for this version fail; add one with protocol: TCP"
_KUBERNETES = {"kubernetes.io/h2c": "http2", "kubernetes.io/ws": "http", "kubernetes.io/wss": "https"}


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Why no request can arrive, whoever is ready: a word, and a sentence with field, value and remedy."""

    reason: str
    message: str


def unreachable(service: Manifest, port: int | None, slices: Iterable[Manifest]) -> Unreachable | None:
    """Tell why requests for a version do not arrive by its Service; None where nothing is known against it.

    `port`: that of the Routemap, None for the Service's only one. `slices`: the Service's EndpointSlices.
    """
    name = section(service, "metadata").get("name")
    kind = headless(service)
    if kind is not None:
        field, value = kind
        return Unreachable("Headless", f"Service {name}, spec.{field}: {no_split_by(value)}")
    numbers = ports(service)
    if not numbers and listing(service, "spec", "ports"):
        return Unreachable("NoSuchPort", f"Service {name}, spec.ports: {NO_TCP}")
    if port is not None and numbers and port not in numbers:
        return Unreachable("NoSuchPort", f"spec.port: {no_port(str(name), port, numbers)}")
    routed = _routed(service, port)
    ready = [item for item in slices if listing(item, "endpoints")]
    if routed is None or not ready or any(carries(item, _name(routed)) for item in ready):
        return None
    detail = no_target(str(name), routed.get("targetPort", _name(routed)))
    return Unreachable("NoSuchTargetPort", f"Service {name}, spec.ports[].targetPort: {detail}")


def headless(service: Manifest) -> tuple[str, str] | None:
    """Return the field, and its value, by which a Service has no address that could be split behind."""
    spec = section(service, "spec")
    if spec.get("type") == "ExternalName":
        return "type", "ExternalName"
    return ("clusterIP", "None") if spec.get("clusterIP") == "None" else None


def ports(service: Manifest) -> list[int]:
    """Return the numbers of a Service's ports, those for TCP: proxies have requests for no other."""
    numbers = (port.get("port") for port in _over_tcp(service))
    return [number for number in numbers if isinstance(number, int)]


def _over_tcp(service: Manifest) -> list[Mapping[str, Any]]:
    found = map(section, listing(service, "spec", "ports"))
    return [port for port in found if port.get("protocol", "TCP") == "TCP"]


def _routed(service: Manifest, port: int | None) -> Mapping[str, Any] | None:
    """Return the port that requests go to, None where it can't be told which that is."""
    found = _over_tcp(service)
    if port is not None:
        found = [item for item in found if item.get("port") == port]
    return found[0] if len(found) == 1 else None


def _name(port: Mapping[str, Any]) -> str:
    return str(port.get("name") or "")


def carries(endpoint_slice: Manifest, port: str) -> bool:
    """Tell whether an EndpointSlice's endpoints have a port, by its name (discovery.k8s.io/v1)."""
    return any(_name(section(item)) == port for item in listing(endpoint_slice, "ports"))


def is_other_than_http(port: Mapping[str, Any]) -> bool:
    """Tell whether a Service's port says of itself that it is for something else than HTTP, or for TLS.

    UDP and SCTP never carry it.

    `appProtocol` goes first, then the name, each up to its first hyphen (istio: ConvertProtocol).
    """
    if port.get("protocol", "TCP") != "TCP":
        return True
    word = _word(port)
    return word in OTHER_PROTOCOLS or (port.get("port") in _NEVER_LOOKED_AT and word not in _HTTP)


def is_for(port: Mapping[str, Any], protocol: str) -> bool:
    """Tell whether proxies take what comes to a Service's port as a protocol (`names.PROTOCOLS`).

    At a port that says nothing what is not HTTP is TCP. TLS is TLS only where the port says so: else proxies
    do not look for the name that is asked for.
    """
    if protocol == names.HTTP:
        return not is_other_than_http(port)
    if port.get("protocol", "TCP") != "TCP":
        return False
    word = _word(port)
    return word in _TLS if protocol == names.TLS else word not in (*_TLS, *_HTTP)


def is_http(port: Mapping[str, Any]) -> bool:
    """Tell whether a Service's port says of itself that it is for HTTP, of whichever version."""
    return _word(port) in _HTTP


def is_http2(port: Mapping[str, Any]) -> bool:
    """Tell whether a Service's port says of itself that it is for HTTP/2, as gRPC is."""
    return _word(port) in _HTTP2


def is_grpc(port: Mapping[str, Any]) -> bool:
    """Tell whether a Service's port says of itself that it is for gRPC.

    gRPC-Web is none of it: its calls come as other requests.
    """
    told = _told(port)
    return told.partition("-")[0] == "grpc" and not told.startswith("grpc-web")


def takes_grpc(service: Manifest, port: int | None) -> bool:
    """Tell whether the port that requests go to says of itself that it is for gRPC."""
    routed = _routed(service, port)
    return routed is not None and is_grpc(routed)


def is_told(port: Mapping[str, Any]) -> bool:
    """Tell whether a Service's port says what it is for: then proxies do not look at the bytes."""
    return _word(port) in (*_HTTP, *OTHER_PROTOCOLS)


def label(port: Mapping[str, Any]) -> str:
    """Return what a user calls a port: its name or number, and what it says beside."""
    told = port.get("appProtocol")
    name = str(port.get("name") or port.get("port"))
    return f"{name} (appProtocol {told})" if told else name


def _word(port: Mapping[str, Any]) -> str:
    """Return what a port says that it is for: see `is_other_than_http`."""
    return _told(port).partition("-")[0]


def _told(port: Mapping[str, Any]) -> str:
    told = port.get("appProtocol")
    name = _KUBERNETES.get(told, told) if isinstance(told, str) else str(port.get("name") or "")
    return name.lower()


def no_port(service: str, port: int, numbers: Sequence[int]) -> str:
    """Return the sentence on a port that a version's Service lacks."""
    return (
        f"Service {service} has no port {port}, so requests for this version fail; it has {joined(numbers)}"
    )


def no_split_by(value: str) -> str:
    """Return the sentence on a Service without an address of its own."""
    return f"proxies can't split by a Service with {shown(value)}; leave it out"


def no_target(workload: str, target: Any) -> str:
    """Return the sentence on a targetPort by a name that no pod's port has."""
    return f"no container of {workload} names a port {shown(target)}, so requests fail"

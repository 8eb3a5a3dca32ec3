"""What Istio's Gateways listen for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Mapping

    Manifest = Mapping[str, Any]

_HTTP = ("HTTP", "HTTP2", "HTTPS", "GRPC", "GRPC-WEB")
_PASSED_ON = ("PASSTHROUGH", "AUTO_PASSTHROUGH")


def listened(gateway: Manifest, protocol: str) -> dict[int, list[str]]:
    """Return the hosts that a Gateway takes for a protocol, by the port at which it does.

    The port is 0 where it is not told.
    """
    found: dict[int, list[str]] = {}
    for server in map(section, listing(gateway, "spec", "servers")):
        if _listens_for(server) == protocol:
            number = section(server, "port").get("number")
            taken = found.setdefault(number if isinstance(number, int) else 0, [])
            taken += [host for host in listing(server, "hosts") if isinstance(host, str)]
    return found


def listener(protocol: str, port: int) -> dict[str, Any]:
    """Return what a Gateway's server has by which it takes a protocol at a port: see `listened`."""
    if protocol == names.HTTP:
        return {"port": {"number": port}}
    passed_on = {"tls": {"mode": _PASSED_ON[0]}} if protocol == names.TLS else {}
    return {"port": {"number": port, "protocol": protocol}, **passed_on}


def _listens_for(server: Manifest) -> str | None:
    """Return by which of its routes a VirtualService has what comes to a server (istio.io: Gateway, Server).

    TLS is what is not ended there; what has been is whatever was in it. By AUTO_PASSTHROUGH none is asked.
    """
    mode = section(server, "tls").get("mode")
    if mode in _PASSED_ON:
        return names.TLS if mode == "PASSTHROUGH" else None
    told = str(section(server, "port").get("protocol") or names.HTTP).upper()
    return names.HTTP if told in _HTTP else names.TCP

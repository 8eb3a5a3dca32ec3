"""Rules for what the ports of Services say that they speak, where several stand for one application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import reaching
from routing.deciding import protocols as deciding
from routing.reading.raw import listing, section
from routing.reading.violation import joined
from routing.rules.objects import Misfit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from routing.model import Routemap
    from routing.rules.objects import Objects

_MOST_NAMED = 5


def same_protocol(objects: Objects) -> Iterator[Misfit]:
    """A port of a version's Service speaks HTTP/2 where that of another Service of the application does.

    Proxies speak HTTP/1.1 to a port that says so, or says TCP, whatever has come (istio: Protocol Selection).
    One that says nothing gets from sidecars what has come. Without a word of gRPC no call of it may come.
    """
    for _, routemap in objects.routemaps:
        named = (*deciding.called(routemap), *(version.name for version in routemap.versions))
        services = {name: _service(objects, routemap, name) for name in named}
        sure = [*deciding.unlike(routemap, services)]
        found = (*deciding.unlike(routemap, services, reaching.is_http2), *sure)
        for each in {(each.version, each.place): each for each in found}.values():
            at = objects.index["Service", routemap.namespace, each.version]
            path = f"spec.ports[{each.place}].name"
            yield Misfit(at, path, "OtherProtocol", each.message, fails=each in sure)


def one_port(objects: Objects) -> Iterator[Misfit]:
    """A Routemap that names a port is called at one.

    What comes in at any of a Service's ports for HTTP goes to that port of the versions.
    """
    for index, routemap in objects.routemaps:
        for name in deciding.called(routemap) if routemap.port is not None else ():
            ports = [port for port in _ports(objects, routemap, name) if port]
            others = [reaching.label(port) for port in ports if not reaching.is_other_than_http(port)]
            if len(others) > 1:
                detail = (
                    f"requests for each port of Service {name} ({joined(others[:_MOST_NAMED])}) go to port "
                    f"{routemap.port} of the versions; with router VirtualService leave spec.port out, and "
                    "each goes to the port of its number, or take the other ports off that Service"
                )
                yield Misfit(index, "spec.port", "OnePort", detail, fails=False)


def not_split(objects: Objects) -> Iterator[Misfit]:
    """The ports of an application's own Service are for HTTP, gRPC or WebSockets.

    Connections to others go past the VirtualService's `http`, and an HTTPRoute.
    """
    for _, routemap in objects.routemaps:
        for name in deciding.called(routemap):
            others = [port for port in _ports(objects, routemap, name) if reaching.is_other_than_http(port)]
            if others:
                told = joined([reaching.label(port) for port in others[:_MOST_NAMED]])
                detail = (
                    f"connections to {told} are not split but go to whatever pods the selector picks, since "
                    "Teal splits HTTP, gRPC and WebSockets only; call a version's own Service where it "
                    "matters"
                )
                at = objects.index["Service", routemap.namespace, name]
                yield Misfit(at, "spec.ports", "NotSplit", detail, fails=False)


def by_number(objects: Objects, routemap: Routemap, ports: Iterable[int]) -> bool:
    """Tell whether an application is called at all of these ports, so that each has its own way."""
    called = {
        port.get("port") for name in deciding.called(routemap) for port in _ports(objects, routemap, name)
    }
    return called >= {*ports}


def _service(objects: Objects, routemap: Routemap, name: str) -> Mapping[str, Any]:
    return objects.get("Service", routemap.namespace, name) or {}


def _ports(objects: Objects, routemap: Routemap, name: str) -> list[Mapping[str, Any]]:
    """Return the ports of a Service by their places; one without a number says nothing."""
    found = map(section, listing(_service(objects, routemap, name), "spec", "ports"))
    return [port if isinstance(port.get("port"), int) else {} for port in found]

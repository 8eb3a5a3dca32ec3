"""Rules for what the ports of Services say that they speak, where several stand for one application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names, reaching
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
    for _, routemap in _of_requests(objects):
        named = (*deciding.called(routemap), *(version.name for version in routemap.versions))
        services = {name: _service(objects, routemap, name) for name in named}
        sure = [*deciding.unlike(routemap, services)]
        found = (*deciding.unlike(routemap, services, reaching.is_http2), *sure)
        for each in {(each.version, each.place): each for each in found}.values():
            at = objects.index["Service", routemap.namespace, each.version]
            path = f"spec.ports[{each.place}].name"
            yield Misfit(at, path, "OtherProtocol", each.message, fails=each in sure)


def no_requests(objects: Objects) -> Iterator[Misfit]:
    """A port of a version's Service does not say HTTP where connections are split.

    Sidecars of the version's pods would take them for requests (istio: Protocol Selection).
    """
    for _, routemap in objects.routemaps:
        for version in routemap.versions if routemap.protocol != names.HTTP else ():
            for place, port in enumerate(_ports(objects, routemap, version.name)):
                if routemap.port in (None, port.get("port")) and reaching.is_http(port):
                    detail = (
                        f"{reaching.label(port)} is for HTTP, and Routemap {routemap.name} splits "
                        f"{routemap.protocol}, so connections fail at {version.name}; begin the name with "
                        "tcp, or set appProtocol to it"
                    )
                    at = objects.index["Service", routemap.namespace, version.name]
                    yield Misfit(at, f"spec.ports[{place}].name", "OtherProtocol", detail)


def one_port(objects: Objects) -> Iterator[Misfit]:
    """A Routemap that names a port is called at one.

    What comes in at any of a Service's ports for its protocol goes to that port of the versions.
    """
    for index, routemap in objects.routemaps:
        for name in deciding.called(routemap) if routemap.port is not None else ():
            ports = [port for port in _ports(objects, routemap, name) if port]
            others = [reaching.label(port) for port in ports if reaching.is_for(port, routemap.protocol)]
            if len(others) > 1:
                detail = (
                    f"requests for each port of Service {name} ({joined(others[:_MOST_NAMED])}) go to port "
                    f"{routemap.port} of the versions; with router VirtualService leave spec.port out, and "
                    "each goes to the port of its number, or take the other ports off that Service"
                )
                yield Misfit(index, "spec.port", "OnePort", detail, fails=False)


def not_split(objects: Objects) -> Iterator[Misfit]:
    """The ports of an application's own Service are for what its Routemap splits.

    Connections to others go past the VirtualService, and an HTTPRoute.
    """
    for _, routemap in objects.routemaps:
        for name in deciding.called(routemap):
            ports = _ports(objects, routemap, name)
            others = [port for port in ports if not reaching.is_for(port, routemap.protocol)]
            if others:
                told = joined([reaching.label(port) for port in others[:_MOST_NAMED]])
                detail = (
                    f"connections to {told} are not split but go to whatever pods the selector picks, since "
                    f"Routemap {routemap.name} splits {routemap.protocol} only; call a version's own Service "
                    "where it matters"
                )
                at = objects.index["Service", routemap.namespace, name]
                yield Misfit(at, "spec.ports", "NotSplit", detail, fails=False)


def _of_requests(objects: Objects) -> list[tuple[int, Routemap]]:
    return [each for each in objects.routemaps if each[1].protocol == names.HTTP]


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

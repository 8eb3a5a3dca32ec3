"""Whether requests come to the route at all: its hosts, its gateways, and who else has them.

What can't be known is not judged: which pods a Gateway's selector picks, clients without a sidecar, names
that only a client's DNS knows, and what `exportTo` keeps from namespaces beside this one.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from routing import names, reaching
from routing.deciding import protocols
from routing.reading.hosts import MESH, qualified, service_of
from routing.reading.raw import listing, section
from routing.reading.violation import joined, shown
from routing.routes.word import Fault
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from routing.deciding.claims import Claim
    from routing.model import Routemap

    Manifest = Mapping[str, Any]

_MOST_TOLD = 4
_UNFIT = {
    names.HTTP: ("NotHTTP", "requests", "http or grpc"),
    names.TCP: ("NotTCP", "connections", "tcp"),
    names.TLS: ("NotTLS", "connections", "tls or https"),
}
"""By protocol, where no port of a Service is for it: the reason, what is not split, what would say so."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a route depends on beside its versions, as far as it is there.

    `services`: by name, those that clients in the mesh call; `gateways`: by "namespace/name", with
    the hosts that they take, and `listeners`, with these hosts by the port at which they are taken; `claims`:
    who else has a host; by version `ports`, its Service's, and `pods`, the ready ones; `speaking`: the
    Services of versions that have any.
    """

    services: Mapping[str, Manifest] = field(default_factory=dict)
    gateways: Mapping[str, Sequence[str]] = field(default_factory=dict)
    listeners: Mapping[str, Mapping[int, Sequence[str]]] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    ports: Mapping[str, Sequence[int]] = field(default_factory=dict)
    pods: Mapping[str, frozenset[str]] = field(default_factory=dict)
    speaking: Mapping[str, Manifest] = field(default_factory=dict)


def faults(routemap: Routemap, around: Surroundings) -> tuple[Fault, ...]:
    """Return what keeps requests from coming to a Routemap's route, or has them go astray.

    What Istio tells nobody is looked for here. Of an HTTPRoute its controllers tell whether a Gateway is
    there, and takes it (`Router.word`).
    """
    istio = routemap.router == names.VIRTUAL_SERVICE
    return (
        *(_gateways(routemap, around) if istio else ()),
        *_hosts(routemap, around),
        *(_claims(routemap, around) if istio else ()),
        *_pods(around),
        *(_protocols(routemap, around) if routemap.protocol == names.HTTP else ()),
    )


def _gateways(routemap: Routemap, around: Surroundings) -> Iterator[Fault]:
    """Yield what is wrong with each Gateway: it is not there, takes no host, or at no known port."""
    for index, gateway in enumerate(routemap.gateways):
        if gateway == MESH:
            continue
        path, taken = f"spec.gateways[{index}]", around.gateways.get(qualified(gateway, routemap.namespace))
        if taken is None:
            detail = (
                f"there is no Gateway {shown(gateway)}, so nothing comes in by it; create it, or take it off"
            )
            yield Fault("GatewayNotFound", path, detail)
        elif not any(_takes(entry, host, gateway, routemap) for entry in taken for host in routemap.hosts):
            told = ", ".join(taken[:_MOST_TOLD]) or f"none for {routemap.protocol}"
            detail = (
                f"Gateway {shown(gateway)} takes none of the hosts (it takes {told}), so no request comes in "
                "by it; add one of its hosts to spec.hosts, or one of these to the Gateway"
            )
            yield Fault("HostNotAtGateway", path, detail)
        elif routemap.port is None:
            yield from _come_in_at(gateway, routemap, around)


def _come_in_at(gateway: str, routemap: Routemap, around: Surroundings) -> Iterator[Fault]:
    """Yield that a version's Service has several ports, not that of the Gateway, and none is asked for.

    Of one port that is taken, of several the one at which the request came in (istio: GetDestinationCluster).
    """
    listeners = around.listeners.get(qualified(gateway, routemap.namespace), {})
    at = [
        port
        for port, taken in listeners.items()
        if any(_takes(entry, host, gateway, routemap) for entry in taken for host in routemap.hosts)
    ]
    for version, ports in around.ports.items():
        lacking = [port for port in at if port and port not in ports]
        if lacking and len(ports) > 1:
            detail = (
                f"missing; requests come in by Gateway {shown(gateway)} at {joined(lacking)}, and Service "
                f"{version} has {joined(ports)}, so they fail for it; set spec.port, such as {ports[0]}"
            )
            yield Fault("PortNotGiven", "spec.port", detail)
            return


def _takes(entry: str, host: str, gateway: str, routemap: Routemap) -> bool:
    """Tell whether a Gateway's host takes in a VirtualService's (Istio: Server.hosts)."""
    space, _, name = entry.rpartition("/")
    its = qualified(gateway, routemap.namespace).partition("/")[0]
    if space not in ("", "*", routemap.namespace) and not (space == "." and its == routemap.namespace):
        return False
    return name in ("*", host) or _within(name, host) or _within(host, name)


def _within(wide: str, narrow: str) -> bool:
    return wide.startswith("*.") and (narrow.endswith(wide[1:]) or narrow == wide)


def _hosts(routemap: Routemap, around: Surroundings) -> Iterator[Fault]:
    """Yield what is wrong with the Services by which clients in the mesh call the application, each once."""
    seen: set[str] = set()
    for index, host in enumerate(routemap.hosts if MESH in routemap.gateways else ()):
        name, path = service_of(host, routemap.namespace), f"spec.hosts[{index}]"
        if name is None or name in seen:
            continue
        seen.add(name)
        service = around.services.get(name)
        if service is None:
            detail = (
                f"there is no Service {name}, so clients in the mesh don't find {shown(host)}; create it, "
                "or take mesh off spec.gateways"
            )
            yield Fault("HostNotFound", path, detail)
            continue
        told = [section(port) for port in listing(service, "spec", "ports")]
        fit = [port for port in told if reaching.is_for(port, routemap.protocol)]
        if told and not fit:
            listed = ", ".join(str(port.get("name") or port.get("port")) for port in told[:_MOST_TOLD])
            yield _unfit(routemap.protocol, path, name, listed)
        elif routemap.port is None:
            yield from _called_at(name, reaching.ports({"spec": {"ports": fit}}), around)


def _unfit(protocol: str, path: str, service: str, listed: str) -> Fault:
    """Return what is said of a Service none of whose ports is for a protocol."""
    reason, what, begin = _UNFIT[protocol]
    detail = (
        f"no port of Service {service} is for {protocol} ({listed}), so sidecars do not split its {what}; "
        f"if it speaks {protocol}, begin the port's name with {begin}, or set its appProtocol so"
    )
    return Fault(reason, path, detail)


def _called_at(name: str, called: Sequence[int], around: Surroundings) -> Iterator[Fault]:
    """Yield that versions' Services lack a port that is called, and none is asked for.

    A sidecar that hears a request at a port looks for destinations among the Services that have that port,
    and sends it to the same port of one that it does not find (istio: GetDestinationCluster).
    """
    for version, ports in around.ports.items():
        lacking = [port for port in called if port not in ports]
        if lacking and ports:
            detail = (
                f"missing; clients in the mesh call Service {name} at {joined(lacking)}, and Service "
                f"{version} has {joined(ports)}, so their requests for it fail; "
                f"set spec.port, such as {ports[0]}"
            )
            yield Fault("PortNotGiven", "spec.port", detail)
            return


def _claims(routemap: Routemap, around: Surroundings) -> Iterator[Fault]:
    for claim in around.claims[:1]:
        where = "in the mesh" if claim.gateway == MESH else f"at Gateway {claim.gateway}"
        index = routemap.hosts.index(claim.host) if claim.host in routemap.hosts else 0
        detail = (
            f"{shown(claim.host)} is routed by VirtualService {claim.by}, too, which is older and so has it "
            f"{where}; give each its own hosts or gateways, or delete the other"
        )
        yield Fault("HostTaken", f"spec.hosts[{index}]", detail)


def _pods(around: Surroundings) -> Iterator[Fault]:
    """Yield versions that have pods in common: requests for one go to the other."""
    versions = [*around.pods.items()]
    for place, (name, pods) in enumerate(versions):
        for other, others in versions[place + 1 :]:
            common = min(pods & others, default=None)
            if common is not None:
                detail = (
                    f"Services {name} and {other} select the same pods ({common}), so requests for one go to "
                    "the other; select by a label that only one version's pods have"
                )
                yield Fault("SharedPods", "spec.versions", detail)


def _protocols(routemap: Routemap, around: Surroundings) -> Iterator[Fault]:
    """Yield versions that gRPC calls come to as HTTP/1.1."""
    for found in protocols.unlike(routemap, {**around.services, **around.speaking}):
        path = f"Service {found.version}, spec.ports[{found.place}].name"
        yield Fault("OtherProtocol", path, found.message)

"""Rules for versions: what a Routemap, its workloads and their Services make of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing import names, reaching
from routing.facts import containers, is_watched
from routing.reading.raw import listing, section
from routing.reading.violation import joined, shown
from routing.rules import protocols
from routing.rules.objects import Misfit, has_pods, pod_labels, selects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.model import Routemap
    from routing.rules.objects import Manifest, Objects


def unwatched(objects: Objects) -> Iterator[Misfit]:
    """A workload that a Routemap lists is watched.

    It fails where it leaves none of the listed versions that are here; else the others get the requests.
    """
    for _, routemap in objects.routemaps:
        named = {each.name: objects.workloads(routemap.namespace, each.name) for each in routemap.versions}
        deaf = {
            name: found[0]
            for name, found in named.items()
            if found and not is_watched(objects.manifests[found[0]])
        }
        for name, index in deaf.items():
            detail = (
                f"Routemap {routemap.name} lists {name}, which gets no requests while it is not watched; "
                f'label it {names.WATCH}: "true"'
            )
            yield Misfit(index, "metadata.labels", "NotWatched", detail, fails=len(deaf) == len(named))


def one_workload(objects: Objects) -> Iterator[Misfit]:
    """Of the workloads of a version's name one is watched."""
    for namespace, version in sorted({place[1:] for place in objects.versions()}):
        found = objects.workloads(namespace, version)
        first, *others = [index for index in found if is_watched(objects.manifests[index])] or [-1]
        for index in others:
            detail = (
                f"{_word(objects, first)} is watched, too, and one of the two is version {version}: the one "
                f"that gets requests already, else {_word(objects, first)}; take the label off the other"
            )
            yield Misfit(index, f"metadata.labels[{names.WATCH}]", "SameName", detail, fails=False)


def service_name(objects: Objects) -> Iterator[Misfit]:
    """The Service of a version bears the name of its workload."""
    known = {(routemap.namespace, routemap.name) for _, routemap in objects.routemaps}
    known |= {(namespace, name) for _, namespace, name in objects.versions()}
    # By one label each, since comparing every Service with every workload takes long in a large input.
    strangers: dict[tuple[str, str], list[tuple[str, Manifest]]] = {}
    for space, other in map(objects.name_of, objects.of("Service")):
        service = objects.get("Service", space, other) or {}
        if (space, other) not in known:
            for label in [*section(service, "spec", "selector").items()][:1]:
                strangers.setdefault((space, repr(label)), []).append((other, service))
    for index, namespace, name in objects.versions():
        others = [
            other
            for label in pod_labels(objects.manifests[index]).items()
            for other, service in strangers.get((namespace, repr(label)), ())
            if selects(service, objects.manifests[index])
        ]
        if others and ("Service", namespace, name) not in objects.index:
            detail = (
                f"Service {others[0]} selects its pods, and a version's Service bears its "
                f"{objects.manifests[index]['kind']}'s name; "
                f"without a Service {name} it gets no requests"
            )
            yield Misfit(index, "metadata.name", "ServiceName", detail, fails=False)


def not_selected(objects: Objects) -> Iterator[Misfit]:
    """The Service of a version selects the pods of its workload."""
    for index, namespace, name in objects.versions():
        service = objects.get("Service", namespace, name)
        if (
            service
            and section(service, "spec", "selector")
            and has_pods(objects.manifests[index])
            and not selects(service, objects.manifests[index])
        ):
            selector, labels = section(service, "spec", "selector"), pod_labels(objects.manifests[index])
            detail = (
                f"{shown(selector)} selects no pod of {_word(objects, index)}, "
                f"so this version gets no requests; its pods are labelled {shown(labels)}"
            )
            at = objects.index["Service", namespace, name]
            yield Misfit(at, "spec.selector", "NotSelected", detail)


def shared_pods(objects: Objects) -> Iterator[Misfit]:
    """The Service of a version selects no pods of another."""
    for _, routemap in objects.routemaps:
        listed = [each.name for each in routemap.versions]
        for name, other in ((name, other) for name in listed for other in listed if name != other):
            service = objects.get("Service", routemap.namespace, name)
            workload = objects.workload(routemap.namespace, other)
            if service and workload and selects(service, workload):
                detail = (
                    f"{shown(section(service, 'spec', 'selector'))} selects the pods of {other}, too, so "
                    f"requests for {name} go there; select by a label that only its own have"
                )
                at = objects.index["Service", routemap.namespace, name]
                yield Misfit(at, "spec.selector", "SharedPods", detail)


def no_such_port(objects: Objects) -> Iterator[Misfit]:
    """The port of a Routemap is one of each version's Service."""
    for index, routemap, name, ports in _listed_ports(objects):
        if ports and routemap.port is not None and routemap.port not in ports:
            yield Misfit(index, "spec.port", "NoSuchPort", reaching.no_port(name, routemap.port, ports))


def several_ports(objects: Objects) -> Iterator[Misfit]:
    """A Routemap names the port where a version's Service has several, unless it is called at each."""
    for index, routemap, name, ports in _listed_ports(objects):
        alone = len(ports) > 1 and routemap.port is None
        if alone and not protocols.by_number(objects, routemap, ports):
            detail = f"missing, and Service {name} has the ports {joined(ports)}; name the one for requests"
            yield Misfit(index, "spec.port", "SeveralPorts", detail, fails=False)
            return


def target_port(objects: Objects) -> Iterator[Misfit]:
    """A targetPort by name is a port of the version's pods."""
    for index, namespace, name in objects.versions():
        if not has_pods(objects.manifests[index]):
            continue
        pods = containers(objects.manifests[index])
        known = {section(port).get("name") for pod in pods for port in listing(pod, "ports")}
        service = objects.get("Service", namespace, name)
        for place, port in enumerate(listing(service, "spec", "ports")):
            target = section(port).get("targetPort")
            if isinstance(target, str) and not target.isdigit() and target not in known:
                at, detail = objects.index["Service", namespace, name], reaching.no_target(name, target)
                yield Misfit(at, f"spec.ports[{place}].targetPort", "NoSuchTargetPort", detail)


def headless(objects: Objects) -> Iterator[Misfit]:
    """The Service of a version has a cluster IP."""
    for _, namespace, name in objects.versions():
        found = reaching.headless(objects.get("Service", namespace, name) or {})
        if found is not None:
            at = objects.index["Service", namespace, name]
            yield Misfit(at, f"spec.{found[0]}", "Headless", reaching.no_split_by(found[1]))


def _word(objects: Objects, index: int) -> str:
    """Return a workload by kind and name."""
    return f"{objects.manifests[index]['kind']} {objects.name_of(index)[1]}"


def _listed_ports(objects: Objects) -> Iterator[tuple[int, Routemap, str, list[int]]]:
    """Yield each listed version with the ports of its Service, none of them where that is not here."""
    for index, routemap in objects.routemaps:
        for version in routemap.versions:
            service = objects.get("Service", routemap.namespace, version.name)
            yield index, routemap, version.name, reaching.ports(service or {})

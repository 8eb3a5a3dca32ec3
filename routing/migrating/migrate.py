"""From a routemap of Iter8's to the Routemap, and the WeightOverride, that take its application over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.migrating import listed as reading
from routing.migrating import scene
from routing.migrating.routed import Routed, route
from routing.migrating.scene import Migrated, NotMigratedError
from routing.reading.violation import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from routing.migrating.listed import Listed, Version
    from routing.migrating.scene import Given, Manifest, Parse


def migrate(config_map: Manifest, given: Given, parse: Parse, asked: str = "") -> Migrated:
    """Return what takes over what a routemap of Iter8's routes. Raises NotMigratedError where nothing can.

    `asked` is the namespace of one that names none. Annotated weights become a WeightOverride: that has to a
    Routemap's weights the relation that they have to the routemap's, and going back is deleting it.
    """
    listed, left, remarks = reading.read(config_map, given, parse, asked)
    own = route(listed, listed.own_weights, given, parse)
    now = route(listed, listed.weights, given, parse)
    left += own.left
    left += _unlisted(own, listed)
    _judge(own, listed, left)
    versions = [*_versions(listed, own, left)]
    router = {"router": own.kind} if own.kind != names.VIRTUAL_SERVICE else {}
    spec = {"strategy": own.strategy, **router, "versions": versions, **own.spec}
    config_maps = [
        name for version in listed.versions for kind, name in version.objects if kind == "ConfigMap"
    ]
    objects = dict.fromkeys(each for version in listed.versions for each in version.objects)
    return Migrated(
        name=own.name,
        namespace=listed.namespace,
        routemap=scene.routemap(own.name, listed.namespace, spec, left),
        override=scene.override(own.name, listed.namespace, _changed(listed, own, now)),
        left=tuple(left),
        remarks=tuple(remarks),
        objects=tuple(objects),
        config_maps=(listed.config_map, *dict.fromkeys(config_maps)),
        annotated=tuple(
            (kind, name)
            for kind, name in objects
            if kind != "ConfigMap" and given.weight(kind, listed.namespace, name) is not None
        ),
        route=own.kind,
    )


def unhosted(config_map: Manifest, parse: Parse) -> tuple[str, str] | None:
    """Return kind and name of the object whose hosts a routemap leaves to whoever has made it, else None.

    Iter8 applies what its template makes on top of that (server-side apply).
    """
    try:
        listed, _, _ = reading.read(config_map, scene.Given(), parse, "")
        found = route(listed, listed.own_weights, scene.Given(), parse)
    except NotMigratedError:
        return None
    return None if "hosts" in found.spec else (found.kind, found.name)


def _judge(own: Routed, listed: Listed, left: Sequence[str]) -> None:
    """Raise NotMigratedError where requests would go elsewhere than by the template.

    With canary and mirror a Routemap's first version gets what nobody matches.
    """
    path, first = listed.template[0], listed.versions[0]
    if not own.shares:
        raise NotMigratedError(*left)
    if own.strategy != "blue-green" and [*own.shares] != [first.service]:
        raise NotMigratedError(
            *left,
            f"{path}: with {own.strategy} a Routemap sends the rest to its first version, "
            f"{first.service or 'which names no object'}, and this to {joined([*own.shares])}; write the "
            "Routemap by hand",
        )


def _unlisted(own: Routed, listed: Listed) -> Iterator[str]:
    """Tell of Services that requests go to and that are no version's."""
    known = {version.service for version in listed.versions}
    path = listed.template[0]
    strangers = [service for service in (*own.shares, *own.matches, *own.copies) if service not in known]
    if strangers:
        told = joined([*dict.fromkeys(strangers)])
        yield (
            f"{path}: it sends to {told}, and strSpec.versions names no such Service; add it to the "
            "Routemap's versions, with its Deployment"
        )


def _versions(listed: Listed, own: Routed, left: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the Routemap's versions in Iter8's order, of which the first is the primary, too.

    Weights are those of the strategy: shares, percentages of copies, and of a canary what `teal init` gives.
    What a version is left out for is added to `left`.
    """
    for index, version in enumerate(listed.versions):
        if not version.name:
            continue
        if own.strategy == "canary" and index:
            yield from _candidate(version, own, f"strSpec.versions[{index}]", left)
        else:
            weight = {} if own.strategy == "mirror" and not index else {"weight": _weight(own, version)}
            yield {"name": version.name, **weight}


def _candidate(version: Version, own: Routed, path: str, left: list[str]) -> Iterator[dict[str, Any]]:
    """Yield a candidate of strategy canary, nothing where it gets nothing."""
    weight = version.weight if version.annotated is None else version.annotated
    match = own.matches.get(version.service)
    if match is None:
        left.append(
            f"{path}: {version.name} gets no requests by a match of its own; give it one, and list it"
        )
    elif not weight:
        left.append(
            f"{path}: the weight 0 turns {version.name} off, which a Routemap's match does not heed; add it "
            "to the versions when it is to get what it matches"
        )
    else:
        yield {"name": version.name, "weight": 0, "match": [*match]}


def _weight(routed: Routed, version: Version) -> int:
    """Return what a version gets, in the words of the strategy; 0 where the template does not name it."""
    if routed.strategy == "mirror":
        return routed.copies.get(version.service, 0)
    return routed.shares.get(version.service, 0)


def _changed(listed: Listed, own: Routed, now: Routed) -> Mapping[str, int]:
    """Return the weights by version that annotations give in place of the routemap's.

    They are what the template makes of both: where it does not use a weight, an annotation changes nothing.
    """
    return {
        version.name: _weight(now, version)
        for version in listed.versions
        if version.name and _weight(now, version) != _weight(own, version)
    }

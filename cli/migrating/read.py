"""Iter8's routemaps and charts' values, from files or the cluster, to what takes them over."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from cli.failures import NotToldError
from cli.lint import nodes, stream
from cli.lint.documents import documents
from cli.lint.sources import UnreadableError, sources
from cli.reads import items, maybe
from kube.errors import RefusedError
from routing import names
from routing.kinds import CONFIG_MAPS, DEPLOYMENTS, HTTP_ROUTES, SERVICES, VIRTUAL_SERVICES
from routing.migrating import charts
from routing.migrating.migrate import migrate, unhosted
from routing.migrating.scene import KIND, WEIGHT, Given, is_routemap
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kube.client import Cluster
    from routing.kinds import Resource
    from routing.migrating.scene import Manifest, Migrated, Place

_ROUTES = {each.kind: each for each in (VIRTUAL_SERVICES, HTTP_ROUTES)}
_HELM = "for a Helm template, pipe `helm template` into `teal migrate -f -`"
_WEIGHTED = (CONFIG_MAPS, DEPLOYMENTS, SERVICES)
"""Kinds that may bear a weight, and that a version's objects are of."""
_SHORTS = {"cm": CONFIG_MAPS, "deploy": DEPLOYMENTS, "svc": SERVICES}


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be migrated: how it is called in sentences, and what does it."""

    name: str
    migrated: Callable[[], Migrated]


@dataclass(slots=True)
class Read:
    """What was read. `unread`: what may not be read in the cluster, in the API server's words."""

    sources: list[Source] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def parse(text: str) -> Any:
    """Return the value that YAML stands for. Raises ValueError with why there is none, and where.

    Of several documents the first counts, as for Go's yaml.Unmarshal. Of a field that is given twice that
    takes the last, and says nothing; here it is an error.
    """
    found: Any = None
    for node in stream.values(text):
        if isinstance(node, nodes.MalformedError):
            why = str(node).removesuffix(f"; {stream.HELM}")
            raise ValueError(f"line {node.place.line}: {why}; Iter8 does not read it either") from node  # noqa: TRY004 -- of a text
        for name, place in nodes.duplicates(node):
            raise ValueError(
                f"line {place.line}: {name} is given twice, and Iter8 takes the last; give it once"
            )
        found = node.value if found is None else found
    return found


def from_files(files: Sequence[str], namespace: str) -> Read:
    """Return what is in some files, in their order; `namespace`: the one asked for, "" for none.

    Objects of other kinds are passed over, but for the weights annotated on them and the routers' objects. A
    text that kubectl can't read hides all others: nobody could say what it was. Raises NotToldError for it,
    for a file that can't be read, and where there is nothing of Iter8's.
    """
    manifests: list[tuple[str, Manifest]] = []
    try:
        for source in sources(files):
            manifests += [(source.name, each) for each in _manifests(source.name, source.text)]
    except UnreadableError as error:
        raise NotToldError(str(error)) from error
    given = _given(manifest for _, manifest in manifests)
    read = Read()
    for file, manifest in manifests:
        of_values = charts.of_values(manifest)
        if of_values is not None:
            read.sources.append(Source(file, partial(of_values, manifest, namespace)))
        elif is_routemap(manifest):
            read.sources.append(_source(manifest, given, namespace))
    if not read.sources:
        raise NotToldError(
            f"there is neither a routemap of Iter8's (a ConfigMap with the label {KIND}=routemap) nor values "
            f"of its charts in {', '.join(files)}"
        )
    return read


def from_cluster(cluster: Cluster, namespace: str) -> Read:
    """Return what is in a namespace. Raises ClusterErrors, and NotToldError for none.

    Beside the routemaps the objects that may bear a weight are read one by one, by their names, and the
    routers' objects of those whose templates leave out the hosts. What may not be read is left out and told.
    """
    query = {"labelSelector": f"{KIND}=routemap"}
    found = [{"kind": CONFIG_MAPS.kind, **each} for each in items(cluster, CONFIG_MAPS, namespace, query)]
    if not found:
        raise NotToldError(
            f"namespace {namespace} has no routemap of Iter8's: no ConfigMap with the label {KIND}=routemap"
        )
    read = Read()
    objects: list[Manifest] = []
    for resource, name in dict.fromkeys(each for manifest in found for each in _beside(manifest)):
        try:
            manifest = maybe(cluster, resource, namespace, name)
        except RefusedError as error:
            read.unread.append(str(error))
        else:
            objects += [{"kind": resource.kind, **manifest}] if manifest else []
    given = _given(objects)
    read.sources = [_source(each, given, namespace) for each in found]
    return read


def _source(config_map: Manifest, given: Given, namespace: str) -> Source:
    """Return a routemap as what is to be migrated, called by its ConfigMap."""
    name = section(config_map, "metadata").get("name")
    return Source(f"ConfigMap {name}", partial(migrate, config_map, given, parse, namespace))


def _manifests(file: str, text: str) -> Iterator[Manifest]:
    """Yield the objects of a text, and values, which are an object without kind. Raises NotToldError."""
    for document in documents(text):
        if isinstance(document, nodes.MalformedError):
            why = str(document).replace(stream.HELM, _HELM)
            raise NotToldError(f"{file}:{document.place.line}: {why}")
        yield document.manifest


def _given(manifests: Iterator[Manifest] | Sequence[Manifest]) -> Given:
    """Return the weights and routes among some objects; of one given twice the last counts."""
    weights: dict[Place, Any] = {}
    routes: dict[Place, Manifest] = {}
    for manifest in manifests:
        metadata, kind = section(manifest, "metadata"), str(manifest.get("kind"))
        place = kind, str(metadata.get("namespace") or ""), str(metadata.get("name"))
        weight = section(metadata, "annotations").get(WEIGHT)
        if weight is not None and kind in {each.kind for each in _WEIGHTED}:
            weights[place] = weight
        if kind in _ROUTES:
            routes[place] = manifest
    return Given(weights, routes)


def _beside(config_map: Manifest) -> Iterator[tuple[Resource, str]]:
    """Yield what is to be read beside a routemap: its versions' objects, and the route that has its hosts."""
    try:
        spec = section(parse(str(section(config_map, "data").get("strSpec"))))
    except ValueError:
        return
    for version in listing(spec, "versions"):
        for item in map(section, listing(version, "resources")):
            short, name = item.get("gvrShort"), item.get("name")
            if isinstance(name, str) and names.is_host(name) and isinstance(short, str) and short in _SHORTS:
                yield _SHORTS[short], name
    route = unhosted(config_map, parse)
    if route is not None and names.is_host(route[1]):
        yield _ROUTES[route[0]], route[1]

"""`teal diff`: which routes a change would give."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from cli import foreseen, terminal
from cli.failures import DONE, NotToldError
from cli.foreseen import There, foresee
from cli.lint.documents import documents
from cli.lint.nodes import MalformedError
from cli.lint.sources import UnreadableError, sources
from cli.reads import items, maybe
from cli.spans import line
from cli.target import FILE, on_cluster
from cli.workloads import called_by, workloads
from routing import facts, names
from routing.kinds import (
    ENDPOINT_SLICES,
    ROUTEMAPS,
    SERVICES,
    WEIGHT_OVERRIDES,
    kind_of,
)
from routing.reading.raw import listing, section
from routing.reading.violation import InvalidManifestError
from routing.routes import router_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cli.target import Target
    from kube.client import Cluster

    Manifest = Mapping[str, Any]

HELP = """Say which routes the Routemaps and WeightOverrides of files would give, among the versions that are
ready now; nothing is changed, and other kinds are passed over."""
CODES = "Exit code: 0, no route would change; 1, one would; 2, nobody could tell, or a rule is broken."
DIFFERENT = 1
_SERVICE = "kubernetes.io/service-name"


@click.command("diff", help=HELP, epilog=CODES)
@click.option(
    "--filename", "-f", "files", multiple=True, required=True, type=FILE, metavar="FILE", help="- is stdin"
)
@click.option("--cluster-domain", default=names.DOMAIN, show_default=True, help="the cluster's DNS domain")
@on_cluster
def command(target: Target, files: tuple[str, ...], cluster_domain: str) -> int:
    """Carry out `teal diff`."""
    given = _given(files, target)
    if not given:
        raise NotToldError("there is no Routemap and no WeightOverride in what was given")
    changes = False
    for index, (place, (routemap, override)) in enumerate(given.items()):
        there = _there(target.cluster, *place, routemap)
        wanted = routemap or there.routemap
        if wanted is None:
            raise NotToldError(f"WeightOverride {place[1]}: there is no Routemap of its name in {place[0]}")
        try:
            seen = foresee(there, wanted, override or there.override, time.time(), cluster_domain)
        except InvalidManifestError as error:
            raise NotToldError(f"{place[1]}: {error}") from error
        terminal.show([*([line()] if index else []), *foreseen.told(seen)])
        changes = changes or seen.changes
    return DIFFERENT if changes else DONE


def _given(
    files: Iterable[str], target: Target
) -> dict[tuple[str, str], tuple[Manifest | None, Manifest | None]]:
    """Return the Routemap and the override of each application in some files, by namespace and name."""
    found: dict[tuple[str, str], tuple[Manifest | None, Manifest | None]] = {}
    try:
        read = [each for source in sources(files) for each in documents(source.text)]
    except UnreadableError as error:
        raise NotToldError(str(error)) from error
    for document in read:
        if isinstance(document, MalformedError):
            raise NotToldError(str(document))
        manifest = document.manifest
        metadata, kind = section(manifest, "metadata"), manifest.get("kind")
        if manifest.get("apiVersion") != names.API_VERSION:
            continue
        place = str(metadata.get("namespace") or target.namespace), str(metadata.get("name"))
        placed = {**manifest, "metadata": {**metadata, "namespace": place[0]}}
        routemap, override = found.get(place, (None, None))
        found[place] = (placed, override) if kind == ROUTEMAPS.kind else (routemap, placed)
    return found


def _there(cluster: Cluster, namespace: str, name: str, routemap: Manifest | None) -> There:
    """Return what is in the cluster of an application. Raises ClusterErrors."""
    stored = maybe(cluster, ROUTEMAPS, namespace, name)
    router = router_of(routemap or stored or {})
    route = maybe(cluster, router.resource, namespace, name)
    listed = [
        str(section(item).get("name"))
        for each in (routemap, stored)
        for item in listing(each, "spec", "versions")
    ]
    routed = [exposure.version for exposure in router.exposures(route)] if route else []
    versions = dict.fromkeys((*listed, *routed))
    found = workloads(cluster, called_by(stored), namespace, versions)
    services = {each: maybe(cluster, SERVICES, namespace, each) for each in versions}
    return There(
        routemap=stored,
        override=maybe(cluster, WEIGHT_OVERRIDES, namespace, name),
        route=route,
        workloads={
            each: facts.workload(manifest, kind_of(resource)) for each, (resource, manifest) in found.items()
        },
        services={each: manifest for each, manifest in services.items() if manifest},
        slices={each: [*items(cluster, ENDPOINT_SLICES, namespace, _of(each))] for each in versions},
    )


def _of(service: str) -> dict[str, str]:
    return {"labelSelector": f"{_SERVICE}={service}"}

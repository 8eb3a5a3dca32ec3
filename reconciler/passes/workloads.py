"""Of which kind a version's workload is, and where it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kube.errors import NotFoundError
from routing import facts
from routing.kinds import DEPLOYMENT, DEPLOYMENTS, WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.passes.live_reads import Reader
    from reconciler.watching.stores import Stores
    from routing.kinds import WorkloadKind

    Manifest = Mapping[str, Any]


class Found(NamedTuple):
    """A version's workload with its kind, DEPLOYMENT where there is none.

    `besides`: the further workloads of its name that are watched, as kubectl takes them.
    """

    kind: WorkloadKind
    manifest: Manifest | None
    besides: tuple[str, ...] = ()


class Workloads:
    """Finds the workload of a version among the stores, or by live reads."""

    def __init__(self, stores: Stores, reader: Reader) -> None:
        self._kinds = stores.workloads()
        self._reader = reader

    def of(self, namespace: str, version: str, *, held: bool) -> Found:
        """Return a version's workload. Raises ClusterErrors.

        Of several that are watched the one that carries the mark, else the first kind's. What no store has is
        looked for by live reads: it may be there without the label, with a mark still on or for want of a
        label. Of other kinds than Deployments only where something speaks for it (`held`: a mark, or a
        Service): most candidates are not there for most of the time, and each read is a request.
        """
        stored = self.watched(namespace, version)
        if stored:
            kind, manifest = next((found for found in stored if facts.is_marked(found[1])), stored[0])
            return Found(kind, manifest, _besides(version, kind, stored))
        live = self._live(namespace, version, held=held)
        return Found(*next(live, (DEPLOYMENT, None)))

    def lacking(self, version: str) -> str:
        """Return a kind of which this version is by its name and which the cluster lacks, "" for none.

        Of a kind without a suffix any version may be, one whose Deployment has gone, too.
        """
        missing = (
            kind.resource
            for kind, store in self._kinds
            if kind.suffix and kind.name_of(version) and not store.installed
        )
        return next((f"{each.plural}.{each.group}" for each in missing), "")

    def watched(self, namespace: str, version: str) -> list[tuple[WorkloadKind, Manifest]]:
        """Return the workloads of a version's name that are watched, one of each kind at most."""
        found = (
            (kind, store.get(namespace, name))
            for kind, store in self._kinds
            if (name := kind.name_of(version))
        )
        return [(kind, manifest) for kind, manifest in found if manifest is not None]

    def _live(
        self, namespace: str, version: str, *, held: bool
    ) -> Iterator[tuple[WorkloadKind, Manifest | None]]:
        """Yield the workloads that the API server has, in the order of their kinds."""
        for kind, store in self._kinds:
            name = kind.name_of(version)
            if name and store.installed and (held or kind.resource == DEPLOYMENTS):
                try:
                    yield kind, self._reader.get(kind.resource, namespace, name)
                except NotFoundError:
                    continue


def _besides(
    version: str, chosen: WorkloadKind, stored: Sequence[tuple[WorkloadKind, Manifest]]
) -> tuple[str, ...]:
    """Return the further ones of those that are watched, as kubectl takes them.

    None while one of them goes: so the kind of a version is changed. What an object of a named kind makes
    (a Deployment, say) may bear its labels, and is none of them.
    """
    if len(stored) == 1 or any("deletionTimestamp" in manifest["metadata"] for _, manifest in stored):
        return ()
    made = (chosen,) if chosen in WORKLOADS else (chosen, *WORKLOADS)
    return tuple(kind.called(version) for kind, _ in stored if kind not in made)

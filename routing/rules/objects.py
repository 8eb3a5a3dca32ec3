"""Objects that stand side by side, by kind and name, and what is said of those that do not fit.

Only what is there is judged: an object that is missing may be in the cluster, and one that stands there twice
(a base and its patch, two environments) may mean either.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

from routing import names
from routing.facts import is_watched
from routing.kinds import WORKLOADS
from routing.reading.parse import parse_routemap
from routing.reading.raw import section
from routing.reading.violation import InvalidManifestError
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from routing.kinds import WorkloadKind
    from routing.model import Routemap

    Manifest = Mapping[str, Any]

_GROUPS = {
    **{kind.resource.kind: kind.resource.group for kind in WORKLOADS},
    "Service": "",
    "Routemap": names.GROUP,
    "WeightOverride": names.GROUP,
    names.VIRTUAL_SERVICE: "networking.istio.io",
    names.HTTP_ROUTE: "gateway.networking.k8s.io",
    names.GRPC_ROUTE: "gateway.networking.k8s.io",
}


@dataclass(frozen=True)
class Misfit:
    """What does not fit: the place of the object in what was given, the field, a short reason, a sentence.

    `fails`: the running system would refuse it, or requests would fail or go astray.
    """

    index: int
    path: str
    reason: str
    detail: str
    fails: bool = True

    def __str__(self) -> str:
        """Return the line that a user reads."""
        return f"{self.path}: {self.detail}"


@dataclass(frozen=True)
class Objects:
    """What was given, by kind and name; `domain` is the cluster's.

    `named`: the kinds that its administrator has named. Their objects are found by kind and group, such as
    "Rollout.argoproj.io": somebody else's kind may be called as a built-in one.
    """

    manifests: Sequence[Manifest]
    domain: str = names.DOMAIN
    named: Sequence[WorkloadKind] = ()

    @cached_property
    def kinds(self) -> Mapping[str, WorkloadKind]:
        """The kinds whose objects may be versions, as the index has them."""
        built_in = {kind.resource.kind: kind for kind in WORKLOADS}
        return built_in | {_called(kind.resource.kind, kind.resource.group): kind for kind in self.named}

    @cached_property
    def index(self) -> Mapping[tuple[str, str, str], int]:
        """Where each object stands, by kind, namespace and name; those that stand there twice left out."""
        keys = [_key(manifest, self.kinds) for manifest in self.manifests]
        times = Counter(keys)
        return {key: index for index, key in enumerate(keys) if key is not None and times[key] == 1}

    @cached_property
    def routemaps(self) -> Sequence[tuple[int, Routemap]]:
        """The Routemaps that are well formed, and where they stand."""
        found = []
        for index in self.of("Routemap"):
            try:
                found.append((index, parse_routemap(self.manifests[index], self.domain)))
            except InvalidManifestError:
                continue  # told of by itself
        return found

    def of(self, kind: str) -> list[int]:
        """Return where the objects of a kind stand."""
        return [index for (found, _, _), index in self.index.items() if found == kind]

    def name_of(self, index: int) -> tuple[str, str]:
        """Return the namespace and name of the object that stands at a place."""
        key = _key(self.manifests[index], self.kinds) or ("", "", "")
        return key[1:]

    def get(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """Return an object."""
        index = self.index.get((kind, namespace, name))
        return None if index is None else self.manifests[index]

    def workloads(self, namespace: str, version: str) -> list[int]:
        """Return where the workloads of a version stand, one of each kind at most, watched ones first."""
        keys = [(called, namespace, kind.name_of(version)) for called, kind in self.kinds.items()]
        found = [self.index[key] for key in keys if key in self.index]
        return sorted(found, key=lambda index: is_watched(self.manifests[index]), reverse=True)

    def workload(self, namespace: str, version: str) -> Manifest | None:
        """Return the workload of a version."""
        found = self.workloads(namespace, version)
        return self.manifests[found[0]] if found else None

    def versions(self) -> Iterator[tuple[int, str, str]]:
        """Yield the workloads that are versions, as they are watched or listed: place, namespace, version.

        Objects that stand there twice are among neither the listed nor the watched: either may be meant.
        """
        listed = {(item.namespace, each.name) for _, item in self.routemaps for each in item.versions}
        for (called, namespace, name), index in self.index.items():
            if called not in self.kinds:
                continue
            version = self.kinds[called].version_of(name)
            if is_watched(self.manifests[index]) or (namespace, version) in listed:
                yield index, namespace, version


def has_pods(workload: Manifest) -> bool:
    """Tell whether a workload tells of its pods: a kind that the administrator has named need not."""
    return "template" in section(workload, "spec")


def selects(service: Manifest, workload: Manifest) -> bool:
    """Tell whether a Service sends requests to the pods of a workload."""
    selector = section(service, "spec", "selector")
    return bool(selector) and selector.items() <= pod_labels(workload).items()


def pod_labels(workload: Manifest) -> dict[str, Any]:
    """Return the labels of a workload's pods."""
    return section(workload, "spec", "template", "metadata", "labels")


def _called(kind: str, group: str) -> str:
    """Return what a kind that the administrator has named is in the index."""
    return f"{kind}.{group}"


def _key(manifest: Manifest, kinds: Mapping[str, WorkloadKind]) -> tuple[str, str, str] | None:
    """Return kind, namespace and name; None for a kind that no rule is about, or one of another API group.

    The version of the API makes no difference. Without a namespace it is in "default", as for kubectl.
    """
    kind, metadata = manifest.get("kind"), section(manifest, "metadata")
    name, group = metadata.get("name"), str(manifest.get("apiVersion")).rpartition("/")[0].partition("/")[0]
    if not isinstance(kind, str) or not isinstance(name, str):
        return None
    called = kind if _GROUPS.get(kind) == group else _called(kind, group)
    if called != kind and called not in kinds:
        return None
    return called, str(metadata.get("namespace") or "default"), name

"""The cluster's facts about one version, read from raw manifests."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from routing import names
from routing.kinds import DEPLOYMENT, WorkloadKind
from routing.reading.raw import listing, section
from routing.reading.times import seconds
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from routing.reaching import Unreachable
    from routing.routes.exposure import Exposure

    Manifest = Mapping[str, Any]


PATIENCE_SECONDS = 600
"""A Deployment's `progressDeadlineSeconds` where it says nothing (apps/v1)."""
NO_DEADLINE = 2**31 - 1
"""The `progressDeadlineSeconds` by which a Deployment has none (apps/v1)."""
TEMPLATE_HASH = "hash"
"""What a store keeps of a template of pods: no template of the API server's has such a field."""
_HASH_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Part:
    """What the split has to know of a Deployment or a Service. `deleting_since`: seconds since the epoch.

    `watched`: it has the watch label. Of a Service without, nobody tells which endpoints it has.
    """

    marked: bool = False
    deleting_since: float | None = None
    watched: bool = True

    @property
    def deleting(self) -> bool:
        """Whether its deletion has been requested."""
        return self.deleting_since is not None


@dataclass(frozen=True, slots=True)
class Workload(Part):
    """What the split has to know of a workload: a Deployment, or an object of another such kind.

    `probed`: a readiness probe tells when its pods are ready; `expendable`: it may go even if it is the only
    version that is ready; `patience`: the seconds within which it is to get ready, None for any time;
    `revision` tells it and its pods' template from others; `renewed`: no pod of an earlier template is left.
    """

    kind: WorkloadKind = DEPLOYMENT
    available: bool = True
    scaled_to_zero: bool = False
    probed: bool = True
    expendable: bool = False
    protected: str | None = None
    patience: float | None = PATIENCE_SECONDS
    revision: str = ""
    renewed: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """One version as the cluster has it. Times are seconds since the epoch.

    `ready_since` is when its first ready endpoint was seen, `flaps` how often it has lost its last one of
    late; `was_unready`: whether this leader has seen it without one. `unreachable` is why no request can
    arrive at them as the Routemap is; `astray`: none does as the router's object is, since it names a port
    that the Service lacks. `exposure` is how the router's object reaches it as it is now (None: not named
    there), `draining_until` what the Routemap's status says of it.
    `besides`: further watched workloads of its name, for kubectl; `lacking`: a kind of workloads that the
    administrator has named and the cluster lacks, where there is a Service and no workload.
    `grpc`: requests arrive at a port that is for gRPC, by its own word.
    `taken`: whether those who follow that object have taken it as it is, None where nobody tells.
    """

    name: str
    deployment: Workload | None = None
    service: Part | None = None
    ready_endpoints: int = 0
    ready_since: float | None = None
    flaps: int = 0
    was_unready: bool = False
    unreachable: Unreachable | None = None
    astray: bool = False
    exposure: Exposure | None = None
    draining_until: float | None = None
    taken: bool | None = None
    besides: tuple[str, ...] = ()
    lacking: str = ""
    grpc: bool = False

    @property
    def exposed(self) -> bool:
        """Whether it may be getting requests."""
        return self.exposure is not None and self.exposure.exposed

    @property
    def unheard(self) -> bool:
        """Whether it may be answering though nobody tells: its Service is not watched."""
        return self.exposed and self.service is not None and not self.service.watched

    @property
    def marked(self) -> bool:
        """Whether the workload or the Service carries the mark."""
        return any(part is not None and part.marked for part in (self.deployment, self.service))

    @property
    def deleting_since(self) -> float | None:
        """When the later of the deletions of workload and Service was requested, None for neither."""
        parts = (self.deployment, self.service)
        times = [part.deleting_since for part in parts if part and part.deleting_since is not None]
        return max(times, default=None)

    @property
    def markable(self) -> bool:
        """Whether the mark is on or can be put on: what is being deleted gets no new finalizer."""
        parts = (self.deployment, self.service)
        return any(part is not None and (part.marked or not part.deleting) for part in parts)


def workload(manifest: Manifest, kind: WorkloadKind = DEPLOYMENT) -> Workload:
    """Read a workload of a kind."""
    return Workload(
        kind=kind,
        marked=is_marked(manifest),
        deleting_since=_deleting_since(manifest),
        watched=is_watched(manifest),
        available=is_available(manifest, kind),
        scaled_to_zero=section(manifest, "spec").get("replicas") == 0,
        probed=any(container.get("readinessProbe") for container in containers(manifest)),
        expendable=allows_delete(manifest),
        protected=section(manifest, "metadata", "annotations").get(names.PROTECTED),
        patience=_patience(manifest),
        revision=f"{section(manifest, 'metadata').get('uid') or ''}-{template_hash(manifest)}",
        renewed=is_renewed(manifest),
    )


def is_available(manifest: Manifest, kind: WorkloadKind) -> bool:
    """Tell whether a workload is as it has to be for its version to come in.

    By its kind's condition, such as a Deployment's Available (kubernetes.io/docs: Deployment status). A
    StatefulSet has no condition: each of its pods has to be available (apps/v1, `availableReplicas`).
    """
    if not kind.ready:
        found, wanted = (
            section(manifest, part).get(name, default)
            for part, name, default in (("status", "availableReplicas", 0), ("spec", "replicas", 1))
        )
        return isinstance(found, int) and isinstance(wanted, int) and found >= wanted
    conditions = map(section, listing(manifest, "status", "conditions"))
    return "True" in [item.get("status") for item in conditions if item.get("type") == kind.ready]


def is_renewed(manifest: Manifest) -> bool:
    """Tell whether no pod of an earlier template is left (apps/v1: `replicas` and `updatedReplicas`).

    What tells nothing of its pods, such as a kind of somebody's, counts as renewed.
    """
    status, metadata = section(manifest, "status"), section(manifest, "metadata")
    pods, new = status.get("replicas"), status.get("updatedReplicas", 0)
    seen, wanted = status.get("observedGeneration"), metadata.get("generation")
    if isinstance(pods, int) and isinstance(new, int) and pods > new:
        return False
    return not (isinstance(seen, int) and isinstance(wanted, int) and seen < wanted)


def template_hash(manifest: Manifest) -> str:
    """Return what tells one template of pods from another, whatever the number of pods.

    Of what has no template of pods, what tells one spec from another.
    """
    spec = section(manifest, "spec")
    template = section(spec, "template") or {key: spec[key] for key in spec if key != "replicas"}
    kept = template.get(TEMPLATE_HASH)
    if isinstance(kept, str):
        return kept
    text = json.dumps(template, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def _patience(manifest: Manifest) -> int | None:
    """Return the seconds within which a workload is to get ready, None where it has all the time."""
    told = section(manifest, "spec").get("progressDeadlineSeconds")
    if not isinstance(told, int) or isinstance(told, bool) or told <= 0:
        return PATIENCE_SECONDS
    return None if told >= NO_DEADLINE else told


def part(service: Manifest) -> Part:
    """Read a Service."""
    return Part(is_marked(service), _deleting_since(service), is_watched(service))


def is_marked(manifest: Manifest) -> bool:
    """Tell whether an object carries the mark."""
    return names.MARK in listing(manifest, "metadata", "finalizers")


def is_protected(manifest: Manifest) -> bool:
    """Tell whether an object is protected."""
    return names.PROTECTED in section(manifest, "metadata", "annotations")


def is_watched(manifest: Manifest) -> bool:
    """Tell whether an object carries the watch label, set to "true"."""
    return section(manifest, "metadata", "labels").get(names.WATCH) == "true"


def containers(manifest: Manifest) -> list[Mapping[str, Any]]:
    """Return the containers of a workload's pods, none where it has no template of pods."""
    return [section(item) for item in listing(manifest, "spec", "template", "spec", "containers")]


def allows_delete(manifest: Manifest) -> bool:
    """Tell whether an object carries the label or annotation by which a protected one may go all the same."""
    return "true" in _allowed(manifest)


def goes_with_routemap(manifest: Manifest) -> bool:
    """Tell whether the deletion of a protected object is taken, and held while its Routemap stays."""
    return names.WITH_ROUTEMAP in _allowed(manifest)


def _allowed(manifest: Manifest) -> list[Any]:
    metadata = section(manifest, "metadata")
    return [section(metadata, where).get(names.ALLOW_DELETE) for where in ("labels", "annotations")]


def ready_endpoints(slices: Iterable[Manifest]) -> int:
    """Count the endpoints that may be sent requests."""
    return len(ready_names(slices))


def ready_names(slices: Iterable[Manifest]) -> set[str]:
    """Return the pods, by name or else address, that may be sent requests.

    One pod counts once, also in slices of both address families. An unknown readiness counts as ready
    (discovery.k8s.io/v1 EndpointConditions).
    """
    return {
        _pod(endpoint) or str(next(iter(listing(endpoint, "addresses")), "")) for endpoint in _ready(slices)
    }


def ready_pods(slices: Iterable[Manifest]) -> set[str]:
    """Return the pods, by name, that may be sent requests; an endpoint may be none."""
    return {pod for pod in map(_pod, _ready(slices)) if pod}


def _ready(slices: Iterable[Manifest]) -> Iterator[Manifest]:
    """Yield the endpoints that can answer.

    Of a Service that has `publishNotReadyAddresses` every pod counts as ready, and `serving` tells who is.
    Slices of names (addressType FQDN) send nobody anywhere: neither istiod nor kube-proxy takes them.
    """
    for item in slices:
        if item.get("addressType") == "FQDN":
            continue
        for endpoint in map(section, listing(item, "endpoints")):
            conditions = section(endpoint, "conditions")
            if conditions.get("ready") is not False and conditions.get("serving") is not False:
                yield endpoint


def _pod(endpoint: Manifest) -> str:
    """Return the name of an endpoint's pod, "" for none."""
    return str(section(endpoint, "targetRef").get("name") or "")


def _deleting_since(manifest: Manifest) -> float | None:
    """Return when a deletion was requested, None if it was not; 0.0 where the time can't be read."""
    requested = section(manifest, "metadata").get("deletionTimestamp")
    return None if requested is None else seconds(requested) or 0.0

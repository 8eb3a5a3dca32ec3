"""The steps of a promotion as values, and what a step is decided from.

`next_step(scene, wish)` of a way returns one. Whoever carries it out looks again and asks for the next, so it
may be cut off between any two: all that is remembered is in the cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from routing.kinds import DEPLOYMENTS, Resource
from routing.reading.raw import section
from routing.reading.status import RoutemapStatus, VersionStatus, read
from routing.values import dataclass
from routing.writes import Patch

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Create:
    """An object to be made; one of its name that is there already refuses it."""

    resource: Resource
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Delete:
    """An object to be deleted in the background, this very one (by its uid)."""

    resource: Resource
    manifest: Manifest


Write = Patch | Create | Delete


@dataclass(frozen=True, slots=True)
class Do:
    """One write, and what it does in a sentence. `last`: with it all is done."""

    write: Write
    told: str
    last: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to write until the cluster has done what is told; look again soon."""

    told: str


@dataclass(frozen=True, slots=True)
class Stop:
    """It can't begin, or can't go on: sentences that name field, value and remedy."""

    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """There is nothing left to do."""

    told: str


Step = Do | Wait | Stop | Done


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    `candidate`: its name, "" for the only one; `keep_weights`: the primary's pods are replaced under its
    requests; `delete`: by order, the old primary goes; `force`: also what Git or Helm own is changed.
    """

    candidate: str = ""
    by_order: bool = False
    keep_weights: bool = False
    delete: bool = False
    force: bool = False
    undo: bool = False


@dataclass(frozen=True)
class Scene:
    """What is seen of an application. Manifests are whole, as the API server has them.

    `deployments` and `services` by name: of the versions that are listed or noted, those that are there; a
    workload is of the kind that `resource` tells.
    `replica_sets`: the primary's own. `proposed`: the primary as the API server would have it after
    `proposal`, by a dry run, or `refused`: why it would not have it so. `settled`: for how many seconds
    whoever looks has seen the primary's rollout complete.
    """

    routemap: Manifest
    override: Manifest | None = None
    deployments: Mapping[str, Manifest] = field(default_factory=dict)
    services: Mapping[str, Manifest] = field(default_factory=dict)
    replica_sets: tuple[Manifest, ...] = ()
    proposed: Manifest | None = None
    refused: str = ""
    settled: float = 0.0
    resources: Mapping[str, Resource] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The application's, which is the Routemap's."""
        name: str = self.routemap["metadata"]["name"]
        return name

    @property
    def namespace(self) -> str:
        """The application's."""
        namespace: str = self.routemap["metadata"]["namespace"]
        return namespace

    @property
    def status(self) -> RoutemapStatus:
        """What Teal has told last."""
        return read(self.routemap.get("status"))

    @property
    def observed(self) -> bool:
        """Whether what Teal has told is of the Routemap as it is now."""
        generation: int = self.routemap["metadata"].get("generation", 0)
        return self.status.observed_generation >= generation

    def resource(self, name: str) -> Resource:
        """Return the kind of a version's workload; of one that is not there, a Deployment."""
        return self.resources.get(name, DEPLOYMENTS)

    def told(self, name: str) -> VersionStatus | None:
        """Return what Teal has told of a version."""
        return self.status.version(name)

    def free(self, name: str) -> bool:
        """Tell whether no request goes to a version any more, by what Teal has told: it has drained, too."""
        told = self.told(name)
        return told is None or (not told.exposed and told.draining_until is None)


def leaving(manifest: Manifest | None) -> bool:
    """Tell whether an object has gone or is about to."""
    return manifest is None or "deletionTimestamp" in section(manifest, "metadata")

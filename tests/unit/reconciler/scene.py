"""The reconciler's own parts around objects in memory: stores, observer, writer, a clock that tests set."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from kube.errors import ClusterError, UnavailableError
from reconciler.passes.carry_out import Writer
from reconciler.passes.deletion_deadline import DeletionDeadline
from reconciler.passes.event_recorder import EventRecorder
from reconciler.passes.locks import VersionLocks
from reconciler.passes.observe import Observer
from reconciler.passes.parallel import Parallel
from reconciler.passes.reconcile import Policy, Reconciler
from reconciler.watching.kinds import KINDS, workloads_of
from reconciler.watching.mentions import Mentions, OrphanKey, RoutemapKey
from reconciler.watching.store import Store
from reconciler.watching.stores import Stores
from reconciler.watching.trims import SERVICE_OF_SLICE
from routing import names
from routing.kinds import (
    DEPLOYMENT,
    ENDPOINT_SLICES,
    EVENTS,
    ROUTEMAPS,
    SERVICES,
    VIRTUAL_SERVICES,
    Resource,
    WorkloadKind,
)
from routing.routes import shares
from tests.unit.reconciler.memory_evidence import MemoryEvidence
from tests.unit.reconciler.memory_objects import MemoryObjects
from tests.unit.routing.worlds import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reconciler.watching.kinds import Change, Kind
    from reconciler.watching.mentions import Key
    from routing.telling.notices import Notice

KEY = RoutemapKey("default", "httpbin")


def spawned(target: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread


class Noted:
    """Keeps how rollouts stood in each pass, but for what was so in the one before."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def see(self, notice: Notice, _now: float) -> None:
        if not self.notices or self.notices[-1].turn != notice.turn:
            self.notices.append(notice)

    @property
    def kinds(self) -> list[str]:
        """What has happened, one after the other."""
        return [str(notice.kind) for notice in self.notices]


class Scene:
    """One namespace. `called_for`: the keys that changes have called for since it was emptied last."""

    def __init__(self, parallel: ThreadPoolExecutor, patience: float = 600.0, *named: WorkloadKind) -> None:
        self.now = NOW
        self.called_for: list[Key] = []
        self.objects = MemoryObjects()
        self.mentions = Mentions()
        self.stores = Stores(
            *(Store(kind, self._told(kind)) for kind in KINDS),
            named=tuple(Store(kind, self._told(kind)) for kind in map(workloads_of, named)),
        )
        self.recorder = EventRecorder(self.objects, spawned)
        self.observer = Observer(self.stores, self.mentions, self.objects)
        self.notified = Noted()
        self.writer = Writer(self.objects, self.stores, Parallel(parallel), self.recorder, self.notified)
        self.deadline = DeletionDeadline()
        self.evidence = MemoryEvidence()
        policy = Policy(patience, evidence=self.evidence, clock=lambda: self.now)
        self.reconciler = Reconciler(self.observer, self.writer, self.deadline, policy, VersionLocks())

    def routemap(self, *weights: int, rollout: Mapping[str, Any] | None = None, **metadata: Any) -> None:
        """Make the Routemap, with versions of these weights, that loses no time."""
        versions = [{"name": f"httpbin-{index}", "weight": weight} for index, weight in enumerate(weights)]
        about = {"uid": "12ab", "generation": 1, "finalizers": [names.RELEASE], **metadata}
        # Clients call it by the first version's own Service, which is there.
        spec: dict[str, Any] = {
            "versions": versions,
            "settleSeconds": 0,
            "drainSeconds": 15,
            "hosts": ["httpbin-0"],
        }
        if rollout is not None:
            spec["rollout"] = rollout
        self.make(ROUTEMAPS, "httpbin", about, spec=spec)

    def annotate(self, **annotations: str) -> None:
        """Give the Routemap annotations of Teal's, by their names."""
        [found] = self.objects.listed(ROUTEMAPS)
        told = {f"{names.KEY_PREFIX}{name.replace('_', '-')}": value for name, value in annotations.items()}
        self.objects.replace(ROUTEMAPS, {**found, "metadata": {**found["metadata"], "annotations": told}})

    def version(self, name: str, labels: Mapping[str, str] | None = None, **metadata: Any) -> None:
        """Make a version that is ready: Deployment, Service, one endpoint."""
        self.version_of(DEPLOYMENT, name, labels, **metadata)

    def version_of(
        self, kind: WorkloadKind, name: str, labels: Mapping[str, str] | None = None, **metadata: Any
    ) -> None:
        """Make a version that is ready, of a kind of workload."""
        watched = {names.WATCH: "true"} if labels is None else labels
        about: dict[str, Any] = {"labels": dict(watched), **metadata}
        status = {"conditions": [{"type": kind.ready, "status": "True"}], "availableReplicas": 1}
        spec = {"replicas": 1, "template": {"spec": {"containers": [{"readinessProbe": {"exec": {}}}]}}}
        self.make(kind.resource, kind.name_of(name), about, spec=spec, status=status)
        self.make(SERVICES, name, about, spec={"ports": [{"port": 80}]})
        ready = [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}]
        of = {"labels": {SERVICE_OF_SLICE: name, names.WATCH: "true"}}
        self.make(ENDPOINT_SLICES, name, of, endpoints=ready, ports=[{"name": ""}])

    def make(self, resource: Resource, name: str, metadata: Mapping[str, Any], **parts: Any) -> None:
        """Make an object, as a user or controller does."""
        about = {"namespace": "default", "name": name, **metadata}
        self.objects.create(resource, {"metadata": about, **parts})

    def sync(self) -> None:
        """Have the stores see what there is, as a list does."""
        for store in self.stores.every():
            picked = [
                item for item in self.objects.listed(store.kind.resource) if _selected(store.kind, item)
            ]
            store.reset([(picked, self.objects.version)])
        self.called_for.clear()
        self.objects.written.clear()
        self.objects.read.clear()

    def reconcile(self, key: Key = KEY) -> float | None:
        """Look at the cluster anew, and run a pass."""
        self.sync()
        return self.reconciler.reconcile(key)

    def cut_off(self, writes: int, key: Key = KEY) -> None:
        """Run a pass of a leader that is gone after so many writes."""
        self.sync()
        left = [writes]

        def cut(asked: str) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise UnavailableError(f"the leader is gone before {asked}")

        self.objects.before = cut
        with suppress(ClusterError):
            self.reconciler.reconcile(key)
        self.objects.before = lambda _: None

    def split(self) -> dict[str, int] | None:
        """Return the percentages that the VirtualService gives, None without one."""
        found = self.objects.listed(VIRTUAL_SERVICES)
        return shares(found[0]) if found else None

    def finalizers(self, resource: Resource, name: str) -> list[str] | None:
        """Return an object's finalizers, None when it has gone."""
        found = [
            item["metadata"] for item in self.objects.listed(resource) if item["metadata"]["name"] == name
        ]
        return found[0].get("finalizers", []) if found else None

    def condition(self, kind: str) -> tuple[str, str]:
        """Return status and reason of a condition of the Routemap."""
        [routemap] = self.objects.listed(ROUTEMAPS)
        [found] = [item for item in routemap["status"]["conditions"] if item["type"] == kind]
        return found["status"], found["reason"]

    def events(self) -> list[str]:
        """Return the reasons of the Events, after which no more are written."""
        self.recorder.stop(60.0)
        return [event["reason"] for event in self.objects.listed(EVENTS)]

    def _told(self, kind: Kind) -> Callable[[Change], None]:
        return lambda change: self.called_for.extend(kind.keys(self.mentions, change))


def _selected(kind: Kind, manifest: Mapping[str, Any]) -> bool:
    labels = manifest["metadata"].get("labels") or {}
    key, _, value = kind.selector.partition("=")
    return not key or (labels.get(key) == value if value else key in labels)


@contextmanager
def scene(patience: float = 600.0, *named: WorkloadKind) -> Iterator[Scene]:
    """Provide a scene with threads of its own, in which further kinds of workloads are named."""
    with ThreadPoolExecutor(4, "write") as parallel:
        made = Scene(parallel, patience, *named)
        yield made
        made.recorder.stop(60.0)


ORPHAN = OrphanKey("default", "httpbin-0")

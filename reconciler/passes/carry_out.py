"""Carrying out a pass: its steps in their order, each after the one before."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Protocol

from kube.errors import NotFoundError
from routing import facts, patches
from routing.contradicted import contradicted
from routing.kinds import ROUTEMAPS, WEIGHT_OVERRIDES, Resource
from routing.plan import events_of
from routing.reading.raw import section
from routing.telling import events
from routing.telling.notices import notice
from routing.writes import Apply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.passes.event_recorder import EventRecorder
    from reconciler.passes.parallel import Parallel
    from reconciler.watching.stores import Stores
    from routing.passes import Pass, Seen
    from routing.telling.notices import Notice
    from routing.writes import Patch

    Manifest = Mapping[str, Any]


class Objects(Protocol):
    """Writes to the API server. The methods raise ClusterErrors."""

    def patch(
        self, resource: Resource, namespace: str, name: str, operations: Sequence[Manifest]
    ) -> dict[str, Any]:
        """Carry out a JSON patch and return the object."""

    def apply(self, resource: Resource, manifest: Manifest) -> dict[str, Any]:
        """Apply on the server's side and return the object."""

    def merge(
        self, resource: Resource, namespace: str, name: str, body: Manifest, subresource: str
    ) -> dict[str, Any]:
        """Merge into a subresource and return the object."""


class Notified(Protocol):
    """Tells of rollouts to whom the administrator names."""

    def see(self, notice: Notice, now: float) -> None:
        """Have it told soon, if it is news. Never waits, and raises nothing."""


class Writer:
    """Carries passes out, for several threads. `notified`: who is told how rollouts stand, None for nobody.

    A write that brings what it was to bring calls for no other pass: another at once would find nothing to do
    (tested in every world). One that ends a version's leaving does.
    """

    def __init__(
        self,
        objects: Objects,
        stores: Stores,
        parallel: Parallel,
        recorder: EventRecorder,
        notified: Notified | None = None,
    ) -> None:
        self._objects = objects
        self._stores = stores
        self._parallel = parallel
        self._recorder = recorder
        self._notified = notified

    def carry_out(self, due: Pass, seen: Seen | None, now: float) -> Pass:
        """Do what a pass has to do. Raises the ClusterError of the first write that fails, and does no more.

        `seen` is what it rests on; None where there is no Routemap, and so nothing to tell. Returns the pass
        as it has turned out.
        """
        route = None
        for step in due.steps:
            for written in self._parallel.each(self._write, step):
                route = written or route
        if seen is not None:
            due = self._told(due, seen, route, now)
        if due.report is not None:
            report = due.report
            self._report(WEIGHT_OVERRIDES, report.override, report.status.manifest())
            for event in report.events:
                self._tell(WEIGHT_OVERRIDES, report.override, event, now)
        if due.notice is not None:
            notice = due.notice
            self._recorder.tell(
                events.manifest(notice.event, notice.kind.resource, notice.workload, notice.name, now)
            )
        return due

    def _told(self, due: Pass, seen: Seen, route: Manifest | None, now: float) -> Pass:
        """Tell of a pass that has been carried out; `route`: the router's object, where it was applied."""
        done = due
        if route is not None:
            done = contradicted(seen, due.read_back(seen.router.exposures(route)), route, now)
        before = seen.status
        if done.status is not None:
            self._report(ROUTEMAPS, seen.routemap, done.status.manifest())
        for event in events_of(done, before):
            self._tell(ROUTEMAPS, seen.routemap, event, now)
        stands = notice(seen.routemap, (done.status or before).rollout)
        if self._notified is not None and stands is not None:
            self._notified.see(stands, now)
        return done

    def _write(self, write: Patch | Apply) -> Manifest | None:
        if isinstance(write, Apply):
            return self._apply(write)
        self._patch(write)
        return None

    def _apply(self, write: Apply) -> Manifest:
        """Apply the router's object and have its store take over the answer."""
        store = self._stores.of(write.resource)
        with store.writing(store.kind.trim(write.manifest)):
            written = self._objects.apply(write.resource, write.manifest)
            store.wrote(written)
        return written

    def _patch(self, write: Patch) -> None:
        """Patch an object, guarded by its uid, and have its store take over the answer.

        A workload without the watch label stays out of the store: no watch would ever take it off again.
        Where it ends a version's leaving another pass follows, and where a spec changes, with its generation.
        What is not there any more is done.
        """
        namespace, name = write.manifest["metadata"]["namespace"], write.manifest["metadata"]["name"]
        after = patches.patched(write.manifest, write.operations)
        store = self._stores.of(write.resource)
        with store.writing(None if write.ends else after):
            try:
                operations = patches.guarded(write.manifest, write.operations)
                written = self._objects.patch(write.resource, namespace, name, operations)
            except NotFoundError:
                store.lost(write.manifest)  # what was to be written of it has no reason any more
                return
            if store.kind.workload is None or facts.is_watched(written):
                store.wrote(written)

    def _report(self, resource: Resource, reported: Manifest, status: Manifest) -> None:
        """Write the status of a Routemap or WeightOverride, by a merge patch of the subresource.

        It tests no version, so a spec that has changed meanwhile is no conflict: `observedGeneration` says
        which was seen. What was told and is not so any more is taken off: merging leaves what is not named.
        """
        metadata, store = reported["metadata"], self._stores.of(resource)
        after = {**reported, "status": status}
        merged = _instead(section(reported, "status"), status)
        with store.writing(after), self._parallel.aside():
            try:
                written = self._objects.merge(
                    resource, metadata["namespace"], metadata["name"], {"status": merged}, "status"
                )
            except NotFoundError:
                return  # there is nobody to be told
            store.wrote(written)

    def _tell(self, resource: Resource, about: Manifest, event: events.Event, now: float) -> None:
        """Hand an Event to the recorder under a new name; whether it is written is no pass's concern."""
        name = f"{about['metadata']['name']}.{uuid.uuid4().hex[:16]}"
        self._recorder.tell(events.manifest(event, resource, about, name, now))


def _instead(before: Manifest, after: Manifest) -> dict[str, Any]:
    """Return what is to be merged into an object for it to be another: null takes a field off (RFC 7386)."""
    return dict.fromkeys(before, None) | {
        key: _instead(before[key], value)
        if isinstance(value, dict) and isinstance(before.get(key), dict)
        else value
        for key, value in after.items()
    }

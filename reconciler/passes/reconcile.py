"""One pass: observe, decide, carry out. Level-based: it looks at the state, never at the event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from kube.errors import ClusterError, RefusedError
from reconciler.passes.locks import VersionLocks
from reconciler.passes.observe import Seen
from reconciler.watching.mentions import Index, Key, OrphanKey, RoutemapKey
from routing import names
from routing.deciding.decide import State, VersionPlan, decide, release
from routing.facts import Facts, is_marked, is_protected
from routing.reading.parse import parse_routemap, parse_weight_override
from routing.reading.violation import InvalidManifestError
from routing.routes import virtualservice
from routing.telling import conditions
from routing.telling.conditions import Condition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.passes.carry_out import Writer
    from reconciler.passes.deletion_deadline import Overdue
    from reconciler.passes.observe import Observer
    from routing.deciding.decide import Decision
    from routing.model import Routemap, WeightOverride

    Manifest = Mapping[str, Any]

SERVICE_POLL_SECONDS = 2.0
"""A Service without the watch label sends no event: while a version lacks one, it is looked for."""


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> float:
        """Return seconds since the epoch."""


class _UnfitError(Exception):
    """The pass can't be run until the user changes something. `again`: seconds until another try."""

    def __init__(self, reason: str, message: str, again: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.again = again


class Reconciler:
    """Runs passes. Safe to call from several threads for different keys."""

    def __init__(
        self, index: Index, observer: Observer, writer: Writer, overdue: Overdue, clock: Clock
    ) -> None:
        self._index = index
        self._observer = observer
        self._writer = writer
        self._overdue = overdue
        self._clock = clock
        self._locks = VersionLocks()

    def reconcile(self, key: Key) -> float | None:
        """Bring the cluster to what is decided; return the seconds until time alone calls for another pass.

        A mistake of the user's becomes a condition. Raises ClusterError: try again later.
        """
        if isinstance(key, OrphanKey):
            with self._locks.held(key.namespace, [key.name]):
                return self._let_go(key)
        manifest = self._observer.routemap(key)
        if manifest is None:
            self._overdue.succeeded(key)
            return None
        try:
            with self._locks.held(key.namespace, self._observer.versions(manifest)):
                again = self._pass(key, manifest)
        except _UnfitError as unfit:
            self._refuse(manifest, unfit.reason, str(unfit))
            return _soonest(unfit.again, self._failed(key, manifest, str(unfit)))
        except ClusterError as error:
            try:
                if isinstance(error, RefusedError):
                    # Marks stay: the old split is still what the proxies have.
                    self._refuse(manifest, "WriteRefused", str(error))
            finally:
                self._failed(key, manifest, str(error))
            raise
        self._overdue.succeeded(key)
        return again

    def _pass(self, key: RoutemapKey, manifest: Manifest) -> float | None:
        if "deletionTimestamp" in manifest["metadata"]:
            return self._release(manifest)
        try:
            routemap = parse_routemap(manifest)
        except InvalidManifestError as error:
            raise _UnfitError("Invalid", str(error)) from error
        try:
            override = self._override(key)
        except InvalidManifestError as error:
            raise _UnfitError("InvalidWeightOverride", f"WeightOverride {key.name}: {error}") from error
        conflict = self._conflict(manifest, routemap)
        if conflict is not None:
            raise _UnfitError("Conflict", conflict, again=SERVICE_POLL_SECONDS)
        return self._serve(manifest, routemap, override)

    def _failed(self, key: RoutemapKey, manifest: Manifest, why: str) -> float | None:
        now = self._clock()
        due = self._overdue.failed(key, manifest, why, now)
        return None if due is None else due - now

    def _serve(self, manifest: Manifest, routemap: Routemap, override: WeightOverride | None) -> float | None:
        if not self._writer.hold(manifest, held=True):
            return None  # deleted before it was held: nothing may be routed by it any more
        now = self._clock()
        seen = self._observer.observe(manifest, now)
        decision = decide(routemap, override, [version.facts for version in seen], now)
        self._writer.prepare(seen, decision.versions)
        virtual_service = self._writer.route(virtualservice.virtual_service(routemap, decision.split))
        self._writer.release(seen, decision.versions)
        if override is not None:
            self._adopt_override(routemap)
        self._report(
            manifest, decision, virtualservice.applied_split(virtual_service), _strays(routemap, override)
        )
        awaits = any(_awaits_service(*version) for version in zip(seen, decision.versions, strict=True))
        return _soonest(_due(decision, now), SERVICE_POLL_SECONDS if awaits else None)

    def _release(self, manifest: Manifest) -> float | None:
        now = self._clock()
        seen = self._observer.observe(manifest, now)
        decision = release([version.facts for version in seen], now)
        self._writer.release(seen, decision.versions)
        if not any(plan.mark for plan in decision.versions):
            self._writer.hold(manifest, held=False)
        return _due(decision, now)

    def _let_go(self, key: OrphanKey) -> float | None:
        if self._index.mentions(key.namespace, key.name):
            return None
        self._observer.forget(key.namespace, key.name)
        deployment, service = self._observer.version(key.namespace, key.name)
        left = [item for item in (deployment, service) if item and (is_marked(item) or is_protected(item))]
        if left and self._observer.routed(key.namespace, key.name):
            return SERVICE_POLL_SECONDS  # a pass that is due for that Routemap drains it first
        seen = Seen(Facts(key.name), deployment, service)
        gone = release([seen.facts], self._clock()).versions
        self._writer.release([seen], gone)
        return None

    def _override(self, key: RoutemapKey) -> WeightOverride | None:
        manifest = self._observer.weight_override(key)
        if manifest is None or "deletionTimestamp" in manifest["metadata"]:
            return None
        return parse_weight_override(manifest)

    def _adopt_override(self, routemap: Routemap) -> None:
        manifest = self._observer.weight_override(RoutemapKey(routemap.namespace, routemap.name))
        if manifest is not None:
            self._writer.own(routemap, manifest)

    def _conflict(self, manifest: Manifest, routemap: Routemap) -> str | None:
        """Return why this Routemap must not write, if another one or another owner has what it names."""
        return self._taken_version(manifest, routemap) or self._taken_virtual_service(routemap)

    def _taken_version(self, manifest: Manifest, routemap: Routemap) -> str | None:
        own = _seniority(manifest)
        for version in routemap.versions:
            for other in self._index.mentions(routemap.namespace, version.name):
                rival = self._observer.routemap(other)
                if rival is not None and _seniority(rival) < own:
                    return (
                        f"version {version.name} belongs to Routemap {other.name} already; "
                        "list it in one of the two only"
                    )
        return None

    def _taken_virtual_service(self, routemap: Routemap) -> str | None:
        current = self._observer.virtual_service(routemap.namespace, routemap.name)
        if current is None:
            return None
        labels = current["metadata"].get("labels") or {}
        if labels.get(names.ROUTEMAP) == routemap.name or virtualservice.owned(current, routemap.uid):
            return None
        return (
            f"VirtualService {routemap.name} is there already and is not Teal's; delete it, "
            "or give the Routemap another name"
        )

    def _refuse(self, manifest: Manifest, reason: str, message: str) -> None:
        """Say why nothing is written for this Routemap. What was applied before stays as it is."""
        conditions = [
            Condition("Ready", holds=False, reason=reason, message=message),
            Condition("Conflict", holds=reason == "Conflict", reason=reason, message=message),
        ]
        self._write_status(manifest, {}, conditions)

    def _report(
        self, manifest: Manifest, decision: Decision, split: Mapping[str, int], note: str | None
    ) -> None:
        told = conditions.conditions_of(decision, note)
        self._write_status(manifest, conditions.applied(decision, split), told)

    def _write_status(self, manifest: Manifest, changed: Manifest, told: Sequence[Condition]) -> None:
        now = self._clock()
        observed = {"observedGeneration": manifest["metadata"].get("generation", 0), **changed}
        before = manifest.get("status") or {}
        self._writer.report(manifest, conditions.with_conditions(before, observed, told, now), now)


def _soonest(*seconds: float | None) -> float | None:
    return min((each for each in seconds if each is not None), default=None)


def _due(decision: Decision, now: float) -> float | None:
    return None if decision.again_at is None else decision.again_at - now


def _awaits_service(version: Seen, plan: VersionPlan) -> bool:
    return version.service is None and plan.state is State.STARTING


def _seniority(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"].get("creationTimestamp", ""), manifest["metadata"]["name"]


def _strays(routemap: Routemap, override: WeightOverride | None) -> str | None:
    listed = {version.name for version in routemap.versions}
    strays = [name for name in (override.weights if override else ()) if name not in listed]
    if not strays:
        return None
    return f"the WeightOverride names {', '.join(strays)}, which the Routemap does not list"

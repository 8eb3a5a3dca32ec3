"""One pass: observe, decide, carry out. Level-based: it looks at the state, never at the event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from reconciler.errors import RefusedError
from reconciler.index import Index, Key, OrphanKey, RoutemapKey
from reconciler.observer import Seen
from routing import names, render, status
from routing.decide import VersionPlan, decide, release
from routing.observe import Facts
from routing.parse import parse_routemap, parse_weight_override
from routing.status import Condition
from routing.violation import InvalidManifestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.observer import Caches, Observer
    from reconciler.writer import Writer
    from routing.decide import Decision
    from routing.model import Routemap, WeightOverride

    Manifest = Mapping[str, Any]

SERVICE_POLL_SECONDS = 2.0
"""A Service without the watch label sends no event: while a version lacks one, it is looked for."""


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> float:
        """Return seconds since the epoch."""


class Reconciler:
    """Runs passes. Safe to call from several threads for different keys."""

    def __init__(
        self, caches: Caches, index: Index, observer: Observer, writer: Writer, clock: Clock
    ) -> None:
        self._caches = caches
        self._index = index
        self._observer = observer
        self._writer = writer
        self._clock = clock

    def reconcile(self, key: Key) -> float | None:
        """Bring the cluster to what is decided; return the seconds until time alone calls for another pass.

        A mistake of the user's becomes a condition. Raises ClusterError: try again later.
        """
        if isinstance(key, OrphanKey):
            self._let_go(key)
            return None
        manifest = self._caches.routemaps.get(key.namespace, key.name)
        if manifest is None:
            return None
        if "deletionTimestamp" in manifest["metadata"]:
            return self._release(manifest)
        try:
            routemap = parse_routemap(manifest)
        except InvalidManifestError as error:
            self._refuse(manifest, "Invalid", str(error))
            return None
        try:
            override = self._override(key)
        except InvalidManifestError as error:
            self._refuse(manifest, "InvalidWeightOverride", f"WeightOverride {key.name}: {error}")
            return None
        return self._serve(manifest, routemap, override)

    def _serve(self, manifest: Manifest, routemap: Routemap, override: WeightOverride | None) -> float | None:
        conflict = self._conflict(manifest, routemap)
        if conflict is not None:
            self._refuse(manifest, "Conflict", conflict)
            return SERVICE_POLL_SECONDS
        self._writer.hold(manifest, held=True)
        now = self._clock()
        seen = self._observer.observe(manifest, now)
        decision = decide(routemap, override, [version.facts for version in seen], now)
        self._writer.prepare(seen, decision.versions)
        virtual_service = self._route(manifest, render.virtual_service(routemap, decision.split))
        self._writer.release(seen, decision.versions)
        if override is not None:
            self._adopt_override(routemap)
        self._report(manifest, decision, render.applied_split(virtual_service), _strays(routemap, override))
        return self._again(decision, now)

    def _route(self, manifest: Manifest, wanted: Manifest) -> Manifest:
        try:
            return self._writer.route(wanted)
        except RefusedError as error:
            # Marks stay: the old split is still what the proxies have.
            self._refuse(manifest, "ApplyFailed", f"the VirtualService could not be applied: {error}")
            raise

    def _release(self, manifest: Manifest) -> float | None:
        now = self._clock()
        seen = self._observer.observe(manifest, now)
        decision = release([version.facts for version in seen], now)
        self._writer.release(seen, decision.versions)
        if not any(plan.mark for plan in decision.versions):
            self._writer.hold(manifest, held=False)
        return self._again(decision, now)

    def _let_go(self, key: OrphanKey) -> None:
        if self._index.mentions(key.namespace, key.name):
            return
        deployment, service = self._observer.version(key.namespace, key.name)
        seen = Seen(Facts(key.name), deployment, service)
        gone = release([seen.facts], self._clock()).versions
        self._writer.release([seen], gone)

    def _override(self, key: RoutemapKey) -> WeightOverride | None:
        manifest = self._caches.weight_overrides.get(key.namespace, key.name)
        if manifest is None or "deletionTimestamp" in manifest["metadata"]:
            return None
        return parse_weight_override(manifest)

    def _adopt_override(self, routemap: Routemap) -> None:
        manifest = self._caches.weight_overrides.get(routemap.namespace, routemap.name)
        if manifest is not None:
            self._writer.own(routemap, manifest)

    def _conflict(self, manifest: Manifest, routemap: Routemap) -> str | None:
        """Return why this Routemap must not write, if another one or another owner has what it names."""
        return self._taken_version(manifest, routemap) or self._taken_virtual_service(routemap)

    def _taken_version(self, manifest: Manifest, routemap: Routemap) -> str | None:
        own = _seniority(manifest)
        for version in routemap.versions:
            for other in self._index.mentions(routemap.namespace, version.name):
                rival = self._caches.routemaps.get(other.namespace, other.name)
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
        if labels.get(names.ROUTEMAP) == routemap.name or render.owned(current, routemap.uid):
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
        conditions = status.conditions_of(decision, note)
        self._write_status(manifest, status.applied(decision, split), conditions)

    def _write_status(self, manifest: Manifest, changed: Manifest, conditions: Sequence[Condition]) -> None:
        now = self._clock()
        observed = {"observedGeneration": manifest["metadata"].get("generation", 0), **changed}
        before = manifest.get("status") or {}
        self._writer.report(manifest, status.with_conditions(before, observed, conditions, now), now)

    def _again(self, decision: Decision, now: float) -> float | None:
        seconds = [] if decision.again_at is None else [decision.again_at - now]
        if any(_awaits_service(plan) for plan in decision.versions):
            seconds.append(SERVICE_POLL_SECONDS)
        return min(seconds, default=None)


def _awaits_service(plan: VersionPlan) -> bool:
    return plan.reason in ("ServiceNotFound", "DeploymentNotAvailable")


def _seniority(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"].get("creationTimestamp", ""), manifest["metadata"]["name"]


def _strays(routemap: Routemap, override: WeightOverride | None) -> str | None:
    listed = {version.name for version in routemap.versions}
    strays = [name for name in (override.weights if override else ()) if name not in listed]
    if not strays:
        return None
    return f"the WeightOverride names {', '.join(strays)}, which the Routemap does not list"

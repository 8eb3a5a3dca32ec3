"""Rules for Deployments, one function each. Those that look at a change take the rule book's Review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.facts import allows_delete, is_marked, is_watched, workload
from routing.reading.raw import listing, section
from routing.reading.violation import Violation, cut, shown
from routing.rules.pauses import MOST_CONTAINERS, grace_seconds, pauses, seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from routing.rules.review import Review


_MOST_NAME = 253
_MOST_REASON = 200


def watch_value(manifest: Mapping[str, Any]) -> Iterable[Violation]:
    """The watch label is "true" or "false"."""
    value = section(manifest, "metadata", "labels").get(names.WATCH, "true")
    if value not in ("true", "false"):
        detail = f'{shown(value)} is neither "true" nor "false"; use "true" to let Teal watch this Deployment'
        yield Violation(f"metadata.labels[{names.WATCH}]", "WatchValue", detail)


def service_name(manifest: Mapping[str, Any]) -> Iterable[Violation]:
    """A watched Deployment has a name that its Service can have, too."""
    name = section(manifest, "metadata").get("name")
    if is_watched(manifest) and isinstance(name, str) and not names.is_service_name(name):
        detail = f"{shown(name)} can't be the name of this version's Service, too; use {names.SERVICE_NAME}"
        yield Violation("metadata.name", "ServiceName", detail)


def readiness_probe(manifest: Mapping[str, Any]) -> Iterable[str]:
    """Each container of a watched Deployment has a readiness probe."""
    bare = [item.get("name") for item in _watched_containers(manifest) if not item.get("readinessProbe")]
    if bare:
        which = f"container {_plain(bare[0])} has" if len(bare) == 1 else f"{len(bare)} containers have"
        yield f"{which} no readinessProbe: requests come too early"


def pre_stop_sleep(manifest: Mapping[str, Any]) -> Iterable[Violation]:
    """The pre-stop-sleep label is a number of seconds, less than the pods' termination grace period."""
    value = section(manifest, "metadata", "labels").get(names.PRE_STOP_SLEEP, "0")
    most = max(grace_seconds(manifest) - 1, 0)
    seconds = seconds_of(value)
    if seconds is None or seconds > most:
        detail = (
            f"{shown(value)} is no number of seconds that fits into the pods' "
            f'terminationGracePeriodSeconds ({most + 1}); use "0" to "{most}"'
        )
        yield Violation(f"metadata.labels[{names.PRE_STOP_SLEEP}]", "PreStopSleep", detail)


def pause(manifest: Mapping[str, Any]) -> Iterable[str]:
    """Each container of a watched Deployment has a preStop pause."""
    hasty = [item.get("name") for item in _watched_containers(manifest) if not pauses(item)]
    if hasty:
        which = f"container {_plain(hasty[0])} has" if len(hasty) == 1 else f"{len(hasty)} containers have"
        yield f"{which} no preStop: requests may fail as pods stop"


def declared_port(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A watched Deployment declares a container port."""
    watched = _watched_containers(manifest)
    if watched and not any(container.get("ports") for container in watched):
        yield "no container declares a port: kubectl expose can't tell which one to use"


def single_replica(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A watched Deployment has more than one replica."""
    if is_watched(manifest) and section(manifest, "spec").get("replicas", 1) == 1:
        yield "one replica: this version can't answer while its only pod is being replaced"


def protected(review: Review) -> Iterable[Violation]:
    """The only ready version of a Routemap is neither deleted nor scaled to zero by mistake."""
    old, new = review.old, review.manifest
    if old is None or allows_delete(new or old):
        return
    reason = workload(old).protected
    deletes = review.operation == "DELETE"
    stops = new is not None and workload(new).scaled_to_zero and not workload(old).scaled_to_zero
    if reason is not None and (deletes or stops):
        path = "metadata.name" if deletes else "spec.replicas"
        done = "deleting it" if deletes else "scaling it to 0"
        name = _plain(section(old, "metadata").get("name"))
        detail = (
            f"{name} is {_plain(reason, _MOST_REASON)}, so {done} would fail every request. Make "
            f"another version ready first, delete the Routemap, or annotate with {names.ALLOW_DELETE}=true"
        )
        yield Violation(path, "Protected", detail)


def unwatched(review: Review) -> Iterable[str]:
    """The watch label stays on a marked Deployment."""
    old, new = review.old, review.manifest
    if old and new and is_marked(old) and is_watched(old) and not is_watched(new):
        yield "no longer watched: Teal takes this version out of the split, then lets it go"


def foreground(review: Review) -> Iterable[Violation]:
    """A marked Deployment is not deleted in the foreground."""
    old = review.old
    if review.operation != "DELETE" or old is None or not is_marked(old) or allows_delete(old):
        return
    if review.options.get("propagationPolicy") == "Foreground":
        name = _plain(section(old, "metadata").get("name"))
        detail = (
            f"deleting {name} in the foreground takes its pods at once, while they may still get requests. "
            "Use --cascade=background (Argo CD: PrunePropagationPolicy=background), "
            f"or annotate with {names.ALLOW_DELETE}=true"
        )
        yield Violation("metadata.name", "Foreground", detail)


def stopped(review: Review) -> Iterable[Violation]:
    """A marked Deployment with ready pods is not scaled to zero: they would go at once."""
    old, new = review.old, review.manifest
    if old is None or new is None or allows_delete(new):
        return
    before = workload(old)
    serves = before.marked and before.protected is None and section(old, "status").get("readyReplicas")
    if serves and not before.scaled_to_zero and workload(new).scaled_to_zero:
        name = _plain(section(old, "metadata").get("name"))
        detail = (
            f"{name} may be getting requests, and scaling it to 0 takes its pods at once. Give it weight 0 "
            f"first, or delete it, which drains it, or annotate with {names.ALLOW_DELETE}=true"
        )
        yield Violation("spec.replicas", "Stopped", detail)


def unmarked(review: Review) -> Iterable[str]:
    """The mark is left to Teal."""
    old, new = review.old, review.manifest
    if old and new and is_marked(old) and not is_marked(new):
        yield f"{names.MARK} taken off by hand: a deletion now would not wait for the drain"


def _watched_containers(manifest: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found = listing(manifest, "spec", "template", "spec", "containers") if is_watched(manifest) else []
    return [section(item) for item in found[:MOST_CONTAINERS]]


def _plain(value: Any, most: int = _MOST_NAME) -> str:
    """Return a name or reason for a sentence; what is no text, or too long, is cut: it is none."""
    return cut(value, most) if isinstance(value, str) else shown(value)

"""Rules for workloads, one function each. Those that look at a change take the rule book's Review."""

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


def service_name(manifest: Mapping[str, Any]) -> Iterable[Violation]:
    """A watched workload has a name that its Service can have, too."""
    name = section(manifest, "metadata").get("name")
    if is_watched(manifest) and isinstance(name, str) and not names.is_service_name(name):
        detail = f"{shown(name)} can't be the name of this version's Service, too; use {names.SERVICE_NAME}"
        yield Violation("metadata.name", "ServiceName", detail)


def readiness_probe(manifest: Mapping[str, Any]) -> Iterable[str]:
    """Each container of a watched workload has a readiness probe.

    Without one Kubernetes calls a container ready when it has been started (kubernetes.io/docs: Pod
    Lifecycle).
    """
    bare = [item.get("name") for item in _watched_containers(manifest) if not item.get("readinessProbe")]
    if bare:
        which = f"container {_plain(bare[0])} has" if len(bare) == 1 else f"{len(bare)} containers have"
        yield f"{which} no readinessProbe: requests come too early"


def pre_stop_sleep(manifest: Mapping[str, Any]) -> Iterable[Violation]:
    """The pre-stop-sleep label is a number of seconds, less than the pods' termination grace period.

    A preStop hook runs within the grace period, and the API server refuses a sleep that is longer (KEP-3960).
    """
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
    """Each container of a watched workload has a preStop pause.

    Proxies go on sending for as long as they have not heard that a pod ends, which it is told first.
    """
    hasty = [item.get("name") for item in _watched_containers(manifest) if not pauses(item)]
    if hasty:
        which = f"container {_plain(hasty[0])} has" if len(hasty) == 1 else f"{len(hasty)} containers have"
        yield f"{which} no preStop: requests may fail as pods stop"


def declared_port(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A watched workload declares a container port."""
    watched = _watched_containers(manifest)
    if watched and not any(container.get("ports") for container in watched):
        yield "no container declares a port: kubectl expose can't tell which one to use"


def watch_on_pods(manifest: Mapping[str, Any]) -> Iterable[str]:
    """The watch label is on the workload, not only on its pods."""
    pods = section(manifest, "spec", "template", "metadata", "labels")
    if names.WATCH in pods and names.WATCH not in section(manifest, "metadata", "labels"):
        yield f"{names.WATCH} on the pod template does nothing; label the {manifest.get('kind')} itself"


def single_replica(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A watched workload has more than one replica."""
    if is_watched(manifest) and section(manifest, "spec").get("replicas", 1) == 1:
        yield "one replica: this version can't answer while its only pod is being replaced"


def unwatched(review: Review) -> Iterable[str]:
    """The watch label stays on a marked workload.

    It is a way to take a version out, so it is allowed; whoever did not mean it is told.
    """
    old, new = review.old, review.manifest
    if old and new and is_marked(old) and is_watched(old) and not is_watched(new):
        yield "no longer watched: Teal takes this version out of the split, then lets it go"


def stopped(review: Review) -> Iterable[Violation]:
    """A marked workload with ready pods is not scaled to zero: they would go at once.

    A finalizer holds the object, not its pods. The `scale` subresource is judged by a policy in the cluster,
    and a protected one by `protected`.
    """
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


def _watched_containers(manifest: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found = listing(manifest, "spec", "template", "spec", "containers") if is_watched(manifest) else []
    return [section(item) for item in found[:MOST_CONTAINERS]]


def _plain(value: Any, most: int = _MOST_NAME) -> str:
    """Return a name or reason for a sentence; what is no text, or too long, is cut: it is none."""
    return cut(value, most) if isinstance(value, str) else shown(value)

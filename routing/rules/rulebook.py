"""The rule book: what is refused and what is warned of, by kind. `docs/rules.md` is made from these tables.

The webhook's verdict and the reconciler's refusal are this code.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from routing import names
from routing.kinds import WORKLOADS
from routing.reading.parse import parse_routemap, parse_weight_override
from routing.reading.violation import InvalidManifestError, Violation
from routing.rules import deployments, others, routemaps, services, versions_kept, virtualservices
from routing.rules.keys import misplaced_keys, near_misses, unknown_keys, watch_value
from routing.rules.review import Verdict
from routing.rules.wishes import known_wish
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from routing.rules.review import Review

_T = TypeVar("_T")


@dataclass(frozen=True)
class Rules:
    """The rules of a kind. `state` looks at an object, `change` at what is done to it."""

    state: tuple[Callable[[Mapping[str, Any]], Iterable[Violation]], ...] = ()
    state_warnings: tuple[Callable[[Mapping[str, Any]], Iterable[str]], ...] = ()
    change: tuple[Callable[[Review], Iterable[Violation]], ...] = ()
    change_warnings: tuple[Callable[[Review], Iterable[str]], ...] = ()


def _routemap(manifest: Mapping[str, Any], domain: str = names.DOMAIN) -> Iterable[Violation]:
    """A Routemap is well formed."""
    try:
        parse_routemap(manifest, domain)
    except InvalidManifestError as error:
        return error.violations
    return ()


def _weight_override(manifest: Mapping[str, Any]) -> Iterable[Violation]:
    """A WeightOverride is well formed."""
    try:
        parse_weight_override(manifest)
    except InvalidManifestError as error:
        return error.violations
    return ()


def _only_zeros(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A WeightOverride leaves a version with a weight."""
    try:
        override = parse_weight_override(manifest)
    except InvalidManifestError:
        return
    if not any(override.weights.values()):
        yield "all weights here are 0: without others in the Routemap, its primary gets all requests"


_WORKLOAD = Rules(
    state=(
        unknown_keys,
        misplaced_keys,
        watch_value,
        deployments.service_name,
        deployments.pre_stop_sleep,
    ),
    state_warnings=(
        near_misses,
        deployments.watch_on_pods,
        deployments.readiness_probe,
        deployments.pause,
        deployments.declared_port,
        deployments.single_replica,
    ),
    change=(versions_kept.protected, versions_kept.foreground, deployments.stopped),
    change_warnings=(deployments.unwatched, versions_kept.unmarked, versions_kept.held),
)
_NAMED = Rules(
    state=_WORKLOAD.state[:-1],
    state_warnings=(near_misses,),
    change=_WORKLOAD.change,
    change_warnings=_WORKLOAD.change_warnings,
)
"""Nothing is known of their pods."""
RULES: Mapping[str, Rules] = {
    **{kind.resource.kind: _WORKLOAD for kind in WORKLOADS},
    "Service": Rules(
        state=(unknown_keys, misplaced_keys, watch_value),
        state_warnings=(near_misses,),
        change=(versions_kept.protected, versions_kept.foreground),
        change_warnings=(services.selector, versions_kept.unmarked, versions_kept.held),
    ),
    "Routemap": Rules(
        state=(unknown_keys, misplaced_keys, _routemap, known_wish),
        state_warnings=(near_misses, routemaps.cookies_name),
        change=(routemaps.ready_stays, routemaps.router_stays),
        change_warnings=(routemaps.overridden,),
    ),
    "WeightOverride": Rules(
        state=(unknown_keys, misplaced_keys, _weight_override), state_warnings=(near_misses, _only_zeros)
    ),
    **{
        router: Rules(
            state=(unknown_keys, misplaced_keys),
            state_warnings=(near_misses,),
            change_warnings=(virtualservices.edited_by_hand,),
        )
        for router in names.ROUTERS
    },
}


def review(review: Review) -> Verdict:
    """Judge a change. A kind that has no rules is allowed.

    On update only what is newly wrong is refused, so that nobody is locked out of a repair
    (as kubernetes/pod-security-admission does).

    Rules about a change are asked in any case, but for changes by Kubernetes itself: to stop a namespace's
    deletion would leave it half deleted.
    """
    subject = review.manifest or review.old or {}
    rules = RULES.get(str(subject.get("kind")), Rules())
    return Verdict() if review.by_kubernetes else _judged(rules, review)


def _judged(rules: Rules, review: Review) -> Verdict:
    # What is a host of another namespace depends on the cluster's domain.
    states = [partial(_routemap, domain=review.domain) if rule is _routemap else rule for rule in rules.state]
    violations = _new(states, review) + tuple(item for rule in rules.change for item in rule(review))
    warnings = _new(rules.state_warnings, review) + tuple(
        item for rule in rules.change_warnings for item in rule(review)
    )
    return Verdict(violations, warnings + versions_kept.advice(violations))


def advice(review: Review) -> Verdict:
    """Return what is newly said of an object of a kind that Teal does not read: warnings, never a refusal."""
    return Verdict() if review.by_kubernetes else Verdict(warnings=_new(others.RULES, review))


def review_named(review: Review) -> Verdict:
    """Judge a change of a workload of a kind that the administrator has named: only for those it is asked."""
    return Verdict() if review.by_kubernetes else _judged(_NAMED, review)


def _new(rules: Iterable[Callable[[Mapping[str, Any]], Iterable[_T]]], review: Review) -> tuple[_T, ...]:
    """Return what rules say of the object as it would be and did not say of it as it was."""
    now, before = (
        [item for rule in rules for item in rule(manifest)] if manifest else []
        for manifest in (review.manifest, review.old)
    )
    known = set(before)
    return tuple(item for item in now if item not in known)

"""Rules that keep a version's Deployment and Service for as long as they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.facts import allows_delete, goes_with_routemap, is_marked, workload
from routing.reading.raw import section
from routing.reading.violation import Violation, cut, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from routing.rules.review import Review

_MOST_NAME = 253
_MOST_REASON = 200


def protected(review: Review) -> Iterable[Violation]:
    """The only ready version of a Routemap is neither deleted nor scaled to zero by mistake.

    The annotation holds all that there is to know, so nothing is looked up and no cache can be stale. Its
    text is anybody's who may edit the object: it is cut and shown as plain letters.
    """
    old, new = review.old, review.manifest
    if old is None or allows_delete(new or old):
        return
    reason = _protection(old)
    deletes = review.operation == "DELETE" and not goes_with_routemap(old)
    stops = new is not None and workload(new).scaled_to_zero and not workload(old).scaled_to_zero
    if reason is not None and (deletes or stops):
        path = "metadata.name" if deletes else "spec.replicas"
        done = "deleting it" if deletes else "scaling it to 0"
        name = _plain(section(old, "metadata").get("name"), _MOST_NAME)
        detail = (
            f"{name} is {_plain(reason, _MOST_REASON)}, so {done} would fail every request. Make "
            f"another version ready first, delete the Routemap, or annotate with {names.ALLOW_DELETE}=true"
        )
        yield Violation(path, "Protected", detail)


def held(review: Review) -> Iterable[str]:
    """The only ready version that goes with its Routemap goes no sooner.

    Whoever deletes a whole application does not choose the order: Helm deletes Services, then Deployments,
    then what it does not know.
    """
    old = review.old
    if review.operation != "DELETE" or old is None or allows_delete(old) or not goes_with_routemap(old):
        return
    if _protection(old) is not None:
        yield "requests stay with it until its Routemap goes, another is ready, or the deletion deadline ends"


def advice(violations: Iterable[Violation]) -> tuple[str, ...]:
    """Return, as warnings, how a whole application is deleted, for who is refused that of a version.

    Helm prints warnings; of what was refused it tells only that something was.
    """
    if not any((each.path, each.reason) == ("metadata.name", "Protected") for each in violations):
        return ()
    return (
        "if its Routemap is being deleted, too, run the same command again: then it goes",
        (
            "to have all go at once, annotate Deployment and Service with "
            f"{names.ALLOW_DELETE}={names.WITH_ROUTEMAP}"
        ),
    )


def foreground(review: Review) -> Iterable[Violation]:
    """A version that may be getting requests is not deleted in the foreground.

    Garbage collection then deletes the pods before the Deployment (kubernetes.io/docs: Garbage Collection),
    so no finalizer on the Deployment holds them.
    """
    old = review.old
    if review.operation != "DELETE" or old is None or not is_marked(old) or allows_delete(old):
        return
    if review.options.get("propagationPolicy") == "Foreground":
        name = _plain(section(old, "metadata").get("name"), _MOST_NAME)
        detail = (
            f"deleting {name} in the foreground takes its pods at once, while they may still get requests. "
            "Use --cascade=background (Argo CD: PrunePropagationPolicy=background), "
            f"or annotate with {names.ALLOW_DELETE}=true"
        )
        yield Violation("metadata.name", "Foreground", detail)


def unmarked(review: Review) -> Iterable[str]:
    """The mark is left to Teal."""
    old, new = review.old, review.manifest
    if old and new and is_marked(old) and not is_marked(new):
        yield f"{names.MARK} taken off by hand: a deletion now would not wait for the drain"


def _protection(manifest: Mapping[str, Any]) -> str | None:
    reason = section(manifest, "metadata", "annotations").get(names.PROTECTED)
    return reason if isinstance(reason, str) else None


def _plain(value: object, most: int) -> str:
    """Return a name or a reason as a terminal may show it: anybody may have written the annotation."""
    if not isinstance(value, str):
        return shown(value)
    return "".join(letter if letter.isprintable() else "?" for letter in cut(value, most))

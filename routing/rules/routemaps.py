"""Rules for what is done to a Routemap. What it has to be by itself is `routing.reading.parse`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.deciding import unfit
from routing.facts import allows_delete
from routing.model import State
from routing.reading import status
from routing.reading.raw import listing, section
from routing.reading.violation import Violation, joined, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from routing.rules.review import Review


_ATTRIBUTES = frozenset(
    ("comment", "domain", "expires", "httponly", "max-age", "path", "samesite", "secure", "version")
)
"""What attributes of cookies are called (RFC 6265, 2109)."""


def cookies_name(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A cookie of `affinity` is not called as an attribute of cookies is.

    Python's http.cookies drops all cookies of a request that begin with such a one.
    """
    cookie = section(manifest, "spec", "affinity").get("cookie")
    if isinstance(cookie, str) and cookie.lower() in _ATTRIBUTES:
        yield (
            f"spec.affinity.cookie: {shown(cookie)} is an attribute's name, so some clients drop it; "
            "use one such as shop-version"
        )


def ready_stays(review: Review) -> Iterable[Violation]:
    """A ready version stays listed until another that is listed is ready.

    Who is ready is read from the status told last, since the webhook looks nothing up. It may be a pass
    behind; the label or annotation is for that, too.
    """
    old, new = review.old, review.manifest
    if old is None or new is None or allows_delete(new) or "deletionTimestamp" in section(new, "metadata"):
        return
    told = status.read(old.get("status"))
    before = _listed(old)
    ready = [item.name for item in told.versions if item.state is State.READY and item.name in before]
    listed = _listed(new)
    if not ready or not listed or any(name in listed for name in ready):
        return
    answers = "which answers requests, is" if len(ready) == 1 else "which answer requests, are"
    detail = (
        f"none of these is known to be ready, and {joined(ready)}, {answers} taken off. "
        f"List {ready[0]} beside them until one is ready, or annotate with {names.ALLOW_DELETE}=true"
    )
    yield Violation("spec.versions", "ReadyVersionDropped", detail)


def router_stays(review: Review) -> Iterable[Violation]:
    """The router of a Routemap stays while requests go by it.

    The status told last says whether they do.
    """
    old, new = review.old, review.manifest
    if old is None or new is None or not status.read(old.get("status")).split:
        return
    now, asked = _router(old), _router(new)
    if asked != now and asked in names.ROUTERS:
        yield Violation("spec.router", "RouterChanged", unfit.router_stays(now, asked))


def overridden(review: Review) -> Iterable[str]:
    """Weights that a WeightOverride overrides are changed there."""
    old, new = review.old, review.manifest
    if old is None or new is None or _weights(old) == _weights(new):
        return
    override = status.read(old.get("status")).override
    if override:
        name = section(new, "metadata").get("name")
        yield f"WeightOverride {name} has the say: delete it for these weights to count ({override})"


def _listed(manifest: Mapping[str, Any]) -> set[str]:
    entries = (section(entry).get("name") for entry in listing(manifest, "spec", "versions"))
    return {name for name in entries if isinstance(name, str)}


def _router(manifest: Mapping[str, Any]) -> str:
    return str(section(manifest, "spec").get("router", names.VIRTUAL_SERVICE))


def _weights(manifest: Mapping[str, Any]) -> list[Any]:
    return [section(entry).get("weight") for entry in listing(manifest, "spec", "versions")]

"""An application as the page's list has it: a small value for JSON, from a stored Routemap. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.status.application import Stored, application
from routing.model import State
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cli.status.application import Application, Version
    from routing.reading.status import Condition

    Manifest = Mapping[str, Any]
    Row = dict[str, Any]

MOST_SENTENCE = 320
MOST_WORDS = 12
MOST_LINES = 20
MOST_WORD = 200
SETTLE_SECONDS = 5
"""At most, where the Routemap does not say (docs/design.md, `settleSeconds`)."""

BAD, MOVES, GOOD = "bad", "moves", "good"
"""How an application is, at a glance: somebody has to do something; it is on its way; it rests."""


def key(routemap: Manifest) -> str:
    """Return what the page calls an application by: "namespace/name"."""
    metadata = section(routemap, "metadata")
    return f"{metadata.get('namespace')}/{metadata.get('name')}"


def row(routemap: Manifest, before: Row | None, now: float) -> Row:
    """Return an application's row.

    `before`: the one that was told last, for when a version began to settle: the status does not say. Times
    are seconds since the epoch, so a row changes with the Routemap, and not with the clock alone. Never fails
    on odd objects.
    """
    app = application(Stored(routemap), now)
    state, level, told = verdict(app)
    settles = SETTLE_SECONDS
    if isinstance(given := section(routemap, "spec").get("settleSeconds"), int):
        settles = given
    versions = [_version(each, before, now + settles) for each in app.versions]
    found: Row = {
        "id": key(routemap),
        "strategy": app.strategy,
        "state": state,
        "level": level,
        "sentence": _cut(told),
        "since": _since(app),
        "versions": versions,
    }
    if app.override:
        found["override"] = app.override
    if progress := rollout(routemap):
        found["rollout"] = {name: value for name, value in progress.items() if not isinstance(value, list)}
    return found


def verdict(app: Application) -> tuple[str, str, str]:
    """Return how an application is: a state, its level, and a sentence. The first that holds is told."""
    return next(_verdicts(app))


def _verdicts(app: Application) -> Iterator[tuple[str, str, str]]:
    ready = app.condition("Ready")
    if ready is None:
        yield "unknown", MOVES, "Teal has told nothing of it yet"
        return
    for kind, bad, state in (
        ("Degraded", True, "degraded"),
        ("Conflict", True, "conflict"),
        ("Routable", False, "not routable"),
        ("Ready", False, "held" if ready.reason == "Held" else "not ready"),
        ("Progressing", False, "late"),
    ):
        told = app.condition(kind)
        if told is not None and told.holds is bad:
            # Nothing has been routed yet: that is a beginning, and nobody's mistake (telling/events).
            begins = ready.reason == "NoReadyVersion" and not app.split and kind in ("Degraded", "Ready")
            yield "starting" if begins else state, MOVES if begins else BAD, said(told)
    yield from _moving(app)
    yield "ready", GOOD, said(ready)


def _moving(app: Application) -> Iterator[tuple[str, str, str]]:
    """Yield what is on its way."""
    if not app.seen:
        yield "changed", MOVES, f"Teal takes in generation {app.generation} of the Routemap"
    for state, word in ((State.DRAINING, "draining"), (State.STARTING, "starting")):
        found = [each for each in app.versions if each.told.state is state]
        if found:
            yield word, MOVES, "; ".join(f"{each.told.name}: {each.sentence}" for each in found)
    complete = app.condition("Complete")
    if complete is not None and not complete.holds:
        yield "incomplete", MOVES, said(complete)


def said(condition: Condition) -> str:
    """Return what a condition says, in a sentence or at least a word."""
    return condition.message or condition.reason


def rollout(routemap: Manifest) -> dict[str, Any]:
    """Return what `status.rollout` tells, as a page can show it without knowing the words.

    Words and numbers, and lists of such (checks, history); bounded, whatever has been written there.
    """
    told = section(routemap, "status", "rollout")
    found: dict[str, Any] = _words(told)
    if not found:
        return {}
    steps = listing(routemap, "spec", "rollout", "steps")[:MOST_LINES]
    if steps:
        found["steps"] = [_words(section(each)) for each in steps]
    for name, value in list(told.items())[:MOST_WORDS]:
        if isinstance(value, list):
            found[str(name)[:MOST_WORD]] = [_words(section(each)) for each in value[:MOST_LINES]]
    return found


def _words(fields: Manifest) -> dict[str, Any]:
    return {
        str(name)[:MOST_WORD]: value[:MOST_WORD] if isinstance(value, str) else value
        for name, value in list(fields.items())[:MOST_WORDS]
        if isinstance(value, (str, int, float))
    }


def _version(version: Version, before: Row | None, settled: float) -> Row:
    """Return a version, without what does not apply. `settled`: when it has, if it begins to settle now."""
    told = version.told
    found: Row = {"name": told.name, "state": str(told.state), "weight": told.weight}
    if told.reason and told.reason.lower() != told.state:
        found["reason"] = told.reason
    if told.copies:
        found["copies"] = told.copies
    if told.matched:
        found["matched"] = True
    if not version.listed:
        found["unlisted"] = True
    if told.draining_until is not None:
        found["drains"] = told.draining_until
    elif told.reason == "Settling":
        was = next((each for each in (before or {}).get("versions", ()) if each["name"] == told.name), {})
        found["settles"] = was.get("settles", settled)
    return found


def _since(app: Application) -> float | None:
    """Return since when requests go as they go: the latest change of a weight."""
    return max((each.told.weight_since for each in app.versions if each.told.weight_since), default=None)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SENTENCE else f"{text[: MOST_SENTENCE - 1]}…"

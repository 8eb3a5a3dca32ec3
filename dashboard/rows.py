"""An application as the page's list has it: a small value for JSON, from a stored Routemap. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.status.application import Stored, application
from routing.model import State
from routing.reading.durations import milliseconds
from routing.reading.raw import listing, section
from routing.reading.times import seconds

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
"""Characters of a row's sentence and of a word; words in an object, lines in a list. More is left out: a row
is sent to every reader, whenever it changes.
"""
SETTLE_SECONDS = 5
"""At most, where the Routemap does not say (docs/design.md, `settleSeconds`)."""

BAD, MOVES, GOOD = "bad", "moves", "good"
"""How an application is, at a glance: somebody has to do something; it is on its way; it rests."""

PHASES = {
    "Failed": ("rollout failed", BAD),
    "Held": ("rollout held", BAD),
    "Paused": ("paused", MOVES),
    "Stepping": ("in steps", MOVES),
    "Succeeded": ("to promote", MOVES),
}
"""By `status.rollout.phase`, what is said of an application; of others nothing."""


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
    progress = rollout(routemap)
    state, level, told = verdict(app, progress)
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
    if progress:
        found["rollout"] = {name: value for name, value in progress.items() if not isinstance(value, list)}
        if (ends := _step_ends(progress)) is not None:
            found["rollout"]["ends"] = ends
    return found


def verdict(app: Application, progress: Manifest) -> tuple[str, str, str]:
    """Return how an application is: a state, its level, and a sentence. The first that holds is told.

    `progress` is what `rollout` returns.
    """
    return next(_verdicts(app, progress))


def _verdicts(app: Application, progress: Manifest) -> Iterator[tuple[str, str, str]]:
    """Yield all that may be said of it, what is worst first; what always can be said, last."""
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
    phase = str(progress.get("phase"))
    if phase in PHASES:
        yield (*PHASES[phase], str(progress.get("message") or phase))
    yield from _moving(app)
    yield "ready", GOOD, said(ready)


def _moving(app: Application) -> Iterator[tuple[str, str, str]]:
    """Yield what is on its way, and needs nobody."""
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


def _step_ends(progress: Manifest) -> float | None:
    """Return when the step under way has had its time, seconds since the epoch; None where none is."""
    since, steps, step = seconds(progress.get("since")), progress.get("steps", ()), progress.get("step")
    if progress.get("phase") != "Stepping" or since is None or not isinstance(step, int):
        return None
    lasts = milliseconds(str(steps[step - 1].get("for"))) / 1000 if 0 < step <= len(steps) else 0
    return since + lasts if lasts else None


def _words(fields: Manifest) -> dict[str, Any]:
    """Return what is text or number in an object, cut to what a page can show."""
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
        was: Row = next(
            (each for each in (before or {}).get("versions", ()) if each["name"] == told.name), {}
        )
        found["settles"] = was.get("settles", settled)
    return found


def _since(app: Application) -> float | None:
    """Return since when requests go as they go: the latest change of a weight."""
    return max((each.told.weight_since for each in app.versions if each.told.weight_since), default=None)


def _cut(text: str) -> str:
    """Return a sentence, its end left out where it is too long for a row."""
    return text if len(text) <= MOST_SENTENCE else f"{text[: MOST_SENTENCE - 1]}…"

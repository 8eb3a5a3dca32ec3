"""Reading `spec.rollout`: in which steps a candidate's share grows, what has to be shown, what follows.

What the rest of the Routemap has to do with it (strategy, versions) is told beside it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading import durations, windows
from routing.reading.fields import Want
from routing.reading.violation import cut, shown
from routing.split import WHOLE
from routing.stepping.rollout import Check, Enough, Measure, Rollout, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.reading.fields import Fields

MOST_STEPS = 20
MOST_CHECKS = 8
MOST_SECONDS = 30 * 86_400
MOST_LIMIT_SECONDS = 3600
MOST_REQUESTS = 1_000_000
MOST_TOGETHER = 1000
MOST_QUERY = 1024
VERSION_WORD = "$version"
"""What stands for the version's name in a custom query: without it all versions' requests would count."""

FIELDS = ("steps", "checks", "evidence", "onFailure", "capacity", "promotion", "windows")
STEP = ("share", "for", "gate")
CHECK = ("name", "metric", "under", "good", "total", "min", "worseBy")
EVIDENCE = ("confidence", "requests", "within", "together")
_ON_FAILURE = ("rollback", "hold")
_CAPACITY = ("pods", "ignore")
_PROMOTION = ("manual", "byOrder")
_METRICS = ("success", "latency")
_NAME = Want("a check's name", f"use {names.SERVICE_NAME}")
_QUERY = Want(
    f"a query of at most {MOST_QUERY} characters that names the version",
    f'use PromQL such as sum(increase(hits{{version="{VERSION_WORD}"}}[$window]))',
)
_LEAST_CONFIDENCE = 50


def read(fields: Fields, value: Any, strategy: Any) -> Rollout | None:
    """Return what a Routemap's rollout asks for, None where it has none, or after noting what is wrong.

    `strategy` is the Routemap's: with canary a share of 0 is the testers', with others nobody's.
    """
    if value is None:
        return None
    before = len(fields.violations)
    told = fields.mapping(value, "spec.rollout", FIELDS)
    if told is None:
        return None
    steps = _steps(fields, told.get("steps"), 0 if strategy == "canary" else 1)
    rollout = Rollout(
        steps=steps,
        checks=_checks(fields, told["checks"]) if "checks" in told else (),
        enough=_enough(fields, told.get("evidence", {}), steps),
        roll_back=_word(fields, told, "onFailure", _ON_FAILURE) == "rollback",
        capacity=_word(fields, told, "capacity", _CAPACITY) == "pods",
        by_order=_word(fields, told, "promotion", _PROMOTION) == "byOrder",
        windows=windows.read(fields, told["windows"]) if "windows" in told else (),
    )
    return rollout if len(fields.violations) == before else None


def _word(fields: Fields, told: Mapping[str, Any], key: str, words: Sequence[str]) -> str:
    """Return one of a few words, the first where nothing is said, or after noting that it is none of them."""
    value = told.get(key, words[0])
    if value in words:
        return str(value)
    detail = f"{shown(value)} is unknown; use {' or '.join(words)}"
    fields.note(f"spec.rollout.{key}", "UnknownValue", detail)
    return words[0]


def _steps(fields: Fields, value: Any, least: int) -> tuple[Step, ...]:
    """Return the steps, after noting each that does not give the candidate more than the one before."""
    path = "spec.rollout.steps"
    steps: list[Step] = []
    for index, item in enumerate(fields.items(value, path, MOST_STEPS)):
        step = _step(fields, item, f"{path}[{index}]", least)
        if steps and step is not None and step.share <= steps[-1].share:
            detail = f"{step.share} is not above {steps[-1].share}, the share before; let shares rise"
            fields.note(f"{path}[{index}].share", "NotRising", detail)
        steps += [step] if step is not None else []
    return tuple(steps)


def _step(fields: Fields, item: Any, path: str, least: int) -> Step | None:
    """Return a step, None where it has no share that could be worked on."""
    entry = fields.mapping(item, path, STEP)
    if entry is None:
        return None
    share = fields.integer(entry.get("share"), f"{path}.share", least, WHOLE)
    gate = entry.get("gate")
    if gate not in (None, "manual"):
        detail = f'{shown(gate)} is not a gate; use "manual", or leave it out'
        fields.note(f"{path}.gate", "UnknownGate", detail)
    # At a gate somebody says how long it takes.
    seconds = 0.0
    if gate is None or "for" in entry:
        seconds = _seconds(fields, entry.get("for"), f"{path}.for", MOST_SECONDS)
    return None if share is None else Step(share, seconds, gate == "manual")


def _seconds(fields: Fields, value: Any, path: str, most: float) -> float:
    """Return a duration of at most so many seconds, 0 after noting that it is none."""
    told = durations.milliseconds(durations.read(fields, value, path)) / 1000
    if told > most:
        longest = f"{most / 3600:.0f}h"
        fields.note(path, "OutOfRange", f"{shown(value)} is out of range; use {longest} at most")
        return 0.0
    return told


def _checks(fields: Fields, value: Any) -> tuple[Check, ...]:
    """Return the checks, after noting names that come twice: what is told of them is told by name."""
    path = "spec.rollout.checks"
    items = fields.items(value, path, MOST_CHECKS)
    found = [_check(fields, item, f"{path}[{index}]") for index, item in enumerate(items)]
    checks = [check for check in found if check is not None]
    fields.unique([check.name for check in checks], path, "check")
    return tuple(checks)


def _check(fields: Fields, item: Any, path: str) -> Check | None:
    """Return a check, None after noting that it is no object; of what is wrong in it all is noted."""
    entry = fields.mapping(item, path, CHECK)
    if entry is None:
        return None
    measure = _measure(fields, entry, path)
    least, worse_by = _limits(fields, entry, path)
    limit = entry.get("under")
    if measure is Measure.LATENCY:
        under = _seconds(fields, limit, f"{path}.under", MOST_LIMIT_SECONDS)
    else:
        under = 0.0
        _stray(fields, entry, path, ("under",), "metric latency")
    if measure is not Measure.QUERY:
        _stray(fields, entry, path, ("good", "total"), "a check without metric")
    name = entry.get("name")
    if name is None and measure is not Measure.QUERY:
        words = (str(measure), cut(str(limit or "")), "compared" if worse_by else "")
        name = "-".join(filter(None, words))
    elif fields.text(name, f"{path}.name", names.is_service_name, _NAME) is None:
        name = path  # noted; the path keeps it from looking like a duplicate
    good, total = _queries(fields, entry, path) if measure is Measure.QUERY else ("", "")
    return Check(str(name), measure, least, worse_by, round(under * 1000), good, total)


def _measure(fields: Fields, entry: Mapping[str, Any], path: str) -> Measure:
    """Return what a check counts: of a preset by its metric, else what its queries say."""
    metric = entry.get("metric")
    if metric is None and ("good" in entry or "total" in entry):
        return Measure.QUERY
    if metric in _METRICS:
        return Measure(metric)
    remedy = f"use {' or '.join(_METRICS)}, or give good and total"
    if metric is None:
        fields.note(f"{path}.metric", "Missing", f"missing; {remedy}")
    else:
        fields.note(f"{path}.metric", "UnknownMetric", f"{shown(metric)} is not a metric; {remedy}")
    return Measure.SUCCESS


def _stray(fields: Fields, entry: Mapping[str, Any], path: str, keys: Sequence[str], whose: str) -> None:
    """Note fields that another kind of check has."""
    for key in keys:
        if key in entry:
            fields.note(f"{path}.{key}", "NotForMetric", f"only {whose} has it; take it off")


def _queries(fields: Fields, entry: Mapping[str, Any], path: str) -> tuple[str, str]:
    """Return both queries, each "" after noting that it is none."""
    good, total = (
        fields.text(entry.get(key), f"{path}.{key}", _is_query, _QUERY) or "" for key in ("good", "total")
    )
    return good, total


def _is_query(text: str) -> bool:
    return VERSION_WORD in text and len(text) <= MOST_QUERY


def _limits(fields: Fields, entry: Mapping[str, Any], path: str) -> tuple[float | None, float | None]:
    """Return `min` and `worseBy`, of which exactly one is given; both None after noting what is wrong."""
    given = [key for key in ("min", "worseBy") if key in entry]
    if len(given) != 1:
        detail = (
            "both are given; list the check twice, once with each"
            if given
            else "missing; give min (percent), or worseBy (percentage points below the primary)"
        )
        fields.note(f"{path}.min", "OneOfTwo", detail)
        return None, None
    least, worse_by = (
        _between(fields, entry[key], f"{path}.{key}", 0, WHOLE) if key in given else None
        for key in ("min", "worseBy")
    )
    return least, worse_by


def _between(fields: Fields, value: Any, path: str, low: float, high: float) -> float | None:
    """Return a number above `low` and below `high`."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if number and low < value < high:
        return float(value)
    fields.note(path, "OutOfRange", f"{shown(value)} is out of range; use a number above {low}, below {high}")
    return None


def _enough(fields: Fields, value: Any, steps: Sequence[Step]) -> Enough:
    """Return what evidence has to be, each field's default where it is left out.

    Where `within` is, a step has half an hour, or twice its own time if that is longer.
    """
    told = fields.mapping(value, path := "spec.rollout.evidence", EVIDENCE) or {}
    default = Enough()
    confidence, requests, together = default.confidence, default.requests, default.together
    within = max([default.within, *(2 * step.seconds for step in steps)])
    if "confidence" in told:
        asked = _between(fields, told["confidence"], f"{path}.confidence", _LEAST_CONFIDENCE, WHOLE)
        confidence = asked or confidence
    if "requests" in told:
        requests = fields.integer(told["requests"], f"{path}.requests", 1, MOST_REQUESTS) or requests
    if "together" in told:
        together = fields.integer(told["together"], f"{path}.together", 1, MOST_TOGETHER) or together
    if "within" in told:
        within = _seconds(fields, told["within"], f"{path}.within", MOST_SECONDS)
        for index, step in enumerate(steps):
            if 0 < within <= step.seconds:
                where = f"spec.rollout.steps[{index}].for"
                detail = f"{shown(told['within'])} is not longer than {where}, so that step could only hold"
                fields.note(f"{path}.within", "TooShort", f"{detail}; give it more time")
                break
    return Enough(confidence, requests, within, together)

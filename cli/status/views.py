"""What is told of applications as lines of text: one application in full, or many in a table. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cli.ages import length, since
from cli.spans import Line, Span, line, table
from routing.model import State
from routing.reading.rollout_status import Phase
from routing.split import WHOLE
from routing.stepping.rollout import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cli.status.application import Application, Happening, Past, Version
    from routing.reading.status import Condition

BAR = 40
"""Columns of the split's bar."""
_FILLS = "█▓▒░"
_COLOURS = ("name", "waits", "good", "dim")
_STYLES = {State.READY: "good", State.STARTING: "waits", State.DRAINING: "waits", State.ABSENT: "dim"}
_PHASES = {
    Phase.WAITING: "dim",
    Phase.STEPPING: "waits",
    Phase.PAUSED: "waits",
    Phase.HELD: "bad",
    Phase.FAILED: "bad",
    Phase.SUCCEEDED: "good",
    Phase.PROMOTED: "good",
}
_VERDICTS = {Verdict.GOOD: "good", Verdict.OPEN: "waits", Verdict.BAD: "bad"}
_ENTRIES = 4
_BAD_IF_TRUE = ("Conflict", "Degraded")
_UNDER_WAY = ("Complete", "RolledOut")
"""False, these say that something goes on, not that it is wrong."""
_FEW = 3
"""Events in short."""
_SUMMARY = ("NAME", "SPLIT", "READY", "FOR", "NEXT")


def full(app: Application, now: float, *, short: bool = False) -> list[Line]:
    """Return all that is told of an application. `now`: seconds since the epoch.

    In short it leaves out conditions that are as they have to be, and all but the last Events.
    """
    return [
        *_head(app, now),
        line(),
        *(row for version in app.versions for row in _version(app, version, now)),
        *_override(app),
        *_rollout(app, now),
        line(Span("Conditions", "head")),
        *_conditions(app.conditions, now, short=short),
        line(Span("Next", "head")),
        *(_happening(each, now) for each in app.next),
        *([] if app.next else [line("  nothing, until somebody changes something")]),
        line(Span("Events", "head")),
        *_events(app.events if app.events is None or not short else app.events[-_FEW:], now),
    ]


def many(apps: Sequence[Application], now: float, *, everywhere: bool, wide: bool = False) -> list[Line]:
    """Return a table of applications; with their namespaces where they are from `everywhere`."""
    head = [*(["NAMESPACE"] if everywhere else []), *_SUMMARY]
    head[-1:] = ["STRATEGY", "OVERRIDE", "NEXT", "MESSAGE"] if wide else ["NEXT"]
    return table(head, [_row(app, now, everywhere=everywhere, wide=wide) for app in apps])


def none(where: str) -> list[Line]:
    """Return that there is nothing to tell of."""
    return [line(f"No Routemap found{where}.")]


def names(apps: Sequence[Application]) -> list[Line]:
    """Return applications as `kubectl get -o name` has them."""
    return [line(f"routemap.iter8.tools/{app.name}") for app in apps]


def bar(app: Application) -> list[Span]:
    """Return the split as a bar of BAR columns, a fill for each version in turn; empty where none is."""
    shares = [(index, version.told.weight) for index, version in enumerate(app.versions)]
    ends = [sum(share for _, share in shares[: place + 1]) * BAR // WHOLE for place in range(len(shares))]
    begins = [0, *ends]
    return [
        Span(_FILLS[index % len(_FILLS)] * (ends[index] - begins[index]), _COLOURS[index % len(_COLOURS)])
        for index, share in shares
        if share
    ]


def _head(app: Application, now: float) -> Iterator[Line]:
    yield line(Span(app.name, "head"), f" in {app.namespace}, {app.strategy}: ", *_verdict(app, now))
    if app.split:
        yield line("  ", *bar(app), "  ", app.split, indent=2)
    else:
        yield line("  nothing is routed yet")


def _verdict(app: Application, now: float) -> list[str | Span]:
    """Return in a few words whether it is ready, and for how long."""
    ready = app.condition("Ready")
    if ready is None:
        return [Span("nothing is told of it yet", "waits")]
    told = Span("ready", "good") if ready.holds else Span(f"not ready ({ready.reason})", "bad")
    return [told, f" for {since(ready.since, now)}", "" if app.seen else ", as it was before its last change"]


def _version(app: Application, version: Version, now: float) -> Iterator[Line]:
    """Yield the lines of a version: what it gets, its state in a sentence, its drain, the remedy."""
    told = version.told
    role = "primary" if app.versions[0] is version else "candidate" if version.listed else "not listed"
    share = f"{told.weight} %" + (f" for {since(told.weight_since, now)}" if told.weight_since else "")
    beside = [f"copies of {told.copies} %"] * bool(told.copies) + ["what its match picks"] * told.matched
    gets = ", ".join((share, *beside))
    yield line("  ", Span(told.name, "name"), f"  {role}, gets {gets}", indent=4)
    lasting = f" for {since(told.state_since, now)}" if told.state_since else ""
    reason = f" ({told.reason})" if told.reason and told.reason.lower() != told.state else ""
    state = Span(f"{told.state}{lasting}{reason}", _STYLES[told.state])
    yield line("      ", state, f": {version.sentence}", indent=8)
    if told.draining_until is not None:
        left = length(max(told.draining_until - now, 0))
        yield line("      ", Span(f"drains, {left} left", "waits"), indent=8)
    if version.pods:
        yield line("      its pods: ", Span(version.pods, "bad"), indent=8)
    if version.remedy:
        # That no candidate is there is how it is between two rollouts, and nothing to be mended.
        what = "for one to come" if role == "candidate" and told.state is State.ABSENT else "to mend"
        yield line(f"      {what}: {version.remedy}", indent=8)


def _override(app: Application) -> Iterator[Line]:
    if not (app.override or app.override_fault):
        return
    yield line(Span("Override", "head"))
    if app.override:
        back = f"`teal weights {app.name} --reset` takes it back"
        yield line(f"  {app.override} by the WeightOverride {app.name}; {back}", indent=4)
    if app.override_fault:
        yield line("  ", Span(app.override_fault, "bad"), indent=4)


def _rollout(app: Application, now: float) -> Iterator[Line]:
    """Yield how the steps stand, what each check says, and what has happened last."""
    if app.rollout is None:
        return
    yield line(Span("Rollout", "head"))
    phase = Span(str(app.rollout.phase), _PHASES[app.rollout.phase])
    yield line("  ", phase, f" ({app.rollout.reason}): {app.rollout.message}", indent=4)
    for check in app.rollout.checks:
        verdict = Span(f"{check.verdict} {check.name}", _VERDICTS[check.verdict])
        yield line("  ", verdict, f": {check.message}", indent=4)
    for entry in app.rollout.history[-_ENTRIES:]:
        by = f" (by {entry.by})" if entry.by else ""
        yield line(f"  {since(entry.at, now)} ago: {entry.what}{by}", indent=4)


def _conditions(conditions: Sequence[Condition], now: float, *, short: bool) -> Iterator[Line]:
    """Yield a line for each condition, in short for each that is not as it has to be."""
    if not conditions:
        yield line("  none yet: Teal has told nothing; `teal doctor` looks for why")
        return
    shown = [each for each in conditions if not (short and _is_good(each))]
    before: dict[str, str] = {}
    for each in shown:
        yield _condition(each, now, before.get(each.message, ""))
        before.setdefault(each.message, each.type)
    if len(shown) < len(conditions):
        yield line(f"  as it has to be: {', '.join(each.type for each in conditions if each not in shown)}")


def _is_good(condition: Condition) -> bool:
    return condition.holds is not (condition.type in _BAD_IF_TRUE)


def _condition(condition: Condition, now: float, same_as: str) -> Line:
    """Return the line of a condition; `same_as`: the one above that has the same message, "" for none."""
    style = "" if _is_good(condition) else "waits" if condition.type in _UNDER_WAY else "bad"
    said = f"{condition.holds!s:5} for {since(condition.since, now):6} {condition.reason}"
    told = f"as for {same_as}" if same_as else condition.message
    message = f": {told}" if condition.message else ""
    return line(f"  {condition.type:12} ", Span(said, style), message, indent=6)


def _happening(each: Happening, now: float) -> Line:
    if each.at is None:
        return line(f"  {each.what}", indent=4)
    clock = datetime.fromtimestamp(each.at, UTC).strftime("%H:%M:%S")
    return line("  ", Span(f"in {length(each.at - now)}", "waits"), f" ({clock} UTC): {each.what}", indent=4)


def _events(events: tuple[Past, ...] | None, now: float) -> Iterator[Line]:
    """Yield a line for each Event, or why there is none."""
    if events is None:
        yield line("  they may not be read by this account (get a right to list events)", indent=4)
    elif not events:
        yield line("  none; the API server keeps them for an hour, mostly")
    for event in events or ():
        ago = f"{since(event.at, now)} ago" if event.at is not None else "-"
        times = f" ({event.count} times)" if event.count > 1 else ""
        reason = Span(event.reason, "bad" if event.warns else "")
        yield line(f"  {ago:10} ", reason, f": {event.message}{times}", indent=4)


def _row(app: Application, now: float, *, everywhere: bool, wide: bool) -> list[str | Span]:
    """Return an application as a row of the table of all."""
    ready = app.condition("Ready")
    said = Span("Unknown", "waits")
    if ready is not None:
        said = Span(str(ready.holds), "good" if ready.holds else "bad")
    lasting = since(ready.since, now) if ready else ""
    row: list[str | Span] = [Span(app.name, "name"), app.split or "-", said, lasting or "-"]
    coming = _soonest(app, now) or "-"
    if wide:
        row += [app.strategy, app.override or "-", coming, ready.message if ready else "-"]
    else:
        row.append(coming)
    return [app.namespace, *row] if everywhere else row


def _soonest(app: Application, now: float) -> str:
    """Return in a few words what happens next."""
    if not app.next:
        return ""
    first = app.next[0]
    return first.what if first.at is None else f"in {length(first.at - now)}: {first.what}"

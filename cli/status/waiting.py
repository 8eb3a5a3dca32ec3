"""What `teal status --wait-for` waits for. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routing.model import State
from routing.split import WHOLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cli.status.application import Application

READY, GONE, WEIGHT = "ready", "gone", "weight"
FORMS = f"{READY}, {GONE}, or {WEIGHT}=VERSION=PERCENT[,VERSION=PERCENT...]"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is waited for: `kind` is one of the words above; with WEIGHT the percentages by version."""

    kind: str
    shares: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return it as the command line has it."""
        told = ",".join(f"{name}={share}" for name, share in self.shares.items())
        return f"{self.kind}={told}" if told else self.kind


def wanted(text: str) -> Wanted:
    """Return what a user waits for. Raises ValueError with a sentence."""
    kind, _, rest = text.partition("=")
    if text in (READY, GONE):
        return Wanted(text)
    if kind != WEIGHT or not rest:
        raise ValueError(f"{text!r} is nothing to wait for; use {FORMS}")
    return Wanted(WEIGHT, dict(_share(pair) for pair in rest.split(",")))


def _share(pair: str) -> tuple[str, int]:
    name, _, percent = pair.partition("=")
    if not name or not percent.isdecimal() or int(percent) > WHOLE:
        raise ValueError(f"{pair!r} is no version and percentage from 0 to {WHOLE}; use such as httpbin-1=20")
    return name, int(percent)


def lacking(asked: Wanted, app: Application | None) -> str:
    """Return what is not yet as wanted, "" where all is. None: there is no such application."""
    if asked.kind == GONE:
        return "" if app is None else "it is still there"
    if app is None:
        return "there is no such Routemap"
    if not app.seen:
        return f"Teal has not looked at generation {app.generation} yet"
    return _ready(app) if asked.kind == READY else _shares(asked.shares, app)


def _ready(app: Application) -> str:
    """Tell what keeps it from being ready, and all of its listed versions with it."""
    for kind in ("Ready", "Complete"):
        told = app.condition(kind)
        if told is None or not told.holds:
            return f"{kind} is not True: {told.message or told.reason}" if told else f"{kind} is not told yet"
    late = [each.told.name for each in app.versions if each.listed and each.told.state is not State.READY]
    return f"not ready: {', '.join(late)}" if late else ""


def _shares(shares: Mapping[str, int], app: Application) -> str:
    now = {version.told.name: version.told.weight for version in app.versions}
    wrong = {name: share for name, share in shares.items() if now.get(name, 0) != share}
    return "; ".join(f"{name} has {now.get(name, 0)} %, not {share} %" for name, share in wrong.items())

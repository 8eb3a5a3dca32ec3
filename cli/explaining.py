"""What a reason or a rule means, from the tables that docs/reasons.md and docs/rules.md are made of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from cli.spans import Span, line
from routing.telling.condition_reasons import CONDITIONS
from routing.telling.event_reasons import EVENTS
from routing.telling.reasons import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cli.spans import Line
    from routing.telling.reasons import Reason

RULES = "rules.json"
"""In this package: the rules by reason, made from docs/rules.md (tests/unit/cli/test_explain.py)."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One meaning of a word. `of`: what it is a reason of; what does not apply is ""."""

    of: str
    means: str
    requests: str = ""
    look: str = ""
    remedy: str = ""
    examples: tuple[str, ...] = ()


def meanings(word: str) -> tuple[Meaning, ...]:
    """Return what a word means, whatever its case: in a status, an Event, a refusal; nothing if unknown."""
    return tuple(meaning for name, meaning in _all() if name.lower() == word.lower())


def known() -> list[str]:
    """Return all words, each once."""
    return list(dict.fromkeys(name for name, _ in _all()))


def told(word: str) -> list[Line]:
    """Return the lines about a known word."""
    name = next(each for each in known() if each.lower() == word.lower())
    blocks = [[*_lines(name, each)] for each in meanings(word)]
    return [*blocks[0], *(row for block in blocks[1:] for row in (line(), *block))]


def _lines(name: str, meaning: Meaning) -> Iterator[Line]:
    """Yield the lines of a meaning, each under its label; what does not apply is left out."""
    yield line(Span(name, "head"), f", {meaning.of}")
    rows = {
        "means": meaning.means,
        "requests": meaning.requests,
        "look": meaning.look,
        "remedy": meaning.remedy.replace("`", ""),
    }
    for title, text in rows.items():
        if text:
            yield line(f"  {title:9} ", text, indent=12)
    for index, example in enumerate(meaning.examples):
        yield line(f"  {'' if index else 'says':9} ", example, indent=12)


@cache
def _all() -> tuple[tuple[str, Meaning], ...]:
    """Return every word that can be explained with its meaning; some have several."""
    return (
        *_reasons("a version's reason", VERSIONS),
        *(
            pair
            for kind, reasons in CONDITIONS.items()
            for pair in _reasons(f"a reason of condition {kind}", reasons)
        ),
        *_reasons("an Event", EVENTS),
        *_rules(),
    )


def _reasons(of: str, reasons: Mapping[str, Reason]) -> Iterator[tuple[str, Meaning]]:
    for name, each in reasons.items():
        yield name, Meaning(of, each.means, each.requests, each.look, each.remedy)


def _rules() -> Iterator[tuple[str, Meaning]]:
    rules = json.loads(resources.files("cli").joinpath(RULES).read_text("utf-8"))
    for each in rules:
        yield each["reason"], Meaning(f"a rule for {each['of']}", each["rule"], examples=tuple(each["says"]))

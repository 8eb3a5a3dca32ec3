"""Iter8's routing templates as YAML. They are never rendered or run: three forms are known, all else is told.

The forms are those that Iter8's own charts write: a condition that a version is available, its end, and a
version's weight (its `reconcile` gives a template `.Weights`, and nothing else that changes).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from routing.reading.violation import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

OPENING = "{{"
_ACTION = re.compile(r"\{\{([^{}]*)\}\}")
_CONDITION = re.compile(r"-? *(if (gt|ne) \( *index \.Weights [0-9]{1,3} *\) 0|end) *-?")
_COMMENT = re.compile(r"-? *[/][*][^{}]*[*][/] *-?")
_WEIGHT = re.compile(r" *index \.Weights ([0-9]{1,3}) *")
_FORMS = "{{ if gt (index .Weights 1) 0 }}, {{ end }} and {{ index .Weights 0 }} are"
_MOST_TOLD = 5


def plain(text: str, weights: Sequence[int]) -> tuple[str, list[str]]:
    """Return the YAML that a template is with every version available, and a sentence for each other form.

    `weights`: by version, in the routemap's order. A condition is taken to hold: Iter8 leaves out what is of
    a version that is not there, and a Routemap lists it all the same. The text is taken apart by patterns
    that need linear time, whoever has written it; five other forms are told at most. Go's `{{-` would take
    away blanks and ends of lines before it; a line of blanks means the same to YAML.
    """
    told: list[str] = []

    def said(action: re.Match[str]) -> str:
        inner = action[1]
        weight = _WEIGHT.fullmatch(inner)
        if weight and int(weight[1]) < len(weights):
            return str(weights[int(weight[1])])
        if not (_CONDITION.fullmatch(inner) or _COMMENT.fullmatch(inner)):
            told.append(action[0])
        return ""

    result = _ACTION.sub(said, text)
    told += [line.strip() for line in result.splitlines() if OPENING in line]
    remedy = f"only {_FORMS} read, of versions that are listed; write the Routemap by hand"
    return result, [f"{shown(each)}: {remedy}" for each in dict.fromkeys(told[:_MOST_TOLD])]

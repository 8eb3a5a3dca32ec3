"""`docs/rules.md` says what the rule book does. `python -m tests.unit.test_rules_doc` writes it anew."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from routing.rules import others, together
from routing.rules.objects import Misfit, Objects
from routing.rules.rulebook import RULES, Rules, review
from tests.unit.routing.bundles import MISFITS
from tests.unit.routing.examples import REFUSED, WARNED, Example
from tests.unit.routing.test_together import SAID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from routing.rules.review import Review

    Rule = Callable[[Any], Iterable[Any]]

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
COMMAND = "python -m tests.unit.test_rules_doc"
HEAD = f"""# Rules

What Teal's webhook and the reconciler refuse, and what the webhook warns of. The rules are the
docstrings of the functions that check them, the messages what those functions answer in the tests.
This page is generated: `{COMMAND}` writes it.

- On update, an object that was wrong before is refused only for what is newly wrong.
- What Kubernetes' own controllers do (namespace deletion, garbage collection) is never refused.
"""


def page() -> str:
    """Return the page: for all kinds together, then for each, a table of refusals and one of warnings."""
    common = set.intersection(*({*rules.state, *rules.state_warnings} for rules in RULES.values()))
    any_kind = next(iter(RULES.values()))
    shared = Rules(
        state=tuple(rule for rule in any_kind.state if rule in common),
        state_warnings=tuple(rule for rule in any_kind.state_warnings if rule in common),
    )
    parts = [HEAD, *section(" / ".join(RULES), shared, REFUSED)]
    for rules in dict.fromkeys(RULES.values()):
        kinds = [kind for kind, each in RULES.items() if each == rules]
        own = replace(
            rules,
            state=tuple(rule for rule in rules.state if rule not in common),
            state_warnings=tuple(rule for rule in rules.state_warnings if rule not in common),
        )
        if own != Rules():
            mine = [example for example in REFUSED if kind_of(example.review) in kinds]
            parts += section(" / ".join(kinds), own, mine)
    return "".join([*parts, *side_by_side(), *other_kinds()])


def side_by_side() -> Iterator[str]:
    yield "\n## Objects together\n\n`teal lint` tells of these; admission sees one object at a time.\n\n"
    rows = []
    for rule in together.RULES:
        told: set[str] = set()
        for misfit in (item for bundle in MISFITS for item in rule(Objects(bundle.manifests))):
            if re.sub(r"\[\d+\]", "[]", misfit.path) not in told:
                rows.append(("" if told else sentence(rule), severity(misfit), f"`{misfit}`"))
            told.add(re.sub(r"\[\d+\]", "[]", misfit.path))
    yield from table(("Rule", "Reason", "For example"), rows)


def severity(misfit: Misfit) -> str:
    return f"`{misfit.reason}`" + ("" if misfit.fails else " (a warning)")


def other_kinds() -> Iterator[str]:
    yield "\n## Other kinds\n\n"
    yield "`teal lint` warns of Teal's words on objects of kinds that Teal does not read. So does\n"
    yield "admission, of workloads of other kinds and of Iter8's ConfigMaps. They are never refused.\n\n"
    rows = []
    for rule in others.RULES:
        warning = next(line for manifest, said in SAID for line in rule(manifest) if line in said)
        rows.append((sentence(rule), f"`{warning}`"))
    yield from table(("Rule", "Warning"), rows)


def section(title: str, rules: Rules, refused: Iterable[Example]) -> Iterator[str]:
    yield f"\n## {title}\n"
    if rules.state or rules.change:
        yield "\nRefused:\n\n"
        yield from table(("Rule", "Reason", "For example"), refusals(rules, refused))
    if rules.state_warnings or rules.change_warnings:
        yield "\nAllowed with a warning:\n\n"
        yield from table(("Rule", "Warning"), warnings_of(rules))


def refusals(rules: Rules, refused: Iterable[Example]) -> Iterator[tuple[str, ...]]:
    """Give a row for each reason that a rule has for each field: the first example of it."""
    for rule in every(rules.state, rules.change):
        told: set[tuple[str, str]] = set()
        for violation in (item for example in refused for item in found(rule, example)):
            mistake = re.sub(r"\[\d+\]", "[]", violation.path), violation.reason
            if mistake not in told:
                yield ("" if told else sentence(rule), f"`{violation.reason}`", f"`{violation}`")
            told.add(mistake)


def warnings_of(rules: Rules) -> Iterator[tuple[str, ...]]:
    for rule in every(rules.state_warnings, rules.change_warnings):
        warning = next(item for example in WARNED for item in found(rule, example))
        yield sentence(rule), f"`{warning}`"


def every(*rules: Iterable[Rule]) -> list[Rule]:
    return [*chain(*rules)]


def found(rule: Rule, example: Example) -> list[Any]:
    """Return what one rule says to an example."""
    looks_at_change = "review" in inspect.signature(rule).parameters
    seen = example.review if looks_at_change else example.review.manifest
    return [*rule(seen)] if seen else []


def kind_of(asked: Review) -> str:
    return str((asked.manifest or asked.old or {})["kind"])


def sentence(rule: Rule) -> str:
    return str(rule.__doc__).splitlines()[0]


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |\n" for row in (head, ("---",) * len(head), *rows)]


def test_the_page_says_what_the_rule_book_does() -> None:
    assert PAGE.read_text("utf-8") == page(), f"docs/rules.md is out of date; run: {COMMAND}"


def test_the_page_has_every_rule_and_every_example_of_another_field_or_reason() -> None:
    text = page()
    for rules in RULES.values():
        for rule in every(rules.state, rules.change, rules.state_warnings, rules.change_warnings):
            assert sentence(rule) in text
    for example in REFUSED:
        assert all(f"`{reason}`" in text for reason in example.reasons)
    for example in WARNED:
        assert all(warning in text for warning in review(example.review).warnings)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

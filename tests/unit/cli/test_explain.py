"""`teal explain`: every word is explained. `python -m tests.unit.cli.test_explain` writes the rules anew."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from routing.telling.condition_reasons import CONDITIONS
from routing.telling.event_reasons import EVENTS
from routing.telling.reasons import VERSIONS
from tests.unit import test_rules_doc
from tests.unit.layers import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.cli.conftest import Teal

DATA = ROOT / "cli" / "rules.json"
COMMAND = "python -m tests.unit.cli.test_explain"
_ROW = re.compile(r"\| (?P<rule>.*?) ?\| `(?P<reason>\w+)`(?: \(a warning\))? \| `(?P<says>.*)` \|")


def rules() -> str:
    """Return the rules by reason, as docs/rules.md has them."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for of, rule, reason, says in _rows(test_rules_doc.page()):
        entry = {"reason": reason, "of": of, "rule": rule, "says": []}
        found.setdefault((of, rule, reason), entry)["says"].append(says)
    return json.dumps([*found.values()], indent=1, ensure_ascii=False) + "\n"


def _rows(page: str) -> Iterator[tuple[str, str, str, str]]:
    of = rule = ""
    for text in page.splitlines():
        if text.startswith("## "):
            of = "any kind" if "/" in text else text.removeprefix("## ").replace("Objects", "objects")
        elif row := _ROW.fullmatch(text):
            rule = row["rule"] or rule
            yield of, rule, row["reason"], row["says"]


def test_the_rules_are_those_of_the_page() -> None:
    assert DATA.read_text("utf-8") == rules(), f"cli/rules.json is out of date; run: {COMMAND}"


def test_every_reason_and_every_rule_is_explained(teal: Teal) -> None:
    words = {*VERSIONS, *EVENTS, *(name for reasons in CONDITIONS.values() for name in reasons)}
    words |= {entry["reason"] for entry in json.loads(rules())}
    code, said = teal.run("explain")
    assert (code, {*said.split()}) == (0, words)
    for word in words:
        code, said = teal.run("explain", word.lower())
        assert code == 0
        assert said.startswith(f"{word}, ")


NOT_AVAILABLE = """\
DeploymentNotAvailable, a version's reason
  means     its Deployment has not the condition Available: pods are starting, or can't start
  requests  none go to it; the ready versions share them
  look      kubectl rollout status deployment VERSION
  remedy    mend what kubectl describe pod tells of its pods: image, probe, resources
"""
NOT_WATCHED = """\
NotWatched, a version's reason
  means     its Deployment is there, and lacks the label by which Teal watches it
  requests  none go to it; the ready versions share them
  look      kubectl get deployment VERSION --show-labels
  remedy    kubectl label deployment VERSION iter8.tools/watch=true

NotWatched, a rule for objects together
  means     A workload that a Routemap lists is watched.
  says      metadata.labels: Routemap httpbin lists httpbin-1, which gets no requests while it is not \
watched; label it iter8.tools/watch: "true"
"""


def test_a_reason_is_explained_with_the_command_that_mends_it(teal: Teal) -> None:
    assert teal.run("explain", "DeploymentNotAvailable") == (0, NOT_AVAILABLE)


def test_a_word_that_is_a_rule_too_is_explained_as_both_with_what_the_webhook_says(teal: Teal) -> None:
    assert teal.run("explain", "NotWatched") == (0, NOT_WATCHED)


def test_a_word_that_is_nearly_one_is_offered(teal: Teal) -> None:
    assert teal.run("explain", "NotWatchd") == (
        1,
        "teal: Teal gives no reason NotWatchd; did you mean NotWatched?\n",
    )
    assert teal.run("explain", "xyz") == (
        1,
        "teal: Teal gives no reason xyz; `teal explain` lists them all\n",
    )


def test_it_is_given_as_data_too(teal: Teal) -> None:
    code, said = teal.run("explain", "Drained", "-o", "json")
    assert code == 0
    assert json.loads(said) == [
        {
            "word": "Drained",
            "of": "an Event",
            "means": "a version has drained; its deletion goes through",
            "requests": "it gets none",
            "look": "",
            "remedy": "",
            "examples": [],
        }
    ]


if __name__ == "__main__":
    DATA.write_text(rules(), "utf-8")

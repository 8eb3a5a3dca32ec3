"""Evidence in memory, as a test says it is; `tests/contracts/evidence.py` holds it to the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.stepping.rollout import Counts, Unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from reconciler.watching.mentions import RoutemapKey
    from routing.stepping.rollout import Answer, Question


class MemoryEvidence:
    """Answers at once. `known`: by version and check's name; of others nothing is. `asked`: by Routemap."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Answer] = {}
        self.asked: dict[RoutemapKey, tuple[Question, ...]] = {}

    def counts(self, version: str, good: float, total: float, check: str = "success") -> None:
        """Have so many requests counted."""
        self.known[version, check] = Counts(good, total)

    def answers(self, key: RoutemapKey, questions: Collection[Question]) -> Mapping[Question, Answer]:
        """Return what is known."""
        self.asked.pop(key, None)
        if questions:
            self.asked[key] = tuple(questions)
        unknown = Unknown("not asked yet")
        return {
            question: self.known.get((question.version, question.check.name), unknown)
            for question in questions
        }

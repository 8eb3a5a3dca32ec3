"""Whom passes ask for what rollouts need to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from routing.stepping.rollout import Unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from reconciler.watching.mentions import RoutemapKey
    from routing.stepping.rollout import Answer, Question


class Evidence(Protocol):
    """Tells what is known of what rollouts ask. Safe to call from several threads for different keys."""

    def answers(self, key: RoutemapKey, questions: Collection[Question]) -> Mapping[Question, Answer]:
        """Return what is known of each question, `Unknown` of one of which nothing is. Never waits.

        What a Routemap asks now takes the place of what it asked before; when an answer has come its key is
        woken. One that asks nothing is forgotten.
        """


UNCONFIGURED = "no Prometheus is configured: set prometheus.url of Teal's chart"


class NoEvidence:
    """Knows nothing: nobody has said whom to ask."""

    def answers(self, key: RoutemapKey, questions: Collection[Question]) -> Mapping[Question, Answer]:
        """Return of each question that nothing is known."""
        del key
        return dict.fromkeys(questions, Unknown(UNCONFIGURED))

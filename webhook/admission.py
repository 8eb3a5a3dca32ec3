"""What each endpoint answers. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.reading.defaults import defaulted
from routing.rules.pauses import paused
from routing.rules.review import Verdict
from routing.rules.rulebook import review
from webhook.codec import Answer
from webhook.patch import diff

if TYPE_CHECKING:
    from webhook.codec import Request

OWN_KINDS = frozenset({"Routemap", "WeightOverride"})


def validate(request: Request) -> Answer:
    """Judge a change by the rule book. Never a patch: the API server fails a call that holds one."""
    return Answer(review(request.review))


def mutate(request: Request, pre_stop_sleep: int = 0) -> Answer:
    """Fill in the defaults of Teal's own kinds, or refuse them; pause the containers of Deployments.

    Mutation comes before the API server checks the object against its CRD's schema: refusing here makes the
    user read our sentence, with its remedy, and not the schema's. Warnings are left to `validate`, else each
    would show twice.
    """
    manifest = request.review.manifest
    if manifest is not None and request.kind == "Deployment":
        return Answer(Verdict(), tuple(diff(manifest, paused(manifest, pre_stop_sleep))))
    if manifest is None or request.kind not in OWN_KINDS:
        return Answer(Verdict())
    verdict = review(request.review)
    if not verdict.allowed:
        return Answer(verdict)
    return Answer(Verdict(), tuple(diff(manifest, defaulted(manifest))))

"""What each endpoint answers. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from routing import names
from routing.kinds import WORKLOADS
from routing.reading.defaults import defaulted
from routing.rules.pauses import paused
from routing.rules.review import Verdict
from routing.rules.rulebook import RULES, advice, review, review_named
from routing.rules.wishes import signed
from webhook.codec import Answer
from webhook.patch import diff

if TYPE_CHECKING:
    from webhook.codec import Request

OWN_KINDS = frozenset({"Routemap", "WeightOverride"})
PAUSED_KINDS = frozenset(kind.resource.kind for kind in WORKLOADS)


def validate(request: Request, domain: str = names.DOMAIN) -> Answer:
    """Judge a change by the rule book. Never a patch: the API server fails a call that holds one.

    What is of no kind of the rule book's is a workload of a kind that the administrator has named: the chart
    has the API server ask for no other. `domain` is the cluster's, here and below.
    """
    judge = review if request.kind in RULES else review_named
    return Answer(judge(replace(request.review, domain=domain)))


def advise(request: Request) -> Answer:
    """Tell of Teal's words on an object of a kind that Teal does not read. Nothing is refused here."""
    return Answer(advice(request.review))


def mutate(request: Request, pre_stop_sleep: int = 0, domain: str = names.DOMAIN) -> Answer:
    """Fill in the defaults of Teal's own kinds, or refuse them; pause the containers of workloads.

    Who wishes something of a rollout is put beside the wish: nobody else knows.

    Mutation comes before the API server checks the object against its CRD's schema: refusing here makes the
    user read our sentence, with its remedy, and not the schema's. Warnings are left to `validate`, else each
    would show twice.
    """
    manifest = request.review.manifest
    if manifest is not None and request.kind in PAUSED_KINDS:
        return Answer(Verdict(), tuple(diff(manifest, paused(manifest, pre_stop_sleep))))
    if manifest is None or request.kind not in OWN_KINDS:
        return Answer(Verdict())
    verdict = review(replace(request.review, domain=domain))
    if not verdict.allowed:
        return Answer(verdict)
    after = defaulted(manifest, domain)
    if request.kind == "Routemap":
        after = signed(request.review, after)
    return Answer(Verdict(), tuple(diff(manifest, after)))

"""The reasons of RolledOut, and of the Events that tell how a rollout goes, as `reasons`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.telling.reasons import LOOK_DEPLOYMENT, LOOK_ROUTEMAP, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

_STAYS = "the candidate keeps the step's share"
_NOTHING = "none go to the candidate, which is kept"
_WISH = "`kubectl annotate --overwrite routemap APP iter8.tools/rollout=…`"

ROLLED_OUT: Mapping[str, Reason] = {
    "NoCandidate": Reason("no candidate is there to be rolled out", "go to the primary", holds=True),
    "Succeeded": Reason(
        "the candidate has taken every step",
        "the candidate keeps the last step's share",
        LOOK_ROUTEMAP,
        "promote it: `teal promote APP`",
        event="Normal",
        holds=True,
    ),
    "Promoting": Reason(
        "the candidate has taken every step, and Teal lists it first (`spec.rollout.promotion` is byOrder)",
        _STAYS,
        event="Normal",
    ),
    "Promoted": Reason(
        "who was the candidate is the primary, by Teal's hand or somebody's, and no other has come since",
        "go to it",
        LOOK_ROUTEMAP,
        event="Normal",
        holds=True,
    ),
    "NotPromoted": Reason(
        "the candidate has taken every step, and something keeps Teal from listing it first: Git or Helm "
        "owns `spec.versions`, say, or another candidate is there",
        "the candidate keeps the last step's share",
        LOOK_ROUTEMAP,
        "commit what the message tells, or do as it says",
        event="Normal",
    ),
    "PromotionRefused": Reason(
        "the API server refuses the promotion; the message has its words",
        "the candidate keeps the last step's share",
        LOOK_ROUTEMAP,
        f"mend what refuses it, then {_WISH} with skip",
        event="Warning",
    ),
    "Stepping": Reason(
        "a step is under way: its time is not over, or not everything is shown yet",
        _STAYS,
        LOOK_ROUTEMAP,
        event="Normal",
    ),
    "CandidateNotReady": Reason(
        "the candidate is not ready. Once it has had requests it fails after two minutes of this, or when it "
        "has come to it for the third time",
        "none go to it",
        LOOK_DEPLOYMENT,
        "mend what its own reason tells",
        event="Normal",
    ),
    "PrimaryNotReady": Reason(
        "the primary is not ready, so that nothing could be compared with it, or go back to it",
        "go to versions that are ready",
        LOOK_ROUTEMAP,
        "mend what its own reason tells",
        event="Normal",
    ),
    "NotRoutable": Reason(
        "requests don't come to the route, or fail at it (condition Routable), so nothing would be shown by "
        "what follows. Checks go on, and a bad one rolls back",
        _STAYS,
        LOOK_ROUTEMAP,
        "mend what Routable tells; without checks the step begins anew then",
        event="Normal",
    ),
    "NotEnoughPods": Reason(
        "the next share (all requests, before a promotion) is more than the candidate's ready pods can "
        "carry, by what the primary's had",
        _STAYS,
        LOOK_DEPLOYMENT,
        "scale it to as many as the message says, or set `spec.rollout.capacity` to ignore",
        event="Normal",
    ),
    "Overridden": Reason(
        "a WeightOverride has the say, so no step is taken, and nobody is promoted by itself",
        "split by the override",
        "kubectl get weightoverride APP -o yaml",
        "delete it; the step begins anew then",
        event="Normal",
    ),
    "GateClosed": Reason(
        "the step is through, and its gate waits for somebody",
        _STAYS,
        LOOK_ROUTEMAP,
        f"{_WISH} with resume",
        event="Normal",
    ),
    "WindowClosed": Reason(
        "what follows is due, and no window of `spec.rollout.windows` is open",
        "stay as they are",
        LOOK_ROUTEMAP,
        "none: it goes on by itself at the time that the message tells, or when the windows are changed",
        event="Normal",
    ),
    "Paused": Reason(
        "somebody has paused it",
        _STAYS,
        LOOK_ROUTEMAP,
        f"{_WISH} with resume; the step begins anew then",
        event="Normal",
    ),
    "EvidenceLacking": Reason(
        "a step could not show in its time that the candidate is good",
        _STAYS,
        LOOK_ROUTEMAP,
        f"{_WISH} with retry, skip or abort; the message has what lacks",
        event="Warning",
    ),
    "FailureHeld": Reason(
        "a check is bad, and `spec.rollout.onFailure` is hold",
        _STAYS,
        LOOK_ROUTEMAP,
        f"{_WISH} with abort, retry or skip",
        event="Warning",
    ),
    "RolledBack": Reason(
        "a check is bad, or the candidate is not ready any more",
        _NOTHING,
        LOOK_ROUTEMAP,
        f"deploy a better one, or {_WISH} with retry",
        event="Warning",
    ),
    "Aborted": Reason(
        "somebody has aborted it, or has taken its promotion back",
        _NOTHING,
        LOOK_ROUTEMAP,
        f"deploy another one, or {_WISH} with retry",
        event="Normal",
    ),
}

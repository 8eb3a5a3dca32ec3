"""What keeps the pods of a version from being ready, as kubelet and scheduler tell it. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Manifest = Mapping[str, Any]

MOST_SAID = 200
"""Of what a pod says, which is its owner's and its registry's text."""
_ON_THEIR_WAY = ("ContainerCreating", "PodInitializing")
_OF_AN_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")


def trouble(pods: Sequence[Manifest]) -> str:
    """Return what most pods wait for that are not about to go: "web: ImagePullBackOff of nginx:1.99", say.

    "" where nothing keeps them: they start, or are ready, or there are none. Never fails on odd objects.
    """
    there = [pod for pod in pods if "deletionTimestamp" not in section(pod, "metadata")]
    said = Counter(filter(None, (next(_kept(pod), "") for pod in there)))
    if not said:
        return ""
    ((what, often),) = said.most_common(1)
    return what if len(there) == 1 else f"{often} of {len(there)} pods: {what}"


def selector(workload: Manifest) -> str:
    """Return the label selector by which a workload's pods are listed, "" for one not of labels alone."""
    told = section(workload, "spec", "selector")
    labels = section(told, "matchLabels")
    return "" if told.get("matchExpressions") else ",".join(f"{key}={at}" for key, at in labels.items())


def _kept(pod: Manifest) -> Iterator[str]:
    """Yield what keeps a pod from being ready, what counts most first."""
    for condition in map(section, listing(pod, "status", "conditions")):
        if (condition.get("type"), condition.get("status")) == ("PodScheduled", "False"):
            yield f"not scheduled: {condition.get('message') or condition.get('reason')}"[:MOST_SAID]
    for kind in ("initContainerStatuses", "containerStatuses"):
        for status in map(section, listing(pod, "status", kind)):
            if what := _waits(status) or _ended(status):
                yield f"{status.get('name')}: {what}"[:MOST_SAID]
    for status in map(section, listing(pod, "status", "containerStatuses")):
        if section(status, "state", "running") and status.get("ready") is False:
            yield f"{status.get('name')}: runs, and its readiness probe has not succeeded"[:MOST_SAID]


def _waits(status: Manifest) -> str:
    """Return for what a container waits, "" where it does not, or is just being made."""
    waiting = section(status, "state", "waiting")
    reason = str(waiting.get("reason") or "")
    if not reason or reason in _ON_THEIR_WAY:
        return ""
    if reason in _OF_AN_IMAGE:
        return f"{reason} of {status.get('image')}"
    ended = _ended({"state": status.get("lastState")})
    more = ended if reason == "CrashLoopBackOff" else waiting.get("message")
    return f"{reason} ({more})" if more else reason


def _ended(status: Manifest) -> str:
    """Return how a container has ended, "" where it has not, or well."""
    terminated = section(status, "state", "terminated")
    code = terminated.get("exitCode")
    if not isinstance(code, int) or not code:
        return ""
    return f"ended with exit code {code}, {terminated.get('reason') or 'Error'}"

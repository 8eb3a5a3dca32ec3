"""The reasons of WeightOverrides, and of Events beside those of versions and conditions, as `reasons`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.telling.reasons import LOOK_ROUTEMAP, THEY_END, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

_OVERRIDE = "kubectl describe weightoverride APP"

OVERRIDES: Mapping[str, Reason] = {
    "Applied": Reason("all weights of it count", "split by them", event="Normal", holds=True),
    "Invalid": Reason(
        "it breaks a rule",
        "go on as they were",
        _OVERRIDE,
        "the message names field, value and remedy",
        event="Warning",
    ),
    "NoRoutemap": Reason(
        "there is no Routemap of its name; told ten seconds after it has come",
        "it changes nothing",
        "kubectl get routemaps",
        "give it the name of one, or delete it",
        event="Warning",
    ),
    "NotListed": Reason(
        "it names a version that the Routemap does not list",
        "split by its other weights",
        _OVERRIDE,
        "correct the name, or list the version",
        event="Warning",
    ),
}
"""Why `Applied` of a WeightOverride is as it is. It also has Ready's reasons, while that does not hold."""

EVENTS: Mapping[str, Reason] = {
    "SplitApplied": Reason(
        "the split has changed; the message has the new one and the one before",
        "split as told",
        event="Normal",
    ),
    "Draining": Reason(
        "a version is out of the split and held until the time told", THEY_END, event="Normal"
    ),
    "Drained": Reason("a version has drained; its deletion goes through", "it gets none", event="Normal"),
    "WeightOverridden": Reason(
        "a candidate has come in with weights that a WeightOverride had for it beforehand",
        "split as told",
        "kubectl get weightoverride APP -o yaml",
        "delete the override if it is left over",
        event="Normal",
    ),
    "SameName": Reason(
        "two workloads of a version's name are watched, such as a Deployment and a StatefulSet; the message "
        "names the one that is the version: the one that has been getting requests, else the Deployment",
        "it gets its share by that one",
        LOOK_ROUTEMAP,
        "take the watch label off the other",
        event="Warning",
    ),
    "DeadlineExceeded": Reason(
        "a deletion could not be drained for ten minutes and is let go",
        "it may still have got some, which fail",
        LOOK_ROUTEMAP,
        "the message has what was in the way",
        event="Warning",
    ),
}
"""Reasons of Events on a Routemap, beside those of versions and conditions."""

DEPLOYMENTS: Mapping[str, Reason] = {
    "NotListed": Reason(
        "it is watched, and no Routemap of its namespace lists it; told after ten seconds",
        "none go to it",
        "kubectl describe deployment VERSION",
        "list it in `spec.versions` of its Routemap, or take the label `iter8.tools/watch` off",
        event="Normal",
    ),
}
"""Reasons of Events on a Deployment."""

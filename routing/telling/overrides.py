"""What is told of a WeightOverride: whether its weights count, and if not, why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from routing.reading.override_status import OverrideStatus, read
from routing.reading.parse import parse_weight_override
from routing.reading.raw import listing, section
from routing.reading.status import Condition, timed
from routing.reading.violation import InvalidManifestError
from routing.telling.events import Event
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.reading.status import RoutemapStatus

    Manifest = Mapping[str, Any]


_UNTOLD = Condition("Ready", holds=False, reason="NoReadyVersion", message="nothing is told of it yet")
"""Of a Routemap whose first pass has not ended."""


@dataclass(frozen=True, slots=True)
class OverrideReport:
    """The status that a WeightOverride, as it was seen, is to have, and the Events of the change."""

    override: Manifest
    status: OverrideStatus
    events: tuple[Event, ...] = ()


def report_of(
    override: Manifest | None, routemap: Manifest | None, status: RoutemapStatus | None, now: float
) -> OverrideReport | None:
    """Return what is to be told of a WeightOverride, None where that has been told, or nobody is there.

    `routemap` is the one of its name, `status` what is told of that after the pass; None: there is none.
    """
    if override is None or any(
        "deletionTimestamp" in section(each, "metadata") for each in (override, routemap)
    ):
        return None
    before = read(override.get("status"))
    told = timed(_applied(override, routemap, status), before.condition("Applied"), now)
    after = OverrideStatus(section(override, "metadata").get("generation", 0), (told,))
    if after.manifest() == override.get("status"):
        return None
    return OverrideReport(override, after, _events(before.condition("Applied"), told))


def _applied(override: Manifest, routemap: Manifest | None, status: RoutemapStatus | None) -> Condition:
    """Return Applied: all weights of the override count. What comes first stands in the way of the rest."""
    name = section(override, "metadata").get("name")
    try:
        weights = parse_weight_override(override).weights
    except InvalidManifestError as error:
        return Condition("Applied", holds=False, reason="Invalid", message=str(error))
    if routemap is None or status is None:
        message = (
            f"there is no Routemap {name}, so nothing is overridden; give it the name of one, or delete it"
        )
        return Condition("Applied", holds=False, reason="NoRoutemap", message=message)
    listed = [section(entry).get("name") for entry in listing(routemap, "spec", "versions")]
    strays = [version for version in weights if version not in listed]
    if strays:
        message = (
            f"Routemap {name} lists no {', '.join(strays)}; it lists {', '.join(map(str, listed))}. "
            "Weights of the others count"
        )
        return Condition("Applied", holds=False, reason="NotListed", message=message)
    ready = status.condition("Ready") or _UNTOLD
    if not ready.holds:
        message = f"Routemap {name}: {ready.message}"
        return Condition("Applied", holds=False, reason=ready.reason, message=message)
    return Condition(
        "Applied", holds=True, reason="Applied", message=f"its weights count for Routemap {name}"
    )


def _events(before: Condition | None, after: Condition) -> tuple[Event, ...]:
    """Tell what is new. A warning is what its user has to mend here; the Routemap's own is told there."""
    if before is not None and replace(after, since=before.since) == before:
        return ()
    mistake = after.reason in ("Invalid", "NoRoutemap", "NotListed")
    return (Event("Warning" if mistake else "Normal", after.reason, after.message),)

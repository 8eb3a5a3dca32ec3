"""A WeightOverride's status as a value. Reading it never fails, as with a Routemap's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.reading.raw import section
from routing.reading.status import Condition, conditions_in, count, written_condition
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class OverrideStatus:
    """What is told of a WeightOverride: the generation that was seen, and what has become of it."""

    observed_generation: int = 0
    conditions: Sequence[Condition] = ()

    def condition(self, kind: str) -> Condition | None:
        """Return the condition of a type."""
        return next((condition for condition in self.conditions if condition.type == kind), None)

    def manifest(self) -> dict[str, Any]:
        """Return the status as it is written."""
        return {
            "observedGeneration": self.observed_generation,
            "conditions": [written_condition(condition) for condition in self.conditions],
        }


def read(value: Any) -> OverrideStatus:
    """Return what a status says, whatever wrote it: what is not understood, or too much, is left out."""
    status = section(value)
    return OverrideStatus(count(status.get("observedGeneration"), 2**53), conditions_in(status))

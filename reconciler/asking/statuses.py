"""Which of a version's requests were good, by the statuses that metrics tell: HTTP's, and gRPC's. Pure.

A call of gRPC that fails has status 200, and gRPC's own status comes after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Labels = Mapping[str, str]

CALL = "grpc"
"""The label that a preset makes: a call's status and why its proxy ended it, such as 14/UH; or the status."""
ANSWERED, FAILED = 100, 500
FAULTS = ("2", "4", "12", "13", "14", "15")
"""UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE and DATA_LOSS: the server's errors by
OpenTelemetry's conventions, and those that google.rpc.Code gives an HTTP status of 500 and above."""
STATUSES = tuple(map(str, range(17)))
_UNKNOWN = "2"
_LEFT = {"DC", "DR"}
"""Why a proxy ended a stream: its client left, or took the call back (Envoy's response flags)."""


@dataclass(slots=True)
class Judged:
    """Requests: the good ones of all, and of how many gRPC's status was told."""

    good: float = 0.0
    total: float = 0.0
    calls: float = 0.0


def judged(grown: Iterable[tuple[Labels, float]], by: Sequence[str], code: str) -> Judged:
    """Return what some series count. `by`: the labels of who got the requests; `code`: that of the status.

    Where gRPC's statuses are counted beside HTTP's, a call that failed may be in both: its proxy could not
    reach the version, and told 503 and UNAVAILABLE. So the larger number of failures counts, for each `by`.
    """
    places: dict[tuple[str, ...], list[tuple[Labels, float]]] = {}
    for labels, count in grown:
        places.setdefault(tuple(labels.get(each, "") for each in by), []).append((labels, count))
    found = Judged()
    for counted in places.values():
        beside = [each for each in counted if _is_beside(each[0], code)]
        requests = [each for each in counted if not _is_beside(each[0], code)]
        total = sum(count for _, count in requests)
        failed = sum(count for labels, count in requests if not good(labels, code))
        faults = sum(count for labels, count in beside if labels[CALL] in FAULTS)
        found.good += total - min(total, max(failed, faults))
        found.total += total
        found.calls += sum(count for labels, count in counted if CALL in labels)
    return found


def _is_beside(labels: Labels, code: str) -> bool:
    """Tell whether a series counts calls by gRPC's status alone; their requests are counted by another."""
    return CALL in labels and code not in labels


def good(labels: Labels, code: str) -> bool:
    """Tell whether requests of a status are good: answered, below 500, and no fault by gRPC's status.

    Istio says 0 where nobody answered, such as when the client would not wait any longer.
    """
    status = labels.get(code, "")
    answered = status.isdecimal() and ANSWERED <= int(status) < FAILED
    return answered and not _fault(labels.get(CALL, ""))


def _fault(call: str) -> bool:
    """Tell whether a call failed, and not by its client.

    Of a stream that ended without a status Istio says what HTTP's status stands for, which is UNKNOWN for
    200. Where the client ended it, that is no fault: so end streams that are done with.
    """
    status, _, flags = call.partition("/")
    left = status == _UNKNOWN and not _LEFT.isdisjoint(flags.split(","))
    return status in FAULTS and not left

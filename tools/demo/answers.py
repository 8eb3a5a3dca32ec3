"""What became of the requests: the load's lines parsed, kept and counted."""

from __future__ import annotations

import math
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OK, ERROR = 200, 500
_FIELDS = 5


@dataclass(frozen=True)
class Answer:
    """One request. `sent` is by this process's monotonic clock, whatever clock a pod has.

    `seconds` count from when it was due, so that they tell of a client that could not keep up; it was sent
    `late` seconds after that.
    """

    sent: float
    seconds: float
    status: int
    version: str
    error: str
    late: float = 0.0
    own: bool = False
    """The version that has answered is meant to fail such requests itself."""

    @property
    def ended(self) -> float:
        """When the answer was there."""
        return self.sent + self.seconds - self.late

    @property
    def failed(self) -> bool:
        """Tell whether the user was let down by anybody but a version that is meant to."""
        return self.status != OK and not self.own

    @property
    def what(self) -> str:
        """Say in a few words what came."""
        status = f"status {self.status}" if self.status else "no answer"
        return ", ".join(filter(None, (status, self.version.strip("-"), self.error)))


def parse(line: str, arrived: float) -> Answer | None:
    """Return the request that a line of the load tells of, None if it is something else."""
    due, *rest = line.strip().split(" ", _FIELDS)
    if len(rest) < _FIELDS - 1:
        return None
    try:
        float(due)
        late, seconds, status = float(rest[0]), float(rest[1]), int(rest[2])
    except ValueError:
        return None
    return Answer(arrived - (seconds - late), seconds, status, rest[3], " ".join(rest[4:]), late)


@dataclass
class Tally:
    """All requests of one client; one thread adds while others read.

    `bad`: a version whose answers of status 500 are its own failures from now on, and no others'.
    """

    bad: str = ""
    _answers: list[Answer] = field(default_factory=list)
    _failures: list[Answer] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    own: int = 0

    def add(self, answer: Answer) -> None:
        """Count a request."""
        if answer.status == ERROR and self.bad == answer.version:
            answer = replace(answer, own=True)
        with self._lock:
            self._answers.append(answer)
            self.own += answer.own
            if answer.failed:
                self._failures.append(answer)

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def failures(self) -> Sequence[Answer]:
        """The requests that failed, as they ended."""
        with self._lock:
            return tuple(self._failures)

    def versions(self, begin: float = -math.inf, end: float = math.inf) -> Counter[str]:
        """Count by version the answers to what was sent in this time; failures have none."""
        with self._lock:
            return Counter(
                each.version for each in self._answers if begin <= each.sent < end and not each.failed
            )

    def recent(self, begin: float) -> Counter[str]:
        """As `versions`, for what was sent since `begin`, at the cost of only that."""
        found: Counter[str] = Counter()
        with self._lock:
            for each in reversed(self._answers):
                if each.ended < begin:
                    break
                if not each.failed:
                    found[each.version] += 1
        return found

    def seconds(self, share: float) -> float:
        """Return the time within which this share of the answers came, 0 without any."""
        with self._lock:
            times = sorted(each.seconds for each in self._answers if not each.failed)
        return times[min(int(share * len(times)), len(times) - 1)] if times else 0.0


def percentages(counts: Mapping[str, int]) -> dict[str, float]:
    """Return each version's share of the answers; nothing for no answers."""
    total = sum(counts.values())
    return {version: 100 * count / total for version, count in counts.items()} if total else {}


def deviation(percent: float, count: int) -> float:
    """Return the standard deviation, in points, of a share of `count` requests that are sent by chance.

    Each request is one draw (Envoy picks by weight at random), so it is the binomial's: sqrt(p (1 - p) / n).
    """
    share = percent / 100
    return 100 * math.sqrt(share * (1 - share) / count) if count else 0.0


def off(split: Mapping[str, int], counts: Mapping[str, int], deviations: float = 5.0) -> list[str]:
    """Return the versions whose share of the answers chance does not explain.

    Five deviations: one false alarm in 1.7 million. A version of weight 0 or 100 has no deviation at all.
    """
    total, shares = sum(counts.values()), percentages(counts)
    return [
        version
        for version in sorted({*split, *counts})
        if total
        and abs(shares.get(version, 0) - split.get(version, 0))
        > deviations * deviation(split.get(version, 0), total)
    ]

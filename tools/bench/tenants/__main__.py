"""`make bench-tenants`: how long a namespace's change takes, without and with another that attacks.

Each attack has an API server of its own and the real reconciler as a process. The same changes (an endpoint
goes, until the VirtualService follows) are measured before the attack and beside it, in one run.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING

from tools.bench.child import Child
from tools.bench.lag import Lags
from tools.bench.measures import plane
from tools.bench.population import Population
from tools.bench.tenants.attacks import ATTACKS
from tools.bench.wire import Target

if TYPE_CHECKING:
    from tools.bench.tenants.attacks import Attack

CHANGES = 80
"""Each of another application: one that has come and gone before waits for longer."""
MOST = 2.0
"""Times as long as without the attack, at most."""
_PAUSE_SECONDS = 0.03
_TAKEN_IN_SECONDS = 600.0
_REST_SECONDS = 3.0


@dataclass(frozen=True)
class Figures:
    """Seconds that changes took without and with an attack, and the reconciler's use of a core meanwhile."""

    alone: list[float]
    beside: list[float]
    core: float

    @property
    def ratio(self) -> float:
        """How many times as long the median change takes beside the attack."""
        return median(self.beside) / median(self.alone)


def main() -> int:
    """Measure each attack, print; return 1 if one delays others by more than it may."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.tenants", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=ATTACKS, action="append", help="this attack (may be repeated)")
    arguments = parser.parse_args()
    ratios = defaultdict[str, list[float]](list)
    print("| attack | alone p50 / p99 | beside p50 / p99 | ratio | of a core |\n|---|---|---|---|---|")
    for _ in range(arguments.rounds):
        for name in arguments.only or ATTACKS:
            figures = measure(ATTACKS[name])
            ratios[name].append(figures.ratio)
            print(
                f"| {name} | {_told(figures.alone)} | {_told(figures.beside)} | {figures.ratio:.2f} "
                f"| {figures.core:.0%} |",
                flush=True,
            )
    for name, several in ratios.items():
        print(f"ratio={median(several):.2f} ({name}; median of {len(several)})")
    return 1 if any(median(several) >= MOST for several in ratios.values()) else 0


def measure(attack: Attack) -> Figures:
    """Measure an attack."""
    with plane() as running:
        target = Target.of(running)
        population = Population(target, "victim", 2 * CHANGES)
        population.create()
        with Child(running) as child:
            child.settle()
            alone = _changes(Lags(str(running.kubeconfig), population), 0)
            before = child.passes()
            _taken_in(child, before + attack(target))
            cpu, begin = child.use().cpu, time.monotonic()
            beside = _changes(Lags(str(running.kubeconfig), population), CHANGES)
            core = (child.use().cpu - cpu) / (time.monotonic() - begin)
    return Figures(alone, beside, core)


def _changes(lags: Lags, first: int) -> list[float]:
    """Change applications from the first on, one after the other; return the seconds that each took.

    An API server hangs up on who has been idle for a minute and a half, so each series has its own `lags`.
    """
    seconds = []
    for number in range(CHANGES):
        seconds.append(lags.one(first + number))
        time.sleep(_PAUSE_SECONDS)
    lags.close()
    return seconds


def _taken_in(child: Child, passes: int) -> None:
    """Wait until so many passes have been run, and then some time. Raises TimeoutError."""
    end = time.monotonic() + _TAKEN_IN_SECONDS
    while child.passes() < passes:
        if time.monotonic() > end:
            raise TimeoutError(f"not {passes} passes after {_TAKEN_IN_SECONDS:.0f} s")
        time.sleep(0.1)
    time.sleep(_REST_SECONDS)


def _told(seconds: list[float]) -> str:
    return f"{median(seconds) * 1000:.1f} / {quantiles(seconds, n=100)[98] * 1000:.1f} ms"


if __name__ == "__main__":
    raise SystemExit(main())

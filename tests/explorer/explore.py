"""Every state up to the bounds, breadth first, so that what breaks a promise has a shortest trace.

From each of them the fair schedule (users quiet, pods as they are, everything else gets its turn) has to lead
to rest.
"""

from __future__ import annotations

import gc
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.explorer.actions import Actions, clock, collected, proxies, remembered
from tests.explorer.passes import Passes
from tests.explorer.promises import at_rest, judged
from tests.explorer.state import AVAILABLE, NONE, Deployment, Left, Routemap, Service, State, Version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.explorer.world import World

MOST_STEPS_TO_REST = 200
NOTHING_LEFT = Left(0, 0, 0, 0)


@dataclass(frozen=True)
class Found:
    """What was explored. `broken`: what breaks a promise, `trace`: the steps there; None if nothing does."""

    states: int
    transitions: int
    depth: int
    seconds: float
    broken: str | None = None
    trace: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the figures in a line, and the trace in a line a step."""
        size = f"{self.states:,} states, {self.transitions:,} transitions"
        figures = f"{size}, depth {self.depth}, {self.seconds:.0f} s of CPU"
        if self.broken is None:
            return figures
        lines = [f"{number:3}. {line}" for number, line in enumerate(self.trace, 1)]
        return "\n".join((figures, *lines, f"  => {self.broken}"))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage: nothing made here refers to itself, and looking takes half of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass
class Explorer:
    """Goes through the states of a world. `most`: ends there, for want of memory."""

    world: World
    most: int = 10_000_000
    came: dict[State, tuple[State, str] | None] = field(default_factory=dict)
    rests: set[State] = field(default_factory=set)
    transitions: int = 0

    def __post_init__(self) -> None:
        self.actions = Actions(self.world, Passes(self.world))

    def explore(self) -> Found:
        """Go through all states that can be reached from rest."""
        with _uncollected():
            return self._explored()

    def _explored(self) -> Found:
        began = time.process_time()
        level, depth = self.beginnings(), 0
        self.came = dict.fromkeys(level)
        while level and len(self.came) < self.most:
            following: list[State] = []
            for state in level:
                broken = self._visit(state, following)
                if broken is not None:
                    steps, what = broken
                    return self._found(depth, began, what, steps)
            level, depth = following, depth + 1
        return self._found(depth, began)

    def beginnings(self) -> list[State]:
        """Return the states of rest with all versions, with the first only, and all but the Routemap.

        In the second the others are there, and about to become ready.
        """
        every = range(self.world.bounds.versions)
        ready = Version(Deployment(), Service(), AVAILABLE)
        routemap = Routemap(0, self.world.untold)
        starts = [
            State(tuple(ready for _ in every), routemap, None, None, NOTHING_LEFT),
            State(
                tuple(ready if index == 0 else ready._replace(pods=NONE) for index in every),
                routemap,
                None,
                None,
                NOTHING_LEFT,
            ),
            State(tuple(ready for _ in every), None, None, None, NOTHING_LEFT),
        ]
        return [
            self._rest_of(start)._replace(left=self.world.bounds.left)
            for start in starts[: self.world.bounds.starts]
        ]

    def _rest_of(self, state: State) -> State:
        return deque((after for _, after in self._fairly(state)), maxlen=1).pop()

    def _visit(self, state: State, following: list[State]) -> tuple[list[str], str] | None:
        for label, after, broken in self._steps(state):
            self.transitions += 1
            if broken is not None:
                return [*self._trace(state), label], broken
            if after not in self.came:
                self.came[after] = (state, label)
                following.append(after)
        unrest = self._unrest(state)
        return None if unrest is None else ([*self._trace(state), *unrest[0]], unrest[1])

    def _steps(self, state: State) -> Iterator[tuple[str, State, str | None]]:
        for label, taken in self.actions.every(state):
            after, broken = judged(self.world, state, remembered(state, taken))
            yield label, after, broken

    def _unrest(self, state: State) -> tuple[list[str], str] | None:
        """Return what is wrong with the rest that a state comes to by itself, and the steps there."""
        start = state._replace(left=NOTHING_LEFT)
        if start in self.rests:
            return None
        steps, way = [], [start]
        for label, after in self._fairly(start):
            if after in self.rests:
                break
            steps.append(label)
            way.append(after)
            if len(steps) > MOST_STEPS_TO_REST:
                return steps, f"no rest after {len(steps)} steps"
        else:
            wrong = next(at_rest(self.world, way[-1]), None)
            if wrong is not None:
                return [*steps, "nothing happens any more"], wrong
        self.rests.update(way)
        return None

    def _fairly(self, state: State) -> Iterator[tuple[str, State]]:
        """Yield the steps to rest."""
        step = next(self._fair(state), None)
        while step is not None:
            state, _ = judged(self.world, state, remembered(state, step[1]))
            yield step[0], state
            step = next(self._fair(state), None)

    def _fair(self, state: State) -> Iterator[tuple[str, State]]:
        yield from self.actions.reconciler(state)
        yield from proxies(state)
        yield from collected(state)
        passes = self.actions.passes
        if any(due is not None and due.again for due in (passes.routemap(state), passes.gone(state))):
            yield from clock(self.world, state)

    def _trace(self, state: State) -> list[str]:
        lines = []
        origin = self.came[state]
        while origin is not None:
            state, label = origin
            lines.append(label)
            origin = self.came[state]
        return lines[::-1]

    def _found(
        self, depth: int, began: float, broken: str | None = None, trace: list[str] | None = None
    ) -> Found:
        seconds = time.process_time() - began
        return Found(len(self.came), self.transitions, depth, seconds, broken, tuple(trace or ()))

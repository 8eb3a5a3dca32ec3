"""Plays the tutorial under load, watches what becomes of each step, and notes it down."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.demo import clients
from tools.demo.panel import Board, in_shares, in_words
from tools.demo.script import APPLICATION, FIRST_UNDER_LOAD, HOST, WAITS, Mistake
from tools.demo.shell import DemoError
from tools.demo.splits import SplitWatch, Timeline
from tools.demo.summary import Effect, Results
from tools.demo.typist import Typist
from tools.tutorial import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tools.demo.grounds import Ground
    from tools.demo.screen import Screen
    from tools.demo.splits import Change

VERSIONS = ("httpbin-0", "httpbin-1")
SPLIT_SECONDS = 120.0


@dataclass(frozen=True)
class Pace:
    """Seconds to look at things: after each step, and after each change of the split while the load runs."""

    step: float
    change: float


class Play:
    """One play on one cluster. `close` ends whatever runs in the background."""

    def __init__(self, ground: Ground, screen: Screen, pace: Pace, rate: float) -> None:
        self.results = Results()
        self.board = Board(VERSIONS)
        self._ground, self._screen, self._pace, self._rate = ground, screen, pace, rate
        self._background = ExitStack()
        self._load = ExitStack()
        self._entered = time.monotonic()
        self._timeline = Timeline(self._heard)
        self._background.callback(SplitWatch(ground.shell.environment, self._timeline).close)
        self._typist = Typist(ground, screen, self.board, self._background)

    def close(self) -> None:
        """End the load, then all else that runs in the background."""
        with self._background:
            self._end_load()

    def play(self, scenes: Iterable[Step | Mistake]) -> None:
        """Play one after the other. Raises DemoError at the first that does not go as it should."""
        section = ""
        for scene in scenes:
            if isinstance(scene, Step) and scene.section != section:
                section = scene.section
                self._screen.section(section)
            self._begin(scene)
            if isinstance(scene, Mistake):
                self._typist.mistake(scene)
                self.results.refused += 1
            else:
                self._step(scene)
            time.sleep(self._pace.step)

    def _begin(self, scene: Step | Mistake) -> None:
        if isinstance(scene, Step) and scene.name == FIRST_UNDER_LOAD and self._ground.pods:
            self._start_load()
        self._screen.step(scene.title, scene.prose)
        self.board.title = scene.title
        self._entered = time.monotonic()
        self.results.entered.append((self._entered, scene.title))
        if isinstance(scene, Step):
            for tally in self.results.tallies.values():
                tally.bad = scene.fails

    def _step(self, step: Step) -> None:
        if not step.split:
            self._end_load()
        own = self.results.own
        changes = _reached(step.split) != _reached(self._timeline.last.split)
        effect = Effect(step.title, step.split, time.monotonic())
        if changes:
            self.results.effects.append(effect)
        self._typist.type(step)
        effect.took = time.monotonic() - effect.entered
        with self.board.busy("waiting for the VirtualService"):
            change = self._timeline.until(step.split, SPLIT_SECONDS)
        if change is None:
            raise DemoError(
                f"After “{step.title}” the VirtualService gives {in_words(self._timeline.last.split)}; "
                f"it should have given {in_words(step.split)} within {SPLIT_SECONDS:.0f} s."
            )
        if changes:
            effect.right = change.at
            effect.began = change.at if step.template.startswith(WAITS) else None
            self._look(step, own)

    def _look(self, step: Step, own: int) -> None:
        """Let requests come in under a new split, then say how they were answered.

        Not as long where the step has been waited for: there was something to look at. `own`: how many
        requests a bad version had failed itself before the step.
        """
        if not self._load_runs:
            return
        with self.board.busy("counting answers"):
            time.sleep(self._pace.change / (2 if step.template.startswith(WAITS) else 1))
        results = self.results
        requests, failed = results.since(results.effects[-1].entered)
        shares = in_shares(results.answers(len(results.effects) - 1))
        tell = self._screen.bad if failed else self._screen.good
        by = f" but for {results.own - own} by {step.fails} itself" if results.own > own else ""
        tell(f"{requests} requests since Enter, {failed or 'none'} failed{by}; now answered by {shares}")

    def _start_load(self) -> None:
        """Send requests from both sides until the routing is deleted."""
        shell = self._ground.shell
        pod = shell.ask("kubectl get pod -l app=sleep --field-selector status.phase=Running -o name")
        url, half = f"http://{HOST}/get", self._rate / 2
        gateway = self._load.enter_context(self._ground.gateway())
        commands = {
            "inside": clients.inside([pod.split()[0], "-c", "sleep"], url, HOST, half),
            "outside": clients.outside(sys.executable, f"{gateway}/get", HOST, half),
        }
        running = self._load.enter_context(clients.load(self._ground.shell, commands))
        self.board.clients = running
        self.results.tallies = {name: client.tally for name, client in running.items()}
        self._screen.note(
            f"From here on, {self._rate:g} requests a second: half from the pod, half through the gateway."
        )
        self.board.title = "The load begins"
        with self.board.busy("first answers"):
            time.sleep(self._pace.change / 2)

    def _end_load(self) -> None:
        self._load.close()
        complaints = [client.complaint for client in self.board.clients.values()]
        self.results.complaints = [each for each in complaints if each]

    @property
    def _load_runs(self) -> bool:
        return any(not client.ended for client in self.board.clients.values())

    def _heard(self, change: Change) -> None:
        self.board.split = change.split
        seconds = change.at - self._entered
        self._screen.news(f"VirtualService {APPLICATION}: {in_words(change.split)}  (after {seconds:.2f} s)")


def _reached(split: Mapping[str, int]) -> set[tuple[str, int]]:
    """Return what a split is for those who send requests: one that is named with 0 is nothing to them."""
    return {(name, percent) for name, percent in split.items() if percent}

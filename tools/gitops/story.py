"""A rollout by commits: what has to come of each, and that nobody writes once it has."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from routing.model import State
from routing.reading.status import read
from tools.gitops.application import NAMESPACE, never_ready, routing, version, weights
from tools.gitops.objects import changed, percentages, written
from tools.gitops.tool import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tools.gitops.application import Manifest
    from tools.gitops.diary import Diary
    from tools.gitops.objects import Objects
    from tools.gitops.tool import Told, Tool

SECONDS = 300.0
LOOKS = 5
REFUSED = (
    "spec.versions: all weights are 0, so no version would get a request; give one version a weight above 0"
)
_ONE, _TWO = "httpbin-0", "httpbin-1"


@dataclass(frozen=True)
class _Mark:
    """What there was when a step began: the clock, lines of diaries, what was applied, each spec's count."""

    time: float
    line: int
    split: int
    applied: int
    generations: dict[str, int | None]


class FightError(RuntimeError):
    """It did not come to rest, or did not stay there; the message has what was seen last."""


@dataclass(frozen=True)
class Story:
    """A rollout that a tool plays from commits."""

    objects: Objects
    kubeconfig: Path
    tool: Tool
    splits: Diary
    """What the VirtualService has had in the course of time."""

    def play(self) -> None:
        """Play it. Raises FightError."""
        first, second, alone = version(_ONE), version(_TWO), routing(_ONE)
        both, shared = routing(_ONE, _TWO), weights(httpbin_0=20, httpbin_1=80)
        before = [*first, *alone]
        during = [*first, *second, *both]
        self._commit("the application", before, {_ONE: 100})
        self._commit("a candidate", during, {_ONE: 50, _TWO: 50})
        self._commit("reverted", before, {_ONE: 100})
        self._fail("a candidate that never starts", [*first, *never_ready(_TWO), *both])
        self._commit("it starts, with a WeightOverride", [*during, shared], {_ONE: 20, _TWO: 80})
        self._refuse([*first, *second, *routing(_ONE, _TWO, weight=0), shared])
        self._commit("mended", [*during, shared], {_ONE: 20, _TWO: 80})
        promoted = self._promoted(both)
        self._commit("promoted", [*first, *second, *promoted], {_TWO: 100})
        self._commit("the old version removed", [*second, *routing(_TWO)], {_TWO: 100})
        self._delete()

    def _commit(self, what: str, manifests: list[Manifest], split: dict[str, int]) -> None:
        """Commit; hold that it comes in, is told to be healthy, and stays."""
        begin = self._mark()
        revision = self.tool.commit(what, manifests)

        def there() -> bool:
            told = self.tool.told()
            if told.words not in self.tool.diary.since(0)[-1:]:
                return False
            return (told.revision, told.rests, self.objects.split()) == (revision, True, split)

        self._until(f"{what}: {revision}, {split}", there)
        took = time.monotonic() - begin.time
        self._until(f"{what}: nothing drains", lambda: self._calm(manifests, split))
        self._say(f"{what}: {percentages(split)} after {took:.0f} s", begin)
        self._stay(what)

    def _fail(self, what: str, manifests: list[Manifest]) -> None:
        """Commit what fails; hold that the tool says so, and Teal, too, and that the split stays."""
        split, begin = self.objects.split(), self._mark()
        revision = self.tool.commit(what, manifests)
        self._until(f"{what}: told by Teal", lambda: late(self.objects.routemap()))
        told = self._told(what, lambda now: now.revision == revision and now.failed)
        self._say(f"{what}: {percentages(self.objects.split())}", begin)
        print(f"  {told.message.strip()}", flush=True)
        if self.objects.split() != split:
            raise FightError(f"{what}: the split went from {split} to {self.objects.split()}")

    def _refuse(self, manifests: list[Manifest]) -> None:
        """Commit what admission refuses; hold that the tool says so in its words, and nothing changes."""
        there, before, begin = self.objects, self.objects.versions(), self._mark()
        split = there.split()
        revision = self.tool.commit("a mistake", manifests)
        told = self._told(
            f"a mistake: {REFUSED}",
            lambda now: now.revision == revision and not now.rests and REFUSED in now.message,
        )
        self._say("a mistake: refused", begin)
        print(f"  {told.message.strip()}", flush=True)
        if (there.versions(), there.split()) != (before, split):
            raise FightError(f"a mistake was refused, but {written(before, there.versions())} were written")

    def _stay(self, what: str) -> None:
        """Hold that nobody writes while the tool looks again and again, and that it tells nothing else."""
        words = self._told(f"{what}: at rest", lambda now: now.rests).words
        before, line = self.objects.versions(), self.tool.diary.lines
        for _ in range(LOOKS):
            self.tool.look()
        self._told(f"{what}: still at rest", lambda now: now.rests)
        writes = written(before, self.objects.versions())
        said = ", ".join(sorted({words, *self.tool.diary.since(line)}))
        print(f"  at rest: looked {LOOKS} times; written: {writes or 'nothing'}; told: {said}", flush=True)
        if writes:
            raise FightError(f"{what}: {writes} written at rest; {self.tool.told()}")

    def _promoted(self, both: list[Manifest]) -> list[Manifest]:
        """Return the manifests with what `teal promote -o yaml` says to commit."""
        words = ["promote", "httpbin", "--by-order", "-o", "yaml"]
        print(f"$ teal {' '.join(words)}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "cli", *words, f"--namespace={NAMESPACE}"],
            env={**os.environ, "KUBECONFIG": str(self.kubeconfig)},
            capture_output=True,
            text=True,
            check=False,
        )
        print("".join(f"  {line}\n" for line in (done.stdout + done.stderr).splitlines()), end="", flush=True)
        wanted = next(item for item in yaml.safe_load_all(done.stdout) if item and item["kind"] == "Routemap")
        spec = {"versions": wanted["spec"]["versions"]}
        return [
            {**item, "spec": item["spec"] | spec} if item["kind"] == "Routemap" else item for item in both
        ]

    def _delete(self) -> None:
        begin, line, warned = self._mark(), self.tool.messages.lines, self.objects.warnings()
        self.tool.delete()
        self._until("all of it is gone", lambda: self.tool.gone() and not self.objects.versions())
        self._say(f"deleted: every object has gone after {time.monotonic() - begin.time:.0f} s", begin)
        told = [*self.tool.messages.since(line), *sorted(self.objects.warnings() - warned)]
        print("".join(f"  {message}\n" for message in told), end="", flush=True)

    def _mark(self) -> _Mark:
        tool = self.tool
        return _Mark(
            time.monotonic(), tool.diary.lines, self.splits.lines, tool.applied(), self.objects.generations()
        )

    def _say(self, what: str, begin: _Mark) -> None:
        """Tell what the tool has told since, the splits that there were, and how often who has written."""
        print(f"{what}\n  {' → '.join(self.tool.diary.since(begin.line)) or 'nothing told'}", flush=True)
        splits = self.splits.since(max(0, begin.split - 1))
        print(f"  splits: {' → '.join(splits)}", flush=True)
        specs = changed(begin.generations, self.objects.generations())
        syncs = self.tool.applied() - begin.applied
        print(f"  applied {syncs} times; specs changed: {', '.join(specs) or 'none'}", flush=True)

    def _told(self, what: str, holds: Callable[[Told], bool]) -> Told:
        """Wait for something to be told, and return what was."""
        seen: list[Told] = []

        def told() -> bool:
            seen.append(self.tool.told())
            return holds(seen[-1])

        self._until(what, told)
        return seen[-1]

    def _calm(self, manifests: list[Manifest], split: dict[str, int]) -> bool:
        return calm(self.objects.routemap(), self.objects.deployments(), manifests, split)

    def _until(self, what: str, holds: Callable[[], bool]) -> None:
        if not until(holds, SECONDS):
            seen = "gone" if self.tool.gone() else self.tool.told()
            there = f"{self.objects.split()}, {self.objects.versions()}"
            raise FightError(f"not within {SECONDS:.0f} s: {what}; {there}, {seen}")


def calm(
    routemap: dict[str, Any], deployments: set[str], manifests: list[Manifest], split: dict[str, int]
) -> bool:
    """Tell whether Teal has no more to write: it has told of this split, and what Git has not has gone.

    `deployments`: the names of those that there are. `manifests`: what Git has; that may drain, too.
    """
    status = read(routemap.get("status"))
    fresh = status.observed_generation == routemap["metadata"]["generation"]
    told = {each.name: each.weight for each in status.versions if each.weight}
    drains = status.draining or any(each.state is State.DRAINING for each in status.versions)
    in_git = {item["metadata"]["name"] for item in manifests if item["kind"] == "Deployment"}
    return fresh and told == split and not drains and deployments == in_git


def late(routemap: dict[str, Any]) -> bool:
    """Tell whether Teal tells of a version that is not ready in its time."""
    progressing = read(routemap.get("status")).condition("Progressing")
    return progressing is not None and not progressing.holds

"""A rollout by commits: what has to come of each, and that nobody writes once it has."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from kube.errors import NotFoundError
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, WEIGHT_OVERRIDES, Resource
from routing.model import State
from routing.reading.status import read
from routing.routes import shares
from tools.gitops.application import NAMESPACE, never_ready, routing, version, weights
from tools.gitops.tool import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kube.client import Cluster
    from tools.gitops.application import Manifest
    from tools.gitops.tool import Tool

SECONDS = 300.0
LOOKS = 5
REFUSED = (
    "spec.versions: all weights are 0, so no version would get a request; give one version a weight above 0"
)
_KEPT = (ROUTEMAPS, WEIGHT_OVERRIDES, VIRTUAL_SERVICES, DEPLOYMENTS, SERVICES)
_ONE, _TWO = "httpbin-0", "httpbin-1"


class FightError(RuntimeError):
    """It did not come to rest, or did not stay there; the message has what was seen last."""


@dataclass(frozen=True)
class Story:
    """A rollout that a tool plays from commits."""

    cluster: Cluster
    kubeconfig: Path
    tool: Tool

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
        begin, line = time.monotonic(), self.tool.diary.lines
        revision = self.tool.commit(what, manifests)

        def there() -> bool:
            told = self.tool.told()
            if told.words not in self.tool.diary.since(0)[-1:]:
                return False
            return (told.revision, told.rests, self._split()) == (revision, True, split)

        self._until(f"{what}: {revision}, {split}", there)
        took = time.monotonic() - begin
        self._say(f"{what}: {_percentages(split)} after {took:.0f} s", line)
        self._until(
            f"{what}: nothing drains",
            lambda: calm(self._routemap(), self._names(DEPLOYMENTS), manifests, split),
        )
        self._stay(what)

    def _fail(self, what: str, manifests: list[Manifest]) -> None:
        """Commit what fails; hold that the tool says so, and that the split stays."""
        split, line = self._split(), self.tool.diary.lines
        revision = self.tool.commit(what, manifests)

        def told() -> bool:
            now = self.tool.told()
            return now.revision == revision and now.failed

        self._until(f"{what}: told to have failed", told)
        self._say(f"{what}: {_percentages(self._split())}", line)
        print(f"  {self.tool.told().message.strip()}", flush=True)
        if self._split() != split:
            raise FightError(f"{what}: the split went from {split} to {self._split()}")

    def _refuse(self, manifests: list[Manifest]) -> None:
        """Commit what admission refuses; hold that the tool says so in its words, and nothing changes."""
        before, split, line = self._versions(), self._split(), self.tool.diary.lines
        revision = self.tool.commit("a mistake", manifests)

        def told() -> bool:
            now = self.tool.told()
            return now.revision == revision and not now.rests and REFUSED in now.message

        self._until(f"a mistake: {REFUSED}", told)
        self._say("a mistake: refused", line)
        print(f"  {self.tool.told().message.strip()}", flush=True)
        if (self._versions(), self._split()) != (before, split):
            raise FightError(f"a mistake was refused, but {_written(before, self._versions())} were written")

    def _stay(self, what: str) -> None:
        """Hold that nobody writes while the tool looks again and again, and that it tells nothing else."""
        before, words, line = self._versions(), self.tool.told().words, self.tool.diary.lines
        for _ in range(LOOKS):
            self.tool.look()
        written, said = _written(before, self._versions()), set(self.tool.diary.since(line)) - {words}
        print(
            f"  at rest: looked {LOOKS} times; written: {written or 'nothing'}; told: {said or words}",
            flush=True,
        )
        if written or not self.tool.told().rests:
            raise FightError(f"{what}: {written} written at rest; {self.tool.told()}")

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
        begin, line = time.monotonic(), self.tool.diary.lines
        self.tool.delete()
        self._until("all of it is gone", lambda: self.tool.gone() and not self._versions())
        self._say(f"deleted: every object has gone after {time.monotonic() - begin:.0f} s", line)

    def _say(self, what: str, line: int) -> None:
        print(f"{what}\n  {' → '.join(self.tool.diary.since(line))}", flush=True)

    def _split(self) -> dict[str, int]:
        try:
            found = shares(self.cluster.get(VIRTUAL_SERVICES, NAMESPACE, "httpbin"))
        except NotFoundError:
            return {}
        return {name: share for name, share in found.items() if share}

    def _routemap(self) -> dict[str, Any]:
        return dict(self.cluster.get(ROUTEMAPS, NAMESPACE, "httpbin"))

    def _items(self, kind: Resource) -> list[dict[str, Any]]:
        return list(self.cluster.request("GET", kind.path(NAMESPACE))["items"])

    def _names(self, kind: Resource) -> set[str]:
        return {item["metadata"]["name"] for item in self._items(kind)}

    def _versions(self) -> dict[str, str]:
        return {
            f"{kind.kind} {item['metadata']['name']}": item["metadata"]["resourceVersion"]
            for kind in _KEPT
            for item in self._items(kind)
        }

    def _until(self, what: str, holds: Callable[[], bool]) -> None:
        if not until(holds, SECONDS):
            seen = "gone" if self.tool.gone() else self.tool.told()
            raise FightError(
                f"not within {SECONDS:.0f} s: {what}; {self._split()}, {self._versions()}, {seen}"
            )


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


def _percentages(split: dict[str, int]) -> str:
    return " ".join(f"{name}={share}" for name, share in split.items())


def _written(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))

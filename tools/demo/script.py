"""What is played: the tutorial's steps, some mistakes that Teal refuses, and a rollout by steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tools.tutorial import Step

APPLICATION = "httpbin"
HOST = "httpbin.default"
FIRST_UNDER_LOAD = "deploy-candidate"
"""By now both ways in have been tried by hand."""
NEEDS_PODS = frozenset({"sleep", "enter-sleep", "request-inside", "port-forward", "request-outside"})
"""What can't be played where nothing runs in the pods."""
PROMOTED = "show-promoted"
"""After this one candidates come by steps."""
NOT_PLAYED = frozenset({"ask-prometheus", "rolled-out", "promote", "delete-old"})
"""Of a rollout: Teal is installed with the first; the others, once the gate is open, take their time."""
WAITS = "kubectl wait "
"""A command that begins so changes nothing: the split changes when Teal has decided."""
ROUTES = "  http:"
"""Where a VirtualService's routes begin, as kubectl prints it."""
MOST_LINES = 9
CLEANUP, INSTALL, UNINSTALL = "Cleanup", "install", "uninstall"


@dataclass(frozen=True)
class Mistake:
    """A command that is refused with these words; `after` names the step that it follows."""

    after: str
    title: str
    prose: str
    command: str
    says: str


MISTAKES = (
    Mistake(
        "primary-available",
        "A mistake: the label mistyped",
        "Nobody would look at this Deployment, and nobody would tell. Teal does.",
        "kubectl label deployment httpbin-0 iter8.tools/wacth=true",
        "did you mean iter8.tools/watch?",
    ),
    Mistake(
        "show-candidate",
        "A mistake: a weight that is none",
        "The split stays as it is.",
        """\
cat <<EOF | kubectl apply -f -
apiVersion: iter8.tools/v1alpha1
kind: WeightOverride
metadata:
  name: httpbin
spec:
  weights:
    - version: httpbin-0
      weight: banana
EOF""",
        '"banana" is not an integer',
    ),
    Mistake(
        PROMOTED,
        "A mistake: deleting the version that serves",
        "The primary is the only ready version now: without it every request would fail.",
        "kubectl delete deployment httpbin-0",
        "is the only ready version of Routemap httpbin",
    ),
)


def scenes(
    steps: Sequence[Step], rollout: Sequence[Step] = (), *, pods: bool, cleanup: bool, uninstall: bool
) -> Iterator[Step | Mistake]:
    """Yield what is played, in this order; `rollout`: of candidates that come by steps, if any do."""
    for step in steps:
        wanted = pods or step.name not in {*NEEDS_PODS, INSTALL, UNINSTALL}
        wanted = wanted and (uninstall or step.name != UNINSTALL)
        if wanted and (cleanup or step.section != CLEANUP):
            # After a rollout its candidate is still there.
            yield replace(step, after_done=None) if rollout else step
            yield from (mistake for mistake in MISTAKES if mistake.after == step.name)
        if step.name == PROMOTED:
            yield from (each for each in rollout if each.name not in NOT_PLAYED)


def entries(command: str) -> list[str]:
    """Return a command text as it is entered: line by line, unless its lines belong together."""
    return [command] if "<<" in command or "\\\n" in command else command.splitlines()


def excerpt(printed: str) -> list[str]:
    """Return what is worth showing of a manifest in YAML: its routes; of anything else, the beginning."""
    lines = printed.rstrip("\n").split("\n")
    if ROUTES not in lines:
        return beginning(lines, MOST_LINES)
    begin = lines.index(ROUTES)
    end = next((at for at in range(begin + 1, len(lines)) if not lines[at].startswith("  ")), len(lines))
    return [f"… {begin} lines", *lines[begin:end]]


def beginning(lines: list[str], most: int) -> list[str]:
    """Return the first lines, and how many more there are."""
    more = len(lines) - most
    return [*lines[:most], f"… {more} more lines"] if more > 1 else lines

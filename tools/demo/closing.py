"""How the demo ends: what came of it, and what can be tried next."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from rich.text import Text

from tools.demo.summary import clients_table, effects_table, failure_lines, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tools.demo.grounds import Ground
    from tools.demo.screen import Screen
    from tools.demo.summary import Results

_COMMAND_WIDTH = 40
_WIDE = 90


def show_results(results: Results, screen: Screen, versions: Sequence[str]) -> list[str]:
    """Show the summary; return a sentence for each thing that is not as it should be."""
    screen.section("Summary")
    if results.requests:
        screen.show(Text(verdict(results), style="bold"))
        screen.blank()
        screen.show(clients_table(results, versions))
        screen.blank()
    if results.effects:
        screen.show(effects_table(results, versions, wide=screen.console.width >= _WIDE))
        screen.blank()
    if results.refused:
        mistakes = "1 mistake was" if results.refused == 1 else f"{results.refused} mistakes were"
        screen.good(f"{mistakes} refused, with a sentence that says what to do instead.")
    for line in failure_lines(results, time.time() - time.monotonic()):
        screen.bad(line)
    failed = len(results.failures)
    troubles = [f"{failed} of {results.requests} requests failed."] if failed else []
    return [*troubles, *results.complaints, *results.shares_off()]


def show_next_steps(ground: Ground, screen: Screen, *, teal: bool) -> None:
    """Show what the user can do now; `teal` tells whether it is at work."""
    screen.section("Next")
    if not ground.pods:
        screen.note(
            "The API server ends with the demo. As root on a Debian machine, `make demo` plays the same "
            "with real nodes and real requests; `make demo CONTEXT=<context>` does so on a cluster of yours."
        )
        return
    screen.note(f"The cluster stays up{', and Teal on it' if teal else ' as it is now'}. To go on:")
    for command, what in next_steps(ground, teal=teal):
        screen.command(f"{command:<{_COMMAND_WIDTH}}  # {what}" if what else command, prompt="")


def next_steps(ground: Ground, *, teal: bool) -> Iterator[tuple[str, str]]:
    """Yield commands, each with what it is for."""
    if ground.ours:
        yield f"export KUBECONFIG={ground.shell.kubeconfig}", ""
        yield f"export PATH={ground.shell.programs}:$PATH", ""
    yield "kubectl get pods --all-namespaces", "what runs"
    if teal:
        yield "kubectl explain routemap.spec", "Teal's own kind"
        if ground.ours:
            yield "make charts", "for docs/tutorial.md, by hand"
        yield "helm delete teal --namespace teal-system", "the tutorial's last step"
    if ground.ours:
        name = os.environ.get("TEAL_CLUSTER")
        yield (f"TEAL_CLUSTER={name} " if name else "") + "make cluster-down", "ends the cluster"

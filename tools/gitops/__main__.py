"""`make bench-gitops`: Flux and Argo CD keep an application with Teal in Git, on a real API server.

Each state of a rollout is a commit. After each the tool has to tell that it is in and healthy, and nobody may
write any more. Prints a transcript. No pod runs; what a kubelet reports, a thread does (`tools.local.light`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kube.client import Cluster
from routing.kinds import VIRTUAL_SERVICES
from tools.gitops.application import NAMESPACE
from tools.gitops.argocd import argocd, argocd_server_side
from tools.gitops.diary import Diary
from tools.gitops.flux import flux
from tools.gitops.objects import Objects, split_told
from tools.gitops.story import FightError, Story
from tools.local.kinds import kubectl
from tools.local.light import light_cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tools.gitops.tool import Tool

TOOLS: dict[str, Callable[[Cluster, Path, Path], AbstractContextManager[Tool]]] = {
    "argocd-server-side": argocd_server_side,
    "argocd": argocd,
    "flux": flux,
}


def main() -> int:
    """Play the story with each tool asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.gitops")
    parser.add_argument("tools", nargs="*", metavar="TOOL", help=f"of {', '.join(TOOLS)}; all without any")
    parser.add_argument(
        "--logs", type=Path, help="an empty folder for logs, kept; without it they are thrown away"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.tools) - TOOLS.keys():
        parser.error(f"no such tool: {', '.join(sorted(unknown))}")
    for name in arguments.tools or TOOLS:
        with _folder(arguments.logs, name) as folder:
            try:
                _play(name, folder)
            except FightError as error:
                print(f"make bench-gitops: {name}: {error}", file=sys.stderr)
                return 1
    return 0


@contextmanager
def _folder(logs: Path | None, name: str) -> Iterator[Path]:
    """Give a folder for state and logs."""
    if logs:
        kept = logs.resolve() / name
        kept.mkdir(parents=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="teal-gitops-", ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)


def _play(name: str, folder: Path) -> None:
    with light_cluster(folder) as kubeconfig:
        cluster = Cluster(str(kubeconfig))
        kubectl(kubeconfig, "create", "namespace", NAMESPACE)
        splits = Diary(cluster, VIRTUAL_SERVICES, split_told)
        with TOOLS[name](cluster, kubeconfig, folder) as tool, splits.kept():
            print(f"== {tool.name} ==", flush=True)
            Story(Objects(cluster), kubeconfig, tool, splits).play()


if __name__ == "__main__":
    sys.exit(main())

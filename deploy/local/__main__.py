"""Commands of the local cluster: `python -m deploy.local up|down|kubeconfig|image|path|obstacles`."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from deploy.local import cluster
from deploy.local.layout import name_of_cluster
from deploy.local.obstacles import image_obstacles, obstacles
from deploy.local.programs import programs
from deploy.local.teal_image import write_archive

if TYPE_CHECKING:
    from collections.abc import Callable


def up() -> int:
    """Start the cluster; print its kubeconfig's path."""
    if _hindered(obstacles()):
        return 2
    print(cluster.up().kubeconfig)
    return 0


def down() -> int:
    """End the cluster and leave nothing behind."""
    cluster.down()
    return 0


def kubeconfig() -> int:
    """Print the path of the running cluster's kubeconfig."""
    layout = cluster.running(name_of_cluster())
    if layout is None:
        print("No local cluster is running: `make cluster` starts one.", file=sys.stderr)
        return 1
    print(layout.kubeconfig)
    return 0


def image() -> int:
    """Build Teal's image; print the path of its OCI archive and its reference."""
    if _hindered(image_obstacles()):
        return 2
    print(*write_archive())
    return 0


def path() -> int:
    """Print the folder with kubectl and helm, to be put in front of PATH."""
    print(programs())
    return 0


def show_obstacles() -> int:
    """Print what this machine lacks, one sentence a line."""
    for sentence in obstacles():
        print(sentence)
    return 0


COMMANDS: dict[str, Callable[[], int]] = {
    "up": up,
    "down": down,
    "kubeconfig": kubeconfig,
    "image": image,
    "path": path,
    "obstacles": show_obstacles,
}


def main(words: list[str]) -> int:
    """Run a command; return its exit status: 1 when it failed, 2 when it can't work here or is none."""
    if len(words) != 1 or words[0] not in COMMANDS:
        print(f"Usage: python -m deploy.local {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        return COMMANDS[words[0]]()
    except KeyboardInterrupt:
        print("Interrupted. `make cluster-down` removes what there is by now.", file=sys.stderr)
        return 130
    except (RuntimeError, OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"deploy.local: {error}", file=sys.stderr)
        return 1


def _hindered(found: list[str]) -> bool:
    for sentence in found:
        print(sentence, file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

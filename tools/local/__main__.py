"""Commands of the local cluster: `python -m tools.local` lists them."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import TYPE_CHECKING

from tools.local import cluster, faults
from tools.local.layout import name_of_cluster
from tools.local.obstacles import obstacles
from tools.local.programs import programs
from tools.local.teal_image import write_archive

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.local.layout import Layout


def up() -> int:
    """Start the cluster; print its kubeconfig's path."""
    if _hindered(obstacles()):
        return 2
    print(cluster.up().kubeconfig)
    return 0


def prometheus() -> int:
    """Have the running cluster's proxies read by a Prometheus; print its address within the cluster."""
    print(cluster.prometheus())
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


def send(signal: str, words: str) -> int:
    """Send a signal to the cluster's processes whose command line has these words; 1 if there is none."""
    return int(faults.send(_running(), signal, words) == 0)


def stop(program: str) -> int:
    """Kill a program of the node, such as kube-apiserver, and keep it from running."""
    faults.stop(_running(), program)
    return 0


def start(program: str) -> int:
    """Let a stopped program run again."""
    faults.start(_running(), program)
    return 0


def restart() -> int:
    """End the node as a power cut does, and start it again."""
    cluster.restart()
    return 0


COMMANDS: dict[str, Callable[..., int]] = {
    "up": up,
    "prometheus": prometheus,
    "down": down,
    "kubeconfig": kubeconfig,
    "image": image,
    "path": path,
    "obstacles": show_obstacles,
    "signal": send,
    "stop": stop,
    "start": start,
    "restart": restart,
}


def main(words: list[str]) -> int:
    """Run a command; return its exit status: 1 when it failed, 2 when it can't work here or is none."""
    command, *arguments = words or [""]
    if command not in COMMANDS or len(arguments) != len(_parameters(command)):
        usage = [" ".join([name, *map(str.upper, _parameters(name))]) for name in COMMANDS]
        print(f"Usage: python -m tools.local {'|'.join(usage)}", file=sys.stderr)
        return 2
    try:
        return COMMANDS[command](*arguments)
    except KeyboardInterrupt:
        print("Interrupted. `make cluster-down` removes what there is by now.", file=sys.stderr)
        return 130
    except (RuntimeError, OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"tools.local: {error}", file=sys.stderr)
        return 1


def _parameters(command: str) -> list[str]:
    return list(inspect.signature(COMMANDS[command]).parameters)


def _running() -> Layout:
    """Return the cluster, healthy or not: a fault may be the reason."""
    layout = cluster.recorded(name_of_cluster())
    if layout is None:
        raise RuntimeError("no local cluster is running: `make cluster` starts one")
    return layout


def _hindered(found: list[str]) -> bool:
    for sentence in found:
        print(sentence, file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

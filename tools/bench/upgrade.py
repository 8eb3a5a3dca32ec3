"""`make bench-upgrade FROM=<commit>`: an earlier release upgraded to this one under load, and back."""

from __future__ import annotations

import argparse
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.cluster.conftest import Shell, clean
from tests.cluster.test_life_of_a_release import BOTH, KINDS, untouched
from tools.demo import grounds
from tools.local import cluster
from tools.local.addons import SLEEP
from tools.local.layout import name_of_cluster
from tools.local.registry import push
from tools.local.teal_image import ROOT, teal_image
from tools.tutorial import steps

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = {step.name: step for step in steps()}
NAMESPACE = "--namespace teal-system --wait"


def main() -> int:
    """Measure and print. Raises AssertionError if anything failed, or a route was written."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.upgrade", description=__doc__)
    parser.add_argument("commit", help="the earlier commit")
    with _checkout(parser.parse_args().commit) as earlier, grounds.local() as ground:
        shell = Shell(ground.shell.kubeconfig, ground.charts)
        _install(shell, earlier)
        shell.run(f"kubectl apply -f {SLEEP} && kubectl rollout status deployment/sleep --timeout=120s")
        sleep = shell.run("kubectl get pod -l app=sleep -o name").split()[0]
        upgrade = f"helm upgrade --repo {ground.charts} teal teal {NAMESPACE}"
        back = f"helm rollback teal 1 {NAMESPACE}"
        for what, command in {"upgrade": upgrade, "rollback": back, "upgrade again": upgrade}.items():
            print(f"{what}: ", end="", flush=True)
            with untouched(shell, sleep):
                shell.run(command)
        clean(shell)
    return 0


@contextmanager
def _checkout(commit: str) -> Iterator[Path]:
    """Give a folder with the project's files as they were in a commit."""
    with TemporaryDirectory(prefix="teal-earlier-") as folder:
        packed = subprocess.run(
            ["git", "-C", str(ROOT), "archive", commit], stdout=subprocess.PIPE, check=True
        ).stdout
        subprocess.run(["tar", "--extract", "--directory", folder], input=packed, check=True)
        yield Path(folder)


def _install(shell: Shell, earlier: Path) -> None:
    """Install the earlier release, kinds included, and have a candidate in the split."""
    clean(shell)
    shell.run(f"{KINDS} --ignore-not-found")
    layout = cluster.recorded(name_of_cluster())
    if layout is None:
        raise RuntimeError("the local cluster has gone")
    image = teal_image(earlier)
    push(layout.node_address, image)
    # Packed, as releases are: a tag given as a value would be kept by the upgrade.
    packed = f"{earlier}/packed"
    tag = image.reference.rpartition(":")[2]
    shell.run(f"helm package {earlier}/deploy/charts/teal --destination {packed} --app-version {tag}")
    shell.run(f"helm install teal {packed}/teal-*.tgz --create-namespace {NAMESPACE}")
    for name in ("deploy-primary", "initialize", "deploy-candidate"):
        shell.run(STEPS[name].command(shell.charts))
    shell.until(BOTH, shell.split, 120)


if __name__ == "__main__":
    sys.exit(main())

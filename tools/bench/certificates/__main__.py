"""`make bench-certificates`: authorities and leaves replaced under admissions, then spoilt on purpose."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from kube.client import Cluster
from tests.api.audit import Audit
from tools.bench.certificates.callers import asking
from tools.bench.certificates.faults import FAULTS, heal
from tools.local.controlplane import control_plane
from tools.local.kinds import install_kinds
from tools.local.light import teal

if TYPE_CHECKING:
    from tools.bench.certificates.callers import Seen

AUTHORITY_SECONDS, SERVING_SECONDS = 90, 22
"""Replaced at two thirds: every 60 s, and every 15 s."""
AFTER_SECONDS = 5.0


def main() -> int:
    """Measure and print; return 1 if an admission was lost that need not have been."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.certificates", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of rotation (default: %(default)s)")
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder:
        rotated = _rotate(Path(folder), minutes)
    with tempfile.TemporaryDirectory() as folder:
        healed = _heal(Path(folder))
    return 0 if rotated and healed else 1


def _rotate(folder: Path, minutes: float) -> bool:
    audit = Audit(folder)
    lives = (f"--authority-lifetime={AUTHORITY_SECONDS}", f"--serving-lifetime={SERVING_SECONDS}")
    with control_plane(folder, audit.flags()) as plane:
        install_kinds(plane.kubeconfig)
        with teal(plane.kubeconfig, folder, *lives), asking(str(plane.kubeconfig)) as seen:
            time.sleep(minutes * 60)
        writes = audit.writes("teal-system") + audit.writes()
    print(f"authority replaced every 60 s, leaf every 15 s, for {minutes:g} min:")
    _show(seen)
    log = (folder / "reconciler.log").read_text()
    print(f"  {log.count('serving certificate issued')} serving certificates issued")
    count = Counter(
        write.path.partition("?")[0].rpartition("/")[0].rpartition("/")[2]
        for write in writes
        if write.agent == "teal/me" and write.taken
    )
    for kind in ("secrets", "mutatingwebhookconfigurations", "validatingwebhookconfigurations"):
        print(f"  {count[kind]} writes to {kind}")
    return not (seen.failed_admissions or seen.failed_handshakes)


def _heal(folder: Path) -> bool:
    sound = True
    with control_plane(folder) as plane:
        install_kinds(plane.kubeconfig)
        with teal(plane.kubeconfig, folder):
            for fault in FAULTS:
                with asking(str(plane.kubeconfig)) as seen:
                    seconds = heal(Cluster(str(plane.kubeconfig)), fault)
                    time.sleep(AFTER_SECONDS)
                print(f"{fault.name}: healed after {seconds:.1f} s")
                _show(seen)
                sound = sound and (fault.spoils_trust or not seen.failed_admissions)
    return sound


def _show(seen: Seen) -> None:
    print(f"  {seen.admissions} admissions, {len(seen.failed_admissions)} failed")
    print(f"  {seen.handshakes} handshakes, {len(seen.failed_handshakes)} failed")
    for at, what in (*seen.failed_admissions[:2], *seen.failed_handshakes[:2]):
        print(f"    ! after {at:.1f} s: {what}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

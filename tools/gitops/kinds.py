"""CRDs of the tools, on an API server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kube.errors import ClusterError
from tools.local.kinds import kubectl

if TYPE_CHECKING:
    from pathlib import Path

    from kube.client import Cluster
    from routing.kinds import Resource

_SECONDS = 120.0


def install_crds(cluster: Cluster, kubeconfig: Path, crds: list[Path], *kinds: Resource) -> None:
    """Install CRDs and wait until the API server serves these kinds of theirs. Raises RuntimeError."""
    for path in crds:
        kubectl(kubeconfig, "apply", "--server-side", f"--request-timeout={_SECONDS:.0f}s", "-f", str(path))
    end = time.monotonic() + _SECONDS
    while missing := [kind.kind for kind in kinds if not _served(cluster, kind)]:
        if time.monotonic() > end:
            raise RuntimeError(f"not served after {_SECONDS:.0f} s: {', '.join(missing)}")
        time.sleep(0.5)


def _served(cluster: Cluster, kind: Resource) -> bool:
    try:
        cluster.request("GET", kind.path())
    except ClusterError:
        return False
    return True

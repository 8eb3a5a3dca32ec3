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


def install_crds(cluster: Cluster, kubeconfig: Path, crds: dict[Resource, Path]) -> None:
    """Install CRDs by what they define, and wait until the API server serves it. Raises RuntimeError.

    They are created, not applied: server-side apply of a large one takes minutes where a machine is busy.
    """
    for kind, path in crds.items():
        if not _served(cluster, kind):
            kubectl(kubeconfig, "create", "-f", str(path))
    end = time.monotonic() + _SECONDS
    while missing := [kind.kind for kind in crds if not _served(cluster, kind)]:
        if time.monotonic() > end:
            raise RuntimeError(f"not served after {_SECONDS:.0f} s: {', '.join(missing)}")
        time.sleep(0.5)


def _served(cluster: Cluster, kind: Resource) -> bool:
    try:
        cluster.request("GET", kind.path())
    except ClusterError:
        return False
    return True

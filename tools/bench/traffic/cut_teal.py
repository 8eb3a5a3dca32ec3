"""`python -m tools.bench.traffic.cut_teal N ARGUMENTS`: a `teal` that SIGKILLs itself before write N + 1."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from cli.__main__ import main
from kube import client
from kube.client import Cluster

if TYPE_CHECKING:
    from collections.abc import Mapping


class CutCluster(Cluster):
    """A cluster that the process reaches with so many writes only; what is only tried is none."""

    left = 0

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """Send a request; the process ends instead of a write beyond those left."""
        if method != "GET" and "dryRun" not in (query or {}):
            if CutCluster.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            CutCluster.left -= 1
        return super().request(method, path, body, query, content_type)


if __name__ == "__main__":
    CutCluster.left = int(sys.argv[1])
    client.Cluster = CutCluster  # type: ignore[misc]
    sys.argv = ["teal", *sys.argv[2:]]
    sys.exit(main())

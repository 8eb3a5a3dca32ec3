"""`python -m tests.api.killed KUBECONFIG N`: a controller that SIGKILLs itself instead of write N + 1."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

from kube.client import Cluster
from reconciler.passes.controller import Controller
from reconciler.serving.metrics import Metrics
from reconciler.watching.skimming import skimming


class CutCluster(Cluster):
    """A cluster that the process reaches with so many writes only."""

    def __init__(self, kubeconfig: str, writes: int) -> None:
        super().__init__(kubeconfig)
        self.reading = skimming
        self._left = writes
        self._lock = threading.Lock()

    def request(self, method: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        with self._lock:
            if method != "GET":
                if self._left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                self._left -= 1
            return super().request(method, *args, **kwargs)


if __name__ == "__main__":
    Controller(CutCluster(sys.argv[1], int(sys.argv[2])), Metrics()).run()

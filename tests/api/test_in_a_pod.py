"""A pod's own account, as kubelet mounts it, on a real API server."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from kube.client import Cluster
from kube.errors import RefusedError
from kube.in_pod import in_pod
from routing.kinds import SERVICES
from tests.charts.kubectl import Kubectl
from tools.local.programs import programs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.stage import Stage
    from tools.local.controlplane import ControlPlane


def test_requests_bear_the_token_that_is_mounted_now(
    plane: ControlPlane, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl, server = Kubectl(programs() / "kubectl", plane.kubeconfig), urlsplit(plane.url)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", str(server.hostname))
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(server.port))
    for name in ("https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    shutil.copy(plane.ca_file, tmp_path / "ca.crt")
    cluster = None
    for account in ("first", "second"):
        kubectl("create", "serviceaccount", account, f"--namespace={stage.namespace}")
        token = kubectl("create", "token", account, f"--namespace={stage.namespace}")
        (tmp_path / "token").write_text(token, "utf-8")
        cluster = cluster or Cluster(in_pod(tmp_path))
        with pytest.raises(
            RefusedError, match=rf'"system:serviceaccount:{stage.namespace}:{account}" cannot'
        ):
            cluster.get(SERVICES, stage.namespace, "none")

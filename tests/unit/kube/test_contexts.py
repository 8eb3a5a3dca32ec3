"""Where the API server is, and as whom: by kubeconfig, and as a pod."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from kubernetes.config import incluster_config

from kube.client import Cluster
from kube.contexts import Context
from kube.errors import ClusterError, UnavailableError
from routing.kinds import SERVICES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.kube.api_server import ApiServer


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pod's account as kubelet mounts it."""
    (tmp_path / "ca.crt").write_bytes(b"for nobody")
    (tmp_path / "token").write_text("secret")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    return tmp_path


def test_a_token_of_the_kubeconfig_goes_with_each_request(server: ApiServer, tmp_path: Path) -> None:
    Cluster(server.kubeconfig(tmp_path, token="sesame"), agent="teal/one").get(SERVICES, "a", "b")  # noqa: S106
    assert server.asked[0].headers["Authorization"] == "Bearer sesame"
    assert server.asked[0].headers["User-Agent"] == "teal/one"


def test_without_a_kubeconfig_it_is_the_pods_account(pod: Path) -> None:
    context = Context(None)
    assert context.host == "https://10.0.0.1:443"
    assert context.authorization() == "bearer secret"
    assert pod.exists()


@pytest.mark.parametrize("content", [None, ""], ids=["gone", "empty"])
def test_a_token_is_renewed_after_a_minute_and_one_that_cannot_be_is_an_outage(
    pod: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    now = [dt.datetime(2026, 1, 1)]  # noqa: DTZ001 - as the library reads it
    clock = SimpleNamespace(now=lambda: now[0])
    monkeypatch.setattr(incluster_config, "datetime", SimpleNamespace(datetime=clock, timedelta=dt.timedelta))
    context = Context(None)
    (pod / "token").write_text("renewed")
    assert context.authorization() == "bearer secret"
    now[0] += dt.timedelta(minutes=1)
    assert context.authorization() == "bearer renewed"
    now[0] += dt.timedelta(minutes=1)
    (pod / "token").unlink() if content is None else (pod / "token").write_text(content)
    with pytest.raises(UnavailableError, match=r"^no credentials: "):
        context.authorization()


def test_neither_a_kubeconfig_nor_a_pod_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ClusterError, match=r"^no way to reach a cluster: Service host/port is not set"):
        Context(None)
    with pytest.raises(ClusterError, match=r"^no way to reach a cluster: "):
        Context(str(tmp_path / "nothing"))

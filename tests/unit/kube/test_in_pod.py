"""A pod's own API server and account are read without the `kubernetes` library."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from certs.issue import new_authority
from kube.client import Cluster
from kube.errors import UnavailableError
from kube.in_pod import in_pod
from routing.kinds import SERVICES

if TYPE_CHECKING:
    from pathlib import Path

AUTHORITY = new_authority("test", timedelta(days=1), datetime.now(UTC))


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What kubelet mounts, and the environment that it gives."""
    (tmp_path / "ca.crt").write_bytes(AUTHORITY.certificate)
    (tmp_path / "token").write_text("secret\n")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    for name in ("https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return tmp_path


def test_the_pods_api_server_and_its_token_are_found(account: Path) -> None:
    found = in_pod(account)
    assert found is not None
    assert (found.host, found.pool.host, found.pool.port) == ("https://10.0.0.1:443", "10.0.0.1", 443)
    assert found.authorization() == "Bearer secret"


def test_an_address_of_ipv6_stands_in_brackets(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    found = in_pod(account)
    assert found is not None
    assert (found.host, found.pool.host) == ("https://[fd00::1]:443", "fd00::1")


def test_a_token_is_read_anew_each_time(account: Path) -> None:
    found = in_pod(account)
    assert found is not None
    (account / "token").write_text("renewed\n")
    assert found.authorization() == "Bearer renewed"


def test_a_token_that_has_gone_or_is_empty_is_an_outage(account: Path) -> None:
    found = in_pod(account)
    assert found is not None
    (account / "token").write_text("")
    with pytest.raises(UnavailableError, match=r"^no credentials: .*token is empty$"):
        found.authorization()
    (account / "token").unlink()
    with pytest.raises(UnavailableError, match=r"^no credentials: .*No such file"):
        found.authorization()


@pytest.mark.parametrize("lacking", ["token", "ca.crt"])
def test_an_account_that_is_not_all_there_is_left_to_the_library(account: Path, lacking: str) -> None:
    (account / lacking).unlink()
    assert in_pod(account) is None


@pytest.mark.parametrize("spoilt", ["no certificate", ""])
def test_a_certificate_that_is_none_is_left_to_the_library(account: Path, spoilt: str) -> None:
    (account / "ca.crt").write_text(spoilt)
    assert in_pod(account) is None


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_is_left_to_the_library(account: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://10.0.0.9:3128")
    assert in_pod(account) is None


@pytest.mark.parametrize("name", ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"])
def test_outside_a_pod_there_is_none(account: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    assert in_pod(account) is None


def test_a_cluster_without_kubeconfig_goes_by_it(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kube.ways.in_pod", lambda: in_pod(account))
    cluster = Cluster()
    (account / "token").unlink()  # so that the request ends before it is sent
    with pytest.raises(UnavailableError, match=r"^no credentials: "):
        cluster.get(SERVICES, "a", "b")


def test_the_large_library_is_not_imported(account: Path) -> None:
    code = (
        "import pathlib, sys; import kube.client, kube.ways; from kube import in_pod; "
        f"kube.ways.in_pod = lambda: in_pod.in_pod(pathlib.Path({str(account)!r})); "
        "kube.client.Cluster(); print({'kubernetes', 'yaml'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"

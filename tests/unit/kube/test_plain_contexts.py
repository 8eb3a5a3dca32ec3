"""A plain kubeconfig is read without the `kubernetes` library; what is not plain is left to it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from certs.issue import Subject, issue, new_authority
from kube.errors import UnavailableError
from kube.plain_contexts import plain

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(UTC)
AUTHORITY = new_authority("test", timedelta(days=1), NOW)
USER = issue(AUTHORITY, Subject("user"), timedelta(days=1), NOW)


def encoded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()


CONFIG: dict[str, Any] = {
    "current-context": "one",
    "contexts": [
        {"name": "one", "context": {"cluster": "one", "user": "one"}},
        {"name": "two", "context": {"cluster": "one", "user": "two", "namespace": "shop"}},
    ],
    "clusters": [
        {
            "name": "one",
            "cluster": {
                "server": "https://127.0.0.1:6443/prefix",
                "certificate-authority-data": encoded(AUTHORITY.certificate),
            },
        }
    ],
    "users": [
        {"name": "one", "user": {"token": "secret"}},
        {
            "name": "two",
            "user": {
                "client-certificate-data": encoded(USER.certificate),
                "client-key-data": encoded(USER.key),
            },
        },
    ],
}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def write(folder: Path, config: Any) -> str:
    (folder / "config").write_text(yaml.safe_dump(config), "utf-8")
    return str(folder / "config")


def test_a_token_is_taken(tmp_path: Path) -> None:
    found = plain(write(tmp_path, CONFIG))
    assert found is not None
    assert (found.host, found.pool.host, found.pool.port) == (
        "https://127.0.0.1:6443/prefix",
        "127.0.0.1",
        6443,
    )
    assert (found.authorization(), found.namespace) == ("Bearer secret", "default")


def test_a_certificate_is_taken_from_the_context_that_is_named(tmp_path: Path) -> None:
    found = plain(write(tmp_path, CONFIG), "two")
    assert found is not None
    assert (found.authorization(), found.namespace) == ("", "shop")


def test_files_are_looked_for_beside_the_kubeconfig(tmp_path: Path) -> None:
    config = deepcopy(CONFIG)
    (tmp_path / "ca.crt").write_bytes(AUTHORITY.certificate)
    cluster = config["clusters"][0]["cluster"]
    cluster["certificate-authority"] = "ca.crt"
    del cluster["certificate-authority-data"]
    assert plain(write(tmp_path, config)) is not None


NOT_PLAIN: dict[str, tuple[str, dict[str, Any]]] = {
    "a program that asks for the cluster": (
        "users",
        {"exec": {"apiVersion": "v1", "command": "aws", "provideClusterInfo": True}},
    ),
    "a provider": ("users", {"auth-provider": {"name": "oidc"}}),
    "a password": ("users", {"username": "admin", "password": "x"}),
    "somebody else": ("users", {"as": "admin"}),
    "a proxy": ("clusters", {"proxy-url": "http://proxy"}),
    "no check": ("clusters", {"insecure-skip-tls-verify": True}),
    "another name": ("clusters", {"tls-server-name": "kubernetes"}),
    "no TLS": ("clusters", {"server": "http://127.0.0.1"}),
    "no authority": ("clusters", {"certificate-authority-data": None}),
    "no base64": ("clusters", {"certificate-authority-data": "!"}),
}


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_what_is_not_plain_is_left_to_the_library(tmp_path: Path, name: str) -> None:
    where, fields = NOT_PLAIN[name]
    config = deepcopy(CONFIG)
    config[where][0][where.removesuffix("s")] |= fields
    assert plain(write(tmp_path, config)) is None


def test_a_proxy_of_the_environment_is_left_to_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    assert plain(write(tmp_path, CONFIG)) is None


@pytest.mark.parametrize("config", [None, 3, {}, {"current-context": "x", "contexts": []}, {"contexts": 7}])
def test_what_is_wrong_is_left_to_the_library_to_be_told(tmp_path: Path, config: Any) -> None:
    assert plain(write(tmp_path, config)) is None
    assert plain(str(tmp_path / "none")) is None
    assert plain(write(tmp_path, CONFIG), "three") is None


def test_no_key_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    assert plain(write(tmp_path, CONFIG), "two") is not None
    assert [*place.iterdir()] == []


def test_the_large_library_is_not_imported(tmp_path: Path) -> None:
    path = write(tmp_path, CONFIG)
    code = (
        "import sys; from kube.client import Cluster; from kube.plain_contexts import plain; "
        f"Cluster(plain({path!r})); print('kubernetes' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_file_with_a_token_is_read_anew_each_time(tmp_path: Path) -> None:
    config = deepcopy(CONFIG)
    config["users"][0]["user"]["tokenFile"] = "token"
    (tmp_path / "token").write_text("first\n")
    found = plain(write(tmp_path, config))
    assert found is not None
    assert found.authorization() == "Bearer first"
    (tmp_path / "token").write_text("second\n")
    assert found.authorization() == "Bearer second"


def program(folder: Path, status: Any, then: str = "") -> dict[str, Any]:
    """Return a kubeconfig whose user is told by a program, which counts how often it is run."""
    said = json.dumps({"kind": "ExecCredential", "status": status})
    code = (
        "import os, sys, pathlib; "
        "info = os.environ['KUBERNETES_EXEC_INFO']; assert 'ExecCredential' in info; "
        "at = pathlib.Path(os.environ['COUNT']).open('a'); at.write('x'); at.close(); "
        f"print({said!r}); {then}"
    )
    config = deepcopy(CONFIG)
    config["users"][0]["user"] = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": ["-c", code],
            "env": [{"name": "COUNT", "value": str(folder / "count")}],
        }
    }
    return config


def test_a_program_is_asked_for_a_token_once(tmp_path: Path) -> None:
    end = (NOW + timedelta(hours=1)).isoformat()
    found = plain(write(tmp_path, program(tmp_path, {"token": "told", "expirationTimestamp": end})))
    assert found is not None
    assert [found.authorization(), found.authorization()] == ["Bearer told"] * 2
    assert (tmp_path / "count").read_text() == "x"


def test_a_program_is_asked_again_when_the_token_ends(tmp_path: Path) -> None:
    found = plain(
        write(tmp_path, program(tmp_path, {"token": "told", "expirationTimestamp": NOW.isoformat()}))
    )
    assert found is not None
    assert found.authorization() == "Bearer told"
    assert (tmp_path / "count").read_text() == "xx"


def test_a_program_may_give_a_certificate(tmp_path: Path) -> None:
    status = {"clientCertificateData": USER.certificate.decode(), "clientKeyData": USER.key.decode()}
    found = plain(write(tmp_path, program(tmp_path, status)))
    assert found is not None
    assert found.authorization() == ""


def test_a_program_that_fails_is_said_to(tmp_path: Path) -> None:
    path = write(tmp_path, program(tmp_path, {}, "sys.exit(3)"))
    with pytest.raises(UnavailableError, match=r"^no credentials: .*returned non-zero exit status 3"):
        plain(path)

"""etcd and kube-apiserver as plain child processes on loopback: no root, no controllers, ready in seconds."""

from __future__ import annotations

import base64
import ctypes
import signal
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import yaml

from certs.issue import KeyPair, Subject, issue, new_authority
from tools.local.programs import first_programs
from tools.local.ready import wait_ready

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LIFETIME = timedelta(days=365)
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, prctl(2)
_SERVICE_RANGE = "10.96.0.0/16"


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@dataclass
class ControlPlane:
    """A running API server; `kubeconfig` is an administrator's (system:masters)."""

    folder: Path
    flags: Sequence[str] = ()
    port: int = field(default_factory=free_port)
    etcd_port: int = field(default_factory=free_port)
    _apiserver: subprocess.Popen[bytes] | None = None

    @property
    def kubeconfig(self) -> Path:
        """The path of the administrator's kubeconfig."""
        return self.folder / "kubeconfig"

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that signs all of this control plane's."""
        return self.folder / "pki" / "ca.crt"

    @property
    def url(self) -> str:
        """Where the API server listens."""
        return f"https://127.0.0.1:{self.port}"

    def start_apiserver(self) -> None:
        """Start the API server and wait until it is ready. Raises RuntimeError when it is not in time."""
        pki = self.folder / "pki"
        command = [
            str(first_programs() / "kube-apiserver"),
            f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.port}",
            "--endpoint-reconciler-type=none",
            f"--service-cluster-ip-range={_SERVICE_RANGE}",
            f"--tls-cert-file={pki / 'apiserver.crt'}",
            f"--tls-private-key-file={pki / 'apiserver.key'}",
            f"--client-ca-file={pki / 'ca.crt'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={pki / 'ca.crt'}",
            f"--service-account-signing-key-file={pki / 'ca.key'}",
            # No controllers: nobody would make a namespace's default account.
            "--disable-admission-plugins=ServiceAccount",
            *self.flags,
        ]
        apiserver = self._apiserver = _start(command, self.folder / "apiserver.log")
        wait_ready(self.url, pki / "ca.crt", lambda: apiserver.poll() is None, self.folder / "apiserver.log")

    def stop_apiserver(self) -> None:
        """Stop the API server; etcd keeps everything."""
        if self._apiserver is not None:
            _stop(self._apiserver)
            self._apiserver = None


@contextmanager
def control_plane(folder: Path, flags: Sequence[str] = ()) -> Iterator[ControlPlane]:
    """Run etcd and kube-apiserver, with more `flags` for the latter, state and logs in `folder`.

    The kernel kills a child when the thread that started it ends: start them from one that stays.
    """
    plane = ControlPlane(folder, flags)
    _credentials(plane)
    with child(_etcd(plane), folder / "etcd.log"):
        try:
            plane.start_apiserver()
            yield plane
        finally:
            plane.stop_apiserver()


def _etcd(plane: ControlPlane) -> list[str]:
    client, peer = f"http://127.0.0.1:{plane.etcd_port}", f"http://127.0.0.1:{free_port()}"
    return [
        str(first_programs() / "etcd"),
        f"--data-dir={plane.folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",  # the state is thrown away
    ]


def _credentials(plane: ControlPlane) -> None:
    now = datetime.now(UTC)
    pki = plane.folder / "pki"
    pki.mkdir(parents=True, exist_ok=True)
    authority = new_authority("teal-local", LIFETIME, now)
    server = issue(authority, Subject("apiserver", ("127.0.0.1", "localhost", "10.96.0.1")), LIFETIME, now)
    admin = issue(authority, Subject("admin", organization="system:masters"), LIFETIME, now)
    for name, pair in (("ca", authority), ("apiserver", server), ("admin", admin)):
        (pki / f"{name}.crt").write_bytes(pair.certificate)
        (pki / f"{name}.key").touch(mode=0o600)
        (pki / f"{name}.key").write_bytes(pair.key)
    plane.kubeconfig.touch(mode=0o600)
    plane.kubeconfig.write_text(yaml.safe_dump(kubeconfig(plane.url, authority.certificate, admin)))


def kubeconfig(url: str, authority: bytes, user: KeyPair) -> dict[str, object]:
    """Return a kubeconfig with one context for a server and a client certificate."""
    encoded = {name: base64.b64encode(pem).decode() for name, pem in vars(user).items()}
    cluster = {"server": url, "certificate-authority-data": base64.b64encode(authority).decode()}
    client = {"client-certificate-data": encoded["certificate"], "client-key-data": encoded["key"]}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "teal", "cluster": cluster}],
        "users": [{"name": "admin", "user": client}],
        "contexts": [{"name": "teal", "context": {"cluster": "teal", "user": "admin"}}],
        "current-context": "teal",
    }


@contextmanager
def child(command: Sequence[str], log: Path) -> Iterator[None]:
    """Run a program until the context ends; it ends with this process, too."""
    process = _start(command, log)
    try:
        yield
    finally:
        _stop(process)


def _start(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for this process; it ends its children in their order
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, which takes no lock
        )


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

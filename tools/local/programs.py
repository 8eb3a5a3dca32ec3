"""Kubernetes, etcd, CoreDNS, Helm and Istio, built by Go from the module in `programs/`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tools.local.cache import cache, digest, locked
from tools.local.progress import step

if TYPE_CHECKING:
    from collections.abc import Sequence

MODULE = Path(__file__).parent / "programs"
KUBERNETES = ("1", "37", "2")
_VERSION = "k8s.io/component-base/version"
_LINK = (
    f"-s -w -X {_VERSION}.gitVersion=v{'.'.join(KUBERNETES)} "
    f"-X {_VERSION}.gitMajor={KUBERNETES[0]} -X {_VERSION}.gitMinor={KUBERNETES[1]}"
)
OLDEST_GO = (1, 26)
FIRST = (
    "go.etcd.io/etcd/server/v3",
    "helm.sh/helm/v4/cmd/helm",
    "k8s.io/kubernetes/cmd/kube-apiserver",
    "k8s.io/kubernetes/cmd/kubectl",
)
"""What an API server with Teal's kinds takes: it is built before all else, and can be used meanwhile."""
_ETCD = "server"
"""What Go calls etcd, by its package's folder."""


class MissingGoError(RuntimeError):
    """There is no Go, or one that is too old."""


def go_version() -> str:
    """Return `go version`'s answer. Raises MissingGoError."""
    go = shutil.which("go")
    if go is None:
        raise MissingGoError(f"Go {OLDEST_GO[0]}.{OLDEST_GO[1]} or newer is needed, and there is no `go`.")
    command = [go, "env", "GOVERSION"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    numbers = tuple(int(part) for part in answer.removeprefix("go").split(".")[:2] if part.isdigit())
    if numbers < OLDEST_GO:
        raise MissingGoError(f"Go {OLDEST_GO[0]}.{OLDEST_GO[1]} or newer is needed; this is {answer}.")
    return answer


def programs() -> Path:
    """Return the folder of the programs; build them on first use (10 minutes and more on two cores)."""
    folder = _folder()
    if not folder.exists():
        with locked("programs", holder="another process that builds the programs"):
            if not folder.exists():
                _build_all(folder)
    return folder


def first_programs() -> Path:
    """Return a folder that has FIRST: that of all programs, or while there is none one with FIRST alone."""
    folder = _folder()
    if folder.exists():
        return folder
    first = folder.with_name(f"{folder.name}-first")
    with locked("programs", first.name, holder="another process that builds the first programs"):
        if not first.exists():
            with step("Building etcd, kube-apiserver, kubectl and Helm with Go", "first"):
                _build(first, FIRST)
    return first


def are_built() -> bool:
    """Tell whether the programs are there, so that nobody waits for them. Raises MissingGoError."""
    return _folder().exists()


def _folder() -> Path:
    sources = (MODULE / "go.mod", MODULE / "go.sum", MODULE / "coredns" / "main.go")
    return cache("programs") / digest(go_version(), _LINK, *sources)


def module_folder(module: str, required_by: Path = MODULE) -> Path:
    """Return the folder of a Go module's sources: charts, CRDs and templates are in there.

    `required_by` is the folder of the module whose go.mod and go.sum say which version, and its hash.
    """
    command = ["go", "mod", "download", "-json", module]
    done = subprocess.run(command, cwd=required_by, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"`go mod download {module}` failed: {(done.stderr or done.stdout).strip()[-500:]}"
        )
    return Path(json.loads(done.stdout)["Dir"])


def _build_all(folder: Path) -> None:
    first = first_programs()
    with step("Building the rest of Kubernetes, CoreDNS and Istio with Go", "programs"):
        listed = _go("list", "tool", "./coredns").split()
        _build(folder, [package for package in listed if package not in FIRST], first)


def _build(folder: Path, packages: Sequence[str], first: Path | None = None) -> None:
    """Build packages into a folder, which is there once all of it is; beside them what is in `first`."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        new = Path(temporary, "new")
        _go("build", "-trimpath", "-ldflags", _LINK, "-o", f"{new}/", *packages)
        if first is None:
            (new / _ETCD).rename(new / "etcd")
        else:
            shutil.copytree(first, new, copy_function=os.link, dirs_exist_ok=True)
        new.rename(folder)


def _go(command: str, *words: str) -> str:
    """Run Go in the programs' module; return what it prints. Raises RuntimeError with its complaint."""
    environment = {**os.environ, "CGO_ENABLED": "0"}
    done = subprocess.run(
        ["go", command, *words], cwd=MODULE, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"`go {command}` failed: {done.stderr.strip()[-2000:]}")
    return done.stdout

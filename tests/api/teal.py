"""Teal as plain processes beside a real API server: webhook over TLS, reconciler, webhook configurations."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import yaml

from deploy.local.controlplane import free_port
from deploy.local.kinds import kubectl, rendered
from reconciler.cluster import Cluster
from reconciler.probe import wait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMESPACE = "teal-system"
_CONFIGURATIONS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


@contextmanager
def teal(kubeconfig: Path, folder: Path) -> Iterator[None]:
    """Run one replica until the context ends; it begins once admission really works."""
    port = free_port()
    kubectl(kubeconfig, "create", "namespace", NAMESPACE)
    kubectl(kubeconfig, "apply", "-f", "-", given=yaml.safe_dump_all(_configurations(port)))
    common = [sys.executable, "-m"]
    reconciler = [*common, "reconciler", f"--namespace={NAMESPACE}", "--identity=me", f"--port={free_port()}"]
    reconciler += [f"--certificates={folder}", f"--kubeconfig={kubeconfig}", "--serving-name=localhost"]
    webhook = [*common, "webhook", f"--certificates={folder}", f"--port={port}", "--host=127.0.0.1"]
    with subprocess.Popen(reconciler) as first, subprocess.Popen([*webhook, "--drain-seconds=0"]) as second:
        try:
            assert wait(Cluster(str(kubeconfig)), 60.0), "admission does not work"
            yield
        finally:
            first.terminate()
            second.terminate()


def _configurations(port: int) -> list[dict[str, Any]]:
    """Return the chart's webhook configurations, the Service replaced by a port of this machine."""
    found = [item for item in rendered() if item["kind"] in _CONFIGURATIONS]
    for configuration in found:
        for webhook in configuration["webhooks"]:
            path = webhook["clientConfig"].pop("service")["path"]
            webhook["clientConfig"]["url"] = f"https://localhost:{port}{path}"
    return found

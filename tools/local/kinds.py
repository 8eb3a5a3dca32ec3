"""Teal's, Istio's and Gateway API's kinds on an API server that has none: for tests and the light demo."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

from tools.local.programs import first_programs, module_folder

CHARTS = Path(__file__).parents[2] / "deploy" / "charts"
_ISTIO_KINDS = "manifests/charts/base/files/crd-all.gen.yaml"
_GATEWAY_KINDS = "config/crd/standard"


def rendered(*values: str) -> list[dict[str, Any]]:
    """Return the manifests of the chart `teal`; `values` are `key=value` as for `helm --set`."""
    settings = [part for value in values for part in ("--set", value)]
    command = [
        str(first_programs() / "helm"),
        "template",
        "teal",
        str(CHARTS / "teal"),
        "-n",
        "teal-system",
        *settings,
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return [manifest for manifest in yaml.safe_load_all(answer.stdout) if manifest]


def install_kinds(kubeconfig: Path) -> None:
    """Install the CRDs and wait until the API server serves them."""
    own = [item for item in rendered() if item["kind"] == "CustomResourceDefinition"]
    istio = (module_folder("istio.io/istio") / _ISTIO_KINDS).read_text()
    kubectl(kubeconfig, "apply", "--server-side", "-f", "-", given=istio)
    install_gateway_kinds(kubeconfig)
    kubectl(kubeconfig, "apply", "--server-side", "-f", "-", given=yaml.safe_dump_all(own))
    kubectl(kubeconfig, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")


def install_gateway_kinds(kubeconfig: Path) -> None:
    """Install Gateway API's CRDs of the standard channel, at the version that istiod is built with."""
    folder = module_folder("sigs.k8s.io/gateway-api") / _GATEWAY_KINDS
    texts = [path.read_text() for path in sorted(folder.glob("gateway.*.yaml"))]
    kinds = [item for text in texts for item in yaml.safe_load_all(text)]
    crds = [item for item in kinds if item["kind"] == "CustomResourceDefinition"]
    kubectl(kubeconfig, "apply", "--server-side", "-f", "-", given=yaml.safe_dump_all(crds))


def kubectl(kubeconfig: Path, *words: str, given: str = "") -> str:
    """Run kubectl and return what it printed. Raises RuntimeError with what it complained of."""
    command = [str(first_programs() / "kubectl"), "--kubeconfig", str(kubeconfig), *words]
    answer = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise RuntimeError(f"kubectl {' '.join(words)}: {answer.stderr.strip()}")
    return answer.stdout

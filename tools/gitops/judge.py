"""What Argo CD and Flux say of an object's health, by their own libraries: no cluster is needed."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tools.gitops.building import built

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CHECKS = Path(__file__).parents[2] / "deploy" / "gitops" / "argocd-cm.yaml"
_MODULE = Path(__file__).parent / "judge"
_KEY = "resource.customizations.health.iter8.tools_"


@dataclass(frozen=True)
class Health:
    """Argo CD's word and message by our health check, and Flux's word (kstatus) without any."""

    argo: str
    message: str
    flux: str


def judged(manifests: Iterable[Mapping[str, Any]]) -> list[Health]:
    """Return the health of objects of Teal's kinds, in their order; builds the program on first use."""
    checks = yaml.safe_load(CHECKS.read_text("utf-8"))["data"]
    lines = [{"check": checks[f"{_KEY}{manifest['kind']}"], "object": manifest} for manifest in manifests]
    program = built("judge", _MODULE, ".") / "judge"
    given = "".join(f"{json.dumps(line)}\n" for line in lines)
    done = subprocess.run([program], input=given, capture_output=True, text=True, check=True)
    answers = map(json.loads, done.stdout.splitlines())
    return [Health(each["argo"]["status"], each["argo"]["message"], each["flux"]) for each in answers]

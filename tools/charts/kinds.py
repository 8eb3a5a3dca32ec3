"""The kinds that the chart `teal` installs, as Helm renders them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import yaml

from tools.charts.repository import CHARTS, HelmError

if TYPE_CHECKING:
    from pathlib import Path


def kinds(helm: Path) -> list[dict[str, Any]]:
    """Return the CustomResourceDefinitions. Raises HelmError."""
    files = sorted((CHARTS / "teal" / "templates" / "crds").glob("*.yaml"))
    shown = [part for path in files for part in ("--show-only", f"templates/crds/{path.name}")]
    command = [str(helm), "template", "teal", str(CHARTS / "teal"), *shown]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HelmError(done.stderr.strip())
    return [found for found in yaml.safe_load_all(done.stdout) if found]

"""Which commands are measured, and what of kubectl's comes nearest to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMESPACE, APP = "measured", "app0"


@dataclass(frozen=True, slots=True)
class Pair:
    """A line of `teal`'s and one of kubectl's; `codes`: the exit codes by which each may end."""

    teal: Sequence[str]
    kubectl: Sequence[str]
    codes: tuple[int, ...] = (0,)


ROUTEMAP = f"""\
apiVersion: iter8.tools/v1alpha1
kind: Routemap
metadata: {{name: {APP}, namespace: {NAMESPACE}}}
spec:
  versions: [{{name: {APP}-0, weight: 80}}, {{name: {APP}-1, weight: 20}}]
"""
OVERRIDE = f"""\
apiVersion: iter8.tools/v1alpha1
kind: WeightOverride
metadata: {{name: {APP}, namespace: {NAMESPACE}}}
spec: {{weights: [{{version: {APP}-0, weight: 80}}]}}
"""
VALUES = f"""\
appType: deployment
appName: {APP}
action: initialize
strategy: blue-green
appVersions: [{{name: {APP}-0, weight: 80}}, {{name: {APP}-1, weight: 20}}]
"""
FILES = {"routemap.yaml": ROUTEMAP, "override.yaml": OVERRIDE, "values.yaml": VALUES}
_DRY = "--dry-run=server"
PAIRS = (
    Pair(["--help"], ["--help"]),
    Pair(["status", APP], ["describe", "routemap", APP]),
    Pair(["status"], ["get", "routemaps"]),
    Pair(["status", "-A"], ["get", "routemaps", "-A"]),
    Pair(["status", APP, "-o", "json"], ["get", "routemap", APP, "-o", "json"]),
    Pair(["weights", APP, f"{APP}-0=80", "--dry-run"], ["apply", "-f", "override.yaml", _DRY]),
    Pair(["promote", APP, _DRY], ["label", "deployment", f"{APP}-0", "a=b", "--overwrite", _DRY]),
    Pair(["rollout", "stepped", "pause"], ["annotate", "--overwrite", "routemap", "stepped", "a=b"]),
    Pair(["init", "plain"], ["get", "deployments,services,virtualservices", "-o", "yaml"]),
    Pair(["migrate", "-f", "values.yaml"], ["apply", "-f", "routemap.yaml", "--dry-run=client"]),
    Pair(["diff", "-f", "routemap.yaml"], ["diff", "-f", "routemap.yaml"], (1,)),
    Pair(["explain", "HostNotFound"], ["explain", "routemap.spec"]),
    Pair(["history", APP], ["events", "--for", f"routemap/{APP}"]),
    Pair(["doctor"], ["auth", "can-i", "--list"], (0, 1)),
    Pair(["lint", "routemap.yaml"], ["apply", "-f", "routemap.yaml", "--dry-run=client"]),
)
"""Those that are left out go on until something has come about (abort), serve (dashboard), or take libraries
that the one file lacks (certs status)."""
COMPLETED = Pair(["status", ""], ["get", "routemap", ""])
"""Lines that are completed: of the plugin by `kubectl_complete-teal`, of kubectl's own by `__complete`."""

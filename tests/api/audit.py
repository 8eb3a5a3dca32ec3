"""The API server's own record of who wrote what, and when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "verbs": ["get", "list", "watch"]},
        {"level": "None", "resources": [{"group": "coordination.k8s.io"}]},
        {"level": "Metadata"},
    ],
}
_ERROR = 400


@dataclass(frozen=True)
class Write:
    """A write that the API server received, answered with `status`."""

    agent: str
    received: datetime
    path: str
    status: int

    @property
    def taken(self) -> bool:
        """Tell whether it was carried out."""
        return self.status < _ERROR


@dataclass(frozen=True)
class Audit:
    """The record in a folder."""

    folder: Path

    def flags(self) -> list[str]:
        """Return the API server's flags, its policy written."""
        policy = self.folder / "audit-policy.yaml"
        policy.write_text(yaml.safe_dump(POLICY))
        return [f"--audit-policy-file={policy}", f"--audit-log-path={self._log}"]

    def writes(self, namespace: str = "") -> list[Write]:
        """Return the writes to a namespace's objects, or to cluster-wide ones, as they came."""
        # The API server may be in the middle of a line.
        whole = self._log.read_text().rpartition("\n")[0]
        events = [json.loads(line) for line in whole.splitlines()]
        wanted = [each for each in events if (each.get("objectRef") or {}).get("namespace", "") == namespace]
        return sorted(map(_write, wanted), key=lambda write: write.received)

    @property
    def _log(self) -> Path:
        return self.folder / "audit.log"


def _write(event: Mapping[str, Any]) -> Write:
    received = datetime.fromisoformat(event["requestReceivedTimestamp"])
    return Write(event.get("userAgent", ""), received, event["requestURI"], event["responseStatus"]["code"])

"""Both charts as packages, and the kinds as one file for those who apply them without Helm."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from tools.charts.repository import NAMES, pack
from tools.release.packing import packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

_HELMS = (
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/instance",
    "helm.sh/chart",
    "helm.sh/resource-policy",
)
"""Labels and annotations that are wrong on what Helm does not keep."""


def charts(helm: Path) -> dict[str, bytes]:
    """Return both packages by file name. Raises HelmError."""
    with TemporaryDirectory(prefix="teal-charts-") as temporary:
        pack(helm, Path(temporary))
        made = {name: next(Path(temporary).glob(f"{name}-*.tgz")) for name in NAMES}
        return {path.name: packed(unpacked(path.read_bytes())) for path in made.values()}


def one_file(definitions: list[dict[str, Any]]) -> bytes:
    """Return CustomResourceDefinitions as one file for `kubectl apply --server-side -f`."""
    plain = [
        {**definition, "metadata": dict(_metadata(definition["metadata"]))} for definition in definitions
    ]
    return yaml.safe_dump_all(plain, sort_keys=False, width=100, allow_unicode=True).encode()


def _metadata(metadata: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in metadata.items():
        if isinstance(value, dict):
            yield key, {name: each for name, each in value.items() if name not in _HELMS}
        else:
            yield key, value

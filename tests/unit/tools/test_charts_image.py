"""Which image `make charts` has Helm install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.charts import image

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_without_a_local_cluster_the_charts_own_version_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAL_STATE", str(tmp_path))
    assert image.app_version() is None

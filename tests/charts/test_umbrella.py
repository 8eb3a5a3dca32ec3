"""The charts as dependencies of a parent chart, which switches them on and off by `<name>.enabled`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.charts.test_teal_rights import identity
from tools.charts.repository import CHARTS, NAMES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.charts.helm import Helm, Manifest

SHOP = {"appName": "shop", "action": "initialize"}


@pytest.fixture(scope="module")
def umbrella(helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chart that has both of ours as dependencies, packed by Helm."""
    folder = tmp_path_factory.mktemp("umbrella") / "platform"
    folder.mkdir()
    dependencies = [
        {
            "name": name,
            "version": "0.1.0",
            "repository": f"file://{CHARTS / name}",
            "condition": f"{name}.enabled",
        }
        for name in NAMES
    ]
    chart = {"apiVersion": "v2", "name": "platform", "version": "1.0.0", "dependencies": dependencies}
    (folder / "Chart.yaml").write_text(yaml.safe_dump(chart), encoding="utf-8")
    done = helm.run("dependency", "build", folder)
    assert done.returncode == 0, done.stderr
    return folder


def kinds(helm: Helm, umbrella: Path, values: dict[str, Any]) -> set[tuple[str, str, str]]:
    manifests: list[Manifest] = helm.render(str(umbrella), values, release="platform")
    return {identity(item) for item in manifests}


def test_a_parent_chart_switches_each_on_and_off(helm: Helm, umbrella: Path) -> None:
    on, off = {"enabled": True}, {"enabled": False}
    common = {"global": {"imageRegistry": "r.example", "domain": {"name": "a"}}}
    teal = ("Deployment", "platform-teal", "teal-system")
    shop = ("Routemap", "shop", "teal-system")
    both = kinds(helm, umbrella, {**common, "teal": on, "routing-actions": SHOP | on})
    assert {teal, shop} <= both
    only = kinds(helm, umbrella, {**common, "teal": on, "routing-actions": SHOP | off})
    assert (teal in only, shop in only) == (True, False)
    only = kinds(helm, umbrella, {**common, "teal": off, "routing-actions": SHOP | on})
    assert (teal in only, shop in only) == (False, True)
    assert kinds(helm, umbrella, {"teal": off, "routing-actions": SHOP | off}) == set()


def test_a_mistyped_value_below_a_parent_is_refused_all_the_same(helm: Helm, umbrella: Path) -> None:
    message = helm.refusal(str(umbrella), {"teal": {"enable": True}, "routing-actions": SHOP})
    assert "- at '': additional properties 'enable' not allowed" in message

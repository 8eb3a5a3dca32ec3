"""The bench's kubelet starts what runs in a pod once all of it is there, at an address of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

import pytest

from kube.errors import NotFoundError
from tools.bench.envoy_gateway.kubelet import Kubelet

if TYPE_CHECKING:
    from pathlib import Path

    from kube.client import Cluster
    from tools.bench.envoy_gateway.kubelet import Given

MOUNT = {"name": "certs", "mountPath": "/certs"}
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


class Few:
    """The requests of a kubelet: one pod with a Secret, which comes later."""

    def __init__(self) -> None:
        self.secrets: dict[str, Any] = {}
        self.addresses: list[str] = []
        self.pod = pod("front-1")

    def request(self, method: str, _path: str, *_: Any, **__: Any) -> dict[str, Any]:
        return {"items": [self.pod]} if method == "GET" else {}

    def get(self, _kind: object, _namespace: str, name: str) -> dict[str, Any]:
        if name not in self.secrets:
            raise NotFoundError(name)
        return {"data": self.secrets[name]}

    def merge(self, _kind: object, _namespace: str, _name: str, body: dict[str, Any], _sub: str) -> None:
        self.addresses.append(body["status"]["podIP"])


def pod(uid: str) -> dict[str, Any]:
    container = {"name": "envoy", "image": "envoy", "volumeMounts": [MOUNT]}
    return {
        "metadata": {"name": "front", "namespace": "gateways", "uid": uid, "creationTimestamp": "now"},
        "spec": {
            "nodeName": "light",
            "containers": [container],
            "volumes": [{"name": "certs", "secret": {"secretName": "envoy"}}],
        },
        "status": {"phase": "Pending"},
    }


def test_nothing_is_started_before_all_is_there_and_no_address_is_given_twice(tmp_path: Path) -> None:
    few, given = Few(), []

    def programs(asked: Given) -> list[str]:
        given.append((asked.mounts["/certs"] / "ca.crt").read_text())
        return SLEEP

    kubelet = Kubelet(cast("Cluster", few), tmp_path, programs)
    with pytest.raises(NotFoundError):
        kubelet.look()
    few.secrets["envoy"] = {"ca.crt": "aGVyZQ=="}
    kubelet.look()
    few.pod["metadata"]["deletionTimestamp"] = "now"
    kubelet.look()
    few.pod = pod("front-2")
    kubelet.look()
    kubelet.close()
    assert given == ["here", "here"]
    assert len({*few.addresses}) == len(few.addresses) == len(given)

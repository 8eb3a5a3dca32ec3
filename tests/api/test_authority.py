"""The certificate authority in a real Secret, and its publication."""

from __future__ import annotations

import base64
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from certs.issue import Subject
from certs.keeper import Keeper
from reconciler.authority import SecretStore, publish
from reconciler.resources import SECRETS, WEBHOOK_CONFIGURATIONS, ClusterResource
from tests.contract_authority import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.cluster import Cluster
    from tests.api.stage import Stage


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda holds: holds.__name__)
def test_the_secret_keeps_the_contract_of_an_authority_store(
    holds: Callable[..., None], stage: Stage
) -> None:
    holds(lambda: SecretStore(stage.cluster, stage.namespace, "teal-ca"))


def test_replicas_that_race_from_nothing_end_with_one_authority(stage: Stage, tmp_path: Path) -> None:
    bundles: list[bytes] = []

    def keep(number: int) -> None:
        store = SecretStore(stage.cluster, stage.namespace, "teal-ca")
        keeper = Keeper(store, tmp_path / f"{number}.pem", Subject("teal", ("teal.default.svc",)))
        bundles.append(keeper.keep(datetime.now(UTC)).bundle)

    replicas = [threading.Thread(target=keep, args=(number,)) for number in range(5)]
    for replica in replicas:
        replica.start()
    for replica in replicas:
        replica.join(timeout=30)
    assert len(bundles) == 5
    assert len(set(bundles)) == 1


def test_garbage_in_the_secret_reads_as_an_empty_pair(stage: Stage) -> None:
    store = SecretStore(stage.cluster, stage.namespace, "teal-ca")
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": "teal-ca", "namespace": stage.namespace},
        "data": {"tls.crt": base64.b64encode(b"garbage").decode(), "tls.key": ""},
    }
    stage.cluster.create(SECRETS, body)
    stored = store.read()
    assert stored is not None
    assert (stored.pair.certificate, stored.pair.key) == (b"garbage", b"")


def test_the_authority_is_published_once_and_again_when_it_is_spoilt(cluster: Cluster, stage: Stage) -> None:
    for resource in WEBHOOK_CONFIGURATIONS:
        _configure(cluster, resource, stage.namespace)
    publish(cluster, stage.namespace, b"bundle")
    versions = [_version(cluster, resource, stage.namespace) for resource in WEBHOOK_CONFIGURATIONS]
    publish(cluster, stage.namespace, b"bundle")
    assert [_version(cluster, resource, stage.namespace) for resource in WEBHOOK_CONFIGURATIONS] == versions
    publish(cluster, stage.namespace, b"another")
    for resource in WEBHOOK_CONFIGURATIONS:
        found = cluster.get(resource, "", stage.namespace)
        bundles = {webhook["clientConfig"]["caBundle"] for webhook in found["webhooks"]}
        assert bundles == {base64.b64encode(b"another").decode()}
        cluster.request("DELETE", resource.path(None, stage.namespace))


def _configure(cluster: Cluster, resource: ClusterResource, name: str) -> None:
    def webhook(number: int) -> dict[str, Any]:
        return {
            "name": f"w{number}.iter8.tools",
            "clientConfig": {"service": {"namespace": "nowhere", "name": "nobody"}},
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "failurePolicy": "Ignore",
        }

    body = {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": name},
        "webhooks": [webhook(0), webhook(1)],
    }
    cluster.request("POST", f"/apis/{resource.api_version}/{resource.plural}", body)


def _version(cluster: Cluster, resource: ClusterResource, name: str) -> str:
    version: str = cluster.get(resource, "", name)["metadata"]["resourceVersion"]
    return version

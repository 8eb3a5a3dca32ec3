"""The certificate authority in a real Secret, and its publication."""

from __future__ import annotations

import base64
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from certs.authorities import parse
from certs.cluster import SecretStore, WebhookConfigurations
from certs.keeper import ContendedError
from certs.lifecycle import Lifetimes
from certs.rotation import Rotator
from cli.certs import Release, status
from kube.errors import StaleError
from routing.kinds import SECRETS, WEBHOOK_CONFIGURATIONS, Resource
from tests.contracts.authority import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Callable

    from kube.client import Cluster
    from tests.api.stage import Stage


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda holds: holds.__name__)
def test_the_secret_keeps_the_contract_of_an_authority_store(
    holds: Callable[..., None], stage: Stage
) -> None:
    holds(lambda: SecretStore(stage.cluster, stage.namespace, "teal-ca"))


def test_replicas_that_race_from_nothing_end_with_one_authority_and_one_write(stage: Stage) -> None:
    name = stage.namespace
    for resource in WEBHOOK_CONFIGURATIONS:
        _configure(stage.cluster, resource, name)
    contended: list[ContendedError] = []
    stale: list[StaleError] = []

    def step() -> None:
        store = SecretStore(stage.cluster, name, "teal-ca")
        rotator = Rotator(store, WebhookConfigurations(stage.cluster, name), Lifetimes())
        try:
            rotator.step(datetime.now(UTC), time.monotonic())
        except ContendedError as error:
            contended.append(error)
        except StaleError as error:  # another replica published the same authority between look and write
            stale.append(error)

    for _ in range(2):
        replicas = [threading.Thread(target=step) for _ in range(5)]
        for replica in replicas:
            replica.start()
        for replica in replicas:
            replica.join(timeout=60)
        assert not any(replica.is_alive() for replica in replicas)
    # At most those that came second in the first round; the second round finds all done.
    assert len(contended) + len(stale) <= 4
    secret = stage.cluster.get(SECRETS, name, "teal-ca")
    for resource in WEBHOOK_CONFIGURATIONS:
        found = stage.cluster.get(resource, "", name)
        assert {hook["clientConfig"]["caBundle"] for hook in found["webhooks"]} == {secret["data"]["tls.crt"]}
        stage.cluster.request("DELETE", resource.path(None, name))


def test_garbage_in_the_secret_reads_as_it_is(stage: Stage) -> None:
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
    assert stored.content == {"tls.crt": b"garbage", "tls.key": b""}
    assert parse(stored.content).bundle == b""


def test_the_authority_is_published_once_and_again_when_it_is_spoilt(cluster: Cluster, stage: Stage) -> None:
    for resource in WEBHOOK_CONFIGURATIONS:
        _configure(cluster, resource, stage.namespace)
    anchors = WebhookConfigurations(cluster, stage.namespace)
    anchors.publish(b"bundle")
    versions = [_version(cluster, resource, stage.namespace) for resource in WEBHOOK_CONFIGURATIONS]
    anchors.publish(b"bundle")
    assert [_version(cluster, resource, stage.namespace) for resource in WEBHOOK_CONFIGURATIONS] == versions
    assert anchors.published() == [b"bundle"] * 4
    anchors.publish(b"another")
    for resource in WEBHOOK_CONFIGURATIONS:
        found = cluster.get(resource, "", stage.namespace)
        bundles = {webhook["clientConfig"]["caBundle"] for webhook in found["webhooks"]}
        assert bundles == {base64.b64encode(b"another").decode()}
        cluster.request("DELETE", resource.path(None, stage.namespace))


def test_each_configuration_is_heard_of_at_once_and_when_it_changes(cluster: Cluster, stage: Stage) -> None:
    for resource in WEBHOOK_CONFIGURATIONS:
        _configure(cluster, resource, stage.namespace)
    anchors = WebhookConfigurations(cluster, stage.namespace)
    watches = [begin() for begin in anchors.changes()]
    for each in watches:
        next(each)
    anchors.publish(b"bundle")
    for each in watches:
        next(each)
    for resource in WEBHOOK_CONFIGURATIONS:
        cluster.request("DELETE", resource.path(None, stage.namespace))


def test_the_command_tells_which_configuration_lacks_the_authority(cluster: Cluster, stage: Stage) -> None:
    name = stage.namespace
    for resource in WEBHOOK_CONFIGURATIONS:
        _configure(cluster, resource, name)
    anchors = WebhookConfigurations(cluster, name)
    Rotator(SecretStore(cluster, name, f"{name}-ca"), anchors, Lifetimes()).step(datetime.now(UTC), 0.0)
    assert status(cluster, Release(name, name), datetime.now(UTC))[1] == []
    anchors.publish(b"another")
    lacking = status(cluster, Release(name, name), datetime.now(UTC))[1]
    assert [told.partition(" lacks ")[0] for told in lacking] == [
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
    ]
    for resource in WEBHOOK_CONFIGURATIONS:
        cluster.request("DELETE", resource.path(None, name))


def _configure(cluster: Cluster, resource: Resource, name: str) -> None:
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


def _version(cluster: Cluster, resource: Resource, name: str) -> str:
    version: str = cluster.get(resource, "", name)["metadata"]["resourceVersion"]
    return version

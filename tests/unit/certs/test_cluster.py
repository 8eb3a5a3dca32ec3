"""The authorities in the cluster: the Secret, and the caBundles of two webhook configurations."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from certs.cluster import SecretStore, WebhookConfigurations
from kube.errors import NotFoundError, StaleError
from routing.kinds import SECRETS, WEBHOOK_CONFIGURATIONS, Resource
from tests.contracts.authority import CONTRACT
from tests.unit.certs.memory_cluster import MemoryCluster

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contracts.authority import Factory

KINDS = [resource.kind for resource in WEBHOOK_CONFIGURATIONS]


@pytest.fixture
def cluster() -> MemoryCluster:
    return MemoryCluster()


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def configure(cluster: MemoryCluster, resource: Resource, *bundles: str | None) -> None:
    webhooks = [
        {"name": f"w{number}", "clientConfig": {} if bundle is None else {"caBundle": bundle}}
        for number, bundle in enumerate(bundles)
    ]
    cluster.put(resource, "", {"metadata": {"name": "teal"}, "webhooks": webhooks})


def bundles_in(cluster: MemoryCluster, resource: Resource) -> list[str | None]:
    found = cluster.get(resource, "", "teal")
    return [webhook["clientConfig"].get("caBundle") for webhook in found["webhooks"]]


@pytest.mark.parametrize("rule", CONTRACT, ids=lambda rule: rule.__name__)
def test_the_secret_keeps_the_contract_of_an_authority_store(
    cluster: MemoryCluster, rule: Callable[[Factory], None]
) -> None:
    rule(lambda: SecretStore(cluster, "teal-system", "teal-ca"))


def test_the_secret_is_a_pair_as_kubernetes_knows_them_and_says_whose_it_is(
    cluster: MemoryCluster,
) -> None:
    SecretStore(cluster, "teal-system", "teal-ca").create({"tls.crt": b"one", "tls.key": b"two"})
    assert cluster.get(SECRETS, "teal-system", "teal-ca") == {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {
            "namespace": "teal-system",
            "name": "teal-ca",
            "labels": {"app.kubernetes.io/managed-by": "teal"},
            "resourceVersion": "1",
        },
        "data": {"tls.crt": "b25l", "tls.key": "dHdv"},
    }


@pytest.mark.parametrize("data", [{"tls.crt": "no base64!"}, {"tls.crt": None}, {"tls.crt": "é"}], ids=str)
def test_an_entry_that_cannot_be_decoded_is_empty(cluster: MemoryCluster, data: dict[str, Any]) -> None:
    cluster.put(SECRETS, "teal-system", {"metadata": {"name": "teal-ca"}, "data": data})
    stored = SecretStore(cluster, "teal-system", "teal-ca").read()
    assert stored is not None
    assert stored.content == {"tls.crt": b""}


def test_a_secret_without_data_has_no_entries(cluster: MemoryCluster) -> None:
    cluster.put(SECRETS, "teal-system", {"metadata": {"name": "teal-ca"}})
    stored = SecretStore(cluster, "teal-system", "teal-ca").read()
    assert stored is not None
    assert (stored.content, stored.version) == ({}, "1")


def test_a_bundle_goes_into_every_webhook_that_lacks_it_with_one_write_a_configuration(
    cluster: MemoryCluster,
) -> None:
    wanted = encoded(b"bundle")
    for resource in WEBHOOK_CONFIGURATIONS:
        configure(cluster, resource, None, encoded(b"another"), wanted)
    cluster.writes.clear()
    anchors = WebhookConfigurations(cluster, "teal")
    anchors.publish(b"bundle")
    assert cluster.writes == [(kind, "teal") for kind in KINDS]
    assert [bundles_in(cluster, resource) for resource in WEBHOOK_CONFIGURATIONS] == [[wanted] * 3] * 2
    anchors.publish(b"bundle")
    assert len(cluster.writes) == 2


def test_a_configuration_without_webhooks_needs_no_bundle(cluster: MemoryCluster) -> None:
    for resource in WEBHOOK_CONFIGURATIONS:
        cluster.put(resource, "", {"metadata": {"name": "teal"}, "webhooks": None})
    cluster.writes.clear()
    anchors = WebhookConfigurations(cluster, "teal")
    anchors.publish(b"bundle")
    assert cluster.writes == []
    assert anchors.published() == []
    assert anchors.bundles() == dict.fromkeys(KINDS, b"")


def test_a_configuration_that_changes_between_reading_and_writing_is_left_as_it_is() -> None:
    class Changing(MemoryCluster):
        def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
            found = super().get(resource, namespace, name)
            if resource.kind == KINDS[0] and len(self.writes) == 2:
                configure(self, resource, encoded(b"theirs"))
            return found

    cluster = Changing()
    for resource in WEBHOOK_CONFIGURATIONS:
        configure(cluster, resource, None)
    with pytest.raises(StaleError):
        WebhookConfigurations(cluster, "teal").publish(b"bundle")
    assert bundles_in(cluster, WEBHOOK_CONFIGURATIONS[0]) == [encoded(b"theirs")]


def test_what_is_published_is_told_by_webhook_and_by_configuration(cluster: MemoryCluster) -> None:
    configure(cluster, WEBHOOK_CONFIGURATIONS[0], encoded(b"one"), encoded(b"two"), encoded(b"one"))
    configure(cluster, WEBHOOK_CONFIGURATIONS[1], None)
    anchors = WebhookConfigurations(cluster, "teal")
    assert anchors.published() == [b"one", b"two", b"one", b""]
    assert anchors.bundles() == {KINDS[0]: b"one\ntwo", KINDS[1]: b""}


def test_a_missing_configuration_publishes_nothing_and_cannot_be_published_in(cluster: MemoryCluster) -> None:
    configure(cluster, WEBHOOK_CONFIGURATIONS[1], encoded(b"one"))
    anchors = WebhookConfigurations(cluster, "teal")
    assert anchors.published() == [b"one"]
    assert list(anchors.bundles()) == [KINDS[1]]
    with pytest.raises(NotFoundError):
        anchors.publish(b"bundle")


def test_each_configuration_is_watched_by_its_name_once_somebody_begins(cluster: MemoryCluster) -> None:
    for resource in WEBHOOK_CONFIGURATIONS:
        configure(cluster, resource, None)
    changes = WebhookConfigurations(cluster, "teal").changes()
    assert cluster.watched == []
    for begin in changes:
        assert len(list(begin())) == 1
    assert cluster.watched == [(kind, "teal") for kind in KINDS]

"""The Secret that all replicas share, and whom the webhook configurations trust."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, cast

import pytest

from certs.cluster import SecretStore, WebhookConfigurations
from routing.kinds import SECRETS, WEBHOOK_CONFIGURATIONS
from tests.contracts.authority import CONTRACT
from tests.unit.reconciler.memory_objects import MemoryObjects

if TYPE_CHECKING:
    from collections.abc import Callable

    from kube.client import Cluster
    from tests.contracts.authority import Factory


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def store(objects: MemoryObjects) -> SecretStore:
    return SecretStore(cast("Cluster", objects), "teal-system", "teal-ca")


@pytest.mark.parametrize("rule", CONTRACT, ids=lambda rule: rule.__name__)
def test_a_secret_keeps_the_contract(rule: Callable[[Factory], None]) -> None:
    objects = MemoryObjects()
    rule(lambda: store(objects))


def test_garbage_in_the_secret_comes_as_empty_bytes() -> None:
    objects = MemoryObjects()
    about = {"namespace": "teal-system", "name": "teal-ca"}
    objects.create(SECRETS, {"metadata": about, "data": {"tls.crt": "no base64", "tls.key": encoded(b"key")}})
    stored = store(objects).read()
    assert stored is not None
    assert stored.content == {"tls.crt": b"", "tls.key": b"key"}


def test_a_secret_that_has_gone_is_not_replaced() -> None:
    objects = MemoryObjects()
    store(objects).create({"tls.crt": b"1"})
    objects.delete(SECRETS, "teal-ca", "teal-system")
    assert not store(objects).replace("1", {"tls.crt": b"2"})


def configured(*bundles: str | None) -> tuple[WebhookConfigurations, MemoryObjects]:
    """Return both configurations with webhooks of these caBundles."""
    objects = MemoryObjects()
    webhooks = [{"clientConfig": {} if bundle is None else {"caBundle": bundle}} for bundle in bundles]
    for resource in WEBHOOK_CONFIGURATIONS:
        objects.create(resource, {"metadata": {"namespace": "", "name": "teal"}, "webhooks": webhooks})
    objects.written.clear()
    return WebhookConfigurations(cast("Cluster", objects), "teal"), objects


def test_what_is_published_is_what_every_webhook_trusts() -> None:
    configurations, _ = configured(encoded(b"one"), None)
    assert configurations.published() == [b"one", b"", b"one", b""]
    assert configurations.bundles() == {
        "MutatingWebhookConfiguration": b"one\n",
        "ValidatingWebhookConfiguration": b"one\n",
    }


def test_a_configuration_that_is_missing_trusts_nobody() -> None:
    assert WebhookConfigurations(cast("Cluster", MemoryObjects()), "teal").published() == []


def test_publishing_writes_only_what_differs() -> None:
    with_paths, objects = configured()
    with_paths.publish(b"one")
    assert objects.written == []
    same, objects = configured(encoded(b"one"), encoded(b"one"))
    same.publish(b"one")
    assert objects.written == []


def test_each_configuration_is_watched() -> None:
    configurations, objects = configured()
    asked: list[tuple[str, str]] = []
    objects.watch_one = lambda resource, name: asked.append((resource.kind, name))  # type: ignore[attr-defined]
    configurations = WebhookConfigurations(cast("Cluster", objects), "teal")
    for begin in configurations.changes():
        begin()
    assert asked == [(resource.kind, "teal") for resource in WEBHOOK_CONFIGURATIONS]

"""The certificate authority in the cluster: its Secret, and its publication in the webhook configurations."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from certs.issue import KeyPair
from certs.keeper import Stored
from reconciler.errors import NotFoundError, StaleError
from reconciler.resources import SECRETS, WEBHOOK_CONFIGURATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.cluster import Cluster

_CERTIFICATE, _KEY = "tls.crt", "tls.key"


class SecretStore:
    """The `certs.keeper.AuthorityStore` that every replica shares: a Secret of type kubernetes.io/tls."""

    def __init__(self, cluster: Cluster, namespace: str, name: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._name = name

    def read(self) -> Stored | None:
        """Return what the Secret holds; garbage and missing parts come as empty bytes."""
        try:
            secret = self._cluster.get(SECRETS, self._namespace, self._name)
        except NotFoundError:
            return None
        data = secret.get("data") or {}
        return Stored(
            KeyPair(_decoded(data.get(_CERTIFICATE)), _decoded(data.get(_KEY))),
            secret["metadata"]["resourceVersion"],
        )

    def create(self, pair: KeyPair) -> bool:
        """Make the Secret. False when there is one."""
        try:
            self._cluster.create(SECRETS, self._secret(pair))
        except StaleError:
            return False
        return True

    def replace(self, version: str, pair: KeyPair) -> bool:
        """Replace the Secret's content if it is still at that version."""
        try:
            self._cluster.replace(SECRETS, self._secret(pair, {"resourceVersion": version}))
        except (StaleError, NotFoundError):
            return False
        return True

    def _secret(self, pair: KeyPair, metadata: Mapping[str, str] | None = None) -> dict[str, Any]:
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {
                "namespace": self._namespace,
                "name": self._name,
                "labels": {"app.kubernetes.io/managed-by": "teal"},
                **(metadata or {}),
            },
            "data": {_CERTIFICATE: _encoded(pair.certificate), _KEY: _encoded(pair.key)},
        }


def publish(cluster: Cluster, release: str, bundle: bytes) -> None:
    """Have the API server trust `bundle` when it calls the webhook. Writes only what differs.

    Called by the leader only: replicas that fight over a caBundle took an etcd down elsewhere (istio#36478).
    """
    wanted = _encoded(bundle)
    for resource in WEBHOOK_CONFIGURATIONS:
        configuration = cluster.get(resource, "", release)
        operations = [
            {"op": "add", "path": f"/webhooks/{index}/clientConfig/caBundle", "value": wanted}
            for index, webhook in enumerate(configuration.get("webhooks") or ())
            if webhook["clientConfig"].get("caBundle") != wanted
        ]
        if operations:
            version = configuration["metadata"]["resourceVersion"]
            test = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
            cluster.patch(resource, "", release, [test, *operations])


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decoded(content: str | None) -> bytes:
    try:
        return base64.b64decode(content or "", validate=True)
    except binascii.Error:
        return b""

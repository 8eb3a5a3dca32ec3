"""The certificate authorities in the cluster: their Secret, and whom the webhook configurations trust."""

from __future__ import annotations

import base64
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from certs.keeper import Stored
from kube.errors import NotFoundError, StaleError
from routing.kinds import SECRETS, WEBHOOK_CONFIGURATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from routing.kinds import Resource


class Cluster(Protocol):
    """What is asked of the API server: a `kube.client.Cluster`. The methods raise ClusterErrors."""

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """Return an object. Raises NotFoundError."""

    def create(self, resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Create an object. Raises StaleError if there is one."""

    def replace(self, resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Replace an object. Raises StaleError if it has changed, NotFoundError if it has gone."""

    def patch(
        self, resource: Resource, namespace: str, name: str, operations: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Carry out a JSON patch. Raises StaleError if one of its tests fails."""

    def watch_one(self, resource: Resource, name: str) -> Iterator[Mapping[str, Any]]:
        """Yield what an object is, and then its events."""


class SecretStore:
    """The `certs.keeper.AuthorityStore` that every replica shares: a Secret of type kubernetes.io/tls.

    Its methods may be called from any thread and raise ClusterErrors. What makes `replace` safe among
    replicas is the resourceVersion: the API server refuses a write that was made from an older one.
    """

    def __init__(self, cluster: Cluster, namespace: str, name: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._name = name

    def read(self) -> Stored | None:
        """Return what the Secret holds, None without one. What is no base64 comes as empty bytes."""
        try:
            secret = self._cluster.get(SECRETS, self._namespace, self._name)
        except NotFoundError:
            return None
        content = {key: _decoded(value) for key, value in (secret.get("data") or {}).items()}
        return Stored(content, secret["metadata"]["resourceVersion"])

    def create(self, content: Mapping[str, bytes]) -> bool:
        """Make the Secret. False when there is one, whoever made it.

        Raises NotFoundError if there is no such namespace.
        """
        try:
            self._cluster.create(SECRETS, self._secret(content))
        except StaleError:
            return False
        return True

    def replace(self, version: str, content: Mapping[str, bytes]) -> bool:
        """Replace the Secret's content if it is still at that version; False if not, or if it has gone.

        Entries that `content` lacks go.
        """
        try:
            self._cluster.replace(SECRETS, self._secret(content, {"resourceVersion": version}))
        except (StaleError, NotFoundError):
            return False
        return True

    def _secret(
        self, content: Mapping[str, bytes], metadata: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return the Secret as it is written."""
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
            "data": {key: _encoded(value) for key, value in content.items()},
        }


class WebhookConfigurations:
    """The `certs.rotation.TrustAnchors`: the caBundle of every webhook in a release's two configurations.

    Written by the leader only: replicas that fight over a caBundle took an etcd down elsewhere (istio#36478).
    Both bear the release's name. The methods may be called from any thread and raise ClusterErrors.
    """

    def __init__(self, cluster: Cluster, release: str) -> None:
        self._cluster = cluster
        self._release = release

    def published(self) -> list[bytes]:
        """Return PEM of what is in each webhook's caBundle; a configuration that is missing has none."""
        return [bundle for bundles in self._bundles().values() for bundle in bundles]

    def bundles(self) -> dict[str, bytes]:
        """Return PEM of the certificates in each configuration's caBundles together."""
        return {kind: b"\n".join(dict.fromkeys(bundles)) for kind, bundles in self._bundles().items()}

    def publish(self, bundle: bytes) -> None:
        """Have the API server trust `bundle`, PEM, when it calls the webhook. Writes only what differs.

        One request a configuration at most, for all its webhooks. Raises StaleError when it changed
        meanwhile, since webhooks are found by their place, and NotFoundError when it is missing.
        """
        wanted = _encoded(bundle)
        for resource in WEBHOOK_CONFIGURATIONS:
            webhooks, version = self._webhooks(resource)
            operations = [
                {"op": "add", "path": f"/webhooks/{index}/clientConfig/caBundle", "value": wanted}
                for index, webhook in enumerate(webhooks)
                if webhook["clientConfig"].get("caBundle") != wanted
            ]
            if operations:
                test = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
                self._cluster.patch(resource, "", self._release, [test, *operations])

    def changes(self) -> list[Callable[[], Iterator[object]]]:
        """Return what begins to watch each configuration: it yields one thing at once, and one a change.

        Each ends now and then, or raises a ClusterError: begin it again.
        """
        return [
            partial(self._cluster.watch_one, resource, self._release) for resource in WEBHOOK_CONFIGURATIONS
        ]

    def _bundles(self) -> dict[str, list[bytes]]:
        found = {}
        for resource in WEBHOOK_CONFIGURATIONS:
            with contextlib.suppress(NotFoundError):
                webhooks, _ = self._webhooks(resource)
                found[resource.kind] = [_decoded(each["clientConfig"].get("caBundle")) for each in webhooks]
        return found

    def _webhooks(self, resource: Resource) -> tuple[list[dict[str, Any]], str]:
        """Return a configuration's webhooks and its resourceVersion. Raises NotFoundError."""
        configuration = self._cluster.get(resource, "", self._release)
        return configuration.get("webhooks") or [], configuration["metadata"]["resourceVersion"]


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decoded(content: str | None) -> bytes:
    try:
        return base64.b64decode(content or "", validate=True)
    except ValueError:  # binascii.Error is one
        return b""

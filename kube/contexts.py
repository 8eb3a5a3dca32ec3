"""Where the API server is, and by what credentials. The only module that imports `kubernetes`.

The client library gives the addresses, the certificates, and the tokens with their refresh. Its generated
methods would turn objects into typed models and drop unknown fields, and its informer asks for no bookmarks,
has no back-off, no read timeout, and keeps whole objects (docs/design.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client, config
from kubernetes.config.config_exception import ConfigException

from kube.errors import ClusterError, UnavailableError

_OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
DEFAULT_NAMESPACE = "default"


def namespace_of(kubeconfig: str | None, name: str | None = None) -> str:
    """Return the namespace that a context names, as kubectl takes it; without kubeconfig the pod's own.

    Raises ClusterError where there is no such context.
    """
    if kubeconfig is None:
        return _OWN_NAMESPACE.read_text("utf-8").strip() if _OWN_NAMESPACE.exists() else DEFAULT_NAMESPACE
    try:
        contexts, current = config.list_kube_config_contexts(kubeconfig)
    except ConfigException as error:
        raise ClusterError(f"no way to reach a cluster: {error}") from error
    named = {context["name"]: context for context in contexts}
    chosen = current if name is None else named.get(name)
    if chosen is None:
        known = ", ".join(sorted(named)) or "none"
        raise ClusterError(f"there is no context {name!r} in {kubeconfig}; it has {known}")
    return str(chosen["context"].get("namespace") or DEFAULT_NAMESPACE)


class Context:
    """A cluster and an account: a kubeconfig's context (None: its current one), or without one the pod's own.

    Raises ClusterError when there is neither. `host` is the API server's URL, `pool` makes connections to it.
    """

    def __init__(self, kubeconfig: str | None, name: str | None = None) -> None:
        configuration = client.Configuration()
        try:
            if kubeconfig is None:
                config.load_incluster_config(configuration)
            else:
                config.load_kube_config(kubeconfig, name, client_configuration=configuration)
        except ConfigException as error:
            raise ClusterError(f"no way to reach a cluster: {error}") from error
        configuration.retries = False
        self._configuration = configuration
        self.host: str = configuration.host
        self.pool: Any = client.ApiClient(configuration).rest_client.pool_manager.connection_from_url(
            self.host
        )

    def authorization(self) -> str:
        """Return the value of the Authorization header, empty where a certificate or nothing is enough.

        A token that is about to run out is renewed, which may read a file, start a program or ask a server.
        Raises UnavailableError when that fails. From any thread.
        """
        try:
            token = self._configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        except (OSError, ConfigException, urllib3.exceptions.HTTPError) as error:
            raise UnavailableError(f"no credentials: {error}") from error
        return token or ""

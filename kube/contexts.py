"""Where the API server is, and by what credentials. The only module that imports `kubernetes`.

The client library gives the addresses, the certificates, and the tokens with their refresh. Its generated
methods would turn objects into typed models and drop unknown fields, and its informer asks for no bookmarks,
has no back-off, no read timeout, and keeps whole objects (docs/design.md).
"""

from __future__ import annotations

from typing import Any

import urllib3
from kubernetes import client, config
from kubernetes.config.config_exception import ConfigException

from kube.errors import ClusterError, UnavailableError


class Context:
    """A cluster and an account: the kubeconfig's current context, or, without one, the pod's own.

    Raises ClusterError when there is neither. `host` is the API server's URL, `pool` makes connections to it.
    """

    def __init__(self, kubeconfig: str | None) -> None:
        configuration = client.Configuration()
        try:
            if kubeconfig is None:
                config.load_incluster_config(configuration)
            else:
                config.load_kube_config(kubeconfig, client_configuration=configuration)
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

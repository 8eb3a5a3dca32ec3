"""The API server of the pod that this runs in, and the pod's account, without the `kubernetes` library.

That library takes a quarter of a second of CPU to be imported, and 18 MiB for as long as the process lives.
Where requests are to go by a proxy, or something of the account is not there, it is left to `kube.contexts`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from urllib3.util.ssl_ import create_urllib3_context

from kube.errors import UnavailableError

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where kubelet mounts it."""
_PROXIES = ("https_proxy", "http_proxy", "all_proxy")


@dataclass(frozen=True)
class PodContext:
    """A pod's API server and account, as `kube.contexts.Context` has them."""

    host: str
    pool: Any
    token: Path

    def authorization(self) -> str:
        """Return the value of the Authorization header. kubelet renews the token, so it is read each time.

        Raises UnavailableError where there is none. From any thread.
        """
        return f"Bearer {read_token(self.token)}"


def in_pod(account: Path = ACCOUNT) -> PodContext | None:
    """Return the pod's own, None where it is not all there, or asks for more than is read here.

    Then `kube.contexts` reads it, and says what is wrong.
    """
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT")
    token = account / "token"
    if not (host and port and token.is_file()) or proxied():
        return None
    tls = create_urllib3_context()
    try:
        tls.load_verify_locations(account / "ca.crt")
    except OSError:  # ssl's errors are, too
        return None
    pool = urllib3.HTTPSConnectionPool(host, int(port), ssl_context=tls)
    return PodContext(f"https://{f'[{host}]' if ':' in host else host}:{port}", pool, token)


def read_token(path: Path) -> str:
    """Return the token in a file. Raises UnavailableError where there is none."""
    try:
        token = path.read_text("utf-8").strip()
    except OSError as error:
        raise UnavailableError(f"no credentials: {error}") from error
    if not token:
        raise UnavailableError(f"no credentials: {path} is empty")
    return token


def proxied() -> bool:
    """Tell whether the environment names a proxy; which requests go by it, the large library knows."""
    return any(os.environ.get(each) or os.environ.get(each.upper()) for each in _PROXIES)

"""What somebody may do to the authority, and when it is healed."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from certs import authorities, lifecycle
from certs.cluster import SecretStore, WebhookConfigurations
from certs.issue import new_authority
from kube.errors import NotFoundError
from routing.kinds import SECRETS, WEBHOOK_CONFIGURATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kube.client import Cluster

NAMESPACE, SECRET = "teal-system", "teal-ca"
HEALED_SECONDS = 60.0


@dataclass(frozen=True)
class Fault:
    """What is done. `spoils_trust`: API servers are told wrong, so admissions fail until it is put right."""

    name: str
    do: Callable[[Cluster], None]
    spoils_trust: bool = False


def heal(cluster: Cluster, fault: Fault) -> float:
    """Do it; return the seconds until a signer is stored and published. Raises RuntimeError if none is."""
    fault.do(cluster)
    begin = time.monotonic()
    while not _sound(cluster):
        if time.monotonic() > begin + HEALED_SECONDS:
            raise RuntimeError(f"not healed within {HEALED_SECONDS:.0f} s: {fault.name}")
        time.sleep(0.1)
    return time.monotonic() - begin


def _sound(cluster: Cluster) -> bool:
    stored = SecretStore(cluster, NAMESPACE, SECRET).read()
    known = authorities.parse(stored.content) if stored else authorities.Authorities()
    signs = known.signer is not None and lifecycle.signs(known.signer, datetime.now(UTC))
    wanted = set(authorities.split(known.bundle))
    published = WebhookConfigurations(cluster, "teal").published()
    return signs and bool(published) and all(set(authorities.split(bundle)) == wanted for bundle in published)


def _put(cluster: Cluster, content: Mapping[str, bytes]) -> None:
    data = {key: base64.b64encode(value).decode() for key, value in content.items()}
    secret = cluster.get(SECRETS, NAMESPACE, SECRET)
    cluster.replace(SECRETS, {**secret, "data": data})


def _delete(cluster: Cluster) -> None:
    cluster.request("DELETE", SECRETS.path(NAMESPACE, SECRET))


def _foreign(cluster: Cluster) -> None:
    stored = SecretStore(cluster, NAMESPACE, SECRET).read()
    if stored is None:
        raise NotFoundError(SECRET)
    other = new_authority("another", timedelta(days=1), datetime.now(UTC))
    _put(cluster, {**stored.content, "tls.key": other.key})


def _publish(bundle: bytes) -> Callable[[Cluster], None]:
    return lambda cluster: WebhookConfigurations(cluster, "teal").publish(bundle)


def _unpublish(cluster: Cluster) -> None:
    for resource in WEBHOOK_CONFIGURATIONS:
        webhooks = cluster.get(resource, "", "teal")["webhooks"]
        operations = [
            {"op": "remove", "path": f"/webhooks/{index}/clientConfig/caBundle"}
            for index in range(len(webhooks))
        ]
        cluster.patch(resource, "", "teal", operations)


_EMPTY = {"tls.crt": b"", "tls.key": b""}
_GARBAGE = {"tls.crt": b"garbage", "tls.key": b"garbage", "ca.crt": b"garbage"}
FAULTS = (
    Fault("the Secret is deleted", _delete),
    Fault("the Secret is emptied", lambda cluster: _put(cluster, _EMPTY)),
    Fault("the Secret holds garbage", lambda cluster: _put(cluster, _GARBAGE)),
    Fault("the Secret holds another authority's key", _foreign),
    Fault("the caBundle is removed", _unpublish, spoils_trust=True),
    Fault(
        "the caBundle is another authority's",
        _publish(new_authority("another", timedelta(days=1), datetime.now(UTC)).certificate),
        spoils_trust=True,
    ),
)

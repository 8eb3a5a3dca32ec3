"""The API server. The only module that imports `kubernetes`.

The client library gives the connections, the credentials and their refresh; objects stay raw dictionaries.
Its generated methods would turn each into typed models and drop unknown fields, and its informer asks for no
bookmarks, has no back-off, no read timeout, and keeps whole objects (docs/design.md).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import urllib3
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException

from reconciler.errors import ClusterError, DeposedError, StaleError, UnavailableError, error_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reconciler.resources import ClusterResource, Resource

    Manifest = Mapping[str, Any]

FIELD_MANAGER = "teal"
CONNECTIONS = 32
REQUEST_TIMEOUT = (5.0, 30.0)
WATCH_SECONDS = 300
WATCH_TIMEOUT = (5.0, 90.0)
"""The API server sends a bookmark about every 60 s: silence for longer is a dead connection."""
PAGE = 500
_JSON_PATCH = "application/json-patch+json"
_MERGE_PATCH = "application/merge-patch+json"
_APPLY_PATCH = "application/apply-patch+yaml"
_ERROR = 400
_UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None
    content_type: str = "application/json"


class Cluster:
    """Requests to the API server, with its answers as raw dictionaries and its refusals as ClusterErrors.

    With a `namespace`, what is listed and watched is that namespace's only. `timeout`: seconds to connect,
    and between two bytes of an answer. `agent` names the client in the API server's audit log. While
    `may_write` says no, writes raise DeposedError and are not sent.
    """

    def __init__(
        self,
        kubeconfig: str | None = None,
        namespace: str | None = None,
        *,
        timeout: tuple[float, float] = REQUEST_TIMEOUT,
        agent: str = "teal",
        may_write: Callable[[], bool] = lambda: True,
    ) -> None:
        self._client = _api_client(kubeconfig)
        self._client.user_agent = agent
        self._namespace = namespace
        self._timeout = timeout
        self._may_write = may_write

    def get(self, resource: Resource | ClusterResource, namespace: str, name: str) -> dict[str, Any]:
        """Return an object. Raises NotFoundError."""
        return self.request("GET", resource.path(namespace, name))

    def create(self, resource: Resource, manifest: Manifest, *, dry_run: bool = False) -> dict[str, Any]:
        """Create an object. Raises StaleError if there is one of that name."""
        query = {"fieldManager": FIELD_MANAGER} | ({"dryRun": "All"} if dry_run else {})
        path = resource.path(manifest["metadata"]["namespace"])
        return self.request("POST", path, manifest, query)

    def replace(self, resource: Resource, manifest: Manifest) -> dict[str, Any]:
        """Replace an object. Raises StaleError if it is not at the manifest's resourceVersion any more."""
        path = resource.path(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        return self.request("PUT", path, manifest, {"fieldManager": FIELD_MANAGER})

    def patch(
        self,
        resource: Resource | ClusterResource,
        namespace: str,
        name: str,
        operations: Sequence[Manifest],
    ) -> dict[str, Any]:
        """Carry out a JSON patch (RFC 6902). Raises StaleError if one of its tests fails."""
        path, query = resource.path(namespace, name), {"fieldManager": FIELD_MANAGER}
        try:
            return self.request("PATCH", path, operations, query, _JSON_PATCH)
        except ClusterError as error:
            # 422: a test failed, or a finalizer was to be added to an object that is being deleted.
            if error.status == _UNPROCESSABLE:
                raise StaleError(str(error), error.status) from error
            raise

    def merge(self, resource: Resource, namespace: str, name: str, body: Manifest, subresource: str) -> None:
        """Carry out a JSON merge patch (RFC 7386) on a subresource, such as `status` or `scale`."""
        path = f"{resource.path(namespace, name)}/{subresource}"
        self.request("PATCH", path, body, {"fieldManager": FIELD_MANAGER}, _MERGE_PATCH)

    def apply(self, resource: Resource, manifest: Manifest) -> dict[str, Any]:
        """Apply on the server's side, taking over fields that others own."""
        path = resource.path(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return self.request("PATCH", path, manifest, query, _APPLY_PATCH)

    def list(self, resource: Resource, selector: str) -> tuple[list[dict[str, Any]], str]:
        """Return all objects that a label selector picks, and the resource version to watch from."""
        items: list[dict[str, Any]] = []
        version = ""
        for page in self._pages(resource, selector):
            items += page.get("items") or []
            version = page["metadata"]["resourceVersion"]
        return items, version

    def every(self, resource: Resource) -> Iterator[dict[str, Any]]:
        """Yield all objects of a kind, of which no more than a page is held at a time."""
        for page in self._pages(resource, ""):
            yield from page.get("items") or ()

    def _pages(self, resource: Resource, selector: str) -> Iterator[dict[str, Any]]:
        query = {"labelSelector": selector, "limit": str(PAGE)}
        while True:
            page = self.request("GET", resource.path(self._namespace), query=query)
            yield page
            if not page["metadata"].get("continue"):
                return
            query["continue"] = page["metadata"]["continue"]

    def watch(self, resource: Resource, selector: str, version: str) -> Iterator[dict[str, Any]]:
        """Yield the events after a resource version, bookmarks included, until the API server ends the watch.

        Raises GoneError if the version is too old, UnavailableError if the connection breaks.
        """
        query = {
            "labelSelector": selector,
            "resourceVersion": version,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(WATCH_SECONDS),
        }
        response = self._send(_Request("GET", resource.path(self._namespace), query), WATCH_TIMEOUT)
        try:
            for line in _lines(response):
                event: dict[str, Any] = json.loads(line)
                if event["type"] == "ERROR":
                    status = event["object"]
                    raise error_for(status.get("code", 0), status.get("message", ""))
                yield event
        except (urllib3.exceptions.HTTPError, json.JSONDecodeError) as error:
            raise UnavailableError(f"the watch of {resource.plural} broke: {error}") from error
        finally:
            response.close()

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """Send a request and return the answer."""
        if method != "GET" and not self._may_write():
            raise DeposedError(f"{method} {path}: this replica does not lead any more")
        response = self._send(_Request(method, path, query or {}, body, content_type), self._timeout)
        try:
            answer: dict[str, Any] = json.loads(response.data)
        except (urllib3.exceptions.HTTPError, json.JSONDecodeError) as error:
            raise UnavailableError(f"{method} {path}: the answer broke off: {error}") from error
        return answer

    def text(self, path: str) -> str:
        """Return an answer that is no JSON, such as a pod's through the API server."""
        body: bytes = self._send(_Request("GET", path, {}), self._timeout).data
        return body.decode(errors="replace")

    def _send(self, request: _Request, timeout: tuple[float, float]) -> Any:
        """Send a request; return urllib3's response, its body unread."""
        what = f"{request.method} {request.path}"
        prepared = self._client.param_serialize(
            request.method,
            f"{request.path}?{urlencode(request.query)}" if request.query else request.path,
            header_params={"Accept": "application/json", "Content-Type": request.content_type},
            body=request.body,
            auth_settings=["BearerToken"],
        )
        try:
            response = self._client.call_api(*prepared, _request_timeout=timeout).response
            if response.status >= _ERROR:
                raise error_for(response.status, f"{what}: {_message(response.data)}")
        except (urllib3.exceptions.HTTPError, ApiException) as error:
            raise UnavailableError(f"{what}: {error}") from error
        return response


def _api_client(kubeconfig: str | None) -> client.ApiClient:
    configuration = client.Configuration()
    try:
        if kubeconfig is None:
            config.load_incluster_config(configuration)
        else:
            config.load_kube_config(kubeconfig, client_configuration=configuration)
    except ConfigException as error:
        raise ClusterError(f"no way to reach a cluster: {error}") from error
    configuration.retries = False
    configuration.connection_pool_maxsize = CONNECTIONS
    return client.ApiClient(configuration)


def _lines(response: Any) -> Iterator[bytes]:
    rest = b""
    for chunk in response.stream(amt=None, decode_content=False):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line for line in lines if line)


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode(errors="replace")

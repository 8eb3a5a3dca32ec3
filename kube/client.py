"""The API server. The only module that imports `kubernetes`.

The client library gives the connections, the credentials and their refresh; objects stay raw dictionaries.
Its generated methods would turn each into typed models and drop unknown fields, and its informer asks for no
bookmarks, has no back-off, no read timeout, and keeps whole objects (docs/design.md).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import urllib3
from kubernetes import client, config
from kubernetes.config.config_exception import ConfigException

from kube.connections import BrokenError, Connections, Message, SilentError
from kube.errors import (
    ClusterError,
    DeposedError,
    NotFoundError,
    StaleError,
    UnavailableError,
    error_for,
)
from kube.reading import loads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kube.connections import Answer
    from routing.kinds import Resource

    Manifest = Mapping[str, Any]

FIELD_MANAGER = "teal"
REQUEST_TIMEOUT = (5.0, 30.0)
WATCH_SECONDS = 300
WATCH_TIMEOUT = (5.0, 90.0)
"""The API server sends bookmarks every 60 s, but none while a kind does not change: silence ends a watch."""
PAGE = 100
_JSON_PATCH = "application/json-patch+json"
_MERGE_PATCH = "application/merge-patch+json"
_APPLY_PATCH = "application/apply-patch+yaml"
_ERROR = 400
_UNPROCESSABLE = 422
_encoded = json.JSONEncoder(separators=(",", ":")).encode


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
        self._namespace = namespace
        self._timeout = timeout
        self._agent = agent
        self._may_write = may_write
        api = _api_client(kubeconfig)
        self._configuration = api.configuration
        self._server = urlsplit(self._configuration.host)
        pool = api.rest_client.pool_manager.connection_from_url(self._configuration.host)
        self._connections = Connections(pool)

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """Return an object. Raises NotFoundError, also for a name that no object can have."""
        return self.request("GET", _path(resource, namespace, name))

    def create(self, resource: Resource, manifest: Manifest, *, dry_run: bool = False) -> dict[str, Any]:
        """Create an object. Raises StaleError if there is one of that name."""
        query = {"fieldManager": FIELD_MANAGER} | ({"dryRun": "All"} if dry_run else {})
        path = _path(resource, manifest["metadata"]["namespace"])
        return self.request("POST", path, manifest, query)

    def replace(self, resource: Resource, manifest: Manifest) -> dict[str, Any]:
        """Replace an object. Raises StaleError if it is not at the manifest's resourceVersion any more."""
        path = _path(resource, manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        return self.request("PUT", path, manifest, {"fieldManager": FIELD_MANAGER})

    def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        operations: Sequence[Manifest],
    ) -> dict[str, Any]:
        """Carry out a JSON patch (RFC 6902). Raises StaleError if one of its tests fails."""
        path, query = _path(resource, namespace, name), {"fieldManager": FIELD_MANAGER}
        try:
            return self.request("PATCH", path, operations, query, _JSON_PATCH)
        except ClusterError as error:
            # 422: a test failed, or a finalizer was to be added to an object that is being deleted.
            if error.status == _UNPROCESSABLE:
                raise StaleError(str(error), error.status) from error
            raise

    def merge(
        self, resource: Resource, namespace: str, name: str, body: Manifest, subresource: str
    ) -> dict[str, Any]:
        """Carry out a JSON merge patch (RFC 7386) on a subresource, such as `status` or `scale`."""
        path = _path(resource, namespace, name, subresource)
        return self.request("PATCH", path, body, {"fieldManager": FIELD_MANAGER}, _MERGE_PATCH)

    def apply(self, resource: Resource, manifest: Manifest) -> dict[str, Any]:
        """Apply on the server's side, taking over fields that others own."""
        path = _path(resource, manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return self.request("PATCH", path, manifest, query, _APPLY_PATCH)

    def pages(self, resource: Resource, selector: str) -> Iterator[tuple[list[dict[str, Any]], str]]:
        """Yield the objects that a label selector picks, a page at a time, and the version to watch from.

        The API server answers from its memory, though not with old news (KEP-2340, KEP-4988).
        """
        query = {"labelSelector": selector, "limit": str(PAGE)}
        while True:
            page = self.request("GET", resource.path(self._namespace), query=query)
            metadata = page["metadata"]
            yield page.get("items") or [], metadata["resourceVersion"]
            if not metadata.get("continue"):
                return
            query["continue"] = metadata["continue"]

    def every(self, resource: Resource) -> Iterator[dict[str, Any]]:
        """Yield all objects of a kind, of which no more than a page is held at a time."""
        for items, _ in self.pages(resource, ""):
            yield from items

    def watch(self, resource: Resource, selector: str, version: str) -> Iterator[dict[str, Any]]:
        """Yield the events after a version, bookmarks included, until the API server, or silence, ends it.

        Raises GoneError if the version is too old, UnavailableError if the connection breaks.
        """
        query = {"labelSelector": selector, "resourceVersion": version, "allowWatchBookmarks": "true"}
        return self._watch(resource, query)

    def watch_one(self, resource: Resource, name: str) -> Iterator[dict[str, Any]]:
        """Yield what an object without namespace is, if it is there, and then its events, as `watch` does."""
        return self._watch(resource, {"fieldSelector": f"metadata.name={name}"})

    def _watch(self, resource: Resource, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        query = {**query, "watch": "true", "timeoutSeconds": str(WATCH_SECONDS)}
        request, answered = _Request("GET", resource.path(self._namespace), query), False
        try:
            with self._connections.answer(self._message(request), WATCH_TIMEOUT) as answer:
                self._check(request, answer)
                answered = True
                for line in answer.lines():
                    event = _object(line)
                    if event["type"] == "ERROR":
                        status = event["object"]
                        raise error_for(status.get("code", 0), status.get("message", ""))
                    yield event
        except (BrokenError, ValueError) as error:
            if not (answered and isinstance(error, SilentError)):
                raise UnavailableError(f"the watch of {resource.plural} broke: {error}") from error

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """Send a request and return the answer."""
        request = _Request(method, path, query or {}, body, content_type)
        try:
            return _object(self._read(request))
        except ValueError as error:
            raise UnavailableError(f"{method} {path}: {error}") from error

    def text(self, path: str) -> str:
        """Return an answer that is no JSON, such as a pod's through the API server."""
        return self._read(_Request("GET", path, {})).decode(errors="replace")

    def _read(self, request: _Request) -> bytes:
        try:
            message = self._message(request)
            with self._connections.answer(message, self._timeout, lambda: self._permit(request)) as answer:
                self._check(request, answer)
                return answer.read()
        except BrokenError as error:
            raise UnavailableError(f"{request.method} {request.path}: {error}") from error

    def _permit(self, request: _Request) -> None:
        """Raise DeposedError for a write of a replica that does not lead.

        Asked right before the request is sent: between question and sending a process may be paused.
        """
        if request.method != "GET" and not self._may_write():
            raise DeposedError(f"{request.method} {request.path}: this replica does not lead any more")

    def _message(self, request: _Request) -> Message:
        """Return a request as it goes over the wire, with the credentials of the moment."""
        query = f"?{urlencode(request.query)}" if request.query else ""
        headers = {"Host": self._server.netloc, "User-Agent": self._agent, "Accept": "application/json"}
        try:
            # The library renews a token that is about to run out.
            token = self._configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        except (OSError, ConfigException, urllib3.exceptions.HTTPError) as error:
            raise UnavailableError(f"no credentials: {error}") from error
        if token:
            headers["Authorization"] = token
        target = f"{self._server.path.rstrip('/')}{request.path}{query}"
        body = None if request.body is None else _encoded(request.body).encode()
        return Message(request.method, target, headers | {"Content-Type": request.content_type}, body)

    @staticmethod
    def _check(request: _Request, answer: Answer) -> None:
        """Raise the ClusterError that an answer is, if it is one."""
        if answer.status >= _ERROR:
            told = f"{request.method} {request.path}: {_told(answer.read())}"
            raise error_for(answer.status, told, answer.retry_after)


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
    return client.ApiClient(configuration)


def _path(resource: Resource, namespace: str, name: str | None = None, subresource: str = "") -> str:
    """Return a path. Of a name that no object can have, from somebody's status say, there is no object."""
    try:
        return resource.path(namespace, name, subresource)
    except ValueError as error:
        raise NotFoundError(str(error)) from error


def _object(text: bytes) -> dict[str, Any]:
    """Return a JSON object. Raises ValueError for anything else."""
    value = loads(text)
    if not isinstance(value, dict):
        raise ValueError(f"no JSON object: {text[:80]!r}")  # noqa: TRY004 - of a text, not of an argument
    return value


def _told(body: bytes) -> str:
    try:
        return str(loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode(errors="replace")

"""The API server: what may be asked of it, and what its answers mean.

Objects stay raw dictionaries. Nothing here has a cache, repeats a request, or logs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from kube import answers, paging
from kube.connections import Connections, Message
from kube.errors import DeposedError, NotFoundError, TooLargeError, UnavailableError
from kube.receiving import MOST_BYTES, BrokenError, OversizeError, SilentError, Timeout
from kube.ways import way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kube.answers import Reading
    from kube.contexts import Context
    from kube.in_pod import PodContext
    from kube.plain_contexts import PlainContext
    from kube.receiving import Answer
    from routing.kinds import Resource

    Manifest = Mapping[str, Any]

FIELD_MANAGER = "teal"
REQUEST_TIMEOUT = (5.0, 30.0)
ONE_SECONDS = 5.0
"""To read one object, which waits for nobody's webhook: half a lease."""
WATCH_SECONDS = 300
WATCH_TIMEOUT = Timeout(5.0, 90.0, WATCH_SECONDS + 90.0)
"""The API server sends bookmarks every 60 s, but none while a kind does not change: silence ends a watch."""
_JSON = "application/json"
_METADATA = f"{_JSON};g=meta.k8s.io;v=v1;as=PartialObjectMetadata"
_JSON_PATCH = "application/json-patch+json"
_MERGE_PATCH = "application/merge-patch+json"
_APPLY_PATCH = "application/apply-patch+yaml"
_ERROR = 400
_QUERIES = 64
"""All that writes are sent with; those of lists and watches are many, and few at a time."""
_encoded = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None
    content_type: str = _JSON
    accept: str = _JSON

    @property
    def told(self) -> str:
        """How errors name it."""
        return f"{self.method} {self.path}"


class Cluster:
    """Requests to the API server, with its answers as raw dictionaries and its refusals as ClusterErrors.

    With a `namespace`, what is listed and watched is that namespace's only. `timeout`: seconds to connect,
    and from then until an answer is there as a whole, watches apart; one object has to be there in
    ONE_SECONDS. `agent` names the client in the API server's audit log. While `may_write` says no, writes
    raise DeposedError and are not sent. In the place of a `kubeconfig`'s path, or None in a pod, there may be
    a Context of one. `warned`, which may be set, hears of each warning that the API server has beside an
    answer, and `heard` of each answer's Date; `reading` reads what is listed and watched of a kind.

    Every method may be called from any thread, and raises ClusterErrors only, whatever comes back: beside
    those that it names, RefusedError, UnavailableError and NotInstalledError, where there is no such kind.
    What a method returns is nested at most `kube.reading.LEVELS` deep, and the caller's own.
    """

    def __init__(
        self,
        kubeconfig: str | Context | PlainContext | PodContext | None = None,
        namespace: str | None = None,
        *,
        timeout: tuple[float, float] = REQUEST_TIMEOUT,
        agent: str = "teal",
        may_write: Callable[[], bool] = lambda: True,
    ) -> None:
        self._namespace = namespace
        self._timeout = Timeout(timeout[0], timeout[1], timeout[1])
        one = min(timeout[1], ONE_SECONDS)
        self._one = Timeout(timeout[0], one, one)
        self._agent = agent
        self._may_write = may_write
        self._context = way(kubeconfig) if kubeconfig is None or isinstance(kubeconfig, str) else kubeconfig
        self._server = urlsplit(self._context.host)
        self._connections = Connections(self._context.pool)
        self.warned: Callable[[str], object] = _unheard
        self.heard: Callable[[str], object] = _unheard
        self.reading: Callable[[Resource], Reading] = lambda _: answers

    @property
    def namespace(self) -> str | None:
        """The namespace that is listed and watched, None for all."""
        return self._namespace

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """Return an object. Raises NotFoundError, also for a name that no object can have."""
        request = _Request("GET", _path(resource, namespace, name), {})
        return answers.parsed(request.told, self._read(request, timeout=self._one))

    def create(self, resource: Resource, manifest: Manifest, *, dry_run: bool = False) -> dict[str, Any]:
        """Create an object. Raises StaleError if there is one of that name.

        Raises NotFoundError if there is no such namespace.
        """
        query = {"fieldManager": FIELD_MANAGER} | ({"dryRun": "All"} if dry_run else {})
        path = _path(resource, manifest["metadata"]["namespace"])
        return self.request("POST", path, manifest, query)

    def replace(self, resource: Resource, manifest: Manifest) -> dict[str, Any]:
        """Replace an object. Raises StaleError if it is not at the manifest's resourceVersion any more.

        Raises NotFoundError if it is not there.
        """
        path = _path(resource, manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        return self.request("PUT", path, manifest, {"fieldManager": FIELD_MANAGER})

    def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        operations: Sequence[Manifest],
    ) -> dict[str, Any]:
        """Carry out a JSON patch (RFC 6902).

        Raises StaleError if one of its tests fails, if the object lacks what is to be changed, or if a
        finalizer is to be added while the object is being deleted.
        """
        path = _path(resource, namespace, name)
        return self.request("PATCH", path, operations, {"fieldManager": FIELD_MANAGER}, _JSON_PATCH)

    def merge(
        self, resource: Resource, namespace: str, name: str, body: Manifest, subresource: str
    ) -> dict[str, Any]:
        """Carry out a JSON merge patch (RFC 7386) on a subresource, such as `status` or `scale`.

        Raises NotFoundError if the object is not there.
        """
        path = _path(resource, namespace, name, subresource)
        return self.request("PATCH", path, body, {"fieldManager": FIELD_MANAGER}, _MERGE_PATCH)

    def apply(self, resource: Resource, manifest: Manifest) -> dict[str, Any]:
        """Apply on the server's side, taking over fields that others own, and return the object.

        One that is not there is made. Raises StaleError if the manifest has another resourceVersion.
        """
        path = _path(resource, manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return self.request("PATCH", path, manifest, query, _APPLY_PATCH)

    def pages(self, resource: Resource, selector: str) -> Iterator[tuple[list[dict[str, Any]], str]]:
        """Yield the objects that a label selector picks, a page at a time, and the version to watch from.

        The API server answers from its memory, though not with old news (KEP-2340, KEP-4988). Pages are small
        where objects are large (`kube.paging`); each list is emptied when the next one is asked for. Raises
        NotInstalledError if there is no such kind, GoneError if reading took too long: list again.
        """
        query, limit = {"labelSelector": selector}, paging.MOST
        path, accept = resource.path(self._namespace), f"{_METADATA}List" if resource.metadata_only else _JSON
        while True:
            request = _Request("GET", path, query | {"limit": str(limit)}, accept=accept)
            try:
                body = self._read(request, paging.MOST_BYTES if limit > 1 else MOST_BYTES)
            except TooLargeError:
                if limit == 1:
                    raise
                limit = paging.smaller(limit)
                continue
            page, size = self.reading(resource).page(request.told, body), len(body)
            del body  # not held while its objects are looked at
            items, metadata = page["items"], page["metadata"]
            yield items, metadata["resourceVersion"]
            items.clear()  # its reader still holds it while the next is read
            if not metadata.get("continue"):
                return
            query["continue"] = metadata["continue"]
            limit = paging.following(limit, size)

    def every(self, resource: Resource) -> Iterator[dict[str, Any]]:
        """Yield all objects of a kind, of which no more than a page is held at a time."""
        for items, _ in self.pages(resource, ""):
            yield from items

    def watch(self, resource: Resource, selector: str, version: str) -> Iterator[dict[str, Any]]:
        """Yield the events after a version, bookmarks included, until the API server, or silence, ends it.

        Raises GoneError if the version is too old, NotInstalledError if there is no such kind, and
        UnavailableError if the connection breaks, or brings what is no event.
        """
        query = {"labelSelector": selector, "resourceVersion": version, "allowWatchBookmarks": "true"}
        return self._watch(resource, query)

    def watch_one(self, resource: Resource, name: str) -> Iterator[dict[str, Any]]:
        """Yield what an object without namespace is, if it is there, and then its events, as `watch` does."""
        return self._watch(resource, {"fieldSelector": f"metadata.name={name}"})

    def _watch(self, resource: Resource, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        query = {**query, "watch": "true", "timeoutSeconds": str(WATCH_SECONDS)}
        accept = _METADATA if resource.metadata_only else _JSON
        request, answered = _Request("GET", resource.path(self._namespace), query, accept=accept), False
        reading = self.reading(resource)
        timeout = replace(WATCH_TIMEOUT, rest=reading.rest)
        try:
            with self._connections.answer(self._message(request), timeout) as answer:
                self._check(request, answer)
                answered = True
                for line in answer.lines():
                    yield reading.event(line)
        except (BrokenError, ValueError) as error:
            if not (answered and isinstance(error, SilentError)):
                raise UnavailableError(f"the watch of {resource.plural} broke: {error}") from error

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        content_type: str = _JSON,
    ) -> dict[str, Any]:
        """Send a request and return the answer, a JSON object. `path` is a `Resource.path`, or a fixed one.

        Raises DeposedError for all but GET while this replica may not write.
        """
        request = _Request(method, path, query or {}, body, content_type)
        return answers.parsed(request.told, self._read(request))

    def text(self, path: str) -> str:
        """Return an answer that is no JSON, such as a pod's; what is no UTF-8 is replaced."""
        return self._read(_Request("GET", path, {})).decode(errors="replace")

    def _read(self, request: _Request, most: int = MOST_BYTES, timeout: Timeout | None = None) -> bytes:
        """Send a request and return the answer's body, whole and in time, or raise a ClusterError."""
        within = timeout or self._timeout
        try:
            message = self._message(request)
            with self._connections.answer(message, within, lambda: self._permit(request)) as answer:
                self._check(request, answer)
                return answer.read(most)
        except BrokenError as error:
            kind = TooLargeError if isinstance(error, OversizeError) else UnavailableError
            raise kind(f"{request.told}: {error}") from error

    def _permit(self, request: _Request) -> None:
        """Raise DeposedError for a write of a replica that does not lead.

        Asked right before the request is sent: between question and sending a process may be paused.
        """
        if request.method != "GET" and not self._may_write():
            raise DeposedError(f"{request.told}: this replica does not lead any more")

    def _message(self, request: _Request) -> Message:
        """Return a request as it goes over the wire, with the credentials of the moment."""
        query = f"?{_encoded_query(*request.query.items())}" if request.query else ""
        headers = {"Host": self._server.netloc, "User-Agent": self._agent, "Accept": request.accept}
        if authorization := self._context.authorization():
            headers["Authorization"] = authorization
        target = f"{self._server.path.rstrip('/')}{request.path}{query}"
        body = None if request.body is None else _encoded(request.body).encode()
        return Message(request.method, target, headers | {"Content-Type": request.content_type}, body)

    def _check(self, request: _Request, answer: Answer) -> None:
        """Raise the ClusterError that an answer is, if it is one, after what is said beside it."""
        self.heard(answer.date)
        for each in answer.warnings:
            self.warned(each)
        if answer.status >= _ERROR:
            raise answers.refusal(request.told, answer.status, answer.read(), answer.retry_after)


@lru_cache(_QUERIES)
def _encoded_query(*query: tuple[str, str]) -> str:
    return urlencode(query)


def _unheard(_said: str) -> None:
    """Take no notice: what Teal's own writes are warned of is told in conditions."""


def _path(resource: Resource, namespace: str, name: str | None = None, subresource: str = "") -> str:
    """Return a path. Of a name that no object can have, from somebody's status say, there is no object."""
    try:
        path = resource.path(namespace, name)
    except ValueError as error:
        raise NotFoundError(str(error)) from error
    return resource.path(namespace, name, subresource) if subresource else path

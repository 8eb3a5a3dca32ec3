"""What can go wrong with the API server, by what to do about it. Nobody matches on texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class ClusterError(Exception):
    """The API server did not do what it was asked.

    `status` is the HTTP status, 0 without an answer; `retry_after` the seconds for which it wants to be left
    alone, 0 when it named none.
    """

    def __init__(self, message: str, status: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class NotFoundError(ClusterError):
    """The object is not there, or the namespace that it was to be made in."""


class NotInstalledError(NotFoundError):
    """There is no such kind: its CustomResourceDefinition is missing, or does not serve that version."""


class StaleError(ClusterError):
    """The object is not as it was when it was read, or exists already: read it again."""


class GoneError(ClusterError):
    """The resource version is too old to watch from: list again (410)."""


class RefusedError(ClusterError):
    """The API server understood and said no; asking again helps only when something else changes."""


class UnavailableError(ClusterError):
    """Out of reach, overloaded or failing: ask again later."""


class TooLargeError(UnavailableError):
    """The answer is larger than what is read of one: ask for less at a time."""


class DeposedError(ClusterError):
    """This replica does not lead any more, so the write was not sent: another may be writing by now."""


_BY_STATUS: dict[int, type[ClusterError]] = {
    404: NotFoundError,
    409: StaleError,
    410: GoneError,
    429: UnavailableError,
}
_NOT_FOUND = 404
_UNPROCESSABLE = 422
_SERVER_ERROR = 500


def error_for(
    code: int, message: str, status: Mapping[str, Any] | None = None, retry_after: float = 0.0
) -> ClusterError:
    """Return the error of an HTTP status (Kubernetes API conventions, "HTTP Status codes").

    `status` is the answer's metav1.Status, empty when it is none. It tells a missing kind from a missing
    object, and an object that has changed from one that a schema or a policy refuses.
    """
    kind = _BY_STATUS.get(code, UnavailableError if code >= _SERVER_ERROR else RefusedError)
    if code == _NOT_FOUND and not _details(status).get("kind"):
        kind = NotInstalledError
    elif code == _UNPROCESSABLE and (_is_unpatchable(status) or _is_being_deleted(status)):
        kind = StaleError
    return kind(message, code, retry_after)


def _is_unpatchable(status: Mapping[str, Any] | None) -> bool:
    """Tell whether a JSON patch did not fit: a test failed, or the object lacks what it is to change.

    Details are there and empty then; schemas and policies name the object, and a webhook that answers 422
    gives no details unless it wants to.
    """
    return status is not None and status.get("reason") == "Invalid" and status.get("details") == {}


def _is_being_deleted(status: Mapping[str, Any] | None) -> bool:
    """Tell whether a finalizer was to be added to an object that is being deleted."""
    causes = _details(status).get("causes")
    return any(
        isinstance(cause, dict)
        and (cause.get("field"), cause.get("reason")) == ("metadata.finalizers", "FieldValueForbidden")
        for cause in (causes if isinstance(causes, list) else ())
    )


def _details(status: Mapping[str, Any] | None) -> Mapping[str, Any]:
    details = (status or {}).get("details")
    return details if isinstance(details, dict) else {}

"""What can go wrong with the API server, by what to do about it. Nobody matches on texts."""

from __future__ import annotations


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
    """The object is not there."""


class StaleError(ClusterError):
    """The object is not as it was when it was read, or exists already: read it again."""


class GoneError(ClusterError):
    """The resource version is too old to watch from: list again (410)."""


class RefusedError(ClusterError):
    """The API server understood and said no; asking again helps only when something else changes."""


class UnavailableError(ClusterError):
    """Out of reach, overloaded or failing: ask again later."""


class DeposedError(ClusterError):
    """This replica does not lead any more, so the write was not sent: another may be writing by now."""


_BY_STATUS: dict[int, type[ClusterError]] = {
    404: NotFoundError,
    409: StaleError,
    410: GoneError,
    429: UnavailableError,
}
_SERVER_ERROR = 500


def error_for(status: int, message: str, retry_after: float = 0.0) -> ClusterError:
    """Return the error of an HTTP status (Kubernetes API conventions, "HTTP Status codes")."""
    kind = _BY_STATUS.get(status, UnavailableError if status >= _SERVER_ERROR else RefusedError)
    return kind(message, status, retry_after)

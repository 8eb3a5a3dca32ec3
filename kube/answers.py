"""What the bytes of an answer mean: an object, an event of a watch, or an error."""

from __future__ import annotations

from typing import Any, Protocol

from kube.errors import ClusterError, UnavailableError, error_for
from kube.reading import loads

rest = 0.0


class Reading(Protocol):
    """What reads lists and watches; this module is one."""

    @property
    def rest(self) -> float:
        """Seconds for which a watch that has told all is left alone."""

    def page(self, asked: str, body: bytes) -> dict[str, Any]:
        """Return the list that an answer is: it has `items` and a version to watch from."""

    def event(self, line: bytes) -> dict[str, Any]:
        """Return an event of a watch, or raise the error that it is."""


def parsed(asked: str, body: bytes) -> dict[str, Any]:
    """Return the object that an answer is. Raises UnavailableError, with what was asked, if it is none."""
    try:
        return _object(body)
    except ValueError as error:
        raise UnavailableError(f"{asked}: {error}") from error


def page(asked: str, body: bytes) -> dict[str, Any]:
    """Return the list that an answer is: it has `items` and a version to watch from. Raises as `parsed`."""
    answer = parsed(asked, body)
    metadata, items = answer.get("metadata"), answer.get("items")
    if items is None:  # Go's spelling of an empty list
        answer["items"] = items = []
    if not (isinstance(metadata, dict) and "resourceVersion" in metadata and isinstance(items, list)):
        raise UnavailableError(f"{asked}: no list: {_shown(body)}")
    return answer


def event(line: bytes) -> dict[str, Any]:
    """Return an event of a watch, or raise the error that it is. Raises ValueError for what is no event."""
    told = _object(line)
    kind, concerned = told.get("type"), told.get("object")
    if not (isinstance(kind, str) and isinstance(concerned, dict)):
        raise ValueError(f"no event: {_shown(line)}")  # noqa: TRY004 - of a text, not of an argument
    if kind == "ERROR":
        code = concerned.get("code")
        raise error_for(code if isinstance(code, int) else 0, str(concerned.get("message")), concerned)
    return told


def refusal(asked: str, code: int, body: bytes, retry_after: float) -> ClusterError:
    """Return the error that an answer of that HTTP status is.

    Its body is a metav1.Status, or any text: proxies answer so, and the API server about missing kinds.
    """
    try:
        status = _object(body)
    except ValueError:
        status = {}
    return error_for(code, f"{asked}: {status.get('message') or _shown(body)}", status, retry_after)


def _object(text: bytes) -> dict[str, Any]:
    value = loads(text)
    if not isinstance(value, dict):
        raise ValueError(f"no JSON object: {_shown(text)}")  # noqa: TRY004 - of a text, not of an argument
    return value


def _shown(body: bytes) -> str:
    return body[:200].decode(errors="replace")

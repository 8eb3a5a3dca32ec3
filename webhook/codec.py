"""AdmissionReview v1 (admission.k8s.io) from bytes to a value, and from an answer to what is sent. Pure."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from routing.reading.violation import cut, shown
from routing.rules.review import Review, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.reading.violation import Violation

API_VERSION = "admission.k8s.io/v1"
KIND = "AdmissionReview"
MOST_WARNINGS = 10
MOST_WARNING_LENGTH = 120
"""The API server asks for no more than this, and cuts all warnings of a request together at 4,096."""
MOST_VALUES = 500_000
"""Of a body: brackets and commas, those within texts, too, since counting has to be cheap. Python takes up to
90 bytes for one (`{"":[]},` is 248), so a body of 7 MiB could become 240 MB; this many are 45 MB. The densest
that Kubernetes writes, managedFields, has one in 8 bytes; etcd takes 1.5 MiB an object."""
MOST_UID = 128
"""Characters; API servers send UUIDs."""
MOST_LISTED = 20
"""A hostile object may hold a mistake a line; who repairs twenty asks again."""

_SUBJECTS = {"CREATE": ("object",), "UPDATE": ("object", "oldObject"), "DELETE": ("oldObject",)}


class MalformedError(ValueError):
    """A body is no review that an API server sends; the sentence is the answer's text, its status 400."""


@dataclass(frozen=True)
class Request:
    """What the API server asks. `kind` and `name` are the object's; `review` is what the rules judge."""

    uid: str
    kind: str
    name: str
    dry_run: bool
    review: Review


@dataclass(frozen=True)
class Answer:
    """What to tell the API server. `patch` is empty on the validating endpoint and beside any violation."""

    verdict: Verdict
    patch: Sequence[Mapping[str, Any]] = ()


def decode(body: bytes) -> Request:
    """Return the request in a review. Raises MalformedError."""
    review = _mapping(_parsed(body), "the body")
    if (review.get("apiVersion"), review.get("kind")) != (API_VERSION, KIND):
        got = f"{shown(review.get('apiVersion'))}, {shown(review.get('kind'))}"
        raise MalformedError(f"the body is {got}; Teal answers {API_VERSION} {KIND} only")
    request = _mapping(review.get("request"), "request")
    operation, uid = request.get("operation"), request.get("uid")
    if not isinstance(uid, str) or not 0 < len(uid) <= MOST_UID:
        wanted = f"a text of 1 to {MOST_UID} characters, since the answer echoes it"
        raise MalformedError(f"request.uid is {shown(uid)}; it has to be {wanted}")
    if not isinstance(operation, str) or operation not in _SUBJECTS:
        raise MalformedError(f"request.operation is {shown(operation)}; Teal reviews {', '.join(_SUBJECTS)}")
    objects = {key: _object(request, key) for key in _SUBJECTS[operation]}
    return Request(
        uid=uid,
        kind=_text(_mapping(request.get("kind") or {}, "request.kind"), "kind"),
        name=_text(request, "name"),
        dry_run=request.get("dryRun") is True,
        review=Review(
            operation=operation,
            manifest=objects.get("object"),
            old=objects.get("oldObject"),
            options=_mapping(request.get("options") or {}, "request.options"),
            namespace=_text(request, "namespace"),
            username=_text(_mapping(request.get("userInfo") or {}, "request.userInfo"), "username"),
        ),
    )


def encode(request: Request, answer: Answer) -> dict[str, Any]:
    """Return the review that carries an answer. A patch and its type come together or not at all."""
    verdict = answer.verdict
    response: dict[str, Any] = {"allowed": verdict.allowed}
    if not verdict.allowed:
        response["status"] = _status(verdict.violations)
        response["auditAnnotations"] = {"denied-by": ",".join(reasons(verdict.violations))}
    elif answer.patch:
        patch = json.dumps(list(answer.patch), separators=(",", ":")).encode()
        response |= {"patchType": "JSONPatch", "patch": base64.b64encode(patch).decode()}
    if verdict.warnings:
        response["warnings"] = [cut(text, MOST_WARNING_LENGTH) for text in verdict.warnings[:MOST_WARNINGS]]
    return _review(request, response)


def encode_failure(request: Request) -> dict[str, Any]:
    """Return the refusal for an error of our own.

    It is a verdict and no HTTP 500, which the API server would take as leave to go by failurePolicy: with
    `Ignore` an error of ours would let everything in.
    """
    message = (
        "Teal's webhook failed to judge this change, so it is refused; nothing is wrong with the object. "
        f"The webhook's log has the cause under uid {request.uid}"
    )
    status = {"status": "Failure", "code": 500, "reason": "InternalError", "message": message}
    return _review(request, {"allowed": False, "status": status})


def encode_leave(request: Request) -> dict[str, Any]:
    """Return leave without a word, where Teal only warns and an error of ours is nobody's trouble."""
    return _review(request, {"allowed": True})


def reasons(violations: Sequence[Violation]) -> list[str]:
    """Return the reason of each rule that was broken, once, in order."""
    return list(dict.fromkeys(violation.reason for violation in violations))


def sentence(violations: Sequence[Violation]) -> str:
    """Return what the user reads: a mistake in a line, several listed below one that names the fields."""
    if len(violations) == 1:
        return str(violations[0])
    listed = violations[:MOST_LISTED]
    fields = ", ".join(dict.fromkeys(violation.path for violation in listed))
    more = len(violations) - len(listed)
    lines = [f"{len(violations)} mistakes, in {fields}" + (" and more" if more else "")]
    lines += [f"- {violation}" for violation in listed]
    return "\n".join([*lines, f"- and {more} more"] if more else lines)


def _status(violations: Sequence[Violation]) -> dict[str, Any]:
    # Forbidden, as of Gatekeeper, and not Invalid, as of a schema. kubectl shows the whole message of the
    # first, the causes alone of the second; and `kubectl apply --force` takes Invalid as leave to delete the
    # object and create it anew (kubectl's pkg/cmd/apply/patcher.go), which would end the routing.
    """Return the Status of a refusal (meta/v1), with the violations as its causes."""
    causes = [
        {"field": violation.path, "reason": violation.reason, "message": violation.detail}
        for violation in violations[:MOST_LISTED]
    ]
    return {
        "status": "Failure",
        "code": 403,
        "reason": "Forbidden",
        "message": sentence(violations),
        "details": {"causes": causes},
    }


def _review(request: Request, response: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": API_VERSION, "kind": KIND, "response": {"uid": request.uid, **response}}


def _parsed(body: bytes) -> Any:
    """Return the JSON value of a body. Raises MalformedError; values are counted before any is built."""
    if sum(map(body.count, (b"[", b"{", b","))) > MOST_VALUES:
        raise MalformedError(f"the body holds more than {MOST_VALUES} values")
    try:
        return _DECODER.decode(body.decode())
    except RecursionError as error:
        raise MalformedError("the body is nested too deeply to be read") from error
    except (
        ValueError
    ) as error:  # bytes that are no UTF-8, text that is no JSON, integers of thousands of digits
        raise MalformedError(f"the body is no JSON: {error}") from error


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number in JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_number)


def _object(request: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return an object that has metadata, which is all that the rules rely on. Raises MalformedError."""
    manifest = _mapping(request.get(key), f"request.{key}")
    _mapping(manifest.get("metadata"), f"request.{key}.metadata")
    return manifest


def _mapping(value: Any, path: str) -> Mapping[str, Any]:
    """Return a value that is a JSON object. Raises MalformedError."""
    if not isinstance(value, dict):
        raise MalformedError(f"{path} is {shown(value)}; it has to be an object")
    return value


def _text(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    return value if isinstance(value, str) else ""

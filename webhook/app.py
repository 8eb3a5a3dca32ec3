"""The HTTP endpoints; the only module that knows Flask."""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import flask
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from webhook.admission import mutate, validate
from webhook.codec import Answer, MalformedError, Request, decode, encode, encode_failure

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

MOST_BYTES = 7 * 1024 * 1024
"""An UPDATE carries two objects of up to 3 MiB each (the API server's limit for a request), and some room."""


def create_app(ready: Callable[[], bool], pre_stop_sleep: int = 0) -> flask.Flask:
    """Return the WSGI application.

    `ready` says whether new requests are welcome (/readyz); `pre_stop_sleep` is `routing.pauses.paused`'s.
    """
    app = flask.Flask("webhook", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(MalformedError, lambda error: _text(str(error), 400))
    app.add_url_rule("/validate", "validate", lambda: _admit(validate), methods=["POST"])
    mutating = partial(mutate, pre_stop_sleep=pre_stop_sleep)
    app.add_url_rule("/mutate", "mutate", lambda: _admit(mutating), methods=["POST"])
    app.add_url_rule("/healthz", "healthz", lambda: _text("ok", 200))
    app.add_url_rule("/readyz", "readyz", lambda: _text("ok", 200) if ready() else _text("draining", 503))
    return app


def _admit(judge: Callable[[Request], Answer]) -> flask.Response:
    if flask.request.mimetype != "application/json":
        raise UnsupportedMediaType("an AdmissionReview is application/json")
    request = decode(flask.request.get_data(cache=False))
    try:
        answer = judge(request)
        review = encode(request, answer)
    except Exception:  # noqa: BLE001 -- whatever it is, it must not become "allowed"
        _log.exception("failed", extra=_who(request))
        return _json(encode_failure(request))
    if not answer.verdict.allowed:
        rules = [violation.reason for violation in answer.verdict.violations]
        _log.info("denied", extra={**_who(request), "rules": list(dict.fromkeys(rules))})
    return _json(review)


def _who(request: Request) -> dict[str, Any]:
    # No bodies: an object's annotations and environment may hold secrets.
    return {
        "endpoint": flask.request.path,
        "user": request.review.username,
        "operation": request.review.operation,
        "kind": request.kind,
        "object": f"{request.review.namespace}/{request.name}",
        "dryRun": request.dry_run,
        "uid": request.uid,
    }


def _http_error(error: HTTPException) -> flask.Response:
    return _text(error.description or error.name, error.code or 400)


def _json(review: dict[str, Any]) -> flask.Response:
    return flask.Response(json.dumps(review), content_type="application/json")


def _text(text: str, status: int) -> flask.Response:
    return flask.Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")

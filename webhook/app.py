"""The HTTP endpoints; the only module that knows Flask."""

from __future__ import annotations

import json
import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import flask
from werkzeug.exceptions import Forbidden, HTTPException, LengthRequired, UnsupportedMediaType

from routing import names
from routing.reading.violation import cut
from webhook.admission import advise, mutate, validate
from webhook.codec import (
    Answer,
    MalformedError,
    Request,
    decode,
    encode,
    encode_failure,
    encode_leave,
    reasons,
)
from webhook.serving.inbox import MOST_BODY_BYTES
from webhook.serving.tls import client_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from wsgiref.types import WSGIEnvironment

    from routing.rules.review import Verdict
    from webhook.metrics import Metrics

_log = logging.getLogger(__name__)

ADVISE = "advise"
"""The endpoint that never refuses: an error of ours is no reason there."""
MOST_LOGGED = 253
"""Characters of a name in the log, the longest that Kubernetes takes."""


class Admission:
    """Answers reviews over HTTP, and counts and logs the answers.

    `client_names`: the common names of verified client certificates that may ask; empty: everyone may.
    """

    def __init__(self, metrics: Metrics, client_names: Collection[str] = ()) -> None:
        self._metrics = metrics
        self._client_names = client_names

    def answer(self, judge: Callable[[Request], Answer]) -> flask.Response:
        """Answer Flask's current request. Raises what makes a 4xx; never lets an error of ours pass."""
        environ = flask.request.environ  # read once: each look at Flask's request costs as much as a rule
        self._check_client(environ)
        if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != "application/json":
            raise UnsupportedMediaType("an AdmissionReview is application/json")
        if not environ.get("CONTENT_LENGTH"):
            raise LengthRequired("say the body's length (Content-Length)")
        body = flask.request.get_data(cache=False)
        endpoint: str = environ["PATH_INFO"]
        began = time.perf_counter()
        request = decode(body)
        verdict, review = _judged(judge, request)
        response = flask.Response(json.dumps(review), content_type="application/json")
        self._metrics.judged(endpoint, request, verdict, time.perf_counter() - began)
        return response

    def refused(self, error: HTTPException | MalformedError) -> flask.Response:
        """Answer what is no review with 4xx."""
        self._metrics.malformed()
        if isinstance(error, MalformedError):
            return _text(str(error), 400)
        return _text(error.description or error.name, error.code or 400)

    def _check_client(self, environ: WSGIEnvironment) -> None:
        """Raise Forbidden where only named clients may ask and this is none of them."""
        if self._client_names:
            name = client_name(environ.get("gunicorn.socket"))
            if name not in self._client_names:
                raise Forbidden(f"only clients with a certificate of {', '.join(self._client_names)} may ask")


def create_app(
    admission: Admission,
    not_ready: Callable[[], str | None],
    pre_stop_sleep: int = 0,
    domain: str = names.DOMAIN,
) -> flask.Flask:
    """Return the WSGI application.

    `not_ready` says why new requests are not welcome, or None (/readyz); `pre_stop_sleep` is
    `routing.pauses.paused`'s, `domain` the cluster's.
    """
    app = flask.Flask("webhook", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    app.register_error_handler(HTTPException, admission.refused)
    app.register_error_handler(MalformedError, admission.refused)
    judges: dict[str, Callable[[Request], Answer]] = {
        ADVISE: advise,
        "validate": partial(validate, domain=domain),
        "mutate": partial(mutate, pre_stop_sleep=pre_stop_sleep, domain=domain),
    }
    for name, judge in judges.items():
        app.add_url_rule(f"/{name}", name, partial(admission.answer, judge), methods=["POST"])
    app.add_url_rule("/healthz", "healthz", lambda: _text("ok", 200))
    app.add_url_rule("/readyz", "readyz", lambda: _readiness(not_ready()))
    return app


def _judged(judge: Callable[[Request], Answer], request: Request) -> tuple[Verdict | None, dict[str, Any]]:
    """Return the verdict and the review that carries it; no verdict where judging failed."""
    try:
        answer = judge(request)
        review = encode(request, answer)
    except Exception:  # noqa: BLE001 -- whatever it is, it must not become "allowed" where Teal refuses
        _log.exception("failed", extra=_who(request))
        return None, encode_leave(request) if flask.request.endpoint == ADVISE else encode_failure(request)
    if not answer.verdict.allowed:
        _log.info("denied", extra={**_who(request), "rules": reasons(answer.verdict.violations)})
    return answer.verdict, review


def _who(request: Request) -> dict[str, Any]:
    """Return what a log line says of Flask's current request, each text cut to MOST_LOGGED.

    No bodies: an object's annotations and environment may hold secrets.
    """
    return {
        "endpoint": flask.request.path,
        "user": cut(request.review.username, MOST_LOGGED),
        "operation": request.review.operation,
        "kind": cut(request.kind, MOST_LOGGED),
        "object": f"{cut(request.review.namespace, MOST_LOGGED)}/{cut(request.name, MOST_LOGGED)}",
        "dryRun": request.dry_run,
        "uid": request.uid,
    }


def _readiness(reason: str | None) -> flask.Response:
    return _text(reason or "ok", 503 if reason else 200)


def _text(text: str, status: int) -> flask.Response:
    # JSON can hold half a surrogate pair, which is no Unicode text.
    content = f"{text}\n".encode(errors="backslashreplace")
    return flask.Response(content, status, content_type="text/plain; charset=utf-8")

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from logs import JsonFormatter
from tests.unit.webhook.reviews import ROUTEMAP, body, review, routemap
from webhook.app import Admission, create_app
from webhook.metrics import Metrics
from webhook.serving.inbox import MOST_BODY_BYTES

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

METRICS = Metrics()
CLIENT = create_app(Admission(METRICS), not_ready=lambda: None).test_client()
ENDPOINTS = ["/validate", "/mutate"]
SECRET = routemap(strategy="hunter2", gateways=["mesh", "mesh"])


def post(path: str, text: bytes, content_type: str = "application/json", **more: Any) -> TestResponse:
    return CLIENT.post(path, data=text, content_type=content_type, **more)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_good_routemap_is_allowed(path: str) -> None:
    answer = post(path, body(ROUTEMAP))
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert answer.get_json()["response"]["allowed"]


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_wrong_routemap_is_refused_with_a_sentence(path: str) -> None:
    response = post(path, body(routemap(strategy="rainbow"))).get_json()["response"]
    assert response["allowed"] is False
    assert (
        response["status"]["message"]
        == 'spec.strategy: "rainbow" is not a strategy; use blue-green, canary, mirror'
    )


@pytest.mark.parametrize("path", [*ENDPOINTS, "/advise"])
def test_a_malformed_review_is_a_400_with_a_sentence(path: str) -> None:
    answer = post(path, b"{}")
    assert answer.status_code == 400
    assert answer.text == "the body is null, null; Teal answers admission.k8s.io/v1 AdmissionReview only\n"


def test_half_a_surrogate_pair_is_shown_escaped() -> None:
    answer = post("/validate", b'{"kind": "\\ud800"}')
    assert answer.status_code == 400
    assert answer.text.startswith('the body is null, "\\ud800"; ')


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("content_type", ["", "text/plain", "application/yaml"])
def test_another_content_type_is_a_415(path: str, content_type: str) -> None:
    answer = post(path, body(ROUTEMAP), content_type)
    assert (answer.status_code, answer.text) == (415, "an AdmissionReview is application/json\n")


def test_a_content_type_with_a_charset_is_read() -> None:
    assert post("/validate", body(ROUTEMAP), "application/json; charset=utf-8").status_code == 200


class Unread:
    """A body that must not be read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError(f"{size} bytes read")


def test_a_body_over_seven_mebibytes_is_a_413_before_it_is_read() -> None:
    environment = EnvironBuilder("/validate", method="POST", content_type="application/json").get_environ()
    environment |= {"wsgi.input": Unread(), "CONTENT_LENGTH": str(MOST_BODY_BYTES + 1)}
    _, status, _ = run_wsgi_app(CLIENT.application, environment)
    assert status == "413 REQUEST ENTITY TOO LARGE"


def test_two_objects_of_three_mebibytes_are_read() -> None:
    big = {**ROUTEMAP, "metadata": {**ROUTEMAP["metadata"], "annotations": {"note": "x" * 3 * 1024 * 1024}}}
    assert post("/validate", body(big, big)).get_json()["response"]["allowed"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/validate", 405), ("GET", "/", 404)])
def test_what_is_not_served_is_a_4xx(method: str, path: str, status: int) -> None:
    assert CLIENT.open(path, method=method).status_code == status


def test_readiness_follows_draining_and_health_does_not() -> None:
    client = create_app(Admission(Metrics()), not_ready=lambda: "draining").test_client()
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (503, "draining\n")
    assert client.get("/healthz").status_code == 200
    assert CLIENT.get("/readyz").status_code == 200


def test_an_error_of_our_own_is_a_refusal_and_a_traceback_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object, domain: str) -> None:
        raise ZeroDivisionError(f"a bug in {domain}")

    monkeypatch.setattr("webhook.app.validate", broken)
    client = create_app(Admission(Metrics()), not_ready=lambda: None).test_client()
    with caplog.at_level(logging.INFO):
        answer = client.post("/validate", data=body(ROUTEMAP), content_type="application/json")
    assert answer.status_code == 200
    assert answer.get_json()["response"]["allowed"] is False
    assert answer.get_json()["response"]["status"]["reason"] == "InternalError"
    assert "ZeroDivisionError: a bug in cluster.local" in caplog.text


def test_an_error_of_our_own_keeps_nobody_from_what_is_only_advised_about(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("webhook.app.advise", lambda _: 1 / 0)
    client = create_app(Admission(Metrics()), not_ready=lambda: None).test_client()
    answer = client.post("/advise", data=body(ROUTEMAP), content_type="application/json")
    assert answer.get_json()["response"] == {"uid": review(ROUTEMAP)["request"]["uid"], "allowed": True}
    assert "ZeroDivisionError" in caplog.text


def test_a_refusal_is_logged_in_one_line_with_who_what_and_which_rules_and_no_body(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        post("/validate", body(SECRET))
    (record,) = caplog.records
    line = json.loads(JsonFormatter().format(record))
    assert line.pop("time").endswith("+00:00")
    assert line.pop("rules")[0] == "UnknownStrategy"
    assert line == {
        "level": "info",
        "event": "denied",
        "endpoint": "/validate",
        "user": "ada",
        "operation": "CREATE",
        "kind": "Routemap",
        "object": "default/httpbin",
        "dryRun": False,
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
    }
    assert "hunter2" not in JsonFormatter().format(record)


def test_what_is_allowed_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        post("/validate", body(ROUTEMAP))
    assert caplog.records == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "apiVersion",
                    "kind",
                    "metadata",
                    "name",
                    "labels",
                    "finalizers",
                    "spec",
                    "versions",
                    "weight",
                ]
            )
            | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


def answered(path: str, text: bytes) -> None:
    answer = post(path, text)
    if answer.status_code == 200:
        response = answer.get_json()["response"]
        assert answer.get_json()["kind"] == "AdmissionReview"
        assert response["uid"]
        assert response["allowed"] is ("status" not in response)
        assert ("patch" in response) is ("patchType" in response)
        assert path == "/mutate" or "patch" not in response
    else:
        assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("path", ENDPOINTS)
@given(text=st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_get_a_4xx_or_a_review(path: str, text: bytes) -> None:
    answered(path, text)


KINDS = st.sampled_from(["Routemap", "WeightOverride", "Deployment", "VirtualService"])


@pytest.mark.parametrize("path", ENDPOINTS)
@given(kind=KINDS, old=JSON, metadata=JSON, spec=JSON)
def test_any_object_gets_a_4xx_or_a_review(path: str, kind: str, old: Any, metadata: Any, spec: Any) -> None:
    asked = review({"kind": kind, "metadata": {}})
    manifest = {"kind": kind, "metadata": metadata, "spec": spec}
    asked["request"] |= {"object": manifest, "oldObject": old}
    answered(path, json.dumps(asked).encode())

"""What the webhook counts."""

from __future__ import annotations

import json

import pytest

from tests.unit.webhook.reviews import ROUTEMAP, body, routemap
from webhook.app import Admission, create_app
from webhook.metrics import Metrics

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "httpbin-0", "labels": {"iter8.tools/watch": "true"}},
    "spec": {"template": {"spec": {"containers": [{"name": "httpbin"}]}}},
}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def post(metrics: Metrics, path: str, content: bytes) -> int:
    client = create_app(Admission(metrics), not_ready=lambda: None).test_client()
    return client.post(path, data=content, content_type="application/json").status_code


def requests(metrics: Metrics, endpoint: str, kind: str, verdict: str) -> float | None:
    labels = {"endpoint": endpoint, "kind": kind, "operation": "CREATE", "verdict": verdict}
    return metrics.registry.get_sample_value("teal_webhook_requests_total", labels)


def test_requests_are_counted_by_what_was_answered(metrics: Metrics) -> None:
    for content in (ROUTEMAP, ROUTEMAP, routemap(strategy="rainbow"), DEPLOYMENT):
        post(metrics, "/validate", body(content))
    post(metrics, "/mutate", body(ROUTEMAP))
    assert requests(metrics, "/validate", "Routemap", "allowed") == 2
    assert requests(metrics, "/validate", "Routemap", "denied") == 1
    assert requests(metrics, "/validate", "Deployment", "warned") == 1
    assert requests(metrics, "/mutate", "Routemap", "allowed") == 1


def test_denials_are_counted_by_rule_once_each(metrics: Metrics) -> None:
    post(metrics, "/validate", body(routemap(port=0, drainSeconds=-1, strategy="rainbow")))
    for rule in ("OutOfRange", "UnknownStrategy"):
        labels = {"kind": "Routemap", "rule": rule}
        assert metrics.registry.get_sample_value("teal_webhook_denials_total", labels) == 1


def test_an_error_of_our_own_is_counted_as_failed(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.app.validate", lambda _: 1 / 0)
    post(metrics, "/validate", body(ROUTEMAP))
    assert requests(metrics, "/validate", "Routemap", "failed") == 1


def test_a_kind_unknown_to_the_rules_is_another_so_that_labels_stay_few(metrics: Metrics) -> None:
    for number in range(3):
        asked = json.loads(body(ROUTEMAP))
        asked["request"]["kind"]["kind"] = f"Kind{number}"
        post(metrics, "/validate", json.dumps(asked).encode())
    assert requests(metrics, "/validate", "other", "allowed") == 3


def test_what_is_no_review_is_counted_as_malformed(metrics: Metrics) -> None:
    assert post(metrics, "/validate", b"{}") == 400
    assert post(metrics, "/nowhere", b"{}") == 404
    assert metrics.registry.get_sample_value("teal_webhook_malformed_requests_total") == 2


def test_the_time_of_each_request_is_measured(metrics: Metrics) -> None:
    post(metrics, "/mutate", body(ROUTEMAP))
    post(metrics, "/mutate", b"{}")
    counted = metrics.registry.get_sample_value("teal_webhook_latency_seconds_count", {"endpoint": "/mutate"})
    assert counted == 1

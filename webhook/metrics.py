"""What Prometheus reads of the webhook. No label names an object or a user: memory must stay flat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from routing.rules.rulebook import RULES

if TYPE_CHECKING:
    from collections.abc import Callable

    from routing.rules.review import Verdict
    from webhook.codec import Request

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0)
"""Up to the API server's patience."""


class Metrics:
    """The webhook's own figures, in a registry of their own."""

    def __init__(self, in_flight: Callable[[], int] = int) -> None:
        """Take what tells how many requests have begun to come and are not answered."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "teal_webhook_requests",
            "Admission requests, by answer: allowed, warned, denied, failed (an error of Teal's own)",
            ["endpoint", "kind", "operation", "verdict"],
            registry=self.registry,
        )
        self._denials = Counter(
            "teal_webhook_denials",
            "Denied requests, by the reason of each rule that they broke (docs/rules.md)",
            ["kind", "rule"],
            registry=self.registry,
        )
        self._malformed = Counter(
            "teal_webhook_malformed_requests",
            "Requests answered with HTTP 4xx: no AdmissionReview that an API server sends",
            registry=self.registry,
        )
        Gauge(
            "teal_webhook_requests_in_flight",
            "Requests that have begun to come and are not answered",
            registry=self.registry,
        ).set_function(in_flight)
        self._latency = Histogram(
            "teal_webhook_latency_seconds",
            "From a whole request to its answer",
            ["endpoint"],
            buckets=_SECONDS,
            registry=self.registry,
        )

    def judged(self, endpoint: str, request: Request, verdict: Verdict | None, seconds: float) -> None:
        """Count a request, its verdict (None: an error of our own) and the time that it took."""
        self._latency.labels(endpoint).observe(seconds)
        kind = request.kind if request.kind in RULES else "other"
        self._requests.labels(endpoint, kind, request.review.operation, _word(verdict)).inc()
        for rule in {violation.reason for violation in verdict.violations} if verdict else ():
            self._denials.labels(kind, rule).inc()

    def malformed(self) -> None:
        """Count a request that was none."""
        self._malformed.inc()


def _word(verdict: Verdict | None) -> str:
    if verdict is None:
        return "failed"
    if not verdict.allowed:
        return "denied"
    return "warned" if verdict.warnings else "allowed"

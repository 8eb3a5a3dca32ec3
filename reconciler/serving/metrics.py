"""What Prometheus reads. What names an object is `applications`' alone: bounded, and dropped with it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from reconciler.serving.applications import Applications


class Metrics:
    """The reconciler's own figures, in a registry of their own.

    Label `result` is `done`, `cluster-error` or `crash`, of what Prometheus is asked `done` or `failed`, of
    notices `sent`, `failed` (a try) or `dropped`; `certificate` is `serving` or `authority`. Whoever
    measures sets them, from its own thread: the library's figures lock themselves.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.applications = Applications()
        self.registry.register(self.applications)
        self.passes = Counter(
            "teal_reconcile", "Passes, by how they ended", ["result"], registry=self.registry
        )
        self.seconds = Histogram("teal_reconcile_seconds", "Time that a pass took", registry=self.registry)
        self.queue = Gauge("teal_queue_length", "Keys waiting for a pass", registry=self.registry)
        self.leading = Gauge("teal_leader", "1 while this replica leads", registry=self.registry)
        self.expiry = Gauge(
            "teal_certificate_expiry_timestamp_seconds",
            "When this replica's serving certificate and its authority end, seconds since the epoch",
            ["certificate"],
            registry=self.registry,
        )
        self.prometheus = Counter(
            "teal_prometheus_queries",
            "Queries sent to Prometheus, by how they ended",
            ["result"],
            registry=self.registry,
        )
        self.prometheus_seconds = Histogram(
            "teal_prometheus_query_seconds",
            "Time that Prometheus took to answer a query",
            registry=self.registry,
        )
        self.prometheus_questions = Gauge(
            "teal_prometheus_questions",
            "Counts that rollouts want to know from Prometheus",
            registry=self.registry,
        )
        self.notifications = Counter(
            "teal_notifications",
            "Notices of rollouts: sent, tries that failed, and those that were given up",
            ["result"],
            registry=self.registry,
        )

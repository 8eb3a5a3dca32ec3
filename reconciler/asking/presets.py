"""Whose metrics tell about requests: Istio's, or those of its proxies. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import field, replace
from typing import TYPE_CHECKING

from reconciler.asking import promql
from reconciler.asking.statuses import CALL, STATUSES
from routing import names
from routing.stepping.rollout import Measure
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    Labels = Mapping[str, str]

ISTIO, ENVOY = "istio", "envoy"
BUCKETS_MS = (
    *(0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000),
    *(1_800_000, 3_600_000),
)
"""Envoy's buckets of latencies (`histogram_bucket_settings`): both presets have them by default."""
_ENVOY_CLUSTER = re.compile(r"outbound(?:_)?\|[0-9]+\|[^|]*\|([^.|]+)\.([^.|]+)\.svc\.(.+)")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version, as metrics tell it: a Service and its namespace."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Preset:
    """How requests are told by metrics.

    `requests`: the matchers of the counters, with label `code` for the status; `calls` makes of their
    readings some with label CALL for gRPC's. `latency`: the histogram of milliseconds, the name without its
    ending; `by`: the labels that name a version. `chosen` returns the matchers of versions, which may match
    others, too; `version` whose a series is, None for nobody's. `receivers`: the matchers by which those tell
    who get the requests, none where their senders know of copies, too.
    """

    requests: Labels
    calls: Callable[[str], str]
    latency: str
    code: str
    by: tuple[str, ...]
    chosen: Callable[[Collection[Version]], Labels]
    version: Callable[[Labels], Version | None]
    receivers: Labels = field(default_factory=dict)

    def reported(self, *, copies: bool) -> Preset:
        """Return the preset by which a version's requests are told, where they may be copies."""
        if not (copies and self.receivers):
            return self
        return replace(self, chosen=lambda versions: {**self.chosen(versions), **self.receivers})

    def query(
        self, measure: Measure, versions: Collection[Version], limits: Iterable[int], seconds: int
    ) -> str:
        """Return how many requests of versions there were in the last `seconds`: by status, or by bucket.

        `limits`: of LATENCY, the buckets in milliseconds beside that of all requests.
        """
        if measure is Measure.SUCCESS:
            series = promql.selector("", {**self.requests, **self.chosen(versions)})
            return promql.growth(series, [*self.by, self.code, CALL], seconds, self.calls)
        # Prometheus 3 writes a bucket's limit as a float: 250.0.
        wanted = "|".join([*(rf"{limit}(\.0)?" for limit in sorted(limits)), r"\+Inf"])
        series = promql.selector(f"{self.latency}_bucket", {**self.chosen(versions), "le=~": wanted})
        return promql.growth(series, [*self.by, "le"], seconds)


def bucket(labels: Labels) -> float:
    """Return the limit of a bucket, NaN for what is none."""
    try:
        return float(labels.get("le", ""))
    except ValueError:
        return math.nan


def preset(name: str, domain: str = names.DOMAIN) -> Preset:
    """Return a preset. `domain`: the cluster's. Raises KeyError."""
    return {ISTIO: _istio, ENVOY: _envoy}[name](domain)


def _istio(_: str) -> Preset:
    """https://istio.io/latest/docs/reference/config/metrics/, as the clients' proxies report.

    Only they know of requests that no pod has answered. Copies they do not report; those who get them do
    (istio/istio#23496).
    """
    namespace, name = "destination_service_namespace", "destination_service_name"

    def calls(readings: str) -> str:
        """Of what is no call, both labels are joined to "/-": that is taken off."""
        joined = f'label_join({readings}, "{CALL}", "/", "grpc_response_status", "response_flags")'
        return f'label_replace({joined}, "{CALL}", "", "{CALL}", "/.*")'

    def chosen(versions: Collection[Version]) -> Labels:
        return {
            "reporter=": "source",
            f"{namespace}=~": promql.one_of({each.namespace for each in versions}),
            f"{name}=~": promql.one_of({each.name for each in versions}),
        }

    def version(labels: Labels) -> Version | None:
        return Version(labels[namespace], labels[name]) if {namespace, name} <= labels.keys() else None

    return Preset(
        requests={"__name__=": "istio_requests_total", "response_code!=": ""},
        calls=calls,
        latency="istio_request_duration_milliseconds",
        code="response_code",
        by=(namespace, name),
        chosen=chosen,
        version=version,
        receivers={"reporter=": "destination"},
    )


def _envoy(domain: str) -> Preset:
    """Envoy's figures of upstream clusters, with the tags that Istio's bootstrap takes out of their names.

    A request that is tried again counts once, as it ended. Calls of gRPC count once more, by their status,
    which is in the name. The proxies have to be told to show them: docs/prometheus.md.
    """
    cluster, counted = "cluster_name", "envoy_cluster_grpc_"
    counters = ("envoy_cluster_upstream_rq", *(counted + status for status in STATUSES))

    def calls(readings: str) -> str:
        return f'label_replace({readings}, "{CALL}", "$1", "__name__", "{counted}(.+)")'

    def chosen(versions: Collection[Version]) -> Labels:
        which = promql.one_of(f"{each.name}.{each.namespace}" for each in versions)
        pattern = rf"outbound\|[0-9]+\|[^|]*\|({which})\.svc\.{promql.literal(domain)}"
        return {f"{cluster}=~": pattern}

    def version(labels: Labels) -> Version | None:
        found = _ENVOY_CLUSTER.fullmatch(labels.get(cluster, ""))
        return Version(found[2], found[1]) if found and found[3] == domain else None

    return Preset(
        requests={"__name__=~": promql.one_of(counters)},
        calls=calls,
        latency="envoy_cluster_upstream_rq_time",
        code="response_code",
        by=(cluster,),
        chosen=chosen,
        version=version,
    )

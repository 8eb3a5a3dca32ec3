"""Whatever Teal renders is taken by istiod's own validation (its library, run here)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.routing import shapes
from tests.unit.routing.manifests import changed
from tools.local.istio_judge import Verdict, judged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FINE = Verdict("", ())
MADE = shapes.rendered("canary", 2, shapes.WHOLE, ["httpbin-0", "httpbin-1"])


@pytest.mark.parametrize(
    ("every", "count"),
    [
        (shapes.sampled, 2520),
        (shapes.every_state, 1506),
        (shapes.kept, 112),
        (shapes.connections, 56),
    ],
)
def test_every_shape_is_taken_without_a_warning(
    every: Callable[[], Iterator[dict[str, Any]]], count: int
) -> None:
    manifests = [*every()]
    assert len(manifests) == count
    odd = {verdict for verdict in judged(manifests) if verdict != FINE}
    assert odd == set()


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("spec.http.0.retries.attempts", 0, "http retry policy configured when attempts are set to 0"),
        ("spec.http.0.retries.perTryTimeout", "0s", "duration must be greater than 1ms"),
        ("spec.http.0.headers.response.set", {"Host": "a"}, "cannot set Host header"),
        ("spec.http.0.headers.request.set", {"x-a": "100%"}, "Un-escaped %"),
        ("spec.http.0.corsPolicy.maxAge", "1500ms", "accurate only to seconds precision"),
        ("spec.http.0.corsPolicy.allowOrigins", [{"regex": "a(?=b)"}], "invalid or unsupported Perl syntax"),
        ("spec.http.0.fault.abort.percentage.value", 101, "is neither 0.0, nor in range"),
        ("spec.http.0.rewrite", {}, "rewrite must specify at least one of URI"),
        ("spec.hosts", [], "delegate virtual service must have no gateways specified"),
        ("spec.http.0.route", [], "HTTP route, redirect or direct_response is required"),
    ],
)
def test_what_istiod_refuses_is_told_in_its_words(path: str, value: Any, complaint: str) -> None:
    (verdict,) = judged([changed(MADE, path, value)])
    assert complaint in verdict.error

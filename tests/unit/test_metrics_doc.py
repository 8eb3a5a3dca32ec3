"""docs/metrics.md lists the figures that there are; `python -m tests.unit.test_metrics_doc` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.serving.metrics import Metrics as ReconcilerMetrics
from webhook.metrics import Metrics as WebhookMetrics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import CollectorRegistry

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
COMMAND = "python -m tests.unit.test_metrics_doc"
HEAD = f"""# Metrics

What Prometheus reads of Teal's pods; the chart's `monitoring.podMonitor` has it read both ports. No label
names a user; what names an application is bounded and goes with it. [Alerts](alerts.md) are made of these.
This page is generated: `{COMMAND}` writes it.
"""
PORTS = {
    "Reconciler: port 8080, `/metrics`": ReconcilerMetrics,
    "Webhook: port 8081, `/metrics`": WebhookMetrics,
}
SUFFIXES = {"counter": "_total", "histogram": "_bucket`, `_sum`, `_count"}
"""What Prometheus calls a figure beyond its name, by its type."""


def page() -> str:
    return "".join([HEAD, *(line for title, made in PORTS.items() for line in part(title, made().registry))])


def part(title: str, registry: CollectorRegistry) -> Iterator[str]:
    yield f"\n## {title}\n\n| figure | type | labels | what it tells |\n|---|---|---|---|\n"
    for name, kind, labels, told in sorted(figures(registry)):
        told_labels = ", ".join(f"`{label}`" for label in labels)
        yield f"| `{name}{SUFFIXES.get(kind, '')}` | {kind} | {told_labels} | {told} |\n"


def figures(registry: CollectorRegistry) -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    """Yield name, type, labels and meaning of each. The library keeps the labels' names to itself."""
    for collector in registry._collector_to_names:  # noqa: SLF001
        for family in described(collector):
            labels: Any = getattr(family, "_labelnames", None) or getattr(collector, "_labelnames", ())
            yield family.name, family.type, tuple(labels), family.documentation


def described(collector: Any) -> list[Any]:
    return [*(collector.describe() if hasattr(collector, "describe") else collector.collect())]


def test_the_page_lists_the_figures_that_there_are() -> None:
    assert PAGE.read_text("utf-8") == page(), f"docs/metrics.md is out of date; run: {COMMAND}"


def test_each_figure_is_teals_and_tells_what_it_is() -> None:
    for made in PORTS.values():
        for name, _, _, told in figures(made().registry):
            assert name.startswith("teal_")
            assert told


def test_labels_are_told_of_both_kinds_of_figures() -> None:
    text = page()
    assert "| `teal_webhook_denials_total` | counter | `kind`, `rule` |" in text
    assert "| `teal_version_weight` | gauge | `namespace`, `routemap`, `version` |" in text


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

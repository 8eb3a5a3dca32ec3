"""Objects that a tenant could send to keep the webhook busy: each shape in any size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit.webhook.reviews import ROUTEMAP, routemap

if TYPE_CHECKING:
    from collections.abc import Callable

    Shape = Callable[[int, Callable[[str], str]], dict[str, Any]]

OVERRIDE: dict[str, Any] = {"kind": "WeightOverride", "metadata": {"name": "httpbin", "namespace": "default"}}
WATCHED = {"iter8.tools/watch": "true", "iter8.tools/pre-stop-sleep": "5"}


def deployment(containers: list[Any], **metadata: Any) -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "metadata": {"name": "httpbin-0", "labels": WATCHED, **metadata},
        "spec": {"template": {"spec": {"containers": containers}}},
    }


def versions(number: int, text: Callable[[str], str]) -> list[dict[str, Any]]:
    return [{"name": text(f"httpbin-{index}"), "weight": 1} for index in range(number)]


def keyed(number: int, text: Callable[[str], str], prefix: str = "") -> dict[str, Any]:
    return {text(f"{prefix}field-{index}"): text("x") for index in range(number)}


def deep(number: int) -> Any:
    """As deep as JSON is read at all, and repeated."""
    value: Any = []
    for _ in range(400):
        value = [value]
    return [value] * (number // 400)


def marked(number: int, text: Callable[[str], str]) -> dict[str, Any]:
    metadata = {"finalizers": [text(f"example.org/{index}") for index in range(number)]}
    return deployment([], **metadata, annotations={"iter8.tools/protected": text("x" * number)})


SHAPES: dict[str, Shape] = {
    "different hosts": lambda n, text: routemap(hosts=[text(f"h{i}.default") for i in range(n)]),
    "the same host": lambda n, text: routemap(hosts=[text("httpbin.default")] * n),
    "hosts that are none": lambda n, text: routemap(hosts=[text("!")] * n),
    "routes": lambda n, text: routemap(routes=[{"name": text(f"r{i}")} for i in range(n)]),
    "headers": lambda n, text: routemap(headers={"request": {"set": keyed(n, text)}}),
    "headers by name": lambda n, text: routemap(headers={"response": {"remove": [text("a")] * n}}),
    "a header of percents": lambda n, text: routemap(headers={"request": {"add": {"a": text("%%" * n)}}}),
    "reasons for retries": lambda n, text: routemap(retries={"attempts": 1, "retryOn": text("5xx," * n)}),
    "a long reason for retries": lambda n, text: routemap(retries={"attempts": 1, "retryOn": text("x" * n)}),
    "a long duration": lambda n, text: routemap(timeout=text("1h" * n)),
    "a long path": lambda n, text: routemap(rewrite={"uri": text("/" * n), "authority": text("a." * n)}),
    "origins": lambda n, text: routemap(cors={"allowOrigins": [{"exact": text("https://a")}] * n}),
    "a deep fault": lambda n, _: routemap(fault=deep(n), routes=[{"name": "a", "fault": {"delay": deep(n)}}]),
    "gateways": lambda n, text: routemap(gateways=[text(f"g{i}") for i in range(n)]),
    "versions": lambda n, text: routemap(versions=versions(n, text)),
    "versions without weight": lambda n, _: routemap(versions=[{"name": "httpbin-0"}] * n),
    "versions that are none": lambda n, _: routemap(versions=[[]] * n),
    "unknown fields": lambda n, text: routemap(**keyed(n, text)),
    "unknown fields of a version": lambda n, text: routemap(versions=[keyed(n // 8, text) for _ in range(8)]),
    "weights": lambda n, _: {**OVERRIDE, "spec": {"weights": [{"version": "v", "weight": 1}] * n}},
    "unknown labels": lambda n, text: {
        **ROUTEMAP,
        "metadata": {**ROUTEMAP["metadata"], "labels": keyed(n, text, "iter8.tools/")},
    },
    "others' annotations": lambda n, text: {
        **ROUTEMAP,
        "metadata": {**ROUTEMAP["metadata"], "annotations": keyed(n, text)},
    },
    "finalizers of a Routemap": lambda n, text: {
        **ROUTEMAP,
        "metadata": {**ROUTEMAP["metadata"], "finalizers": [text(f"example.org/{i}") for i in range(n)]},
    },
    "marks and a reason": marked,
    "owners": lambda n, text: deployment([], ownerReferences=[keyed(3, text) for _ in range(n)]),
    "managed fields": lambda n, text: deployment([], managedFields=[{"fieldsV1": keyed(n, text)}]),
    "conditions": lambda n, text: {
        **deployment([{}]),
        "status": {"conditions": [{"type": text("Available"), "status": text("True")}] * n},
    },
    "containers": lambda n, text: deployment([{"name": text(f"c{i}")} for i in range(n)]),
    "containers that are none": lambda n, _: deployment([[]] * n),
    "a deep container": lambda n, _: deployment([{"name": deep(n), "lifecycle": deep(n)}]),
    "a deep strategy": lambda n, _: routemap(strategy=deep(n)),
    "a wide strategy": lambda n, text: routemap(strategy=[text("x")] * n),
    "a long strategy": lambda n, text: routemap(strategy=text("x" * n)),
    "a long host": lambda n, text: routemap(hosts=[text("a." * n)]),
    "a host of hyphens": lambda n, text: routemap(hosts=[text("a" + "-" * n)]),
    "a long gateway": lambda n, text: routemap(gateways=[text("a/" * n)]),
    "a long field": lambda n, text: routemap(**{text("strategi" * n): 1}),
    "a long namespace": lambda n, text: {
        **routemap(hosts=["a.b.svc"] * 16),
        "metadata": {"name": "httpbin", "namespace": text("d" * n)},
    },
    "a deep namespace": lambda n, _: {
        **ROUTEMAP,
        "metadata": {"name": "httpbin", "namespace": deep(n), "uid": deep(n)},
    },
    "a long name": lambda n, text: {**ROUTEMAP, "metadata": {"name": text("a" * n), "namespace": "default"}},
    "a long label": lambda n, text: {
        **ROUTEMAP,
        "metadata": {**ROUTEMAP["metadata"], "labels": {text("iter8.tools/" + "watch" * n): "true"}},
    },
    "a long watch label": lambda n, text: deployment([], labels={"iter8.tools/watch": text("y" * n)}),
    "a long pause": lambda n, text: deployment([{}], labels={"iter8.tools/pre-stop-sleep": text("9" * n)}),
    "a long number": lambda n, _: routemap(port=10 ** min(n, 4_000)),
    "a VirtualService": lambda n, text: {
        "kind": "VirtualService",
        "metadata": {"name": "httpbin", "labels": {"iter8.tools/routemap": text("r" * n)}},
        "spec": {"http": [{"route": [{"weight": 1}] * n}]},
    },
}

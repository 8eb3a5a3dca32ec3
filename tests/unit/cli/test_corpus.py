"""A table of texts with all that `teal lint` says of them, verbatim, and its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Teal

API = "apiVersion: iter8.tools/v1alpha1\n"
ROUTEMAP = f"{API}kind: Routemap\nmetadata: {{name: shop}}\n"
APPS = "apiVersion: apps/v1\n"
PODS = (
    "spec: {replicas: 2, template: {metadata: {labels: {app: NAME}}, spec: {containers: [{name: a, ports: "
    "[{containerPort: 80, name: http}], readinessProbe: {exec: {}}, lifecycle: {preStop: {exec: {}}}}]}}}\n"
)


def deployment(name: str, labels: str = '{iter8.tools/watch: "true"}') -> str:
    return (
        f"{APPS}kind: Deployment\nmetadata:\n  name: {name}\n  labels: {labels}\n{PODS.replace('NAME', name)}"
    )


def service(name: str, spec: str = "") -> str:
    default = f"{{selector: {{app: {name}}}, ports: [{{port: 80}}]}}"
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {spec or default}\n"


def routemap(versions: str = "[{name: shop-0}, {name: shop-1}]", more: str = "") -> str:
    return f"{ROUTEMAP}spec:\n  versions: {versions}\n{more}"


def override(weights: str, name: str = "shop") -> str:
    return f"{API}kind: WeightOverride\nmetadata: {{name: {name}}}\nspec:\n  weights: {weights}\n"


def together(*texts: str) -> str:
    return "---\n".join(texts)


APPLICATION = together(
    *(deployment(f"shop-{index}") + "---\n" + service(f"shop-{index}") for index in (0, 1)),
    routemap(),
    override("[{version: shop-1, weight: 20}]"),
)
UNWATCHED = deployment("shop-1", "{}")
CORPUS: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "an application as it should be": (APPLICATION, 0, ()),
    # Keys and values of YAML 1.1
    "a year as a key": (
        f"{routemap()}  2024: q3\n",
        1,
        (
            "6:3: error: Routemap shop: spec.2024: no such field; known are drainSeconds, gateways, hosts, port, "
            "settleSeconds, strategy, versions",
        ),
    ),
    "on as a key": (
        f"{routemap()}  on: x\n",
        1,
        (
            "6:3: error: Routemap shop: spec.true: no such field; known are drainSeconds, gateways, hosts, port, "
            "settleSeconds, strategy, versions",
        ),
    ),
    "keys of a version": (
        routemap("[{name: shop-0, 1.5: x, y: 2}]"),
        1,
        (
            "5:14: error: Routemap shop: spec.versions[0].1.5: no such field; known are name, weight",
            "5:37: error: Routemap shop: spec.versions[0].true: no such field; known are name, weight",
        ),
    ),
    "a year as an annotation's key": (
        routemap().replace("{name: shop}", "{name: shop, annotations: {2024: q3, on: x}}"),
        0,
        (),
    ),
    "labels and annotations that are no text": (
        routemap().replace("{name: shop}", "{name: shop, labels: {a: 1.50}, annotations: {b: on, c: ~}}"),
        1,
        (
            "3:33: error: Routemap shop: metadata.labels[a]: 1.5 is not text, so kubectl can't read this object; "
            "quote it",
            "3:57: error: Routemap shop: metadata.annotations[b]: true is not text, so kubectl can't read this "
            "object; quote it",
        ),
    ),
    "a whole weight with a point": (routemap("[{name: shop-0, weight: 50.0}]"), 0, ()),
    "a weight in octal": (routemap("[{name: shop-0, weight: 010}]"), 0, ()),
    "a huge weight": (
        routemap(f"[{{name: shop-0, weight: {'9' * 5000}}}]"),
        1,
        (
            f'5:29: error: Routemap shop: spec.versions[0].weight: "{"9" * 58}… is not an integer; '
            "use an integer from 0 to 1000000",
        ),
    ),
    "a long weight": (
        routemap("[{name: shop-0, weight: 18446744073709551615}]"),
        1,
        (
            "5:29: error: Routemap shop: spec.versions[0].weight: 18446744073709551615 is out of range; "
            "use an integer from 0 to 1000000",
        ),
    ),
    # Lists
    "a typed list": (
        f"{APPS}kind: DeploymentList\nitems:\n- metadata: {{name: shop-0}}\n- metadata:\n    name: shop-1\n"
        "    labels: {iter8.tools/wacth: a}\n",
        1,
        (
            "7:14: error: Deployment shop-1: metadata.labels[iter8.tools/wacth]: Teal knows no such key; did you "
            "mean iter8.tools/watch?",
        ),
    ),
    "a list of lists": (
        f"apiVersion: v1\nkind: List\nitems:\n- {API.rstrip()}\n  kind: RoutemapList\n  items:\n"
        "  - metadata: {name: shop}\n    spec: {port: 0, versions: [{name: a}]}\n",
        1,
        ("8:12: error: Routemap shop: spec.port: 0 is out of range; use an integer from 1 to 65535",),
    ),
    # Streams
    "JSON, one object after the other": (
        '{"kind": "Routemap", "apiVersion": "iter8.tools/v1alpha1", "metadata": {"name": "a"},\n'
        ' "spec": {"versions": [{"name": "a"}]}}{"kind": "Routemap", "apiVersion": "iter8.tools/v1alpha1",\n'
        ' "metadata": {"name": "b"}, "spec": {"versions": [{"name": "b"}], "port": 0}}\n',
        1,
        ("3:67: error: Routemap b: spec.port: 0 is out of range; use an integer from 1 to 65535",),
    ),
    "CRLF": (
        f"{routemap()}  port: 0\n".replace("\n", "\r\n"),
        1,
        ("6:3: error: Routemap shop: spec.port: 0 is out of range; use an integer from 1 to 65535",),
    ),
    "separators with comments, empty documents": (f"---\n--- # a\n# b\n---\n{routemap()}--- # end\n", 0, ()),
    "a separator with more": (
        f"--- {{a: 1}}\n{routemap()}",
        2,
        ("1:1: error: no YAML: --- {a: 1} where `---` alone would part two documents",),
    ),
    "unknown tags elsewhere": (f"a: !Ref b\nc: !Sub [d]\n---\n{routemap()}", 0, ()),
    "an anchor and a merge key": (
        routemap("[&a {name: shop-0, weight: 2}, {<<: *a, name: shop-1, wieght: 3}]"),
        1,
        ("5:67: error: Routemap shop: spec.versions[1].wieght: no such field; did you mean weight?",),
    ),
    "too deep": (
        f"a: {'[' * 5000}\n---\n{routemap()}",
        2,
        ("1:403: error: nested too deeply: more than 400 objects and lists in each other",),
    ),
    "a deep value": (
        routemap(f"{{a: {'[' * 300}{']' * 300}}}"),
        1,
        (f'5:3: error: Routemap shop: spec.versions: {{"a": {"[" * 53}… is not a list; list 1 to 8',),
    ),
    # Words at the wrong place
    "a label that is nearly Teal's": (
        deployment("shop-0", '{iter8-tools/watch: "true"}'),
        0,
        (
            "4:3: warning: Deployment shop-0: iter8-tools/watch means nothing to Teal; did you mean "
            "iter8.tools/watch?",
        ),
    ),
    "the watch label on pods": (
        deployment("shop-0", "{}").replace("{app: shop-0}", '{iter8.tools/watch: "true"}'),
        0,
        (
            "4:3: warning: Deployment shop-0: iter8.tools/watch on the pod template does nothing; label the "
            "Deployment itself",
        ),
    ),
    "the watch label on a StatefulSet": (
        f'{APPS}kind: StatefulSet\nmetadata: {{name: db, labels: {{iter8.tools/watch: "true"}}}}\n',
        0,
        (
            "3:12: warning: StatefulSet db: iter8.tools/watch on a StatefulSet does nothing; Teal watches "
            "Deployments",
        ),
    ),
    "the watch label on a Rollout's pods": (
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: shop}\n"
        'spec: {template: {metadata: {labels: {iter8.tools/watch: "true"}}}}\n',
        0,
        (
            "3:12: warning: Rollout shop: iter8.tools/watch on a Rollout does nothing; Teal watches Deployments",
        ),
    ),
    "Iter8's routemap": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop\n"
        "  labels: {iter8.tools/kind: routemap, iter8.tools/version: v0.18}\n",
        0,
        (
            "4:3: warning: ConfigMap shop: this ConfigMap is Iter8's routing config, which Teal does not read; "
            "write a Routemap, or render one with the chart routing-actions",
        ),
    ),
    "Iter8's weight": (
        deployment("shop-0").replace("  labels", '  annotations: {iter8.tools/weight: "20"}\n  labels'),
        1,
        (
            "5:17: error: Deployment shop-0: metadata.annotations[iter8.tools/weight]: Teal takes weights from a "
            "Routemap (spec.versions[].weight) or a WeightOverride; set it there",
        ),
    ),
    "a mistyped label on a Service": (
        service("shop-0").replace("{name: shop-0}", '{name: shop-0, labels: {iter8.tools/wacth: "true"}}'),
        0,
        (
            "3:12: warning: Service shop-0: metadata.labels[iter8.tools/wacth]: Teal knows no such key; did you "
            "mean iter8.tools/watch?",
        ),
    ),
    "the watch label on a Service": (
        service("shop-0").replace("{name: shop-0}", '{name: shop-0, labels: {iter8.tools/watch: "true"}}'),
        0,
        (),
    ),
    # Together
    "a version that is not watched": (
        together(routemap(), UNWATCHED),
        0,
        (
            "11:3: warning: Deployment shop-1: metadata.labels: Routemap shop lists shop-1, which gets no "
            'requests while it is not watched; label it iter8.tools/watch: "true"',
        ),
    ),
    "an override without its Routemap": (override("[{version: x, weight: 1}]"), 0, ()),
}


@pytest.mark.parametrize("name", CORPUS)
def test_a_text_gets_its_sentences(teal: Teal, name: str) -> None:
    text, code, lines = CORPUS[name]
    answer, said = teal.lint("-", given=text.encode())
    told = [line for line in said.splitlines() if line.startswith("<stdin>:")]
    assert (answer, told) == (code, [f"<stdin>:{line}" for line in lines])

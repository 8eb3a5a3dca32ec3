"""Texts that kubectl reads in its own way, with what it makes of them; and those that it can't read.

`tests/charts/test_kubectl_reads.py` holds the real kubectl against them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

BARE_LIST = "kubectl reads no bare list; part the objects by lines of ---, or make them the items of a List"
HEAD = "apiVersion: iter8.tools/v1alpha1\nkind: Routemap\nmetadata: {name: x}\n"


@dataclass(frozen=True)
class Snippet:
    """A text, its name (for a test's id), and the `spec` of each object in it."""

    name: str
    text: str
    specs: tuple[Any, ...]


def yaml(name: str, spec: str, *specs: Any) -> Snippet:
    """Return an object whose spec is given as YAML."""
    return Snippet(name, f"{HEAD}spec: {spec}\n", specs)


def one(spec: Any, **more: Any) -> str:
    """Return an object as JSON."""
    return json.dumps(
        {"apiVersion": "iter8.tools/v1alpha1", "kind": "Routemap", "metadata": {"name": "x"}, "spec": spec}
        | more
    )


WORDS: tuple[tuple[str, Any], ...] = (
    *((word, True) for word in ("y", "Y", "yes", "on", "On", "true", "TRUE")),
    *((word, False) for word in ("n", "N", "no", "off", "OFF", "False")),
    *((word, None) for word in ("~", "null", "Null", "!!null ~")),
    *((word, word) for word in ("oN", "nULL", "1:30", "190:20:30", "2026-01-01", "2026-01-01T00:00:00Z")),
    *((word, word) for word in ("08x", "0x", "1e", "e5", "-", "+", ".", "_1", "1e400", "1.2.3", "--1")),
    *(("010", 8), ("-010", -8), ("0o14", 12), ("0x1F", 31), ("0b11", 3), ("-0b11", -3), ("08", 8)),
    *(("1_000", 1000), ("+5", 5), ("-0", 0), ("1.0", 1), ("50.0", 50), ("1e3", 1000), (".5", 0.5)),
    *(("5.", 5), ("1.5", 1.5), ("1_0.5", 10.5), (".5_0", 0.5), ("-.5", -0.5), ("1e-2", 0.01)),
    *(("9223372036854775807", 2**63 - 1), ("!!str 5", "5"), ("!!int '5'", 5), ("!!float 5", 5)),
    *(("!!bool 'on'", True), ("!Ref on", "on"), ("! 5", "5"), ("!!binary aGk=", "hi"), ("'5'", "5")),
    *(('"on"', "on"), ("!!python/object:os.system x", "x"), ("!!set {a, b}", {"a": None, "b": None})),
    *(("!Sub {a: 1}", {"a": 1}), ("!!omap [a: 1]", [{"a": 1}]), ('"\\x41\\u00e9"', "Aé"), ("😀", "😀")),
)
"""Words of YAML, and their values."""

KEYS: tuple[tuple[str, str], ...] = (
    *(("on", "true"), ("y", "true"), ("No", "false"), ("2024", "2024"), ("010", "8"), ("0x10", "16")),
    *(("1.5", "1.5"), ("1.0", "1"), ("1e6", "1e+06"), ("1234567.5", "1.2345675e+06"), ("0.0001", "0.0001")),
    *(("0.00001", "1e-05"), ("3.14159265358979", "3.1415927"), (".inf", ".inf"), ("-.inf", "-.inf")),
    *((".nan", ".nan"), ("1e39", ".inf"), ("123456.0", "123456"), ("-1.5", "-1.5"), ("2026-01-01",) * 2),
    *(("'on'", "on"), ('"2024"', "2024"), ("!!str on", "on"), ("1:30", "1:30"), ("''", ""), ("a b", "a b")),
    ('"<<"', "<<"),
)
"""Keys of YAML, and the names of the fields that they make."""

READ = (
    *(yaml(f"value {word}", f"{{a: {word}}}", {"a": value}) for word, value in WORDS),
    *(yaml(f"key {key}", f"{{{key}: a}}", {name: "a"}) for key, name in KEYS),
    yaml("anchor", "{a: &x {b: 1}, c: *x}", {"a": {"b": 1}, "c": {"b": 1}}),
    yaml("merge", "{a: &x {b: 1}, c: {<<: *x, d: 2}}", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
    yaml("merge before its key", "{c: {<<: {b: 1}, b: 3}}", {"c": {"b": 3}}),
    yaml("merge after its key", "{c: {b: 3, <<: {b: 1}}}", {"c": {"b": 1}}),
    yaml("merge of a list", "{c: {<<: [{b: 1}, {b: 2, d: 2}]}}", {"c": {"b": 1, "d": 2}}),
    yaml("two merges", "{c: {<<: {b: 1}, <<: {b: 2}}}", {"c": {"b": 2}}),
    yaml("alias as a key", "{a: &x k, b: {*x : 1}}", {"a": "k", "b": {"k": 1}}),
    yaml("field twice", "{a: 1, a: 2}", {"a": 2}),
    yaml("block", "\n  a: |\n    x\n  b: >-\n    y\n    z", {"a": "x\n", "b": "y z"}),
    yaml("deep", "[" * 100 + "]" * 100, json.loads("[" * 100 + "]" * 100)),
    Snippet("documents", f"{HEAD}spec: 1\n---\n{HEAD}spec: 2\n", (1, 2)),
    Snippet(
        "separators", f"---\n--- # c\n{HEAD}spec: 1\n---   \n# c\n---\n\n---\n{HEAD}spec: 2\n---", (1, 2)
    ),
    Snippet("null document", f"null\n---\n~\n---\n{HEAD}spec: 1\n", (1,)),
    Snippet("no line's end", f"{HEAD}spec: 1\n---\n{HEAD}spec: 2", (1, 2)),
    Snippet("CRLF", f"{HEAD}spec: |\n  a\n  b\n---\n{HEAD}spec: 2\n".replace("\n", "\r\n"), ("a\nb\n", 2)),
    Snippet("byte order mark", f"\ufeff{HEAD}spec: 1\n", (1,)),
    Snippet("byte order mark, JSON", "\ufeff" + one(1) + one(2), (1, 2)),
    Snippet("end of document", f"{HEAD}spec: 1\n...\n{HEAD}spec: 2\n", (1,)),
    Snippet("JSON", one({"a": 1}), ({"a": 1},)),
    Snippet("JSON, one after the other", one(1) + one(2) + "\n" + one(3) + "\n\n", (1, 2, 3)),
    Snippet("JSON, indented", json.dumps(json.loads(one({"a": [1]})), indent="\t"), ({"a": [1]},)),
    Snippet("JSON, then YAML", f"{one(1)}\n---\n{HEAD}spec: 2\n---\n{one(3)}\n", (1, 2, 3)),
    Snippet("JSON escapes", one({"a": "\\/😀\x00"}).replace("\\\\/", "\\/"), ({"a": "/😀\x00"},)),
    Snippet("JSON numbers", one({"a": [1.0, 1e2, 0.5, -0.0]}), ({"a": [1, 100, 0.5, 0]},)),
    Snippet("JSON field twice", one({"a": 1}).replace('"a": 1', '"a": 1, "a": 2'), ({"a": 2},)),
    Snippet("flow YAML", one({"a": 1}).replace('"', ""), ({"a": 1},)),
    Snippet("JSON with a comma too many", one({"a": 1}).replace("1}", "1,}"), ({"a": 1},)),
    Snippet("List", one(0, kind="List", items=[json.loads(one(1)), json.loads(one(2))]), (1, 2)),
    Snippet(
        "typed list",
        "apiVersion: iter8.tools/v1alpha1\nkind: RoutemapList\nitems:\n"
        "- metadata: {name: a}\n  spec: 1\n- metadata: {name: b}\n  spec: 2\n",
        (1, 2),
    ),
    Snippet("any object with items", one(0, items=[json.loads(one(1))]), (1,)),
)
"""What kubectl reads."""

UNREAD: tuple[tuple[str, int, int, str], ...] = (
    (f"{HEAD}spec: [1\na: 2\n", 5, 2, "no YAML: did not find expected ',' or ']'"),
    (
        f"{HEAD}spec: {{{{ .Values.a }}}}\n",
        4,
        8,
        (
            "no JSON: a key is text, a number or a boolean; "
            "for a Helm template, pipe `helm template` into `teal lint -`"
        ),
    ),
    (f"{HEAD}spec: {{[a]: b}}\n", 4, 8, "no JSON: a key is text, a number or a boolean"),
    (f"{HEAD}spec: {{~: b}}\n", 4, 8, "no JSON: a key is text, a number or a boolean"),
    (f"{HEAD}spec: .inf\n", 4, 7, "no JSON: infinity and .nan are no JSON"),
    (f"{HEAD}spec: !!int x\n", 4, 7, "no YAML: cannot decode !!str `x` as a !!int"),
    (f"{HEAD}spec: {{<<: 1}}\n", 4, 12, "no YAML: << takes an object or a list of objects"),
    (f"{HEAD}spec: &a [*a]\n", 4, 11, "no YAML: anchor 'a' value contains itself"),
    (f"{HEAD}spec: *a\n", 4, 7, "no YAML: unknown anchor 'a' referenced"),
    (
        f"--- {{kind: Routemap}}\n{HEAD}",
        1,
        1,
        "no YAML: --- {kind: Routemap} where `---` alone would part two documents",
    ),
    (f"{one(1)}\n{one(2)}\n---\n{HEAD}", 3, 1, "no JSON: Expecting value"),
    (f'{one(1)}\n{one(2)}\n{{"a": NaN}}\n', 3, 1, "no JSON: NaN is no JSON"),
    ("# one\n- apiVersion: v1\n  kind: Service\n- apiVersion: v1\n", 2, 1, BARE_LIST),
    (f"[{one(1)}]", 1, 1, BARE_LIST),
    (
        "apiVersion: v1\nkind: List\nitems: hello\n",
        3,
        1,
        'items: "hello" is not a list, so kubectl can\'t read this',
    ),
    (
        "apiVersion: apps/v1\nkind: DeploymentList\nitems: {a: 1}\n",
        3,
        1,
        'items: {"a": 1} is not a list, so kubectl can\'t read this',
    ),
    (f"%YAML 1.1\n---\n{HEAD}", 2, 1, "no YAML: did not find expected <document start>"),
)
"""What neither kubectl nor lint reads, with line, column and what lint says."""

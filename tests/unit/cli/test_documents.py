"""YAML as Kubernetes reads it, and where its fields are."""

from __future__ import annotations

import pytest

from cli.lint.documents import MOST_NODES, Document, MalformedError, Place, documents

MANIFEST = """\
# a comment
kind: Routemap
metadata:
  name: httpbin
  labels: {a.b/c: d}
spec:
  versions:
  - name: httpbin-0
  - {name: httpbin-1,
     weight: 20}
"""


def only(text: str) -> Document:
    (document,) = documents(text)
    return document


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("metadata", 3, 1),
        ("metadata.name", 4, 3),
        ("metadata.labels[a.b/c]", 5, 12),
        ("metadata.annotations[a.b/c]", 3, 1),
        ("spec", 6, 1),
        ("spec.versions", 7, 3),
        ("spec.versions[0]", 8, 5),
        ("spec.versions[0].weight", 8, 5),
        ("spec.versions[1].weight", 10, 6),
        ("spec.versions[7].name", 7, 3),
        ("spec.port", 6, 1),
        ("status", 2, 1),
    ],
)
def test_a_path_leads_to_its_field_or_to_the_nearest_thing_around_it(
    path: str, line: int, column: int
) -> None:
    assert only(MANIFEST).place(path) == Place(line, column)


def test_several_documents_and_lists_come_as_single_objects() -> None:
    text = (
        "---\n---\na: 1\n---\njust text\n---\nkind: List\nitems:\n- b: 2\n- kind: List\n  items: [{c: 3}]\n"
    )
    found = list(documents(text))
    assert [document.manifest for document in found] == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert [document.place("c") for document in found][1:] == [Place(9, 3), Place(11, 12)]


def test_json_is_read_too() -> None:
    assert only('{"spec": {\n "port": 80}}').place("spec.port") == Place(2, 2)


def test_dates_stay_text_as_in_kubernetes() -> None:
    assert only("a: 2026-01-01\n").manifest == {"a": "2026-01-01"}


def test_a_field_given_twice_is_told_with_its_place() -> None:
    text = "spec:\n  weight: 1\n  weight: 2\n"
    assert only(text).duplicates == (("weight", Place(3, 3)),)


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: [1\nb: 2\n", Place(2, 2), "no YAML: did not find expected ',' or ']'"),
        ("a: !!python/object:os.system {}\n", Place(1, 4), "no YAML: could not determine a constructor"),
        ("a: {{ .Values.a }}\n", Place(1, 5), "for a Helm template, pipe `helm template` into `teal lint -`"),
        ("? [a]\n: b\n", Place(1, 3), "no YAML: found unhashable key"),
        (f"a: {'9' * 5000}\n", Place(1, 1), "no YAML: Exceeds the limit"),
        ("a: \x07\n", Place(1, 1), "no YAML: "),
        ("&a [*a]\n", Place(1, 1), "nested too deeply"),
        (bomb(), Place(1, 1), f"over {MOST_NODES} values by its aliases"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_place(text: str, place: Place, message: str) -> None:
    with pytest.raises(MalformedError) as raised:
        list(documents(text))
    assert raised.value.place == place
    assert message in str(raised.value)


def test_what_came_before_a_mistake_is_yielded() -> None:
    found = documents("a: 1\n---\nb: [\n")
    assert next(found).manifest == {"a": 1}
    with pytest.raises(MalformedError):
        next(found)

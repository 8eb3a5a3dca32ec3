"""Texts as kubectl reads them, and where their fields are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.lint.documents import Document, documents
from cli.lint.nodes import MOST_DEPTH, MOST_NODES, MalformedError, Place
from tests.unit.cli.snippets import READ, UNREAD, Snippet

MANIFEST = """\
# a comment
kind: Routemap
metadata:
  name: httpbin
  labels: {a.b/c: d, on: x}
spec:
  versions:
  - name: httpbin-0
  - {name: httpbin-1,
     weight: 20}
"""


def read(text: str) -> list[Document]:
    found = list(documents(text))
    assert not [item for item in found if isinstance(item, MalformedError)]
    return [item for item in found if isinstance(item, Document)]


def only(text: str) -> Document:
    (document,) = read(text)
    return document


@pytest.mark.parametrize("snippet", READ, ids=lambda snippet: snippet.name)
def test_a_text_is_what_kubectl_makes_of_it(snippet: Snippet) -> None:
    # Sources take the mark away, and decode by it.
    specs = [document.manifest["spec"] for document in read(snippet.text.removeprefix("\ufeff"))]
    # By their notation, so that true is not 1.
    assert repr(specs) == repr([*snippet.specs])


@pytest.mark.parametrize(("text", "line", "column", "message"), UNREAD)
def test_what_kubectl_can_not_read_is_told_with_its_place(
    text: str, line: int, column: int, message: str
) -> None:
    (error,) = [item for item in documents(text) if isinstance(item, MalformedError)]
    assert (str(error), error.place) == (message, Place(line, column))


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("metadata", 3, 1),
        ("metadata.name", 4, 3),
        ("metadata.labels[a.b/c]", 5, 12),
        ("metadata.labels[true]", 5, 22),
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


def test_several_documents_and_lists_come_as_single_objects_each_with_its_line() -> None:
    text = (
        "---\n---\na: 1\n---\njust text\n---\nkind: List\nitems:\n- b: 2\n- kind: List\n  items: [{c: 3}]\n"
        "---\nkind: DeploymentList\napiVersion: apps/v1\nitems:\n\n- d: 4\n"
    )
    found = read(text)
    typed = {"kind": "Deployment", "apiVersion": "apps/v1"}
    plain = {"kind": "", "apiVersion": None}
    assert [document.manifest for document in found] == [
        {"a": 1},
        {},
        {"b": 2, **plain},
        {"c": 3, **plain},
        {"d": 4, **typed},
    ]
    assert [document.place("c") for document in found][2:] == [Place(9, 3), Place(11, 12), Place(17, 3)]


def test_json_has_places_too_one_object_after_the_other() -> None:
    first, second = read('{"spec": {\n "port": 80}}{"a": 1,\n\t"a": 2}')
    assert first.place("spec.port") == Place(2, 2)
    assert second.place("a") == Place(3, 2)
    assert second.duplicates == [("a", Place(3, 2))]


def test_a_field_given_twice_is_told_with_its_place_also_by_two_spellings() -> None:
    assert only("spec:\n  weight: 1\n  weight: 2\n").duplicates == [("weight", Place(3, 3))]
    assert only("on: 1\nyes: 2\n'true': 3\n").duplicates == [("true", Place(2, 1)), ("true", Place(3, 1))]
    assert only("a: {<<: {b: 1}, b: 2}\n").duplicates == []


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    return "\n".join(lines)


def tower(height: int) -> str:
    return "".join(f"a{i}: &a{i} [{f'*a{i - 1}' if i else 1}]\n" for i in range(height))


DEEP = f"nested too deeply: more than {MOST_DEPTH} objects and lists in each other"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (bomb(), f"over {MOST_NODES} values by its aliases"),
        ("[" * 100_000, DEEP),
        ('{"a":' * 100_000, DEEP),
        ("- " * 5000, DEEP),
        ('{"a":' * 401 + "1" + "}" * 401, DEEP),
        (tower(1000), DEEP),
        ("a: \x07\n", "control characters are not allowed"),
    ],
)
def test_what_would_take_all_memory_or_the_stack_is_told(text: str, message: str) -> None:
    found = list(documents(text))
    assert message in str(found[-1])
    assert isinstance(found[-1], MalformedError)


def test_what_is_just_deep_and_large_enough_is_read() -> None:
    assert read("[" * MOST_DEPTH + "]" * MOST_DEPTH)
    assert read(f"a: {'9' * 100_000}\n")[0].manifest == {"a": "9" * 100_000}
    assert read(f'{{"a": {"9" * 20}}}')[0].manifest == {"a": 100_000_000_000_000_000_000}


def test_documents_beside_one_that_can_not_be_read_are_read() -> None:
    first, wrong, last = documents("a: 1\n---\nb: [\n---\nc: 3\n")
    assert isinstance(first, Document)
    assert isinstance(last, Document)
    assert isinstance(wrong, MalformedError)
    assert (first.manifest, last.manifest, wrong.place) == ({"a": 1}, {"c": 3}, Place(4, 1))


PIECES = (
    *("a", "on", "010", "1.5", "~", ".inf", "'", '"', "&x ", "*x ", "<<: ", "!!int ", "!!binary ", "!foo "),
    *("\n", "\n---\n", "---", "...", "\r\n", "\t", " ", "  ", ": ", "- ", "? ", "{", "}", "[", "]", ",", "#"),
    *(
        '{"a": 1}',
        '{"a": [1, {}]}',
        '"a": ',
        "|\n",
        "\\u",
        "%YAML 1.1\n",
        "\ufeff",
        "\x85",
        "\u2028",
        "{{ x }}",
    ),
)


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_whatever_is_given_is_read_or_told_of_and_places_are_within(text: str) -> None:
    lines = len(re.split("\r\n|[\n\r\x85\u2028]", text))
    for item in documents(text):
        place = item.place if isinstance(item, MalformedError) else item.node.place
        assert 1 <= place.line <= lines + 1

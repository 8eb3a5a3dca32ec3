"""What the real kubectl makes of a text, beside what `teal lint` makes of it."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from tests.unit.cli.snippets import READ, UNREAD, Snippet
from tools.local.programs import programs

# A patch that changes nothing, of objects that no API server knows: kubectl reads and prints.
COMMAND = ("patch", "--local", "--type=merge", "--patch={}", "--output=json", "--filename=-")


def kubectl(text: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KUBECONFIG": os.devnull}
    return subprocess.run(
        [str(programs() / "kubectl"), *COMMAND],
        input=text,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def objects(printed: str) -> list[Any]:
    """Return JSON objects that stand one after the other."""
    found, at = [], 0
    while printed[at:].strip():
        value, length = json.JSONDecoder().raw_decode(printed[at:].lstrip())
        at += len(printed[at:]) - len(printed[at:].lstrip()) + length
        found.append(value)
    return found


@pytest.mark.parametrize("snippet", READ, ids=lambda snippet: snippet.name)
def test_kubectl_reads_what_lint_reads_in_the_same_way(snippet: Snippet) -> None:
    done = kubectl(snippet.text)
    assert done.returncode == 0, done.stderr
    assert repr([item.get("spec") for item in objects(done.stdout)]) == repr([*snippet.specs])


@pytest.mark.parametrize("text", [text for text, *_ in UNREAD])
def test_kubectl_can_not_read_what_lint_can_not(text: str) -> None:
    assert kubectl(text).returncode != 0


def test_kubectl_refuses_labels_that_are_no_text() -> None:
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, annotations: {a: 5}}\n"
    assert "cannot unmarshal number into Go struct field" in kubectl(manifest).stderr


def test_kubectl_reads_utf_16_and_replaces_what_is_no_text() -> None:
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: é}\n"
    for content, read in ((manifest.encode("utf-16"), "é"), (manifest.encode("latin-1"), "\ufffd")):
        done = subprocess.run(
            [str(programs() / "kubectl"), *COMMAND], input=content, capture_output=True, check=True
        )
        assert json.loads(done.stdout)["data"] == {"a": read}


def test_kubectl_fails_where_there_is_no_object() -> None:
    assert "no objects passed to patch" in kubectl("").stderr

"""JSON that is deep or large, as a tenant may send it."""

from __future__ import annotations

import json

import pytest

from kube.reading import LEVELS, loads
from reconciler.watching.skimming import skimming
from routing.kinds import DEPLOYMENTS, ROUTEMAPS
from tests.unit.reconciler.test_skimming import deployment, told


@pytest.mark.parametrize("depth", [LEVELS + 1, 2_000, 10_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"f:\\\\":', "}")])
def test_ten_thousand_levels_and_more_are_read(depth: int, opening: str, closing: str) -> None:
    text = f'{{"before": 1, "deep": {opening * depth}null{closing * depth}, "after": "]"}}'.encode()
    value = loads(text)
    assert (value["before"], value["after"]) == (1, "]")
    assert loads(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "text",
    [
        b'"' * 400_001,
        b'"' + b'\\"' * 200_000,
        b"[" * 70 + b'"\\' * 200_000,
        b"[]" * 200_000,
        b'{"' * 200_000,
    ],
    ids=["quotes", "escapes", "unfinished", "pairs", "keys"],
)
def test_megabytes_of_nonsense_are_refused_in_linear_time(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):  # in quadratic time this would take hours
        loads(text)


@pytest.mark.parametrize("depth", [LEVELS + 1, 900, 10_000])
@pytest.mark.parametrize("where", ["spec", "metadata"])
def test_what_is_too_deep_reads_as_null_and_the_rest_as_it_is(depth: int, where: str) -> None:
    deep = json.loads('{"a":' * 2 + "1" + "}" * 2)
    text = told("ADDED", deployment(**({} if where == "metadata" else {"spec": {"f:": deep, "kept": 1}})))
    nest = b'{"f:":' * depth + b"1" + b"}" * depth
    text = text.replace(
        b'{"f:spec": {"f:versions": {}}}' if where == "metadata" else b'{"a": {"a": 1}}', nest
    )
    assert nest in text
    for resource in (DEPLOYMENTS, ROUTEMAPS):
        found = skimming(resource).event(text)["object"]
        assert found["metadata"]["name"] == "a"
        assert len(json.dumps(found)) < 20 * LEVELS  # nobody goes deeper
        if where == "spec":
            assert found["spec"]["kept"] == 1

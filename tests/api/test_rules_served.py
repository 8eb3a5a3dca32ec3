"""Every rule of the rule book over HTTPS, in its own words."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from certs import files
from tests.api.served import leaf, serving, until
from tests.unit.routing.examples import ACCEPTED, REFUSED, WARNED, Example
from tests.unit.webhook.reviews import review

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPSConnection

    from tests.unit.routing.manifests import Manifest


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HTTPSConnection]:
    folder = tmp_path_factory.mktemp("certificates")
    files.write(folder / files.SERVING, leaf())
    with serving(folder, "--drain-seconds=0") as webhook:
        until(webhook.admitted, "admission")
        with closing(webhook.connection()) as connection:
            yield connection


def answer(connection: HTTPSConnection, path: str, asked: dict[str, Any]) -> dict[str, Any]:
    connection.request("POST", path, json.dumps(asked), {"Content-Type": "application/json"})
    response: dict[str, Any] = json.loads(connection.getresponse().read())["response"]
    return response


def asked(example: Example) -> dict[str, Any]:
    old, new = example.review.old, example.review.manifest
    found = review(dict(new) if new else None, dict(old) if old else None)
    found["request"]["options"] = dict(example.review.options)
    return found


@pytest.mark.parametrize("example", REFUSED, ids=lambda example: example.name)
def test_a_mistake_is_refused_verbatim_and_noted_for_the_audit(
    connection: HTTPSConnection, example: Example
) -> None:
    response = answer(connection, "/validate", asked(example))
    message = response["status"]["message"]
    if len(example.answers) == 1:
        assert message == example.answers[0]
    else:
        assert message.splitlines()[1:] == [f"- {line}" for line in example.answers]
    assert response["auditAnnotations"] == {"denied-by": ",".join(dict.fromkeys(example.reasons))}


@pytest.mark.parametrize("example", WARNED, ids=lambda example: example.name)
def test_what_is_risky_is_allowed_with_a_warning(connection: HTTPSConnection, example: Example) -> None:
    response = answer(connection, "/validate", asked(example))
    assert (response["allowed"], response["warnings"]) == (True, list(example.answers))


@pytest.mark.parametrize("path", ["/validate", "/mutate"])
@pytest.mark.parametrize("manifest", ACCEPTED, ids=lambda manifest: str(manifest["kind"]))
def test_what_stands_right_beside_is_allowed_without_a_word(
    connection: HTTPSConnection, path: str, manifest: Manifest
) -> None:
    response = answer(connection, path, review(manifest))
    assert response["allowed"]
    assert "warnings" not in response

"""Whatever stands in a routemap of Iter8's, a Routemap comes of it or sentences; no template is rendered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from cli.migrating.read import parse
from routing import names
from routing.migrating.migrate import migrate
from routing.migrating.scene import Given, NotMigratedError
from routing.migrating.templates import plain
from routing.reading.parse import parse_routemap
from tests.unit.routing import iter8s
from tests.unit.routing.iter8s import config_map, of_text

if TYPE_CHECKING:
    from tests.unit.routing.manifests import Manifest

TEXTS = st.text() | st.text("{}-.:[] \n&*!|>'\"01ahttp/index.Weights", max_size=60)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
RESOURCE = st.fixed_dictionaries(
    {},
    optional={
        "gvrShort": st.sampled_from(["svc", "deploy", "cm", "isvc"]) | VALUES,
        "name": st.just("a") | VALUES,
        "namespace": VALUES,
    },
)
VERSION = VALUES | st.fixed_dictionaries(
    {}, optional={"resources": st.lists(RESOURCE, max_size=2) | VALUES, "weight": VALUES}
)
HTTP = st.fixed_dictionaries(
    {},
    optional={
        "route": VALUES,
        "match": VALUES,
        "matches": VALUES,
        "mirror": VALUES,
        "mirrors": VALUES,
        "mirrorPercentage": VALUES,
        "backendRefs": VALUES,
        "filters": VALUES,
        "timeouts": VALUES,
    },
)
MADE = st.fixed_dictionaries(
    {
        "apiVersion": st.just("networking.istio.io/v1") | st.just("gateway.networking.k8s.io/v1"),
        "kind": st.sampled_from(names.ROUTERS),
        "metadata": st.just({"name": "a"}) | VALUES,
        "spec": VALUES
        | st.fixed_dictionaries(
            {"http": st.lists(HTTP, max_size=2), "rules": st.lists(HTTP, max_size=2), "parentRefs": VALUES}
        ),
    }
)


def told(manifest: Manifest) -> None:
    """A Routemap that the webhook takes comes of it, or sentences; nothing else, and no template."""
    try:
        found = migrate(manifest, Given(), parse, "")
    except NotMigratedError as error:
        refusal = error.told
    else:
        refusal = ("",)
        assert found.routemap is not None
        parse_routemap(found.routemap)
        assert "{{" not in json.dumps(found.routemap)
    assert refusal


@given(TEXTS | VALUES.map(json.dumps))
def test_any_text_of_a_routemap_ends_in_sentences(text: str) -> None:
    told(of_text(text))


@given(st.lists(VERSION, max_size=3), TEXTS | VALUES | MADE.map(json.dumps))
def test_any_versions_and_any_template_end_in_sentences(versions: list[Any], template: Any) -> None:
    made = {"versions": versions, "routingTemplates": {"a": {"template": template}}}
    told(of_text(json.dumps(made)))


@given(st.lists(HTTP, max_size=3), st.sampled_from([iter8s.HEAD, iter8s.PARENTS]))
def test_any_routes_of_a_sound_routemap_end_in_sentences(http: list[Any], head: str) -> None:
    told(config_map(template=head + "".join(f"  - {json.dumps(rule)}\n" for rule in http)))


@given(TEXTS, st.lists(st.integers(0, 9), max_size=3))
def test_a_template_is_read_and_not_rendered(text: str, listed: list[int]) -> None:
    result, unknown = plain(text, listed)
    assert "{{" not in result or unknown
    if "{{" not in text:
        assert (result, unknown) == (text, [])

"""Manifests become values, or every reason why not."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.model import Routemap, Version, WeightOverride
from routing.reading.defaults import defaulted
from routing.reading.parse import parse_routemap, parse_weight_override
from routing.reading.violation import InvalidManifestError
from routing.rules.review import Review
from routing.rules.rulebook import RULES, review
from tests.unit.routing.examples import WARNED
from tests.unit.routing.manifests import Manifest, changed, deployment, routemap, weight_override, without
from tests.unit.routing.setting_examples import EVERYTHING
from tests.unit.routing.test_split import EXAMPLES

HOSTS = ("httpbin.default", "httpbin.default.svc", "httpbin.default.svc.cluster.local")
VALID = (
    routemap(port=80),
    defaulted(routemap()),
    routemap(**EVERYTHING, routes=[{"name": "api", "match": [{"uri": {"exact": "/"}}], **EVERYTHING}]),
    weight_override(("httpbin-0", 20), ("httpbin-1", 0)),
    *(asked.manifest or asked.old or {} for asked in (example.review for example in WARNED)),
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=3,
)
kinds = st.sampled_from([*RULES])


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """A manifest that is right but for one to three places, where anything may stand."""
    manifest: Manifest = draw(st.sampled_from(VALID)) | {"kind": draw(kinds)}
    for key in draw(st.lists(st.sampled_from(["metadata", "spec", "status"]), min_size=1, max_size=3)):
        manifest |= {key: with_junk(draw, manifest.get(key))}
    return manifest


def with_junk(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        key = draw(st.sampled_from([*value]))
        return value | {key: with_junk(draw, value[key])}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        return [with_junk(draw, value[0]), *value[1:]]
    return draw(junk)


def test_a_routemap_gets_its_defaults() -> None:
    assert parse_routemap(routemap()) == Routemap(
        namespace="default",
        name="httpbin",
        uid="12ab",
        generation=3,
        strategy="blue-green",
        versions=(Version("httpbin-0", 50), Version("httpbin-1", 50)),
        hosts=HOSTS,
        gateways=("mesh",),
        port=None,
        settle_seconds=None,
        drain_seconds=15,
    )


def test_what_a_routemap_says_counts() -> None:
    asked = routemap(
        versions=[{"name": "httpbin-0", "weight": 0}, {"name": "httpbin-1", "weight": 7}],
        hosts=["httpbin"],
        gateways=["httpbin", "mesh"],
        port=80,
        settleSeconds=0,
        drainSeconds=0,
    )
    parsed = parse_routemap(asked)
    assert parsed.versions == (Version("httpbin-0", 0), Version("httpbin-1", 7))
    assert (parsed.hosts, parsed.gateways, parsed.port) == (("httpbin",), ("httpbin", "mesh"), 80)
    assert (parsed.settle_seconds, parsed.drain_seconds) == (0, 0)


def test_a_routemap_in_a_file_without_namespace_is_of_the_default_one() -> None:
    assert parse_routemap(without(routemap(), "metadata.namespace")).hosts == HOSTS


def test_a_routemap_of_a_file_has_no_uid_yet() -> None:
    parsed = parse_routemap(changed(routemap(), "metadata", {"name": "httpbin"}))
    assert (parsed.uid, parsed.generation) == ("", 0)


def test_the_primary_is_the_first_version() -> None:
    assert parse_routemap(routemap()).primary == Version("httpbin-0", 50)


def test_an_override_names_weights_by_version() -> None:
    parsed = parse_weight_override(weight_override(("httpbin-0", 20), ("httpbin-1", 80)))
    assert parsed == WeightOverride({"httpbin-0": 20, "httpbin-1": 80})


def test_the_error_says_all_violations_on_one_line() -> None:
    with pytest.raises(InvalidManifestError) as caught:
        parse_routemap(routemap(port=0, settleSeconds=61))
    assert str(caught.value) == (
        "spec.port: 0 is out of range; use an integer from 1 to 65535; "
        "spec.settleSeconds: 61 is out of range; use an integer from 0 to 60"
    )


def test_defaults_are_made_explicit() -> None:
    assert defaulted(routemap()) == {
        "apiVersion": "iter8.tools/v1alpha1",
        "kind": "Routemap",
        "metadata": {
            "name": "httpbin",
            "namespace": "default",
            "uid": "12ab",
            "generation": 3,
            "finalizers": ["iter8.tools/release"],
        },
        "spec": {
            "strategy": "blue-green",
            "versions": [{"name": "httpbin-0", "weight": 50}, {"name": "httpbin-1", "weight": 50}],
            "hosts": list(HOSTS),
            "gateways": ["mesh"],
            "drainSeconds": 15,
        },
    }


def test_defaults_leave_the_manifest_that_they_are_given_alone() -> None:
    asked = routemap()
    defaulted(asked)
    assert asked == routemap()


@pytest.mark.parametrize(
    "manifest",
    [
        weight_override(("httpbin-0", 20)),
        deployment(),
        {},
        {"kind": "Routemap"},
        {"kind": "Routemap", "metadata": []},
    ],
)
def test_what_is_no_routemap_gets_no_defaults(manifest: Manifest) -> None:
    assert defaulted(manifest) is manifest


@pytest.mark.parametrize(
    ("metadata", "held"),
    [
        ({}, ["iter8.tools/release"]),
        ({"finalizers": None}, ["iter8.tools/release"]),
        ({"finalizers": ["a/b"]}, ["a/b", "iter8.tools/release"]),
        ({"finalizers": ["iter8.tools/release", "a/b"]}, ["iter8.tools/release", "a/b"]),
        ({"finalizers": "a/b"}, "a/b"),
        ({"deletionTimestamp": "2030-01-01T00:00:00Z"}, None),
        ({"deletionTimestamp": "2030-01-01T00:00:00Z", "finalizers": ["a/b"]}, ["a/b"]),
    ],
)
def test_a_routemap_gets_its_finalizer_unless_it_is_being_deleted(metadata: Manifest, held: object) -> None:
    assert defaulted({"kind": "Routemap", "metadata": metadata})["metadata"].get("finalizers") == held


@pytest.mark.parametrize("metadata", [{}, {"name": "httpbin"}, {"name": "Bad", "namespace": "default"}])
def test_hosts_are_not_made_from_names_that_are_missing_or_bad(metadata: Manifest) -> None:
    assert "hosts" not in defaulted({"kind": "Routemap", "metadata": metadata, "spec": {}})["spec"]


@given(manifests())
@EXAMPLES
def test_any_json_is_parsed_or_its_violations_are_told(manifest: Manifest) -> None:
    for parse in (parse_routemap, parse_weight_override):
        with suppress(InvalidManifestError):
            assert parse(manifest)


@given(manifests())
@EXAMPLES
def test_defaulting_twice_is_defaulting_once(manifest: Manifest) -> None:
    once = defaulted(manifest)
    assert repr(defaulted(once)) == repr(once)  # by repr, since a NaN differs from itself


@given(manifests())
@EXAMPLES
def test_defaults_neither_hide_nor_make_a_violation(manifest: Manifest) -> None:
    plain, explicit = (review(Review("CREATE", item)) for item in (manifest, defaulted(manifest)))
    assert plain.violations == explicit.violations


@given(st.sampled_from(["CREATE", "UPDATE", "DELETE"]), manifests(), manifests(), junk)
@EXAMPLES
def test_the_rule_book_judges_whatever_json_it_is_shown(
    operation: str, manifest: Manifest, old: Manifest, options: Any
) -> None:
    verdict = review(
        Review(
            operation,
            None if operation == "DELETE" else manifest,
            None if operation == "CREATE" else old,
            options if isinstance(options, dict) else {},
        )
    )
    assert verdict.allowed is not bool(verdict.violations)
    assert all(isinstance(warning, str) for warning in verdict.warnings)

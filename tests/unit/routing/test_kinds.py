"""Paths: a name from anybody's object leads nowhere but to an object of that name."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from routing import names
from routing.kinds import (
    DEPLOYMENTS,
    ROUTEMAPS,
    SERVICES,
    SUBRESOURCES,
    WEBHOOK_CONFIGURATIONS,
    WORKLOADS,
    Resource,
    WorkloadKind,
    kind_of,
    resource_of,
)

ANY = st.text() | st.text("./%?#&=:;@\\ \r\n\0a", max_size=6) | st.text(st.characters(), max_size=4)
RULE = "give one that is not empty, . or .., without / and %"


def test_a_path_names_the_kind_the_namespace_and_the_object() -> None:
    assert SERVICES.path() == "/api/v1/services"
    assert SERVICES.path("default") == "/api/v1/namespaces/default/services"
    assert (
        DEPLOYMENTS.path("default", "httpbin-0") == "/apis/apps/v1/namespaces/default/deployments/httpbin-0"
    )
    assert ROUTEMAPS.path("a", "b", "status") == (
        "/apis/iter8.tools/v1alpha1/namespaces/a/routemaps/b/status"
    )


@pytest.mark.parametrize("namespace", [None, "", "default"])
def test_the_path_of_a_kind_without_namespace_has_none(namespace: str | None) -> None:
    root = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    assert WEBHOOK_CONFIGURATIONS[0].path(namespace) == root
    assert WEBHOOK_CONFIGURATIONS[0].path(namespace, "teal") == f"{root}/teal"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../services/a", "a%2fb", "%"])
def test_a_name_that_no_object_can_have_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"^name ") as caught:
        SERVICES.path("default", name)
    assert str(caught.value) == f"name {name!r}: no object can have it; {RULE}"
    with pytest.raises(ValueError, match=r"^namespace ") as caught:
        SERVICES.path(name, "httpbin-0")
    assert str(caught.value) == f"namespace {name!r}: no object can have it; {RULE}"


def test_a_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="no object can have it; give one that is valid Unicode"):
        SERVICES.path("default", "\ud800")


def test_an_object_of_a_namespaced_kind_needs_a_namespace() -> None:
    with pytest.raises(ValueError, match=r"^Service 'a': its path needs a namespace$"):
        SERVICES.path(None, "a")


def test_a_subresource_is_one_of_few_words() -> None:
    with pytest.raises(ValueError, match=r"^subresource 'proxy\?x': give one of status, scale, binding,"):
        SERVICES.path("default", "a", "proxy?x")


@given(
    st.sampled_from([SERVICES, ROUTEMAPS, *WEBHOOK_CONFIGURATIONS]),
    ANY,
    ANY,
    st.sampled_from(["", *SUBRESOURCES]),
)
@example(SERVICES, "default", "?watch=true&x=", "")
@example(SERVICES, "default", "a\r\nHost: b", "")
@example(SERVICES, "default", "..#", "status")
def test_any_path_leads_to_the_named_object_or_nowhere(
    resource: Resource, namespace: str, name: str, subresource: str
) -> None:
    try:
        path = resource.path(namespace, name, subresource)
    except ValueError:
        return
    address = urlsplit(f"https://server{path}")
    assert (address.netloc, address.path, address.query, address.fragment) == ("server", path, "", "")
    assert path.isascii()
    assert path.isprintable()
    assert " " not in path
    kind = resource.path()
    group = kind.removesuffix(f"/{resource.plural}")
    assert path.startswith(group)
    segments = [unquote(segment) for segment in path.removeprefix(group).split("/")[1:]]
    within = ["namespaces", namespace] if resource.namespaced else []
    assert segments == [*within, resource.plural, name, *([subresource] if subresource else [])]


def test_a_kind_has_its_group_and_the_cores_none() -> None:
    assert (ROUTEMAPS.group, SERVICES.group) == (names.GROUP, "")


def test_a_workload_is_of_the_kind_that_its_resource_says_or_of_one_that_is_ready_by_its_condition() -> None:
    rollouts = Resource("argoproj.io/v1alpha1", "Rollout", "rollouts")
    assert [kind_of(kind.resource) for kind in WORKLOADS] == [*WORKLOADS]
    assert kind_of(rollouts) == WorkloadKind(rollouts, "Ready")
    assert [kind.called("a") for kind in WORKLOADS] == ["deployment/a", "statefulset/a"]
    assert kind_of(rollouts).called("a") == "Rollout.v1alpha1.argoproj.io/a"
    assert [resource_of({"kind": kind}) for kind in ("StatefulSet", "Rollout")] == [
        WORKLOADS[1].resource,
        DEPLOYMENTS,
    ]

"""Values of Iter8's charts routing-actions (0.1.3) and release (1.1.0), as what these have Iter8 route."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.migrating.charts import of_values
from routing.migrating.scene import NotMigratedError
from routing.reading.parse import parse_routemap, parse_weight_override
from tests.unit.routing.iter8s import HOSTS, spec, weights

if TYPE_CHECKING:
    from routing.migrating.scene import Migrated
    from tests.unit.routing.manifests import Manifest

TEST = [{"headers": {"traffic": {"exact": "test"}}}]
PUT = {"method": {"exact": "PUT"}}
ISTIO = {"hosts": HOSTS, "gateways": ["mm-gateway", "mesh"]}


def actions(**values: Any) -> Manifest:
    """Return values of routing-actions, those of Iter8's tutorial."""
    own = {"appType": "deployment", "appName": "httpbin", "action": "initialize", "strategy": "blue-green"}
    return {**own, **values}


def released(*versions: Any, environment: Any = "deployment-istio", **application: Any) -> Manifest:
    """Return values of release; without versions two of them."""
    listed = versions or (
        {"metadata": {"name": "httpbin-0"}, "port": 8080},
        {"image": "httpbin", "port": 8080},
    )
    named = {"metadata": {"name": "httpbin"}, "strategy": "blue-green", "versions": [*listed], **application}
    return {"environment": environment, "application": named}


def migrated(values: Manifest, asked: str = "") -> Migrated:
    found = of_values(values)
    assert found is not None
    return found(values, asked)


def named(first: Any = 50, second: Any = 50, **more: Any) -> list[Manifest]:
    return [{"name": "httpbin-0", "weight": first}, {"name": "httpbin-1", "weight": second, **more}]


CANARY = named(100, 0, match=TEST)
COPIES = [{"name": "httpbin-0"}, {"name": "httpbin-1", "weight": 100}]
SAID: list[tuple[str, Manifest, Manifest]] = [
    ("the tutorial's", actions(), {"strategy": "blue-green", "versions": named(), **ISTIO}),
    (
        "a port, a Gateway and versions",
        actions(
            appPort=8080,
            externalGateway="edge/web",
            appVersions=[{"name": "shop", "weight": 1}, {"namespace": "default", "weight": 3}],
        ),
        {
            "strategy": "blue-green",
            "versions": [{"name": "shop", "weight": 1}, {"name": "httpbin-1", "weight": 3}],
            "hosts": HOSTS,
            "gateways": ["edge/web", "mesh"],
            "port": 8080,
        },
    ),
    ("canary", actions(strategy="canary"), {"strategy": "canary", "versions": CANARY, **ISTIO}),
    (
        "canary with one alternative without a list",
        actions(strategy="canary", appVersions=[{}, {"match": PUT}]),
        {"strategy": "canary", "versions": named(100, 0, match=[PUT]), **ISTIO},
    ),
    ("mirror", actions(strategy="mirror"), {"strategy": "mirror", "versions": COPIES, **ISTIO}),
    (
        "release",
        {**released(), "gateway": "web"},
        {
            "strategy": "blue-green",
            "versions": named(),
            "hosts": HOSTS,
            "gateways": ["web", "mesh"],
            "port": 8080,
        },
    ),
    (
        "release without a port",
        released({"weight": 10}, {"weight": 90}),
        {
            "strategy": "blue-green",
            "versions": named(10, 90),
            "hosts": HOSTS,
            "gateways": ["mesh"],
            "port": 80,
        },
    ),
    (
        "release, canary by HTTPRoute",
        released(
            {},
            {"matches": [{"headers": [{"name": "Traffic", "value": "test"}]}]},
            environment="deployment-gtw",
            strategy="canary",
            port=80,
        ),
        {
            "strategy": "canary",
            "router": "HTTPRoute",
            "versions": CANARY,
            "hosts": HOSTS,
            "gateways": ["mesh"],
            "port": 80,
        },
    ),
]


@pytest.mark.parametrize("case", SAID, ids=[each[0] for each in SAID])
def test_values_are_what_the_chart_makes_of_them(case: tuple[str, Manifest, Manifest]) -> None:
    _, values, wanted = case
    found = migrated(values)
    assert spec(found) == wanted
    assert (found.name, found.namespace, found.left, found.remarks) == ("httpbin", "default", (), ())
    assert found.routemap is not None
    parse_routemap(found.routemap)


@pytest.mark.parametrize(("strategy", "wanted"), [("blue-green", [0, 1]), ("canary", []), ("mirror", [1])])
def test_what_the_chart_has_iter8_watch_is_named(strategy: str, wanted: list[int]) -> None:
    found = migrated(actions(strategy=strategy))
    configs = [f"httpbin-{index}-weight-config" for index in wanted]
    assert found.config_maps == ("httpbin-routemap", *configs)
    assert found.objects == (
        ("Deployment", "httpbin-0"),
        ("Deployment", "httpbin-1"),
        *(("ConfigMap", name) for name in configs),
    )


def test_modified_weights_are_a_weight_override() -> None:
    values = actions(action="modify-weights", appVersions=[{"weight": 20}, {"weight": 80}, {"weight": 0}])
    found = migrated(values, "shop")
    assert weights(found) == {"httpbin-0": 20, "httpbin-1": 80}
    assert (found.routemap, found.namespace) == (None, "shop")


@pytest.mark.parametrize(("given", "wanted"), [({}, 100), ({"mirrorPercentage": 30}, 30)])
def test_a_modified_percentage_of_copies_is_one_of_the_candidates(given: Manifest, wanted: int) -> None:
    values = actions(action="modify-weights", strategy="mirror", **given)
    assert weights(migrated(values)) == {"httpbin-1": wanted}


def test_a_weight_of_zero_is_what_the_chart_makes_of_it() -> None:
    found = migrated(actions(appVersions=[{}, {"weight": 0}]))
    assert spec(found)["versions"] == named()
    assert found.remarks == (
        "appVersions[1].weight: 0 is not given to Iter8's chart, which makes it 50, and so it is here",
    )


def test_the_namespace_is_the_applications_or_the_one_asked_for() -> None:
    assert migrated(actions(), "shop").namespace == "shop"
    assert spec(migrated(actions(), "shop"))["hosts"][0] == "httpbin.shop"
    about = {"name": "httpbin", "namespace": "pay"}
    assert migrated(released(metadata=about), "shop").namespace == "pay"


def test_what_is_no_values_file_of_iter8s_is_none() -> None:
    assert of_values({}) is None
    assert of_values({"appName": "httpbin"}) is None
    assert of_values({"environment": "deployment-istio"}) is None
    assert of_values({**actions(), "kind": "Deployment"}) is None
    assert of_values({**released(), "apiVersion": "v1"}) is None


NAMED = "use at most 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit"
REFUSED: list[tuple[str, Manifest, str]] = [
    (
        "KServe",
        actions(appType="kserve"),
        (
            'appType: "kserve" is KServe\'s, and is not migrated; in its Standard mode write the Routemap '
            "by hand (docs/strategies.md, Kinds of your own), else leave it to Iter8"
        ),
    ),
    (
        "no strategy",
        actions(strategy="none"),
        'strategy: "none": Iter8 routes nothing by it; bring the application in by teal init APP',
    ),
    (
        "another strategy",
        actions(strategy=["canary"]),
        'strategy: ["canary"] is not a strategy; use blue-green, canary, mirror',
    ),
    ("no name", actions(appName="Http bin"), f'appName: "Http bin" is no application\'s name; {NAMED}'),
    (
        "another action",
        actions(action="delete"),
        'action: "delete" is none of the chart\'s; use initialize or modify-weights',
    ),
    (
        "no weights to modify",
        actions(action="modify-weights"),
        "appVersions: none has a weight, so Iter8 changes none; give each its weight",
    ),
    (
        "a version in another namespace",
        actions(appVersions=[{"namespace": "shop"}]),
        (
            'appVersions[0].namespace: "shop" is not "default"; a version is in its Routemap\'s namespace: '
            "move it there, or give -n"
        ),
    ),
    (
        "a version's name that is none",
        actions(appVersions=[{"name": [7]}]),
        f'Routemap httpbin would be refused: spec.versions[0].name: "[7]" is not a Service\'s name; {NAMED}',
    ),
    (
        "no strategy of a release",
        released(strategy=None),
        "application.strategy: null: Iter8 routes nothing by it; bring the application in by teal init APP",
    ),
    (
        "another environment",
        released(environment=["kserve"]),
        (
            'environment: ["kserve"] has nothing that Teal can take over; it has with deployment-istio and '
            "deployment-gtw"
        ),
    ),
    (
        "no name of a release",
        released(metadata={}),
        (
            "application.metadata.name: missing, so the chart takes the release's; give it, or pipe "
            "`helm template NAME …` into `teal migrate -f -`"
        ),
    ),
    (
        "a released version in another namespace",
        released({"metadata": {"namespace": "shop"}}),
        (
            'application.versions[0].metadata.namespace: "shop" is not "default"; a version is in its '
            "Routemap's namespace: move it there, or give -n"
        ),
    ),
    (
        "no version",
        released(versions=[]),
        "Routemap httpbin would be refused: spec.versions: nothing is listed; list 1 to 8",
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=[each[0] for each in REFUSED])
def test_what_can_not_be_migrated_of_values_is_told_by_its_field(case: tuple[str, Manifest, str]) -> None:
    _, values, wanted = case
    with pytest.raises(NotMigratedError) as caught:
        migrated(values)
    assert caught.value.told == (wanted,)


def test_what_a_routemap_can_not_say_of_a_release_is_told() -> None:
    other = {"deploymentSpecification": {"metadata": {"name": "pay"}}, "port": 81}
    assert migrated(released({}, other)).left == (
        (
            'application.versions[1].deploymentSpecification.metadata.name: "pay" is not "httpbin-1"; a '
            "version's Deployment and Service both bear its name: rename it"
        ),
        "application.versions: ports 80 and 81; a Routemap has one for all: give their Services one port",
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("name", "namespace", "weight", "match", "matches", "metadata", "port", "serviceSpecification")
VERSIONS = VALUES | st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, VALUES)), max_size=3)
OF_ACTIONS = ("appType", "appPort", "externalGateway", "mirrorPercentage")


def told(values: Manifest) -> None:
    """What the webhook takes comes of values, or sentences; nothing else."""
    try:
        found = migrated(values)
    except NotMigratedError as error:
        refusal = error.told
    else:
        refusal = ("",)
        if found.routemap is not None:
            parse_routemap(found.routemap)
        if found.override is not None:
            parse_weight_override(found.override)
        assert json.dumps(found.made)
    assert refusal


@given(
    st.sampled_from(["initialize", "modify-weights"]) | VALUES,
    st.sampled_from(["blue-green", "canary", "mirror"]) | VALUES,
    VERSIONS,
    st.fixed_dictionaries({}, optional=dict.fromkeys(OF_ACTIONS, VALUES)),
)
def test_any_values_of_routing_actions_end_in_sentences(
    action: Any, strategy: Any, versions: Any, more: Manifest
) -> None:
    told(actions(action=action, strategy=strategy, appVersions=versions, **more))


@given(
    st.sampled_from(["deployment-istio", "deployment-gtw"]) | VALUES,
    st.sampled_from(["blue-green", "canary", "mirror"]) | VALUES,
    VERSIONS,
    st.fixed_dictionaries({}, optional=dict.fromkeys(["metadata", "port"], VALUES)),
)
def test_any_values_of_release_end_in_sentences(
    environment: Any, strategy: Any, versions: Any, more: Manifest
) -> None:
    told(released(environment=environment, **{"strategy": strategy, "versions": versions, **more}))

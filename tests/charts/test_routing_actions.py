"""The chart routing-actions: Iter8's values in, objects that Teal accepts out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from routing import names
from routing.reading.defaults import GATEWAYS
from routing.reading.parse import parse_routemap, parse_weight_override
from routing.routes import ROUTERS
from routing.routes.exposure import Exposure
from tests.charts.helm import one
from tests.unit.routing.setting_examples import EVERYTHING
from tools.charts.repository import CHARTS

if TYPE_CHECKING:
    from tests.charts.helm import Helm, Manifest

TUTORIAL = {"appType": "deployment", "appName": "httpbin", "strategy": "blue-green"}
INITIALIZE = {**TUTORIAL, "action": "initialize"}
MODIFY = {**TUTORIAL, "action": "modify-weights"}


def render(helm: Helm, values: dict[str, Any], namespace: str = "default") -> list[Manifest]:
    return helm.render("routing-actions", values, release="routing", namespace=namespace)


def weights(helm: Helm, listed: list[dict[str, Any]]) -> tuple[dict[str, int], dict[str, int]]:
    """Return what both actions make of appVersions, each as its parser understands it."""
    routemap = parse_routemap(one(render(helm, {**INITIALIZE, "appVersions": listed}), "Routemap", "httpbin"))
    override = one(render(helm, {**MODIFY, "appVersions": listed}), "WeightOverride", "httpbin")
    initial = {version.name: version.weight for version in routemap.versions}
    return initial, dict(parse_weight_override(override).weights)


def test_initialize_renders_the_tutorials_routing(helm: Helm) -> None:
    manifests = render(helm, INITIALIZE)
    assert [(item["kind"], item["metadata"]["name"]) for item in manifests] == [
        ("Service", "httpbin"),
        ("Gateway", "httpbin"),
        ("Routemap", "httpbin"),
    ]
    assert one(manifests, "Routemap", "httpbin")["spec"] == {
        "strategy": "blue-green",
        "versions": [{"name": "httpbin-0", "weight": 50}, {"name": "httpbin-1", "weight": 50}],
        "gateways": ["httpbin", *GATEWAYS],
    }


def test_the_gateway_is_for_the_applications_own_hosts(helm: Helm) -> None:
    gateway = one(render(helm, INITIALIZE, "shop"), "Gateway", "httpbin")
    assert gateway["apiVersion"] == "networking.istio.io/v1"
    (server,) = gateway["spec"]["servers"]
    assert gateway["spec"]["selector"] == {"istio": "ingressgateway"}
    assert server["port"] == {"number": 80, "name": "http", "protocol": "HTTP"}
    assert server["hosts"] == list(names.default_hosts("httpbin", "shop"))


@pytest.mark.parametrize(("values", "port"), [({}, 80), ({"appPort": 8080}, 8080)])
def test_the_application_is_called_by_a_service_of_its_name(
    helm: Helm, values: dict[str, Any], port: int
) -> None:
    spec = one(render(helm, {**INITIALIZE, **values}), "Service", "httpbin")["spec"]
    assert spec == {
        "type": "ExternalName",
        "externalName": "istio-ingressgateway.istio-system.svc.cluster.local",
        "ports": [{"name": "http", "port": port}],
    }


def test_a_port_reaches_the_routemap(helm: Helm) -> None:
    assert "port" not in one(render(helm, INITIALIZE), "Routemap", "httpbin")["spec"]
    assert one(render(helm, {**INITIALIZE, "appPort": 8080}), "Routemap", "httpbin")["spec"]["port"] == 8080


def test_an_external_gateway_is_used_and_none_rendered(helm: Helm) -> None:
    manifests = render(helm, {**INITIALIZE, "externalGateway": "istio-system/shared"})
    assert [item["kind"] for item in manifests] == ["Service", "Routemap"]
    assert manifests[1]["spec"]["gateways"] == ["istio-system/shared", "mesh"]


def test_hosts_and_times_reach_the_routemap_and_hosts_the_gateway(helm: Helm) -> None:
    hosts = ["shop.example.com", "*.shop.example.com", "httpbin.default"]
    manifests = render(helm, {**INITIALIZE, "hosts": hosts, "drainSeconds": 0, "settleSeconds": 0})
    parsed = parse_routemap(one(manifests, "Routemap", "httpbin"))
    assert (list(parsed.hosts), parsed.drain_seconds, parsed.settle_seconds) == (hosts, 0, 0)
    assert one(manifests, "Gateway", "httpbin")["spec"]["servers"][0]["hosts"] == hosts


def test_times_that_are_left_out_are_the_rule_books(helm: Helm) -> None:
    spec = one(render(helm, INITIALIZE), "Routemap", "httpbin")["spec"]
    assert not {"hosts", "drainSeconds", "settleSeconds"} & set(spec)


def test_gateways_that_are_given_are_all_there_are(helm: Helm) -> None:
    manifests = render(helm, {**INITIALIZE, "gateways": ["mesh"]})
    assert [item["kind"] for item in manifests] == ["Service", "Routemap"]
    assert manifests[1]["spec"]["gateways"] == ["mesh"]


@pytest.mark.parametrize("router", ["HTTPRoute", "GRPCRoute"])
def test_a_gateway_whose_controller_is_no_mesh_is_the_only_parent(helm: Helm, router: str) -> None:
    """Of a Service Envoy Gateway says nothing, so a route that has it for a parent would never be taken."""
    by_gateway_api = {**INITIALIZE, "router": router, "appPort": 80}
    manifests = render(helm, {**by_gateway_api, "gateways": ["infra/web"]})
    # The Service would lead to Istio's ingress gateway, which need not be there.
    assert [item["kind"] for item in manifests] == ["Routemap"]
    asked = parse_routemap(manifests[0])
    (parent,) = ROUTERS[router].render(asked, [Exposure("httpbin-0", 100)])["spec"]["parentRefs"]
    assert (parent["kind"], parent["namespace"], parent["name"]) == ("Gateway", "infra", "web")
    # With externalGateway it is in the mesh, too, as by a VirtualService.
    beside = render(helm, {**by_gateway_api, "externalGateway": "infra/web"})
    assert [item["kind"] for item in beside] == ["Service", "Routemap"]
    assert beside[1]["spec"]["gateways"] == ["infra/web", "mesh"]


def test_connections_are_split_by_the_routemap_alone(helm: Helm) -> None:
    [routemap] = render(helm, INITIALIZE | {"protocol": "TCP"})
    assert routemap["spec"]["protocol"] == parse_routemap(routemap).protocol == "TCP"
    assert routemap["spec"]["gateways"] == ["mesh"]


def test_a_version_of_the_applications_name_keeps_its_service(helm: Helm) -> None:
    """A running application is brought in: what callers call is the first version's Service."""
    listed = [{"name": "httpbin", "weight": 100}, {"name": "httpbin-next", "weight": 0}]
    manifests = render(helm, {**INITIALIZE, "appVersions": listed})
    assert [item["kind"] for item in manifests] == ["Gateway", "Routemap"]
    assert [version["name"] for version in manifests[1]["spec"]["versions"]] == ["httpbin", "httpbin-next"]


def test_modify_weights_renders_the_override_and_nothing_else(helm: Helm) -> None:
    (override,) = render(helm, {**MODIFY, "appVersions": [{"weight": 20}, {"weight": 80}]})
    assert (override["kind"], override["metadata"]["name"]) == ("WeightOverride", "httpbin")
    assert override["spec"]["weights"] == [
        {"version": "httpbin-0", "weight": 20},
        {"version": "httpbin-1", "weight": 80},
    ]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([], {"httpbin-0": 50, "httpbin-1": 50}),
        ([{}, {}], {"httpbin-0": 50, "httpbin-1": 50}),
        ([{"weight": 0}, {"weight": 100}], {"httpbin-0": 0, "httpbin-1": 100}),
        ([{"weight": 20}, {}], {"httpbin-0": 20, "httpbin-1": 50}),
        ([{"name": "old", "weight": 20}, {"name": "new"}], {"old": 20, "new": 50}),
        ([{"weight": 100}], {"httpbin-0": 100}),
        ([{}, {}, {"weight": 1}], {"httpbin-0": 50, "httpbin-1": 50, "httpbin-2": 1}),
        ([{"weight": 1000000}, {"weight": 20.0}], {"httpbin-0": 1000000, "httpbin-1": 20}),
        ([{}] * 8, {f"httpbin-{number}": 50 for number in range(8)}),
        ([{"name": "true", "weight": 1}, {"name": "null"}], {"true": 1, "null": 50}),
        ([{"name": "0", "weight": 1}, {"name": "1a"}], {"0": 1, "1a": 50}),
    ],
)
def test_weights_arrive_as_they_are_written(
    helm: Helm, listed: list[dict[str, Any]], expected: dict[str, int]
) -> None:
    assert weights(helm, listed) == (expected, expected)


@pytest.mark.parametrize("values", [INITIALIZE, MODIFY])
def test_everything_names_its_namespace_and_no_key_that_is_teals(helm: Helm, values: dict[str, Any]) -> None:
    for item in render(helm, values, "123"):
        assert item["metadata"]["namespace"] == "123", "with another --namespace, kubectl refuses"
        assert item["metadata"]["labels"] == {
            "helm.sh/chart": "routing-actions-0.1.0",
            "app.kubernetes.io/name": "httpbin",
            "app.kubernetes.io/instance": "routing",
            "app.kubernetes.io/managed-by": "Helm",
        }


def test_only_action_and_name_are_needed(helm: Helm) -> None:
    assert render(helm, {"appName": "httpbin", "action": "initialize"}) == render(helm, INITIALIZE)
    nothing = {"strategy": None, "appType": None, "appVersions": None, "externalGateway": None}
    assert render(helm, {**INITIALIZE, **nothing}) == render(helm, INITIALIZE)


def test_iter8s_version_is_accepted(helm: Helm) -> None:
    assert render(helm, {**INITIALIZE, "iter8Version": "v0.16"}) == render(helm, INITIALIZE)


def versions(**entry: Any) -> dict[str, Any]:
    return {"appVersions": [{}, entry]}


REFUSED: list[tuple[dict[str, Any], str]] = [
    (versions(weight="banana"), "- at '/appVersions/1/weight': got string, want integer"),
    (versions(weight="80"), "- at '/appVersions/1/weight': got string, want integer"),
    (versions(weight=1.5), "- at '/appVersions/1/weight': got number, want integer"),
    (versions(weight=None), "- at '/appVersions/1/weight': got null, want integer"),
    (versions(weight=True), "- at '/appVersions/1/weight': got boolean, want integer"),
    (versions(wieght=5), "- at '/appVersions/1': additional properties 'wieght' not allowed"),
    ({"appverions": []}, "- at '': additional properties 'appverions' not allowed"),
    ({"action": None}, "- at '/action': got null, want string"),
    ({"appName": 7}, "- at '/appName': got number, want string"),
    ({"appPort": "http"}, "- at '/appPort': got string, want integer"),
    ({"drainSeconds": "1m"}, "- at '/drainSeconds': got string, want integer"),
    ({"settleSeconds": 0.5}, "- at '/settleSeconds': got number, want integer"),
    ({"hosts": "shop.example.com"}, "- at '/hosts': got string, want array"),
    ({"gateways": [{}]}, "- at '/gateways/0': got object, want string"),
    ({"rollout": []}, "- at '/rollout': got array, want object"),
    ({"enabled": "no"}, "- at '/enabled': got string, want boolean"),
]


@pytest.mark.parametrize(("values", "message"), REFUSED)
@pytest.mark.parametrize("good", [INITIALIZE, MODIFY], ids=["initialize", "modify-weights"])
def test_a_mistaken_value_is_refused_with_its_place(
    helm: Helm, good: dict[str, Any], values: dict[str, Any], message: str
) -> None:
    assert helm.refusal("routing-actions", {**good, **values}) == message


@pytest.mark.parametrize("missing", ["appName", "action"])
def test_what_has_no_default_is_asked_for(helm: Helm, missing: str) -> None:
    values = {key: value for key, value in INITIALIZE.items() if key != missing}
    assert helm.refusal("routing-actions", values) == f"- at '': missing property '{missing}'"


def test_lint_finds_nothing(helm: Helm) -> None:
    given = ("--set", "appName=httpbin", "--set", "action=initialize")
    done = helm.run("lint", "--strict", CHARTS / "routing-actions", *given)
    assert done.returncode == 0, done.stdout


def strategy(helm: Helm, name: str, **values: Any) -> list[dict[str, Any]]:
    """Return the versions of a strategy's Routemap, as they are rendered, after Teal has taken them."""
    manifest = one(render(helm, {**INITIALIZE, "strategy": name, **values}), "Routemap", "httpbin")
    assert parse_routemap(manifest).strategy == name
    versions: list[dict[str, Any]] = manifest["spec"]["versions"]
    return versions


TESTERS = {"headers": {"traffic": {"exact": "test"}}}


def test_a_canary_is_for_testers_and_its_match_may_stand_alone_as_in_iter8s_chart(helm: Helm) -> None:
    assert [version["weight"] for version in strategy(helm, "canary")] == [100, 0]
    for match in (TESTERS, [TESTERS]):
        assert strategy(helm, "canary", appVersions=[{}, {"match": match, "weight": 5}]) == [
            {"name": "httpbin-0", "weight": 100},
            {"name": "httpbin-1", "weight": 5, "match": [TESTERS]},
        ]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, [100, 100]),
        ({"mirrorPercentage": 30}, [30, 30]),
        ({"mirrorPercentage": 0}, [0, 0]),
        ({"mirrorPercentage": 30, "appVersions": [{}, {"weight": 5}, {}]}, [30, 5, 30]),
    ],
)
def test_copies_go_to_candidates_by_percentage(helm: Helm, values: dict[str, Any], wanted: list[int]) -> None:
    assert [version["weight"] for version in strategy(helm, "mirror", **values)] == wanted


def test_settings_and_routes_reach_the_routemap_as_they_are(helm: Helm) -> None:
    values = {**EVERYTHING, "routes": [{"name": "api", "match": [{"uri": {"exact": "/"}}], **EVERYTHING}]}
    manifest = one(render(helm, {**INITIALIZE, **values}), "Routemap", "httpbin")
    assert {key: manifest["spec"][key] for key in values} == values
    assert parse_routemap(manifest).routes[0].settings == parse_routemap(manifest).settings


ROLLOUT = CHARTS.parent / "samples" / "values" / "rollout.yaml"


@pytest.mark.parametrize(
    "router",
    [{}, *({"router": name, "appPort": 80} for name in ("HTTPRoute", "GRPCRoute"))],
    ids=["VirtualService", "HTTPRoute", "GRPCRoute"],
)
@pytest.mark.parametrize("name", ["blue-green", "canary", "mirror"])
def test_a_rollout_reaches_the_routemap_as_it_is(helm: Helm, name: str, router: dict[str, Any]) -> None:
    values = {**yaml.safe_load(ROLLOUT.read_text("utf-8")), "strategy": name, **router}
    manifest = one(render(helm, values), "Routemap", "httpbin")
    assert manifest["spec"]["rollout"] == values["rollout"]
    rollout = parse_routemap(manifest).rollout
    assert rollout is not None
    assert [step.share for step in rollout.steps] == [5, 25, 100]
    assert (rollout.by_order, len(rollout.checks), len(rollout.windows)) == (True, 2, 1)


def test_without_a_rollout_the_routemap_has_none(helm: Helm) -> None:
    given: tuple[dict[str, Any], ...] = ({}, {"rollout": {}}, {"rollout": None})
    for values in given:
        assert "rollout" not in one(render(helm, {**INITIALIZE, **values}), "Routemap", "httpbin")["spec"]


def test_an_override_has_no_rollout(helm: Helm) -> None:
    (override,) = render(helm, {**yaml.safe_load(ROLLOUT.read_text("utf-8")), "action": "modify-weights"})
    assert [*override["spec"]] == ["weights"]


def test_a_timeout_reaches_the_routemap(helm: Helm) -> None:
    manifest = one(render(helm, {**INITIALIZE, "timeout": "500ms"}), "Routemap", "httpbin")
    assert parse_routemap(manifest).settings.timeout == "500ms"

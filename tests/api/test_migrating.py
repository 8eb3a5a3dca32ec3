"""`teal migrate` on a real API server: what it says is played word by word, from Iter8 to Teal and back."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from routing import names
from routing.kinds import CONFIG_MAPS, DEPLOYMENTS, GATEWAYS, ROUTEMAPS, VIRTUAL_SERVICES
from tests.api.command_line import Bench, Ended
from tests.charts.kubectl import Kubectl
from tests.unit.routing import iter8s
from tools.local.programs import programs

if TYPE_CHECKING:
    from pathlib import Path

    from routing.kinds import Resource
    from tests.api.stage import Stage
    from tools.local.controlplane import ControlPlane

pytestmark = pytest.mark.usefixtures("controller")
FINALIZER = "iter8.tools/finalizer"
CONFIGS = ["httpbin-0-weight-config", "httpbin-1-weight-config", "httpbin-routemap"]


@pytest.fixture
def bench(plane: ControlPlane, stage: Stage, tmp_path: Path) -> Bench:
    """The tutorial's application, 50:80 by an annotation, as Iter8 v1.1 leaves it."""
    kubectl = Kubectl(programs() / "kubectl", plane.kubeconfig)
    stage.application()
    server = {"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": ["*"]}
    create(
        stage, GATEWAYS, {"name": "mm-gateway"}, spec={"selector": {"istio": "gateway"}, "servers": [server]}
    )
    for name in ("httpbin-0", "httpbin-1"):
        stage.version(name)
        held = {"metadata": {"finalizers": [FINALIZER]}}
        stage.cluster.merge(DEPLOYMENTS, stage.namespace, name, held, "")
        weight = {"iter8.tools/weight": "80"} if name == "httpbin-1" else {}
        create(
            stage,
            CONFIG_MAPS,
            {"name": f"{name}-weight-config", "annotations": weight, "finalizers": [FINALIZER]},
        )
    routemap(stage, iter8s.config_map())
    apply_as_iter8(stage, kubectl)
    return Bench(stage, kubectl, tmp_path)


def create(stage: Stage, resource: Resource, metadata: Any, **fields: Any) -> None:
    typed = {"apiVersion": resource.api_version, "kind": resource.kind}
    stage.cluster.create(
        resource, {**typed, "metadata": {"namespace": stage.namespace, **metadata}, **fields}
    )


def routemap(stage: Stage, manifest: Any) -> None:
    """Make a routemap of Iter8's for the application of this namespace."""
    here = json.loads(json.dumps(manifest).replace("default", stage.namespace))
    create(stage, CONFIG_MAPS, here["metadata"], data=here["data"], immutable=True)


def apply_as_iter8(stage: Stage, kubectl: Kubectl) -> None:
    """Do what Iter8's controller does whenever something has changed."""
    options = ("--server-side", "--field-manager=iter8-controller", "--force-conflicts", "-f-")
    kubectl("apply", "-n", stage.namespace, *options, manifest=iter8s_route(stage))


def iter8s_route(stage: Stage) -> Any:
    """Return what Iter8 makes of its template with both versions there."""
    text = iter8s.BLUE_GREEN.replace("default", stage.namespace)
    text = text.replace("{{ index .Weights 0 }}", "50").replace("{{ index .Weights 1 }}", "80")
    route = yaml.safe_load("\n".join(line for line in text.splitlines() if "{{" not in line))
    uid = (stage.get(CONFIG_MAPS, "httpbin-routemap") or {})["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "configmap", "name": "httpbin-routemap", "uid": uid}
    route["metadata"]["ownerReferences"] = [owner]
    return route


def migrated(bench: Bench) -> tuple[list[str], list[str]]:
    """Write down what is printed, without the time that draining takes; return the commands there and back.

    What is done to Iter8's controller, which is not here, is left out.
    """
    ended = bench.teal(["migrate"])
    assert ended.code == 0, ended
    manifests = [*yaml.safe_load_all(ended.out.replace("NAMESPACE", bench.stage.namespace))]
    manifests[0]["spec"] |= {"settleSeconds": 0, "drainSeconds": 0}
    (bench.folder / "teal.yaml").write_text(yaml.safe_dump_all(manifests))
    there, _, back = ended.err.partition("Back, ")
    return commands(there), commands(back)


def commands(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.startswith("     ")]
    return [line for line in lines if "ITER8" not in line and not line.startswith("teal lint")]


def play(bench: Bench, lines: list[str]) -> None:
    environment = {
        **os.environ,
        "PATH": f"{programs()}:{os.environ['PATH']}",
        "KUBECONFIG": str(bench.kubectl.kubeconfig),
    }
    for line in lines:
        command = line.replace("NAMESPACE", bench.stage.namespace).replace("FILE", "teal.yaml")
        command = command.replace("AGE", "60s")
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=bench.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def route(bench: Bench) -> Any:
    return bench.stage.get(VIRTUAL_SERVICES, "httpbin") or {}


def destinations(bench: Bench) -> list[tuple[str, int]]:
    (rule,) = route(bench)["spec"]["http"]
    return [(item["destination"]["host"].partition(".")[0], item["weight"]) for item in rule["route"]]


def test_an_application_of_iter8s_becomes_teals_and_iter8s_again(bench: Bench) -> None:
    stage, before = bench.stage, route(bench)
    kept = {name: (stage.get(CONFIG_MAPS, name) or {}).get("data") for name in CONFIGS}
    there, back = migrated(bench)
    apply = next(index for index, line in enumerate(there) if line.endswith("apply -f FILE"))
    play(bench, there[: apply + 1])
    stage.until("True", lambda: stage.condition("Conflict").get("status"))
    assert route(bench)["spec"] == before["spec"]
    foreseen = bench.teal(["diff", "-f", str(bench.folder / "teal.yaml")]).out
    assert "now   httpbin-0=38 httpbin-1=62\n  then  httpbin-0=38 httpbin-1=62\n" in foreseen
    play(bench, there[apply + 1 :])
    after = route(bench)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert [owner["kind"] for owner in after["metadata"]["ownerReferences"]] == ["Routemap"]
    assert destinations(bench) == [("httpbin-0", 38), ("httpbin-1", 62)]
    assert after["spec"]["gateways"] == ["mm-gateway", "mesh"]
    assert [stage.get(CONFIG_MAPS, name) for name in CONFIGS] == [None] * 3
    assert stage.finalizers(DEPLOYMENTS, "httpbin-1") == [names.MARK]
    play(bench, back)
    assert stage.get(ROUTEMAPS, "httpbin") is None
    given_back = route(bench)
    assert given_back["metadata"]["uid"] == before["metadata"]["uid"]
    assert "ownerReferences" not in given_back["metadata"]
    assert names.ROUTEMAP not in given_back["metadata"]["labels"]
    assert destinations(bench) == [("httpbin-0", 38), ("httpbin-1", 62)]
    assert stage.finalizers(DEPLOYMENTS, "httpbin-1") == []
    assert {name: (stage.get(CONFIG_MAPS, name) or {}).get("data") for name in CONFIGS} == kept
    apply_as_iter8(stage, bench.kubectl)
    assert route(bench)["spec"] == before["spec"]


def test_hosts_are_those_of_the_virtual_service_where_the_template_has_none(bench: Bench) -> None:
    stage = bench.stage
    template = yaml.safe_load(iter8s.rule())
    del template["spec"]["hosts"]
    manifest = iter8s.config_map(iter8s.version("httpbin-0"), template=yaml.safe_dump(template), name="other")
    stage.delete(CONFIG_MAPS, "httpbin-routemap")
    routemap(stage, manifest)
    ended = bench.teal(["migrate"])
    assert ended.code == 0, ended
    assert "\n  - httpbin.NAMESPACE\n" in ended.out


def test_what_may_not_be_read_is_left_out_and_said_to_be(bench: Bench) -> None:
    ended = bench.teal(["migrate"], [("", "configmaps", "list")])
    assert ended.code == 0
    assert [each["kind"] for each in yaml.safe_load_all(ended.out)] == ["Routemap"]
    assert ended.err.startswith("teal: left out: GET /api")
    assert 'configmaps "httpbin-0-weight-config" is forbidden: ' in ended.err


def test_a_namespace_without_anything_of_iter8s_is_said_to_be(
    plane: ControlPlane, stage: Stage, tmp_path: Path
) -> None:
    told = "no ConfigMap with the label iter8.tools/kind=routemap"
    wanted = Ended(2, "", f"teal: namespace NAMESPACE has no routemap of Iter8's: {told}\n")
    assert (
        Bench(stage, Kubectl(programs() / "kubectl", plane.kubeconfig), tmp_path).teal(["migrate"]) == wanted
    )

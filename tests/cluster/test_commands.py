"""Each command of `teal` on the real cluster, line by line: output, exit code, exactly its rights.

The lines are typed in this order: what one changes, the next takes back. In tests/api there are more of them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from cli.__main__ import COMMANDS
from cli.rights import RIGHTS
from kube.client import Cluster
from tests.api.command_line import ROUTEMAP, Bench
from tests.api.stage import Stage
from tests.charts.kubectl import Kubectl
from tests.cluster.command_lines import CHECKS, LINES
from tests.cluster.conftest import Shell
from tools.local.controlplane import free_port
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator

SPACE = "commands"
APPLICATION = """
kubectl create namespace {space} && kubectl label namespace {space} istio-injection=enabled
kubectl config set-context --current --namespace={space}
kubectl create service clusterip httpbin --tcp=80
for version in httpbin-0 httpbin-1; do
  kubectl create deployment $version --image=kennethreitz/httpbin --port=80
  kubectl label deployment $version iter8.tools/watch=true
  kubectl expose deployment $version --port=80
done
kubectl wait deployment --all --for=condition=Available --timeout=120s
kubectl apply -f - <<EOF
{routemap}
EOF
kubectl wait routemap/httpbin --for=condition=Complete --timeout=120s
"""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\dZ| UTC)")
_POD = re.compile(r"\bteal-[0-9a-z]+-[0-9a-z]{5}\b")
_IMAGE = re.compile(r"\(\S+/teal:\S+\)")
_WAITING = re.compile(r"^  … .*\n", re.MULTILINE)


def alike(text: str) -> str:
    """Return what is printed with times, pods and images named alike, and without what was waited for."""
    text = _WAITING.sub("", _IMAGE.sub("(IMAGE)", text))
    return _POD.sub("POD", _TIME.sub("TIME", text))


@pytest.fixture(scope="module")
def bench(installed: Shell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Teal, and one application for all, in a namespace whose pods have sidecars."""
    folder = tmp_path_factory.mktemp("commands")
    own = Shell(folder / "kubeconfig", installed.charts)
    own.kubeconfig.write_bytes(installed.kubeconfig.read_bytes())
    own.run(f"kubectl delete namespace {SPACE} --ignore-not-found --timeout=120s")
    own.run(APPLICATION.format(space=SPACE, routemap=ROUTEMAP))
    stage = Stage(Cluster(str(own.kubeconfig)), SPACE, exists=True)
    yield Bench(stage, Kubectl(programs() / "kubectl", own.kubeconfig), folder)
    own.run(f"kubectl delete namespace {SPACE} --wait=false")


def test_every_command_is_typed_here() -> None:
    typed = {line.split()[0] for line, *_ in LINES}
    assert COMMANDS.keys() - typed == {"doctor", "certs", "dashboard"}, "which have tests of their own below"


@pytest.mark.parametrize(("line", "rights", "code", "told"), LINES)
def test_a_line_prints_and_ends_as_it_is_told_to(
    bench: Bench, line: str, rights: str | None, code: int, told: str
) -> None:
    needs = [*RIGHTS[rights].needed, *RIGHTS[rights].more] if rights else []
    given = ROUTEMAP.replace("httpbin-0, weight: 50", "httpbin-0, weight: 20")
    done = bench.teal(line.split(), needs, given=given)
    assert (done.code, alike(done.out + done.err)) == (code, told)


def test_the_doctor_finds_all_well(bench: Bench) -> None:
    done = bench.teal(["doctor", "-o", "json"])
    found = json.loads(alike(done.out))
    assert (done.code, done.err, found["healthy"]) == (0, "", True)
    seen = {each["check"]: each["evidence"] for each in found["verdicts"]}
    assert seen.keys() == CHECKS.keys()
    assert {check: seen[check] for check, wanted in CHECKS.items() if wanted} == {
        check: wanted for check, wanted in CHECKS.items() if wanted
    }
    assert {each["judged"] for each in found["verdicts"]} == {"ok"}


def test_without_a_right_the_doctor_says_what_it_could_not_look_at(bench: Bench) -> None:
    done = bench.teal(["doctor", "-o", "json"], RIGHTS["status"].needed)
    judged = {each["check"]: each["judged"] for each in json.loads(done.out)["verdicts"]}
    assert done.code == 2
    assert {check for check, verdict in judged.items() if verdict == "unknown"} == {
        "admission",
        "installation",
        "leader",
        "certificates",
        "workloads",
        "injection in NAMESPACE",
    }


def test_the_certificates_are_told(bench: Bench) -> None:
    done = bench.teal(["certs", "status", "--namespace=teal-system"])
    assert (done.code, done.err) == (0, "")
    head, _, signer, serving, _, *pods = alike(done.out).splitlines()
    assert head == "Authorities (Secret teal-system/teal-ca)"
    assert (signer.split()[0], serving) == ("signer", "Serving certificates")
    assert [pod.split()[0] for pod in pods] == ["POD", "POD"]


def test_the_dashboard_is_served_to_its_user(bench: Bench) -> None:
    port = free_port()
    words = [
        "dashboard",
        f"--port={port}",
        f"--namespace={SPACE}",
        f"--kubeconfig={bench.kubectl.kubeconfig}",
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "cli", *words], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            [address] = re.findall(r"http://\S+", process.stdout.readline())
            with urlopen(address) as page:  # noqa: S310 - its scheme is in the line above
                assert (page.status, b"<title>" in page.read()) == (200, True)
        finally:
            process.terminate()

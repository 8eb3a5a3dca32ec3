from __future__ import annotations

from pathlib import Path

from tools.demo.closing import next_steps
from tools.demo.grounds import Ground
from tools.demo.shell import Shell
from tools.tutorial import steps

STEPS = {step.name: step for step in steps()}
SHELL = Shell(Path("kubeconfig"), Path("homes"), Path("programs"))
OURS = Ground(SHELL, "http://127.0.0.1:8879")


def test_commands_are_typed_as_written_but_for_the_charts() -> None:
    for step in STEPS.values():
        assert OURS.fitted(step) == step.command("http://127.0.0.1:8879")


def test_another_port_is_forwarded_where_the_tutorials_is_taken() -> None:
    ground = Ground(SHELL, "http://127.0.0.1:8879", port="40123")
    assert ground.fitted(STEPS["port-forward"]).endswith(" svc/istio-ingressgateway 40123:80")
    assert "localhost:40123" in ground.fitted(STEPS["request-outside"])


def test_an_image_is_named_in_the_installation_only() -> None:
    ground = Ground(SHELL, "http://127.0.0.1:8879", options=" --set image.tag=1")
    assert ground.fitted(STEPS["install"]).endswith(" --create-namespace --wait --set image.tag=1")
    assert "--set" not in ground.fitted(STEPS["uninstall"])


def test_what_can_be_done_next_on_the_local_cluster() -> None:
    commands = [command for command, _ in next_steps(OURS, teal=True)]
    assert commands[0] == "export KUBECONFIG=kubeconfig"
    assert commands[-1].endswith("make cluster-down")


def test_a_cluster_of_the_users_is_neither_ended_nor_pointed_at() -> None:
    commands = " ".join(command for command, _ in next_steps(Ground(SHELL, "", ours=False), teal=True))
    assert "make" not in commands
    assert "export" not in commands

"""Where the demo plays: on the local cluster, on one that the user has already, or on one without nodes."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tools.charts.repository import repository
from tools.demo.shell import DemoError, Shell
from tools.local import cluster
from tools.local.addons import SLEEP
from tools.local.controlplane import free_port
from tools.local.light import light_cluster
from tools.local.programs import programs
from tools.local.teal_image import ROOT, teal_image
from tools.tutorial import ROLLOUT, steps
from tools.tutorial.document import CHARTS_URL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.tutorial import Step

CLIENT_IMAGE = "docker.io/library/python:3"
"""For other clusters: the load needs Python in the pod, the tutorial curl; this image has both."""
_INGRESS = "svc/istio-ingressgateway"
_FORWARDED = "8080"


@dataclass(frozen=True)
class Ground:
    """A cluster to play on. `pods`: something runs in them. `ours`: nobody else's things are there."""

    shell: Shell
    charts: str
    pods: bool = True
    ours: bool = True
    client: str = os.path.relpath(SLEEP, ROOT)
    options: str = ""
    """What is added to `helm install`."""
    port: str = _FORWARDED
    """The port of this machine that the tutorial's port-forward takes."""
    judged: bool = False
    """A Prometheus counts the requests here, and Teal is told of it."""

    def fitted(self, step: Step) -> str:
        """Return a step's command as it is typed here."""
        command = step.command(self.charts).replace(_FORWARDED, self.port)
        return command + self.options if command.startswith("helm install ") else command

    @contextmanager
    def gateway(self) -> Iterator[str]:
        """Give the ingress gateway's URL, reachable from this machine until the context ends."""
        if self.ours:
            address = self.shell.ask(
                f"kubectl -n istio-system get {_INGRESS} -o jsonpath={{.spec.clusterIP}}"
            )
            yield f"http://{address}"
            return
        port = free_port()
        command = ["kubectl", "-n", "istio-system", "port-forward", _INGRESS, f"{port}:80"]
        with self.shell.start(command) as process:
            if process.stdout is None or not process.stdout.readline().startswith("Forwarding"):
                raise DemoError("The ingress gateway can't be reached by kubectl port-forward.")
            yield f"http://127.0.0.1:{port}"


@contextmanager
def local() -> Iterator[Ground]:
    """Start the local cluster unless it runs; it stays when the context ends."""
    layout = cluster.up()
    tag = teal_image().reference.rpartition(":")[2]
    with _shell(layout.kubeconfig, programs()) as shell, _charts(programs() / "helm", tag) as url:
        yield Ground(shell, url, port=_port())


def counted(ground: Ground) -> Ground:
    """Have a Prometheus count the requests on the local cluster; Teal is told of it when it is installed.

    Raises RuntimeError where there is none to be had.
    """
    if ground.shell.run("kubectl -n monitoring get deployment prometheus").code:
        cluster.prometheus()
    # A proxy is told at its start which figures to show.
    ground.shell.ask("kubectl delete pod -l app=sleep --ignore-not-found --grace-period=1")
    (told,) = (step for step in steps(ROLLOUT) if step.name == "ask-prometheus")
    _, _, options = told.template.partition("--wait")
    return replace(ground, options=options.replace("\\\n ", ""), judged=True)


@contextmanager
def light() -> Iterator[Ground]:
    """Run a cluster without nodes, and Teal, until the context ends."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="teal-demo-")))
        kubeconfig = stack.enter_context(light_cluster(folder))
        shell = stack.enter_context(_shell(kubeconfig, programs()))
        yield Ground(shell, stack.enter_context(_charts(programs() / "helm")), pods=False)


@contextmanager
def existing(context: str, image: str | None, client_image: str) -> Iterator[Ground]:
    """Use a context of the user's kubeconfig. Raises DemoError when it lacks what the tutorial needs."""
    for program in ("kubectl", "helm"):
        if shutil.which(program) is None:
            raise DemoError(f"There is no `{program}` on the PATH.")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="teal-demo-")))
        shell = stack.enter_context(_shell(_kubeconfig(context, folder)))
        check(shell)
        client = folder / "sleep.yaml"
        client.write_text(SLEEP.read_text().replace("docker.io/curlimages/curl", client_image))
        repository_, _, tag = (image or "").rpartition(":")
        options = f" --set image.repository={repository_} --set image.tag={tag}" if image else ""
        url = stack.enter_context(_charts(Path(shutil.which("helm") or "helm")))
        yield Ground(shell, url, ours=False, client=str(client), options=options, port=_port())


def check(shell: Shell) -> None:
    """Raise DemoError, with a sentence for each thing that a cluster lacks."""
    shell.ask("kubectl get namespace default -o name")
    missing = [sentence for command, sentence in _NEEDS if shell.run(command).code]
    if missing:
        raise DemoError(" ".join(missing))


_NEEDS = (
    ("kubectl get crd virtualservices.networking.istio.io", "Istio's kind VirtualService is missing."),
    (f"kubectl -n istio-system get {_INGRESS}", "istio-system has no Service istio-ingressgateway."),
    (
        "kubectl get namespace default --show-labels | grep -E 'istio-injection=enabled|istio.io/rev='",
        "Sidecars are not injected: kubectl label namespace default istio-injection=enabled.",
    ),
)


def _kubeconfig(context: str, folder: Path) -> Path:
    """Write a kubeconfig with that one context, its namespace `default`: commands can stay as written."""
    path = folder / "kubeconfig"
    user = Shell(Path(os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config"), folder)
    found = user.run(f"kubectl config view --raw --flatten --minify --context '{context}'")
    if found.code:
        raise DemoError(f"There is no usable context {context!r}: {found.printed.strip()}")
    config = yaml.safe_load(found.printed)
    config["current-context"] = context
    config["contexts"][0]["context"]["namespace"] = "default"
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(config))
    return path


@contextmanager
def _shell(kubeconfig: Path, folder: Path | None = None) -> Iterator[Shell]:
    with tempfile.TemporaryDirectory(prefix="teal-helm-") as homes:
        yield Shell(kubeconfig, Path(homes), folder)


@contextmanager
def _charts(helm: Path, tag: str | None = None) -> Iterator[str]:
    """Serve the charts where docs/tutorial.md has them, if that port is free."""
    with repository(helm, int(_port(CHARTS_URL.rpartition(":")[2])), tag) as url:
        yield url


def _port(wanted: str = _FORWARDED) -> str:
    """Return this port of loopback if it is free, another else."""
    try:
        with socket.create_server(("127.0.0.1", int(wanted))):
            return wanted
    except OSError:
        return str(free_port())

"""Plays a scenario on the local cluster under load from both sides, and notes what becomes of requests."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing import names
from tools.demo import clients
from tools.demo.answers import off
from tools.demo.leftovers import leftovers, removal
from tools.demo.shell import DemoError
from tools.demo.splits import Change, SplitWatch, Timeline
from tools.local import cluster
from tools.local.addons import SLEEP
from tools.local.faults import inside
from tools.local.layout import name_of_cluster
from tools.tutorial import CHARTS, steps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from tools.bench.traffic.scenario import Scenario
    from tools.demo.answers import Answer
    from tools.demo.clients import Client
    from tools.demo.grounds import Ground

HOST = "httpbin.default"
TESTING = ("traffic", "test")
"""The header by which requests go to a canary's candidate, where nothing else is said."""
MODULES = {
    "{local}": "tools.local",
    "{teal}": "cli",
    "{killed teal}": "tools.bench.traffic.cut_teal",
    "{jars}": "tools.bench.traffic.jars",
    "{copies}": "tools.bench.traffic.copies",
    "{streams}": "tools.bench.streams",
    "{protocols}": "tools.bench.streams.protocols",
}
"""What stands in commands for a program of this checkout."""
HEARD_SECONDS = 2.0
"""From a VirtualService's change to the proxies having heard, or to this process having heard of the change:
what is sent so close to one is not held against a weight."""
AFTER_SECONDS = 3.0
SPLIT_SECONDS = 120.0
CALM_SECONDS = 1.0
DRAINED_SECONDS = 50.0
"""From another mode of mutual TLS to proxies having closed the last connection of the one before: 45 s
(Istio's drainDuration), and a request may be under way on it."""
_CONTAINER = (
    "kubectl get pod -l app=sleep --field-selector status.phase=Running "
    "-o jsonpath='{.items[0].status.containerStatuses[?(@.name==\"sleep\")].containerID}'"
)
_GATEWAY = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "web", "namespace": "istio-system"},
    "spec": {
        "gatewayClassName": "istio",
        # The ingress gateway that is there. Without an address Istio would deploy another.
        "addresses": [{"type": "Hostname", "value": "istio-ingressgateway.istio-system.svc.cluster.local"}],
        "listeners": [
            {
                "name": "http",
                "port": 80,
                "protocol": "HTTP",
                "allowedRoutes": {"namespaces": {"from": "All"}},
            }
        ],
    },
}
_PEERS = {
    "apiVersion": "security.istio.io/v1",
    "kind": "PeerAuthentication",
    "metadata": {"name": "default"},
}
_STRATEGY = "strategy: blue-green"
_STEPS = {step.name: step.template for step in steps()}


@dataclass(frozen=True)
class Rate:
    """Requests a second, half of each side's on new connections."""

    inside: float = 200.0
    outside: float = 100.0


@dataclass(frozen=True)
class Outcome:
    """What came of a scenario. `waits`: each command with the seconds that it took."""

    title: str
    requests: int
    failures: tuple[str, ...]
    waits: tuple[tuple[str, float], ...]
    shares_off: tuple[str, ...]


class Traffic:
    """A cluster with Teal and the primary on it, on which scenarios are played one after the other."""

    def __init__(self, ground: Ground, drain_seconds: int, rate: Rate) -> None:
        layout = cluster.recorded(name_of_cluster())
        if layout is None:
            raise RuntimeError("no local cluster is running: `make cluster` starts one")
        self._layout = layout
        self._ground, self._shell = ground, ground.shell
        self._drain_seconds, self._rate = drain_seconds, rate
        self._changes: list[Change] = []

    def prepare(self, options: str = "") -> None:
        """Install Teal and deploy the primary; what an earlier run left goes first.

        `options` are added to `helm install`.
        """
        for command in removal(leftovers(self._shell)):
            self.ask(command)
        self._shell.run("helm delete teal --namespace teal-system")
        self.ask(_STEPS["install"].rstrip() + options)
        self.ask(_STEPS["deploy-primary"])
        self.ask(f"kubectl apply -f {SLEEP}")
        self.ask("kubectl rollout status deployment/sleep deployment/httpbin-0 --timeout=120s")

    def play(self, scenario: Scenario) -> Outcome:
        """Play one. Raises DemoError when a command fails or the split does not become as it should."""
        with self._mutual_tls(scenario.mtls):
            return self._play(scenario)

    def _play(self, scenario: Scenario) -> Outcome:
        self.begin(scenario.router, scenario.strategy)
        timeline = Timeline(self._changes.append)
        watch = SplitWatch(self._shell.environment, timeline, scenario.router)
        try:
            with self.loaded(scenario) as running:
                begin, waits = time.monotonic(), []
                for command in (*scenario.given, *scenario.commands):
                    entered = time.monotonic()
                    self.ask(command)
                    waits.append((command, entered, time.monotonic() - entered))
                if timeline.until(scenario.split, SPLIT_SECONDS) is None:
                    raise DemoError(f"{scenario.title}: the split is {dict(timeline.last.split)}")
                time.sleep(AFTER_SECONDS)
        finally:
            watch.close()
            self.end()
        entered_at = [(entered, command) for command, entered, _ in waits]
        failed = [each for client in running.values() for each in client.tally.failures if each.sent >= begin]
        complaints = [client.complaint for client in running.values() if client.complaint]
        return Outcome(
            title=scenario.title,
            requests=len(failed) + sum(c.tally.versions(begin).total() for c in running.values()),
            failures=(*(_told(each, entered_at) for each in failed), *complaints),
            waits=tuple((command, took) for command, _, took in waits[len(scenario.given) :]),
            shares_off=tuple(shares_off(self._changes, running.values())),
        )

    def begin(self, router: str = names.VIRTUAL_SERVICE, strategy: str = "blue-green") -> None:
        """Make the routing anew, by a router and a strategy: no scenario sees what another left."""
        self._changes.clear()
        # A reconciler that was killed or paused may still wait for kubelet to start it again.
        self.ask("kubectl -n teal-system rollout status deployment teal --timeout=300s")
        # One way in at a time: of two Gateways for the same hosts neither is sure to have them.
        by_router = ""
        if router != names.VIRTUAL_SERVICE:
            self.ask("kubectl delete gateways.networking.istio.io httpbin --ignore-not-found")
            self.ask(f"kubectl apply -f - <<EOF\n{json.dumps(_GATEWAY)}\nEOF")
            by_router = f"\nappPort: 80\nrouter: {router}\nexternalGateway: istio-system/web"
        self.ask(_STEPS["initialize"].replace(_STRATEGY, f"strategy: {strategy}{by_router}"))
        spec = f'{{"spec":{{"drainSeconds":{self._drain_seconds}}}}}'
        self.ask(f"kubectl patch routemap httpbin --type=merge -p '{spec}'")
        self.ask("kubectl wait --for=condition=Ready routemap/httpbin --timeout=120s")

    def end(self) -> None:
        """Remove all but the primary; the way in, Gateway and Service, can stay for the next scenario."""
        self.ask("kubectl delete routemap httpbin --ignore-not-found --timeout=120s")
        names = " ".join(
            f"{kind}/httpbin-{number}"
            for kind in ("deployment", "statefulset", "service")
            for number in (1, 2)
        )
        self.ask(f"kubectl delete {names} --ignore-not-found --timeout=120s")
        # A pod that still ends would be taken for one of the next candidate. Nobody asks it any more, and
        # once its ReplicaSet has gone nobody makes another.
        of_these = "--selector='app in (httpbin-1,httpbin-2)'"
        self.ask(f"kubectl wait --for=delete replicaset {of_these} --timeout=120s")
        self.ask(f"kubectl delete pod {of_these} --grace-period=1 --wait=false")
        self.ask(f"kubectl wait --for=delete pod {of_these} --timeout=120s")
        if "ExternalName" not in self._shell.ask("kubectl get service httpbin -o jsonpath={.spec.type}"):
            self.ask("kubectl delete service httpbin")

    @contextmanager
    def _mutual_tls(self, mode: str) -> Iterator[None]:
        """Have pods ask for mutual TLS in a mode until the context ends; "": as Istio does by itself."""
        if not mode:
            yield
            return
        self.ask(f"kubectl apply -f - <<EOF\n{json.dumps(_PEERS | {'spec': {'mtls': {'mode': mode}}})}\nEOF")
        time.sleep(DRAINED_SECONDS)
        try:
            yield
        finally:
            self.ask("kubectl delete peerauthentications.security.istio.io default")
            time.sleep(DRAINED_SECONDS)

    @contextmanager
    def loaded(self, scenario: Scenario, testers: float = 0.0) -> Iterator[Mapping[str, Client]]:
        """Send requests from both sides until the context ends, from when they are answered.

        `testers`: so many a second have the header TESTING besides, from inside.
        """
        url = f"http://{HOST}/get"
        # Not by `kubectl exec`: the client would end with the API server.
        entered = inside(self._layout, self._shell.ask(_CONTAINER).partition("://")[2])
        commands = {"inside": [*entered, *clients.outside("python3", url, HOST, self._rate.inside)]}
        if testers:
            commands["testers"] = [*entered, *clients.outside("python3", url, HOST, testers, TESTING)]
        with self._ground.gateway() as gateway:
            if not scenario.only_inside:
                commands["outside"] = clients.outside(
                    sys.executable, f"{gateway}/get", HOST, self._rate.outside
                )
            with clients.load(self._shell, commands) as running:
                await_calm(running.values())
                yield running

    def ask(self, command: str) -> str:
        """Run a command, MODULES and the charts' place filled in. Raises DemoError when it fails."""
        for word, module in MODULES.items():
            command = command.replace(word, f"{sys.executable} -m {module}")
        return self._shell.ask(command.replace(CHARTS, self._ground.charts))


def shares_off(changes: Sequence[Change], running: Collection[Client]) -> Iterator[str]:
    """Yield a sentence for each time in which chance does not explain how often a version answered."""
    ends = [change.at for change in changes[1:]]
    for change, end in zip(changes, [*ends, time.monotonic()], strict=True):
        counts: Counter[str] = Counter()
        for client in running:
            counts += client.tally.versions(change.at + HEARD_SECONDS, end - HEARD_SECONDS)
        for version in off(change.split, counts) if change.split else ():
            yield f"{version} answered {counts[version]} of {counts.total()} requests at {change.split}"


def await_calm(running: Collection[Client]) -> None:
    """Wait until every client is answered: names and routes have reached DNS and proxies.

    Raises DemoError when that takes too long.
    """
    end = time.monotonic() + SPLIT_SECONDS
    while time.monotonic() < end:
        time.sleep(CALM_SECONDS)
        begin = time.monotonic() - CALM_SECONDS
        answered = all(client.tally.recent(begin) for client in running)
        failed = any(each.sent > begin for client in running for each in client.tally.failures)
        if answered and not failed:
            return
    raise DemoError("Requests fail before anything has been done.")


def _told(failure: Answer, entered: Sequence[tuple[float, str]]) -> str:
    at, command = max(
        (each for each in entered if each[0] <= failure.sent), default=(failure.sent, "nothing")
    )
    return f"{failure.sent - at:.2f} s after “{command.splitlines()[0]}”: {failure.what}"

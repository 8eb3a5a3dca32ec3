"""The tutorial's life of an application, by an HTTPRoute and through Envoy Gateway, under load."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing import names
from tools.bench.envoy_gateway.gateway import GATEWAY, PORT
from tools.bench.envoy_gateway.truth import asking
from tools.bench.traffic.copies import wrong
from tools.bench.traffic.play import AFTER_SECONDS, HOST, SPLIT_SECONDS, TESTING, await_calm, shares_off
from tools.demo import clients
from tools.demo.shell import DemoError
from tools.demo.splits import SplitWatch, Timeline
from tools.tutorial import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tools.bench.envoy_gateway.site import Site
    from tools.demo.clients import Client
    from tools.demo.splits import Change

PRIMARY, CANDIDATE = "httpbin-0", "httpbin-1"
DRAIN_SECONDS = 5
RATE = 100.0
"""Requests a second of each of two clients."""
URL = f"http://127.0.0.1:{PORT}/get"
_TESTERS_RATE = 10.0
_LOOK_SECONDS = 15.0
_COPIED = 30
_CLIENTS = 100
_STEPS = {step.name: step.template for step in steps()}
_MIRROR = (
    f"kubectl patch routemap httpbin --type=merge -p "
    f'\'{{"spec":{{"timeout":"5s","versions":[{{"name":"{PRIMARY}"}},'
    f'{{"name":"{CANDIDATE}","weight":{_COPIED}}}]}}}}\''
)
_BY_GATEWAY_API = f"appPort: 80\nrouter: {names.HTTP_ROUTE}\ngateways: [{GATEWAY}]"


@dataclass(frozen=True)
class Life:
    """A strategy, the split that its candidate comes in with, what is changed then, and how it ends.

    `change` does it and tells what it saw. `end`: a command, and the split that it leaves.
    """

    name: str
    strategy: str
    split: Mapping[str, int]
    change: Callable[[Site, Timeline], str]
    end: str
    left: Mapping[str, int]
    values: str = ""
    """More for the chart, as a line of YAML."""


@dataclass(frozen=True)
class Outcome:
    """What came of a life.

    `seen`: what the change showed; `ended_seconds`: how long the last command took; `misnamed`: the answers
    whose header named another version, of `asked`; `faults`: a line for all that went wrong.
    """

    requests: int
    failed: int
    seen: str
    ended_seconds: float
    misnamed: int
    asked: int
    faults: tuple[str, ...]


def play(site: Site, life: Life) -> Outcome:
    """Play one. Raises DemoError when a command fails, or the split does not become as it should."""
    changes: list[Change] = []
    timeline = Timeline(changes.append)
    _initialize(site, life)
    watch = SplitWatch(site.shell.environment, timeline, names.HTTP_ROUTE)
    try:
        with loaded(site) as client, asking(URL, HOST, RATE) as truth:
            begin = time.monotonic()
            site.ask(_STEPS["deploy-candidate"])
            await_split(timeline, life.split)
            seen = life.change(site, timeline)
            entered = time.monotonic()
            site.ask(life.end)
            took = time.monotonic() - entered
            await_split(timeline, life.left)
            time.sleep(AFTER_SECONDS)
            faults = [*shares_off(changes, [client])]
    finally:
        watch.close()
        clean(site)
    if life.split == {PRIMARY: 100}:
        faults += [*_strays(truth.versions(begin, entered))]
    failed = [each for each in client.tally.failures if each.sent >= begin]
    faults += [f"{each.sent - begin:.1f} s after the candidate was made: {each.what}" for each in failed]
    faults += [client.complaint] if client.complaint else []
    faults += [f"{truth.failed()} of the other client's requests failed"] if truth.failed() else []
    return Outcome(
        requests=client.tally.versions(begin).total() + len(failed) + len(truth.answers),
        failed=len(failed) + truth.failed(),
        seen=seen,
        ended_seconds=took,
        misnamed=truth.misnamed().total(),
        asked=len(truth.answers),
        faults=tuple(faults),
    )


def _strays(answered: Mapping[str, int]) -> Iterator[str]:
    """Yield a sentence for users who were answered by a candidate that is not for them."""
    if answered.get(CANDIDATE):
        yield f"{CANDIDATE} answered {answered[CANDIDATE]} requests of {PRIMARY}'s users"


@contextmanager
def loaded(site: Site) -> Iterator[Client]:
    """Send requests until the context ends, from when they are answered: half of them on new connections."""
    command = clients.outside(sys.executable, URL, HOST, RATE)
    with clients.load(site.shell, {"outside": command}) as running:
        await_calm(running.values())
        yield running["outside"]


def await_split(timeline: Timeline, split: Mapping[str, int]) -> None:
    """Wait until the HTTPRoute has a split. Raises DemoError."""
    if timeline.until(split, SPLIT_SECONDS) is None:
        raise DemoError(f"the split is {dict(timeline.last.split)}, not {dict(split)}")


def _initialize(site: Site, life: Life) -> None:
    deploy_primary(site)
    wanted = f"strategy: {life.strategy}\n{_BY_GATEWAY_API}\n{life.values}"
    site.ask(_STEPS["initialize"].replace("strategy: blue-green", wanted))
    drain = f'{{"spec":{{"drainSeconds":{DRAIN_SECONDS}}}}}'
    site.ask(f"kubectl patch routemap httpbin --type=merge -p '{drain}'")
    ready(site)


def deploy_primary(site: Site) -> None:
    """Deploy the tutorial's primary, and wait until it is available."""
    site.ask(_STEPS["deploy-primary"])
    site.ask(f"kubectl rollout status deployment {PRIMARY} --timeout=60s")


def deploy_candidate(site: Site) -> None:
    """Deploy the tutorial's candidate, and wait until it is available."""
    site.ask(_STEPS["deploy-candidate"])
    site.ask(f"kubectl rollout status deployment {CANDIDATE} --timeout=60s")


def ready(site: Site) -> None:
    """Wait until the Routemap is Ready: the route is taken as it is."""
    site.ask("kubectl wait --for=condition=Ready routemap/httpbin --timeout=60s")


def clean(site: Site) -> None:
    """Remove all that a life has made."""
    site.ask("kubectl delete routemap httpbin --ignore-not-found --timeout=120s")
    site.ask("kubectl delete weightoverride httpbin --ignore-not-found --timeout=120s")
    both = " ".join(f"{kind}/{name}" for kind in ("deployment", "service") for name in (PRIMARY, CANDIDATE))
    site.ask(f"kubectl delete {both} --ignore-not-found --timeout=120s")
    site.ask(f"kubectl wait --for=delete pod -l 'app in ({PRIMARY},{CANDIDATE})' --timeout=120s")


def _weights(site: Site, timeline: Timeline) -> str:
    """Change the weights; they are held against the answers of all the time."""
    time.sleep(_LOOK_SECONDS)
    site.ask(_STEPS["modify-weights"])
    await_split(timeline, {PRIMARY: 20, CANDIDATE: 80})
    ready(site)
    time.sleep(_LOOK_SECONDS)
    return "50 and 50, then 20 and 80"


def _testers(site: Site, _: Timeline) -> str:
    """Send requests with the header by which the candidate is reached."""
    _told(site, "matched", "true")
    time.sleep(AFTER_SECONDS)
    command = clients.outside(sys.executable, URL, HOST, _TESTERS_RATE, TESTING)
    with clients.load(site.shell, {"testers": command}) as running:
        time.sleep(_LOOK_SECONDS)
    tally = running["testers"].tally
    reached = tally.versions()
    if tally.failures or reached.keys() != {CANDIDATE}:
        raise DemoError(f"testers: {len(tally.failures)} failed, answered by {dict(reached)}")
    return f"{reached.total()} of {reached.total()} testers at the candidate"


def _copies(site: Site, _: Timeline) -> str:
    """Have a part of the requests copied, and count them where they come: the candidate gets nothing else."""
    site.ask(_MIRROR)
    _told(site, "copies", str(_COPIED))
    time.sleep(AFTER_SECONDS)
    before = site.count(PRIMARY), site.count(CANDIDATE)
    time.sleep(_LOOK_SECONDS)
    requests, copies = site.count(PRIMARY) - before[0], site.count(CANDIDATE) - before[1]
    if complaint := wrong(requests, copies, _COPIED):
        raise DemoError(f"{CANDIDATE} got {complaint}")
    return f"{copies} copies of {requests} requests ({_COPIED} %)"


def _jars(site: Site, _: Timeline) -> str:
    """Have clients with cookie jars go through a change of weights and the candidate's deletion."""
    ready(site)
    time.sleep(AFTER_SECONDS)
    told = site.ask(f"{sys.executable} -m tools.bench.traffic.jars {_CLIENTS} 127.0.0.1 {PORT}")
    return "; ".join(line for line in told.splitlines() if line.endswith("moved"))


def _told(site: Site, field: str, value: str) -> None:
    """Wait until the status says so of the candidate, and the route is taken."""
    which = f"'{{.status.versions[1].{field}}}'={value}"
    site.ask(f"kubectl wait --for=jsonpath={which} routemap/httpbin --timeout=60s")
    ready(site)


_HALF, _ALONE, _PROMOTED = {PRIMARY: 50, CANDIDATE: 50}, {PRIMARY: 100}, {CANDIDATE: 100}
_DELETED = f"kubectl wait --for=delete deployment/{CANDIDATE} --timeout=60s"
_PROMOTE = "{teal} promote httpbin --by-order --delete"
LIVES = (
    Life("blue-green", "blue-green", _HALF, _weights, _PROMOTE, _PROMOTED),
    Life("deleted", "blue-green", _HALF, _weights, _STEPS["delete-candidate"], _ALONE),
    Life("affinity", "blue-green", _HALF, _jars, _DELETED, _ALONE, "affinity: {cookie: httpbin-version}"),
    Life("canary", "canary", _ALONE, _testers, _PROMOTE, _PROMOTED),
    Life("mirror", "mirror", _ALONE, _copies, _PROMOTE, _PROMOTED),
)

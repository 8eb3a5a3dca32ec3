"""What else happens in a cluster: everything changes at once, or only what Teal does not look after."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from routing.kinds import DEPLOYMENTS, SERVICES
from tools.bench.population import CONNECTIONS, namespace_request
from tools.bench.recording import WATCH, Request, writes
from tools.bench.wire import Wire, raw, send_all

if TYPE_CHECKING:
    from tools.bench.child import Child
    from tools.bench.population import Population

_CHANGES_A_SECOND = 100.0


@dataclass(frozen=True)
class Storm:
    """What a storm led to: the writes, and the seconds until the last of them."""

    seconds: float
    writes: list[Request]


def storm(child: Child, population: Population) -> Storm:
    """Have every Deployment change its state, and every candidate lose its endpoints, in one moment.

    The reconciler stands still while that is being written, so that all comes at once.
    """
    child.settle()
    child.recording.new()
    child.pause()
    changes = [_storm(population, f"app{number}") for number in range(population.applications)]
    send_all(population.target, changes, CONNECTIONS)
    begin = time.monotonic()
    child.resume()
    child.settle()
    done = writes(child.recording.new())
    return Storm(max(request.ended for request in done) - begin, done)


def unwatched(child: Child, population: Population, objects: int, seconds: float) -> dict[str, float]:
    """Make Deployments and Services without the label, then change them; return what that cost."""
    others = replace(population, namespace="unwatched")
    send_all(population.target, [[namespace_request(others.namespace)]], 1)
    send_all(population.target, ([_unwatched(others, number)] for number in range(objects)), CONNECTIONS)
    child.settle()
    child.recording.new()
    before, passes, begin = child.use(), child.passes(), time.monotonic()
    wire, number = Wire(population.target), 0
    while (now := time.monotonic()) - begin < seconds:
        wire.send(_touched(others, number % objects, now))
        number += 1
        time.sleep(max(begin + number / _CHANGES_A_SECOND - time.monotonic(), 0.0))
    requests = child.recording.new()
    return {
        "objects": objects,
        "changes": number,
        "cpu_percent": (child.use().cpu - before.cpu) * 100 / (time.monotonic() - begin),
        "requests": sum(request.method != WATCH for request in requests),
        "watch_events": sum(request.method == WATCH for request in requests),
        "passes": child.passes() - passes,
    }


def _storm(population: Population, name: str) -> list[bytes]:
    states = [population.available(f"{name}-{index}", available=False) for index in range(2)]
    return [*states, population.endpoints(f"{name}-1", 0)]


def _unwatched(population: Population, number: int) -> bytes:
    name = f"other{number}"
    if number % 2:
        service = population.service(name, {})
        # For each address that it gives out the API server goes through all that it has given (1.37).
        service["spec"]["clusterIP"] = "None"
        return raw("POST", SERVICES.path(population.namespace), service)
    return raw("POST", DEPLOYMENTS.path(population.namespace), population.deployment(name, {}))


def _touched(population: Population, number: int, now: float) -> bytes:
    resource = SERVICES if number % 2 else DEPLOYMENTS
    body = {"metadata": {"annotations": {"bench.example/touched": str(now)}}}
    return raw(
        "PATCH",
        resource.path(population.namespace, f"other{number}"),
        body,
        "application/merge-patch+json",
    )

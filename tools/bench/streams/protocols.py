"""`python -m tools.bench.streams.protocols`: what Services say that they speak, and which calls fail then.

For each case the Services of an application and of its two versions say something of their port, calls are
sent, and what Teal says of it is read. It prints a line for each, and fails where other calls fail than those
of `CASES`, or Teal tells anything else. The local cluster has to run, with Teal.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass

from routing import names
from tools.bench.streams.manifests import (
    APP,
    ASKING,
    CANDIDATE,
    CLIENT,
    GATEWAY,
    GRPC_PORT,
    PRIMARY,
    WEBSOCKET_PORT,
    called,
    client,
    gateway,
    routemap,
    speaking,
    version,
)
from tools.bench.streams.shell import apply, ask, run
from tools.local import cluster
from tools.local.cluster_images import streams_image

COUNT = 40
"""Of two versions with half of the calls each, one gets none of them by chance once in 2^40 times."""
HEARD_SECONDS = 4.0
DEADLINE_SECONDS = 60.0
_HOST = f"{APP}.default"
PORTS = {"grpc": GRPC_PORT, "ws": WEBSOCKET_PORT}
_WS, _H2C = "kubernetes.io/ws", "kubernetes.io/h2c"


@dataclass(frozen=True)
class Case:
    """What the Services say: the application's, the primary's, the candidate's; None for nothing.

    `fail`: the versions at which calls fail; `told`: Teal says so. `kind` of calls, sent through the Gateway
    or in the mesh, by a router.
    """

    said: tuple[str | None, str | None, str | None]
    fail: tuple[str, ...] = ()
    told: bool = False
    kind: str = "grpc"
    by_gateway: bool = False
    router: str = names.VIRTUAL_SERVICE


CASES = (
    Case(("grpc", "grpc", "grpc")),
    Case(("grpc", "grpc", "http"), (CANDIDATE,), told=True),
    Case(("grpc", "grpc", "HTTP"), (CANDIDATE,), told=True),
    Case(("grpc", "grpc", "tcp"), (CANDIDATE,), told=True),
    Case(("grpc", "grpc", "https"), (CANDIDATE,), told=True),
    Case(("grpc", "grpc", _WS), (CANDIDATE,), told=True),
    Case((None, "http", "grpc"), (PRIMARY,), told=True),
    Case(("grpc", None, "http"), (CANDIDATE,), told=True),
    Case(("grpc", "grpc", "http2")),
    Case(("grpc", "GRPC", "HTTP2")),
    Case(("grpc", "grpc", _H2C)),
    Case(("grpc", "grpc", None)),
    Case(("grpc", "grpc", "kubernetes.io/WS")),
    Case((None, None, None)),
    # Nobody says that these are gRPC's: an application that speaks HTTP/1.1, too, answers what else comes.
    Case(("http2", "http2", "http"), (CANDIDATE,)),
    Case(("http", "http", "http"), (PRIMARY, CANDIDATE)),
    Case(("grpc", "grpc", "grpc"), by_gateway=True),
    Case(("grpc", "grpc", None), (CANDIDATE,), told=True, by_gateway=True),
    Case(("grpc", "grpc", "http"), (CANDIDATE,), told=True, router=names.HTTP_ROUTE),
    Case(("grpc", "grpc", None), router=names.HTTP_ROUTE),
    Case((None, None, "http"), (CANDIDATE,), told=True, router=names.GRPC_ROUTE),
    Case((None, None, None), router=names.GRPC_ROUTE),
    Case(("http", "http", _WS), kind="ws"),
    Case(("http", "http", "HTTP"), kind="ws"),
    Case(("http", "http", None), kind="ws"),
    Case(("http", "http", "tcp"), kind="ws"),
    Case(("http", "http", "https"), kind="ws"),
    Case(("http", "http", "grpc"), (CANDIDATE,), told=True, kind="ws"),
)


def main() -> int:
    """Play all; return 1 if one is not as it should be."""
    cluster.bring(streams_image())
    _remove()
    try:
        apply(client(), called(), *version(PRIMARY, 0), *version(CANDIDATE, 0), gateway())
        run(f"kubectl rollout status deployment/{CLIENT} deployment/{PRIMARY} deployment/{CANDIDATE}")
        wrong = [line for case in CASES if (line := _played(case))]
    finally:
        _remove()
    print(f"{len(CASES)} cases, {len(wrong)} not as they should be", *wrong, sep="\n")
    return 1 if wrong else 0


def _played(case: Case) -> str:
    """Play a case, print what came of it, and return what is wrong, "" for nothing."""
    port = PORTS[case.kind]
    services = zip((APP, PRIMARY, CANDIDATE), case.said, strict=True)
    apply(*(speaking(name, port, said) for name, said in services))
    gateways = [GATEWAY, "mesh"] if case.by_gateway else ["mesh"]
    if case.router not in ask(f"kubectl get routemap {APP} --ignore-not-found -o jsonpath={{.spec.router}}"):
        run(f"kubectl delete routemap {APP} --ignore-not-found --timeout=120s")
    apply(routemap(case.router, port=port, gateways=gateways))
    told = _told()
    time.sleep(HEARD_SECONDS)
    came = _calls(case, port)
    words = (
        f"{case.kind} {'by gateway' if case.by_gateway else case.router} {case.said}: {dict(came)}, {told}"
    )
    print(words, flush=True)
    failed = {name for name in (PRIMARY, CANDIDATE) if not came[name]}
    right = failed == {*case.fail} and bool(case.fail) == any(map(_fails, came))
    return "" if right and told == ("OtherProtocol" if case.told else "Routable") else words


def _fails(word: str) -> bool:
    return word.startswith("failed")


def _calls(case: Case, port: int) -> Counter[str]:
    """Send calls, and return how many each version answered, or how they failed."""
    address = "istio-ingressgateway.istio-system:80" if case.by_gateway else f"{_HOST}:{port}"
    pod = f"kubectl exec --stdin deployment/{CLIENT} --container={APP} --"
    return Counter(json.loads(ask(f"{pod} python3 - {case.kind} {address} {_HOST} {COUNT}", ASKING)))


def _told() -> str:
    """Wait until the Routemap as it is splits; return what Routable says, once that has lasted a while."""
    end, since, last = time.monotonic() + DEADLINE_SECONDS, time.monotonic(), ""
    while time.monotonic() < end:
        found = json.loads(ask(f"kubectl get routemap {APP} -o json"))
        status = found.get("status", {})
        reasons = {each["type"]: each["reason"] for each in status.get("conditions", ())}
        seen = f"{reasons.get('Routable')}"
        settled = status.get("observedGeneration") == found["metadata"]["generation"]
        if seen != last or not settled or status.get("split") != f"{PRIMARY}=50 {CANDIDATE}=50":
            since, last = time.monotonic(), seen
        elif time.monotonic() > since + HEARD_SECONDS:
            return seen
        time.sleep(0.5)
    return f"not settled: {last}"


def _remove() -> None:
    run(f"kubectl delete routemap {APP} --ignore-not-found --timeout=120s")
    objects = f"deployment/{CLIENT} service/{APP} gateways.networking.istio.io/{GATEWAY}"
    for name in (PRIMARY, CANDIDATE):
        objects += f" deployment/{name} service/{name}"
    run(f"kubectl delete {objects} --ignore-not-found --timeout=120s")


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tools.bench.traffic.copies VERSION PERCENT`: a version gets copies of so many of the requests.

They are counted by the proxies that send them, the client's and the gateway's, for some seconds under load.
It says how many, and fails where chance does not explain another share, or where nothing was counted.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from tools.demo.answers import off

if TYPE_CHECKING:
    from collections.abc import Iterable

SECONDS = 15.0
PRIMARY = "httpbin-0"
SENDERS = (("default", "deployment/sleep"), ("istio-system", "deployment/istio-ingressgateway"))
_SENT = re.compile(r"^outbound\|[0-9]+\|\|([^.]+)\.default\..*::rq_total::([0-9]+)$", re.MULTILINE)
"""What Envoy's own page `/clusters` says of each endpoint, whatever figures a proxy is told to show.

The cluster's Envoy is its makers' build, without `istio_requests_total`.
"""


def main() -> None:
    """Count, tell, and compare."""
    version, percent = sys.argv[1], int(sys.argv[2])
    before = sent()
    time.sleep(SECONDS)
    grown = sent() - before
    print(f"{grown[version]} copies of {grown[PRIMARY]} requests")
    if complaint := wrong(grown[PRIMARY], grown[version], percent):
        raise SystemExit(f"{version} got {complaint}")


def wrong(requests: int, copies: int, percent: int) -> str:
    """Return what is wrong with so many copies of so many requests, "" for nothing."""
    if not requests:
        return "no copies that tell anything: no request was counted"
    if off({"copied": percent, "alone": 100 - percent}, {"copied": copies, "alone": requests - copies}):
        return f"copies of {copies} of {requests} requests, not of {percent} %"
    return ""


def sent() -> Counter[str]:
    """Return how many requests and copies were sent to each version's present pods."""
    return counted(_clusters(namespace, sender) for namespace, sender in SENDERS)


def counted(pages: Iterable[str]) -> Counter[str]:
    """Return the requests to each version, from what proxies say of their endpoints."""
    found: Counter[str] = Counter()
    for page in pages:
        for version, count in _SENT.findall(page):
            found[version] += int(count)
    return found


def _clusters(namespace: str, sender: str) -> str:
    asked = ("pilot-agent", "request", "GET", "clusters")
    command = ["kubectl", "exec", "--namespace", namespace, sender, "--container=istio-proxy", "--", *asked]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()

"""`python -m tools.bench.traffic.copies VERSION PERCENT`: a version gets copies of so many of the requests.

They are counted where they arrive, by the proxies of the primary's and of the version's pod, for some seconds
under load. It says how many, and fails where chance does not explain another share.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter

from tools.demo.answers import off

SECONDS = 15.0
PRIMARY = "httpbin-0"
_PROXY = 15090
"""Where a proxy tells its own figures, to everybody (Istio's ports)."""
_ARRIVED = re.compile(r'^istio_requests_total\{[^}]*reporter="destination"[^}]*\} (\d+)$', re.MULTILINE)


def main() -> None:
    """Count, tell, and compare."""
    version, percent = sys.argv[1], int(sys.argv[2])
    before = {name: arrived(name) for name in (PRIMARY, version)}
    time.sleep(SECONDS)
    requests, copies = (arrived(name) - before[name] for name in (PRIMARY, version))
    print(f"{copies} copies of {requests} requests")
    counted = Counter(copied=copies, alone=requests - copies)
    if off({"copied": percent, "alone": 100 - percent}, counted):
        raise SystemExit(f"{version} got copies of {copies} of {requests} requests, not of {percent} %")


def arrived(version: str) -> int:
    """Return how many requests have come to the pod of a version since it began."""
    pods = json.loads(_kubectl("get", "pods", f"--selector=app={version}", "--output=json"))["items"]
    (pod,) = (each["metadata"] for each in pods if "deletionTimestamp" not in each["metadata"])
    path = f"/api/v1/namespaces/{pod['namespace']}/pods/{pod['name']}:{_PROXY}/proxy/stats/prometheus"
    return sum(int(count) for count in _ARRIVED.findall(_kubectl("get", "--raw", path)))


def _kubectl(*words: str) -> str:
    return subprocess.run(["kubectl", *words], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()

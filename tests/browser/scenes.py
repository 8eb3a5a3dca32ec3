"""What the page is looked at with: one application for each thing that can be so, and a thousand."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from routing.reading.times import timestamp
from tests.browser.stage import ago, condition, event, routemap, version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.browser.stage import Stage

    Manifest = Mapping[str, Any]

WEIGHTS = [event("SplitApplied", "requests are split shop-0=100", 3000)]


def drain(name: str = "cart", seconds: float = 14) -> Manifest:
    until = timestamp(time.time() + seconds)
    return routemap(
        name,
        [
            version(f"{name}-0", 100),
            version(f"{name}-1", 0, "draining", "DeletionRequested", drainingUntil=until, stateSince=ago(1)),
        ],
        condition("Complete", holds=False, reason="SplitNotAsAsked", message=f"{name}-1: DeletionRequested"),
    )


def failing(name: str = "checkout") -> Manifest:
    message = f"not ready in time: {name}-1 (DeploymentNotAvailable)"
    return routemap(
        name,
        [
            version(f"{name}-0", 100),
            version(f"{name}-1", 0, "starting", "DeploymentNotAvailable", readyEndpoints=0),
        ],
        condition("Progressing", holds=False, reason="ProgressDeadlineExceeded", message=message),
    )


def degraded(name: str = "payments") -> Manifest:
    message = f"no version is ready ({name}-0: NoReadyEndpoint), so requests fail until one is"
    return routemap(
        name,
        [version(f"{name}-0", 100, "starting", "NoReadyEndpoint", readyEndpoints=0)],
        condition("Ready", holds=False, reason="NoReadyVersion", message=message),
        condition("Degraded", holds=True, reason="NoReadyVersion", message=message),
        namespace="bank",
    )


def not_routable(name: str = "search") -> Manifest:
    message = (
        f"spec.gateways[0]: there is no Gateway public/{name} in the cluster; create it, or correct the "
        "name, so that requests of its hosts come to this route"
    )
    return routemap(
        name,
        [version(f"{name}-0", 50), version(f"{name}-1", 50)],
        condition("Routable", holds=False, reason="GatewayNotFound", message=message),
        condition("Ready", holds=False, reason="NotRoutable", message=message),
    )


def canary(name: str = "api") -> Manifest:
    return routemap(
        name,
        [
            version(f"{name}-0", 90),
            version(f"{name}-1", 10, matched=True),
            version(f"{name}-2", 0, copies=100),
        ],
        strategy="canary",
    )


def stepping(name: str = "web") -> Manifest:
    """Steps as a status may tell of them, whatever the words."""
    told = routemap(
        name,
        [version(f"{name}-v41", 75), version(f"{name}-v42", 25)],
        rollout={
            "steps": [{"share": 5, "for": "2m"}, {"share": 25, "for": "5m"}, {"share": 50, "for": "10m"}]
        },
    )
    told["status"]["rollout"] = {
        "version": f"{name}-v42",
        "step": 2,
        "since": ago(80),
        "phase": "Stepping",
        "share": 25,
        "reason": "Stepping",
        "message": "step 2 of 3: 25 % since 10:12:40; success: 1,200 of 1,204 are good, 99.5 % are wanted",
        "checks": [
            {"name": "success", "verdict": "open", "good": 1200, "total": 1204, "message": "not enough yet"}
        ],
        "history": [{"time": ago(500), "what": "step 1 of 3 begins", "by": "alice@example.org"}],
    }
    return told


def promoted(stage: Stage, name: str = "shop") -> None:
    """An application of which much is known of what happened."""
    manifest = routemap(name, [version(f"{name}-0", 20), version(f"{name}-1", 80)])
    manifest["status"]["override"] = f"{name}-0=20 {name}-1=80"
    owned: Manifest = {"f:spec": {"f:versions": {}, "f:strategy": {}}}
    manifest["metadata"]["managedFields"] = [
        {"manager": "kubectl-client-side-apply", "operation": "Update", "time": ago(3300), "fieldsV1": owned},
        {"manager": "teal", "operation": "Apply", "time": ago(200), "subresource": "status"},
    ]
    weights = {
        "kind": "WeightOverride",
        "metadata": {
            "name": name,
            "managedFields": [
                {
                    "manager": "teal-cli",
                    "operation": "Apply",
                    "time": ago(201),
                    "fieldsV1": {"f:spec": {"f:weights": {}}},
                }
            ],
        },
    }
    split = "requests are split {}, was {}"
    events = [
        event("SplitApplied", f"requests are split {name}-0=100", 3000),
        event("SplitApplied", split.format(f"{name}-0=50 {name}-1=50", f"{name}-0=100"), 1500),
        event(
            "NoReadyEndpoint",
            f"{name}-1 has to be mended: no pod that its Service selects is ready",
            1200,
            "Warning",
        ),
        event("SplitApplied", split.format(f"{name}-0=100", f"{name}-0=50 {name}-1=50"), 1100),
        event("SplitApplied", split.format(f"{name}-0=20 {name}-1=80", f"{name}-0=100"), 200),
    ]
    stage.put(manifest, weights, events)


def hostile(name: str = "markup") -> Manifest:
    """One whose texts are markup."""
    bad = '<img src=x onerror="document.title=1"><b>bold</b>'
    manifest = routemap(name, [version(f"{name}-0", 100)])
    manifest["spec"]["versions"].append({"name": bad})
    manifest["status"]["conditions"][0] |= {"status": "False", "message": bad}
    manifest["status"]["rollout"] = {"message": bad, bad: bad}
    return manifest


def few(stage: Stage) -> None:
    promoted(stage)
    stage.put(routemap("httpbin", [version("httpbin-0", 100)]))
    stage.put(canary())


def all_kinds(stage: Stage) -> None:
    few(stage)
    for each in (drain(), failing(), degraded(), not_routable(), stepping()):
        stage.put(each)


def thousand(stage: Stage, count: int = 1000) -> None:
    for index in range(count):
        stage.put(one_of_many(index))


def one_of_many(index: int, share: int = 50) -> Manifest:
    name = f"app-{index:04}"
    versions = [version(f"{name}-0", 100 - share), version(f"{name}-1", share)]
    return routemap(name, versions, namespace=f"team-{index % 25:02}")

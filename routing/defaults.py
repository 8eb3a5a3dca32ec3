"""Defaults made explicit, so that what is stored says what happens."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from routing import names

if TYPE_CHECKING:
    from collections.abc import Mapping

STRATEGY = "blue-green"
WEIGHT = 50
GATEWAYS = ("mesh",)
SETTLE_SECONDS = 1
"""From the first ready endpoint to the first request: proxies hear of routes and of endpoints apart.
A prototype lost one request in 67,000 without it and none with 1 s."""
DRAIN_SECONDS = 15
"""From the last request to letting go: istiod's push to the proxies can take 10 s (istio#7665)."""


def defaulted(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a Routemap with its defaults and its finalizer filled in; anything else unchanged.

    Idempotent. What is malformed stays as it is, for `parse` to tell of.
    """
    if manifest.get("kind") != "Routemap" or not isinstance(manifest.get("metadata"), dict):
        return manifest
    result: dict[str, Any] = copy.deepcopy(dict(manifest))
    _hold(result["metadata"])
    if isinstance(result.get("spec"), dict):
        _fill(result["spec"], result["metadata"])
    return result


def _hold(metadata: dict[str, Any]) -> None:
    # The API server refuses a new finalizer on an object that is being deleted.
    held = metadata.get("finalizers") or []
    if "deletionTimestamp" not in metadata and isinstance(held, list) and names.RELEASE not in held:
        metadata["finalizers"] = [*held, names.RELEASE]


def _fill(spec: dict[str, Any], metadata: dict[str, Any]) -> None:
    name, namespace = metadata.get("name"), metadata.get("namespace")
    spec.setdefault("strategy", STRATEGY)
    if isinstance(name, str) and isinstance(namespace, str):
        spec.setdefault("hosts", list(names.default_hosts(name, namespace)))
    spec.setdefault("gateways", list(GATEWAYS))
    spec.setdefault("settleSeconds", SETTLE_SECONDS)
    spec.setdefault("drainSeconds", DRAIN_SECONDS)
    versions = spec.get("versions")
    for version in versions if isinstance(versions, list) else ():
        if isinstance(version, dict):
            version.setdefault("weight", WEIGHT)

"""Defaults made explicit, so that what is stored says what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names

if TYPE_CHECKING:
    from collections.abc import Mapping

STRATEGY = "blue-green"
STRATEGIES = ("blue-green", "canary", "mirror")
WEIGHT = 50
"""Of each version with strategy blue-green."""
WHOLE = 100
"""Of the primary with strategy canary, of which candidates get what they match and no share; and of whom
copies go to with strategy mirror: of each request."""
MATCH = ({"headers": {"traffic": {"exact": "test"}}},)
"""Of candidates with strategy canary, as in Iter8's chart."""
GATEWAYS = ("mesh",)
MOST_VERSIONS = 8
"""A Routemap's. A longer list is refused by its count, so no defaults are filled in for it."""
SETTLE_SECONDS = 1
"""From the first ready endpoint to the first request: proxies hear of routes and of endpoints apart.
A prototype lost one request in 67,000 without it and none with 1 s. Not made explicit, since it depends on
the version: see UNPROBED_SETTLE_SECONDS."""
UNPROBED_SETTLE_SECONDS = 5
"""The same where no container has a readiness probe: Kubernetes then calls a pod ready when its containers
have been started, 1.6 to 2.7 s before the tutorial's application listened."""
DRAIN_SECONDS = 15
"""From the last request to letting go: istiod's push to the proxies can take 10 s (istio#7665)."""

MOST_DRAIN_SECONDS = 300
DEADLINE_SECONDS = 600.0
"""After which a deletion is let go that can't be drained: longer than any drain, and time for somebody to
read why, and to help."""


def defaulted(manifest: Mapping[str, Any], domain: str = names.DOMAIN) -> Mapping[str, Any]:
    """Return a Routemap with its defaults and its finalizer filled in; anything else unchanged.

    `domain` is the cluster's, of which the hosts are made.

    Idempotent. What is malformed stays as it is, for `parse` to tell of.
    """
    if manifest.get("kind") != "Routemap" or not isinstance(manifest.get("metadata"), dict):
        return manifest
    metadata = _held(manifest["metadata"])
    result = {**manifest, "metadata": metadata}
    if isinstance(manifest.get("spec"), dict):
        result["spec"] = defaulted_spec(manifest["spec"], metadata, domain)
    return result


def defaulted_spec(
    spec: Mapping[str, Any], metadata: Mapping[str, Any], domain: str = names.DOMAIN
) -> dict[str, Any]:
    """Return a Routemap's spec with its defaults filled in; hosts only where `metadata` tells them.

    What the user wrote stays, be it malformed; versions get their weight where it is missing, each by itself.
    A delegate has neither hosts nor gateways, its root has.
    """
    ways: dict[str, Any] = {"gateways": list(GATEWAYS)}
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if isinstance(name, str) and isinstance(namespace, str) and names.is_service_name(name):
        ways["hosts"] = list(names.default_hosts(name, namespace, domain))
    fill = {"strategy": STRATEGY, "drainSeconds": DRAIN_SECONDS}
    if spec.get("delegate") is True:
        # What was filled in before it became a delegate nobody has written, and nobody can take off.
        spec = {key: value for key, value in spec.items() if key not in ways or value != ways[key]}
    else:
        fill |= ways
    result = {**fill, **spec}
    versions = spec.get("versions")
    if isinstance(versions, list) and len(versions) <= MOST_VERSIONS:
        strategy = result["strategy"]
        result["versions"] = [
            {**_version(strategy, primary=not index), **version} if isinstance(version, dict) else version
            for index, version in enumerate(versions)
        ]
    return result


def _version(strategy: Any, *, primary: bool) -> dict[str, Any]:
    """Return what is filled in of a version with a strategy, be it one that there is not."""
    if strategy == "canary":
        return {"weight": WHOLE} if primary else {"weight": 0, "match": [*MATCH]}
    return {"weight": WHOLE if strategy == "mirror" else WEIGHT}


def _held(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return metadata with the Routemap's finalizer, which saves its first pass a write."""
    held = metadata.get("finalizers") or []
    # The API server refuses a new finalizer on an object that is being deleted.
    if "deletionTimestamp" in metadata or not isinstance(held, list) or names.RELEASE in held:
        return metadata
    return {**metadata, "finalizers": [*held, names.RELEASE]}

"""What `teal doctor` finds of who splits requests: verdicts on Istio and Gateway API. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.verdicts import Judged, Verdict
from routing.kinds import HTTP_ROUTES, VIRTUAL_SERVICES
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.kinds import Resource

    Manifest = Mapping[str, Any]

ISTIO_SYSTEM = "istio-system"
VERSION = "app.kubernetes.io/version"
BUNDLE, CHANNEL = (f"gateway.networking.k8s.io/{what}" for what in ("bundle-version", "channel"))
_UNTOLD = "of no version that is told"
_MIRRORS = (1, 3)
"""The Gateway API from which on a part of the requests can be copied (docs/strategies.md)."""


@dataclass(frozen=True, slots=True)
class Router:
    """What is there of a kind that Teal sends requests by.

    `group`: the discovery document of its group, None where nothing of it is served. `kind`: its
    CustomResourceDefinition, None where this account may not look at it.
    """

    group: Manifest | None
    kind: Manifest | None = None

    def serves(self, resource: Resource) -> bool:
        """Tell whether the version is served that Teal writes."""
        return resource.api_version in self.versions()

    def versions(self) -> list[str]:
        """Return the versions of the group that are served, such as networking.istio.io/v1."""
        return [str(section(each).get("groupVersion")) for each in listing(self.group, "versions")]


def istio(there: Router, other: Router, daemons: Sequence[Manifest] | None) -> Verdict:
    """Judge Istio, given Gateway API as the other one.

    `daemons`: istiod's Deployments in istio-system, None where they may not be listed.
    """
    wanted, found = VIRTUAL_SERVICES.api_version, there.versions()
    if wanted not in found:
        evidence = f"{wanted} is not served; there is {', '.join(found) or 'nothing of its group'}"
        if other.serves(HTTP_ROUTES):
            remedy = "have each Routemap say router: HTTPRoute or GRPCRoute, or install Istio 1.22 or newer"
            return Verdict("Istio", Judged.WARN, evidence, remedy)
        remedy = "install Istio 1.22 or newer, or Gateway API and a controller; Teal goes on by itself"
        return Verdict("Istio", Judged.BAD, evidence, remedy)
    told = f"{wanted} is served (with {', '.join(found)})"
    if there.kind is not None:
        told += f"; its kinds are {_version(section(there.kind, 'metadata')) or _UNTOLD}"
    if daemons is None:
        return Verdict("Istio", Judged.OK, f"{told}; istiod may not be looked at by this account")
    if not daemons:
        return Verdict("Istio", Judged.OK, f"{told}; no istiod is in {ISTIO_SYSTEM}")
    evidence = f"{told}; {'; '.join(map(_daemon, daemons))}"
    if all(section(each, "status").get("readyReplicas") for each in daemons):
        return Verdict("Istio", Judged.OK, evidence)
    remedy = f"kubectl describe pods --namespace {ISTIO_SYSTEM} --selector app=istiod"
    return Verdict("Istio", Judged.BAD, evidence, remedy)


def gateway_api(there: Router) -> Verdict:
    """Judge Gateway API, which nobody needs whose Routemaps go by Istio's own kind."""
    wanted, found = HTTP_ROUTES.api_version, there.versions()
    if wanted not in found:
        evidence = f"{wanted} is not served; only a Routemap with router: HTTPRoute or GRPCRoute needs it"
        return Verdict("Gateway API", Judged.OK, evidence)
    evidence = f"{wanted} is served (with {', '.join(found)})"
    if there.kind is None:
        evidence += "; its kinds may not be looked at by this account"
        return Verdict("Gateway API", Judged.OK, evidence)
    notes = section(there.kind, "metadata", "annotations")
    bundle = str(notes.get(BUNDLE) or _UNTOLD)
    evidence += f"; its kinds are {bundle} ({notes.get(CHANNEL) or 'of no channel that is told'})"
    if (number := re.match(r"v(\d+)\.(\d+)", bundle)) and (int(number[1]), int(number[2])) < _MIRRORS:
        remedy = "install 1.3 or newer before a Routemap with strategy: mirror copies a part of the requests"
        return Verdict("Gateway API", Judged.WARN, evidence, remedy)
    return Verdict("Gateway API", Judged.OK, evidence)


def _daemon(deployment: Manifest) -> str:
    """Return of a Deployment of istiod which version it is, and how many of its pods are ready."""
    metadata, status = section(deployment, "metadata"), section(deployment, "status")
    containers = listing(deployment, "spec", "template", "spec", "containers")
    image = str(section(next(iter(containers), None)).get("image") or "")
    version = _version(metadata) or image.rpartition(":")[2] or _UNTOLD
    ready, wanted = status.get("readyReplicas", 0), section(deployment, "spec").get("replicas", 1)
    return f"{metadata.get('name')} is {version}, {ready} of {wanted} pods ready"


def _version(metadata: Mapping[str, Any]) -> str:
    return str(section(metadata, "labels").get(VERSION) or "")

"""Why each condition of a Routemap is as it is; docs/reasons.md and `teal explain` are made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.telling.reasons import (
    LOOK_DEPLOYMENT,
    LOOK_HTTP_ROUTE,
    LOOK_ROUTEMAP,
    LOOK_SLICES,
    NONE_GO,
    Reason,
)
from routing.telling.rollout_reasons import ROLLED_OUT

if TYPE_CHECKING:
    from collections.abc import Mapping

CONDITIONS: Mapping[str, Mapping[str, Reason]] = {
    "Ready": {
        "Applied": Reason(
            "the VirtualService, HTTPRoute or GRPCRoute is as the Routemap asks, among the ready versions",
            "split as told",
            holds=True,
        ),
        "NotRoutable": Reason(
            "versions are ready, and requests do not come to the route, or go astray",
            "some fail, or are not split",
            LOOK_ROUTEMAP,
            "see Routable, which has the reason",
        ),
        "NoReadyVersion": Reason(
            "no version is ready, and none answers",
            "they fail if something was routed before; else nothing is routed until a version is ready",
            LOOK_ROUTEMAP,
            "make a version ready: the message names the reason of each",
            event="Normal or Warning",
        ),
        "Held": Reason(
            "no version that is listed is ready, and one that was routed to still answers",
            "they stay where they are answered until a listed version is ready",
            LOOK_ROUTEMAP,
            "make a version ready, or correct `spec.versions`; the message names both",
            event="Warning",
        ),
        "Invalid": Reason(
            "the Routemap breaks a rule (stored while the webhook was away, or by an older Teal)",
            "go on as they were",
            LOOK_ROUTEMAP,
            "the message names field, value and remedy",
            event="Warning",
        ),
        "InvalidWeightOverride": Reason(
            "the WeightOverride of this name breaks a rule",
            "go on as they were",
            "kubectl describe weightoverride APP",
            "the message names field, value and remedy; or `kubectl delete weightoverride APP`",
            event="Warning",
        ),
        "Conflict": Reason(
            "another Routemap has one of the versions, or the VirtualService, HTTPRoute or GRPCRoute of this "
            "name is somebody else's",
            "go on as they were",
            LOOK_ROUTEMAP,
            "list each version in one Routemap; delete that object, or rename the Routemap",
            event="Warning",
        ),
        "RouterNotInstalled": Reason(
            "the cluster does not know the kind that `router` says, without it VirtualServices",
            "nothing is routed",
            "kubectl api-resources | grep -E 'virtualservices|httproutes|grpcroutes'",
            "install Istio, or Gateway API's CRDs and a controller; Teal goes on by itself",
            event="Warning",
        ),
        "RouterChanged": Reason(
            "requests go by one router, and `spec.router` asks for another (the webhook was away)",
            "go on as they were",
            LOOK_ROUTEMAP,
            "set `spec.router` back, or make the Routemap anew with `kubectl replace --force`",
            event="Warning",
        ),
        "WriteRefused": Reason(
            "what Teal writes is refused, changed by a webhook or policy, or kept out for 10 s by one",
            "go on as they were",
            LOOK_ROUTEMAP,
            "the message has the API server's words: a policy, a quota, a missing right",
            event="Warning",
        ),
    },
    "Routable": {
        "Routable": Reason("hosts and gateways bring requests to the route", "come in", holds=True),
        "GatewayNotFound": Reason(
            "a Gateway of `spec.gateways` is not there",
            "none come in by it",
            "kubectl get gateways.networking.istio.io -A",
            "create it, or take it off",
            event="Normal or Warning",
        ),
        "HostNotAtGateway": Reason(
            "a Gateway takes none of the Routemap's hosts",
            "none come in by it",
            "kubectl get gateways.networking.istio.io -A -o yaml",
            "add a host to `spec.hosts`, or to the Gateway's servers",
            event="Warning",
        ),
        "HostNotFound": Reason(
            "clients in the mesh call a Service that is not there",
            "clients in the mesh don't find the host",
            "kubectl get services",
            "create the Service, or take `mesh` off `spec.gateways`",
            event="Normal or Warning",
        ),
        "NotHTTP": Reason(
            "the application's own Service says of each port that it is for something else than HTTP",
            "reach that Service's pods, and are not split",
            "kubectl get service APP -o yaml",
            "if it speaks HTTP, begin the port's name with `http` or `grpc`, or set its `appProtocol` so",
            event="Warning",
        ),
        "NotTCP": Reason(
            "with `protocol: TCP` the application's own Service says of each port that it is for HTTP or TLS",
            "reach that Service's pods, and are not split",
            "kubectl get service APP -o yaml",
            "if it speaks another protocol, begin the port's name with `tcp`, or set its `appProtocol` so",
            event="Warning",
        ),
        "NotTLS": Reason(
            "with `protocol: TLS` no port of the application's own Service says that it is for TLS",
            "reach that Service's pods, and are not split",
            "kubectl get service APP -o yaml",
            "if it speaks TLS, begin the port's name with `tls` or `https`, or set its `appProtocol` so",
            event="Warning",
        ),
        "PortNotGiven": Reason(
            "no `spec.port` is given, and a version's Service has not the port at which requests come in",
            "for that version fail",
            "kubectl get services",
            "set `spec.port`, or give the Services the port at which they are called",
            event="Warning",
        ),
        "HostTaken": Reason(
            "an older VirtualService, another Routemap's perhaps, has the host at the same gateway",
            "go by the older one",
            "kubectl get virtualservices -A",
            "give each its own hosts or gateways, or delete the other",
            event="Warning",
        ),
        "NotAcceptedYet": Reason(
            "no controller has taken the HTTPRoute (or GRPCRoute) as it is for one of its Gateways or "
            "Services; after each change it is so for a moment. Drains wait for it",
            "go on as they were; if it stays so, none come in by it",
            LOOK_HTTP_ROUTE,
            "create the Gateway, have a controller run for its class; for `mesh`, use a mesh that reads them",
        ),
        "NotAccepted": Reason(
            "a controller does not take the HTTPRoute (or GRPCRoute), or only a part of it",
            "go on as they were, or none come in by it",
            LOOK_HTTP_ROUTE,
            "the message has the controller's words",
            event="Warning",
        ),
        "NotResolved": Reason(
            "a controller has taken the HTTPRoute (or GRPCRoute), and finds that a part of it leads nowhere",
            "fail for that part",
            LOOK_HTTP_ROUTE,
            "the message has the controller's words, such as BackendNotFound",
            event="Warning",
        ),
        "SharedPods": Reason(
            "two versions' Services select the same pods",
            "for one version go to the other's pods",
            LOOK_SLICES,
            "select by a label that only one version's pods have",
            event="Warning",
        ),
        "OtherProtocol": Reason(
            "gRPC calls come, as a Service of the application says of its port, or by router `GRPCRoute`; a "
            "version's is for HTTP/1.1 or TCP, or says nothing and is behind an Istio Gateway",
            "that are gRPC calls fail for that version",
            "kubectl get services -o yaml",
            "have both say what their pods speak, by a name or an `appProtocol`",
            event="Warning",
        ),
    },
    "Complete": {
        "SplitAsAsked": Reason(
            "every version that is listed has what it is to get", "split as asked", holds=True
        ),
        "SplitNotAsAsked": Reason(
            "a version that is listed does not have what it is to get",
            "are shared by the others",
            LOOK_ROUTEMAP,
            "the message has what is asked for, and each version's reason",
        ),
    },
    "Progressing": {
        "NoVersionStarting": Reason("no version is on its way in", "split as told", holds=True),
        "VersionStarting": Reason("a version is on its way in", NONE_GO, LOOK_ROUTEMAP, holds=True),
        "ProgressDeadlineExceeded": Reason(
            "a version has been on its way in for longer than its Deployment's `progressDeadlineSeconds`",
            NONE_GO,
            LOOK_DEPLOYMENT,
            "mend what its reason tells, or delete it",
            event="Warning",
        ),
    },
    "Degraded": {
        "VersionReady": Reason("a version is ready", "split as told"),
        "NoReadyVersion": Reason(
            "no version is ready, and none answers",
            "they fail, or nothing is routed yet",
            LOOK_ROUTEMAP,
            "as for Ready, which has the same message",
            holds=True,
        ),
        "Held": Reason(
            "no version that is listed is ready, and one that was routed to still answers",
            "they stay where they are answered",
            LOOK_ROUTEMAP,
            "as for Ready",
        ),
    },
    "Conflict": {
        "NoConflict": Reason("nobody else has its versions, or its VirtualService", "split as told"),
        "Conflict": Reason(
            "as for Ready, which has the same message",
            "go on as they were",
            LOOK_ROUTEMAP,
            "as for Ready",
            holds=True,
        ),
    },
    "RolledOut": ROLLED_OUT,
}
"""Why a condition is as it is, by type and reason.

Conflict, Complete and Progressing also have the reasons with which Ready tells that nothing is written.
"""

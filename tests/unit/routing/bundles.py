"""Objects that stand side by side and do not fit, with all that is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.unit.routing.manifests import (
    Manifest,
    changed,
    deployment,
    routemap,
    virtual_service,
    weight_override,
    with_key,
    without,
)


@dataclass(frozen=True)
class Bundle:
    """Some objects, and what is said: of which, its reason, its line. `fails`: it is an error."""

    name: str
    manifests: tuple[Manifest, ...]
    said: tuple[tuple[int, str, str], ...]
    fails: bool = True


def service(name: str = "httpbin-1", **spec: Any) -> Manifest:
    ports = {"selector": {"app": name}, "ports": [{"port": 80}]}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {**ports, **spec},
    }


def stateful_set() -> Manifest:
    return {**deployment(), "kind": "StatefulSet"}


UNWATCHED = changed(deployment(), "metadata.labels", {})
LONE = routemap(versions=[{"name": "httpbin-1"}])
OTHER = changed(routemap(versions=[{"name": "shop"}]), "metadata.name", "shop")
APPLICATION = (deployment("httpbin-0"), service("httpbin-0"), deployment(), service(), routemap())
NOT_WATCHED = (
    "metadata.labels: Routemap httpbin lists httpbin-1, which gets no requests while it is not watched; "
    'label it iter8.tools/watch: "true"'
)

MISFITS = (
    Bundle("candidate not watched", (UNWATCHED, routemap()), ((0, "NotWatched", NOT_WATCHED),), fails=False),
    Bundle("no version watched", (UNWATCHED, LONE), ((0, "NotWatched", NOT_WATCHED),)),
    Bundle(
        "two workloads of a name",
        (deployment(), stateful_set()),
        (
            (
                1,
                "SameName",
                (
                    "metadata.labels[iter8.tools/watch]: Deployment httpbin-1 is watched, too, and one of "
                    "the two is version httpbin-1: the one that gets requests already, else Deployment "
                    "httpbin-1; take the label off the other"
                ),
            ),
        ),
        fails=False,
    ),
    Bundle(
        "Service of another name",
        (service("web", selector={"app": "httpbin-1"}), deployment()),
        (
            (
                1,
                "ServiceName",
                (
                    "metadata.name: Service web selects its pods, and a version's Service bears its "
                    "Deployment's name; without a Service httpbin-1 it gets no requests"
                ),
            ),
        ),
        fails=False,
    ),
    Bundle(
        "Service that selects nothing",
        (deployment(), service(selector={"app": "web"})),
        (
            (
                1,
                "NotSelected",
                (
                    'spec.selector: {"app": "web"} selects no pod of Deployment httpbin-1, so this version '
                    "gets "
                    'no requests; its pods are labelled {"app": "httpbin-1"}'
                ),
            ),
        ),
    ),
    Bundle(
        "Services that select each other's pods",
        (
            changed(deployment("httpbin-0"), "spec.template.metadata.labels", {"app": "a", "v": "0"}),
            changed(deployment(), "spec.template.metadata.labels", {"app": "a", "v": "1"}),
            service("httpbin-0", selector={"app": "a", "v": "0"}),
            service(selector={"app": "a"}),
            routemap(),
        ),
        (
            (
                3,
                "SharedPods",
                (
                    'spec.selector: {"app": "a"} selects the pods of httpbin-0, too, so requests for '
                    "httpbin-1 "
                    "go there; select by a label that only its own have"
                ),
            ),
        ),
    ),
    Bundle(
        "port that a Service lacks",
        (service(ports=[{"port": 80}, {"port": 9090}]), routemap(port=8080)),
        (
            (
                1,
                "NoSuchPort",
                (
                    "spec.port: Service httpbin-1 has no port 8080, so requests for this version fail; "
                    "it has 80 and 9090"
                ),
            ),
        ),
    ),
    Bundle(
        "several ports and none named",
        (service(ports=[{"port": 80}, {"port": 81}, {"port": 82}]), routemap()),
        (
            (
                1,
                "SeveralPorts",
                (
                    "spec.port: missing, and Service httpbin-1 has the ports 80, 81 and 82; "
                    "name the one for requests"
                ),
            ),
        ),
        fails=False,
    ),
    Bundle(
        "targetPort that no container names",
        (deployment(), service(ports=[{"port": 80}, {"port": 81, "targetPort": "http"}])),
        (
            (
                1,
                "NoSuchTargetPort",
                ('spec.ports[1].targetPort: no container of httpbin-1 names a port "http", so requests fail'),
            ),
        ),
    ),
    Bundle(
        "headless Service",
        (deployment(), service(clusterIP="None")),
        (
            (
                1,
                "Headless",
                'spec.clusterIP: proxies can\'t split by a Service with "None"; leave it out',
            ),
        ),
    ),
    Bundle(
        "ExternalName",
        (deployment(), service(type="ExternalName")),
        ((1, "Headless", 'spec.type: proxies can\'t split by a Service with "ExternalName"; leave it out'),),
    ),
    Bundle(
        "HTTP/1.1 to a version of a gRPC application",
        (
            service("httpbin", ports=[{"port": 90, "name": "http-status"}, {"port": 80, "name": "grpc-api"}]),
            service("httpbin-0", ports=[{"port": 80}]),
            service(ports=[{"port": 80, "name": "http"}]),
            routemap(),
        ),
        (
            (
                2,
                "OtherProtocol",
                (
                    "spec.ports[0].name: http is not for HTTP/2, and that of Service httpbin (grpc-api) is, "
                    "so gRPC calls for httpbin-1 fail; have both say what their pods speak, by a name or an "
                    "appProtocol that begins with grpc, http2 or http"
                ),
            ),
        ),
    ),
    Bundle(
        "TCP to a version beside one for HTTP/2",
        (
            service("httpbin-0", ports=[{"port": 80, "name": "a", "appProtocol": "kubernetes.io/h2c"}]),
            service(ports=[{"port": 80, "name": "grpc", "appProtocol": "tcp"}]),
            routemap(),
        ),
        (
            (
                1,
                "OtherProtocol",
                (
                    "spec.ports[0].name: grpc (appProtocol tcp) is not for HTTP/2, and that of Service "
                    "httpbin-0 (a (appProtocol kubernetes.io/h2c)) is, so gRPC calls for httpbin-1 fail, or "
                    "what else comes to httpbin-0; have both say what their pods speak, by a name or an "
                    "appProtocol that begins with grpc, http2 or http"
                ),
            ),
        ),
        fails=False,
    ),
    Bundle(
        "a port for requests where connections are split",
        (
            service("httpbin", ports=[{"port": 80, "name": "tcp-db"}]),
            service(ports=[{"port": 80, "name": "http"}]),
            routemap(protocol="TCP"),
        ),
        (
            (
                1,
                "OtherProtocol",
                (
                    "spec.ports[0].name: http is for HTTP, and Routemap httpbin splits TCP, so connections "
                    "fail at httpbin-1; begin the name with tcp, or set appProtocol to it"
                ),
            ),
        ),
    ),
    Bundle(
        "application with a port for HTTP beside those for TLS, which go to one",
        (
            service(
                "httpbin",
                ports=[
                    {"port": 80, "name": "http"},
                    {"port": 443, "name": "https"},
                    {"port": 444, "name": "tls-b"},
                ],
            ),
            routemap(protocol="TLS", port=443),
        ),
        (
            (
                1,
                "OnePort",
                (
                    "spec.port: requests for each port of Service httpbin (https and tls-b) go to port 443 "
                    "of the versions; with router VirtualService leave spec.port out, and each goes to the "
                    "port of its number, or take the other ports off that Service"
                ),
            ),
            (
                0,
                "NotSplit",
                (
                    "spec.ports: connections to http are not split but go to whatever pods the selector "
                    "picks, since Routemap httpbin splits TLS only; call a version's own Service where it "
                    "matters"
                ),
            ),
        ),
        fails=False,
    ),
    Bundle(
        "several ports that go to one",
        (service("httpbin", ports=[{"port": 80}, {"port": 90, "name": "grpc"}]), routemap(port=80)),
        (
            (
                1,
                "OnePort",
                (
                    "spec.port: requests for each port of Service httpbin (80 and grpc) go to port 80 of the "
                    "versions; with router VirtualService leave spec.port out, and each goes to the port of "
                    "its number, or take the other ports off that Service"
                ),
            ),
        ),
        fails=False,
    ),
    Bundle(
        "application with a port for TCP",
        (service("httpbin", ports=[{"port": 80}, {"port": 90, "name": "tcp-db"}]), routemap()),
        (
            (
                0,
                "NotSplit",
                (
                    "spec.ports: connections to tcp-db are not split but go to whatever pods the selector "
                    "picks, since Routemap httpbin splits HTTP only; call a version's own Service where it "
                    "matters"
                ),
            ),
        ),
        fails=False,
    ),
    Bundle(
        "version of two Routemaps",
        (LONE, changed(OTHER, "spec.versions", [{"name": "shop"}, {"name": "httpbin-1"}])),
        (
            (
                1,
                "ListedTwice",
                (
                    'spec.versions[1].name: "httpbin-1" is listed by Routemap httpbin, too, and only the '
                    "older "
                    "gets it; list each version in one Routemap"
                ),
            ),
        ),
    ),
    Bundle(
        "host of two Routemaps",
        (routemap(hosts=["a.example.com", "b.example.com"]), changed(OTHER, "spec.hosts", ["b.example.com"])),
        (
            (
                1,
                "SameHost",
                (
                    'spec.hosts[0]: "b.example.com" is routed by Routemap httpbin, too, and Istio takes one '
                    "of "
                    "the two; give each its own hosts or gateways"
                ),
            ),
        ),
    ),
    Bundle(
        "host of a VirtualService",
        (
            without(changed(virtual_service(), "metadata.name", "web"), "metadata.labels"),
            routemap(),
        ),
        (
            (
                1,
                "SameHost",
                (
                    'spec.hosts[0]: "httpbin.default" is routed by VirtualService web, too, and Istio takes '
                    "one "
                    "of the two; give each its own hosts or gateways"
                ),
            ),
        ),
    ),
    Bundle(
        "VirtualService of the Routemap's name",
        (without(virtual_service(), "metadata.labels"), routemap()),
        (
            (
                1,
                "Conflict",
                (
                    "metadata.name: VirtualService httpbin is there, too, and is not Teal's, so nothing is "
                    "routed; leave it out or give the Routemap another name"
                ),
            ),
        ),
    ),
    Bundle(
        "override of another name",
        (OTHER, weight_override(("shop", 1))),
        (
            (
                1,
                "NoRoutemap",
                (
                    'metadata.name: no Routemap "httpbin" is here, only shop; an override bears the name of '
                    "its "
                    "Routemap and does nothing without one"
                ),
            ),
        ),
        fails=False,
    ),
    Bundle(
        "override of a version that is not listed",
        (routemap(), weight_override(("httpbin-0", 1), ("httpbin-2", 1))),
        (
            (
                1,
                "NotListed",
                (
                    'spec.weights[1].version: Routemap httpbin lists no "httpbin-2", so this weight does '
                    "nothing; it lists httpbin-0 and httpbin-1"
                ),
            ),
        ),
        fails=False,
    ),
)

FITS: tuple[tuple[Manifest, ...], ...] = (
    (),
    APPLICATION,
    (*APPLICATION, weight_override(("httpbin-0", 1)), virtual_service()),
    (routemap(port=80), service(), service("httpbin-0", ports=[{"port": 80}, {"port": 9090}])),
    (routemap(),),
    (weight_override(("a", 1)),),
    (UNWATCHED, OTHER),
    (UNWATCHED, deployment(), LONE),  # twice: a base and its patch, or two environments
    (deployment(), UNWATCHED, LONE),
    (changed(UNWATCHED, "metadata.namespace", "other"), LONE),
    (
        routemap(hosts=["a.example.com"], gateways=["one"]),
        changed(
            changed(changed(OTHER, "spec.hosts", ["a.example.com"]), "spec.gateways", ["one"]),
            "metadata.namespace",
            "other",
        ),
    ),
    (UNWATCHED | {"apiVersion": "example.org/v1"}, LONE),
    (UNWATCHED, routemap(port=0)),  # malformed, told of by itself
    (service("httpbin", selector={"app": "httpbin-1"}), deployment(), LONE),  # the application's own
    (service("web", selector={"app": "httpbin-1"}), changed(deployment(), "metadata.labels", {})),
    (service("web", selector={"app": "httpbin-1"}), service(), deployment()),
    (service(selector={}), deployment()),
    (
        service("httpbin-0", ports=[{"port": 80, "name": "grpc"}]),
        service(ports=[{"port": 80, "name": "http2-api"}]),
        routemap(),
    ),
    (service("httpbin-0", ports=[{"port": 80, "name": "tcp-db"}]), service(), routemap()),
    (
        service("httpbin-0", ports=[{"port": 80, "name": "http"}]),
        service(ports=[{"port": 81, "name": "grpc"}, {"port": 80, "name": "grpc", "protocol": "UDP"}]),
        routemap(),
    ),
    (service("httpbin", ports=[{"port": 80, "name": "tcp"}]), routemap(gateways=["httpbin"])),
    (
        service("httpbin", ports=[{"port": 90, "name": "tcp"}]),
        service(ports=[{"port": 80, "name": "http"}, {"port": 90}]),
        routemap(protocol="TCP", port=90),
    ),
    (
        service("httpbin", ports=[{"port": 80}, {"port": 90}, {"port": 91}]),
        service(ports=[{"port": 80}, {"port": 90}]),
        routemap(),
    ),
    (service("httpbin"), service(), routemap(port=80)),
    (service(ports=[{"port": 80, "targetPort": "8080"}, {"port": 81, "targetPort": 8081}]), deployment()),
    (
        service(ports=[{"port": 80, "targetPort": "web"}]),
        changed(
            deployment(),
            "spec.template.spec.containers.0.ports",
            [{"name": "web", "containerPort": 80}],
        ),
    ),
    (OTHER, routemap(hosts=["a.example.com"])),
    (
        routemap(hosts=["a.example.com"], gateways=["one"]),
        changed(changed(OTHER, "spec.hosts", ["a.example.com"]), "spec.gateways", ["two"]),
    ),
    (
        routemap(hosts=["web"]),
        changed(changed(OTHER, "spec.hosts", ["web"]), "metadata.namespace", "other"),
    ),
    (OTHER, changed(weight_override(("a", 1)), "metadata.namespace", "other")),
    (with_key(UNWATCHED, "labels", "iter8.tools/watch"), LONE),
    (
        {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": "x"},
        {"kind": ["Service"]},
        {"metadata": 5},
    ),
    ({**routemap(), "metadata": {"name": ["x"]}}, {**service(), "spec": {"ports": "x", "selector": [1]}}),
)
"""What may stand side by side without a word."""

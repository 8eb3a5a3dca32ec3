"""The application that is called: versions, the Service in front of all, Routemap, and the clients' pod."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from routing import names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

APP, CLIENT = "streams", "streams-client"
PRIMARY, CANDIDATE = f"{APP}-0", f"{APP}-1"
IMAGE = "docker.io/teal/streams:local"
SERVER, CLIENTS, ASKING = (
    Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("serve.py", "hold.py", "ask.py")
)
GRPC_PORT, WEBSOCKET_PORT = 50051, 8080
GATEWAY = APP
_PORTS = (
    {"name": "grpc", "port": GRPC_PORT},
    {"name": "http-ws", "port": WEBSOCKET_PORT},
    {"name": "tcp", "port": 9000},
)
_PART = {"app.kubernetes.io/part-of": APP}
DRAIN_SECONDS = 5


def version(name: str, linger: int) -> list[dict[str, Any]]:
    """Return Deployment and Service of a version that goes on for `linger` seconds after SIGTERM."""
    environment = [{"name": "VERSION", "value": name}, {"name": "LINGER", "value": str(linger)}]
    container = {
        "env": environment,
        "ports": [{"containerPort": port["port"]} for port in _PORTS],
        # A busy machine is no failure of it.
        "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1, "timeoutSeconds": 10},
    }
    labels = {"app": name, **_PART}
    return [
        _deployment(name, labels, ["python3", "-c", SERVER], container, {names.WATCH: "true"}),
        _service(name, {"app": name}),
    ]


def client(protocol: str = names.HTTP) -> dict[str, Any]:
    """Return the Deployment whose pod the clients run in.

    What it sends to port 80 goes past its sidecar, which would split by itself what is meant for the Gateway.
    Where connections are split weights are a part of a listener. What was opened by it as it was before stays
    open for this time.
    """
    made = _deployment(CLIENT, {"app": CLIENT}, ["sleep", "infinity"], {}, {})
    annotations = {"traffic.sidecar.istio.io/excludeOutboundPorts": "80"}
    if protocol != names.HTTP:
        annotations["proxy.istio.io/config"] = "drainDuration: 1h"
    made["spec"]["template"]["metadata"]["annotations"] = annotations
    return made


def called() -> dict[str, Any]:
    """Return the Service by which clients call the application."""
    return _service(APP, _PART)


def speaking(name: str, port: int, said: str | None) -> dict[str, Any]:
    """Return a Service, of the application or of a version, with one port that says this, or nothing."""
    told = {} if said is None else {"appProtocol": said}
    return _service(name, _PART if name == APP else {"app": name}, [{"port": port, **told}])


def gateway() -> dict[str, Any]:
    """Return an Istio Gateway at the ingress gateway that is there."""
    port = {"number": 80, "name": "http", "protocol": "HTTP"}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": GATEWAY},
        "spec": {
            "selector": {"istio": "ingressgateway"},
            "servers": [{"port": port, "hosts": [f"{APP}.default"]}],
        },
    }


def routemap(
    router: str, weights: Sequence[int] = (50, 50), *, port: int = GRPC_PORT, **spec: Any
) -> dict[str, Any]:
    """Return the Routemap. Without a port all of a Service's are split; an HTTPRoute has to have one.

    `spec`: further fields, for requests in the mesh otherwise.
    """
    at = {} if router == names.VIRTUAL_SERVICE else {"port": port}
    listed = [
        {"name": name, "weight": weight} for name, weight in zip((PRIMARY, CANDIDATE), weights, strict=True)
    ]
    return {
        "apiVersion": "iter8.tools/v1alpha1",
        "kind": "Routemap",
        "metadata": {"name": APP},
        "spec": {
            "router": router,
            "versions": listed,
            "drainSeconds": DRAIN_SECONDS,
            "gateways": ["mesh"],
            **at,
            **spec,
        },
    }


def _service(
    name: str, selector: Mapping[str, str], ports: Sequence[Mapping[str, object]] = _PORTS
) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"ports": [*ports], "selector": {**selector}},
    }


def _deployment(
    name: str,
    pods: Mapping[str, str],
    command: Sequence[str],
    container: Mapping[str, Any],
    labels: Mapping[str, str],
) -> dict[str, Any]:
    spec = {
        "terminationGracePeriodSeconds": 60 if labels else 0,
        "containers": [{"name": APP, "image": IMAGE, "command": [*command], **container}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": {**labels}},
        "spec": {
            "selector": {"matchLabels": {"app": pods["app"]}},
            "template": {"metadata": {"labels": {**pods}}, "spec": spec},
        },
    }

"""A real istiod beside an API server, and a real Envoy that it configures as a client's sidecar.

Nothing is sent through it: it is there to take configurations, or to refuse them.
"""

from __future__ import annotations

import json
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tools.local.controlplane import child, free_port
from tools.local.envoy import envoy
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 120.0
_SETTINGS = {
    "ENABLE_CA_SERVER": "false",
    "PILOT_CERT_PROVIDER": "none",
    "PILOT_ENABLE_ALPN_FILTER": "false",  # a filter of Istio's own Envoy; the next, too
    "PILOT_ENABLE_METADATA_EXCHANGE": "false",
    "PILOT_ENABLE_GATEWAY_API_STATUS": "false",
    "PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER": "false",
    "PILOT_ENABLE_GATEWAY_API_GATEWAYCLASS_CONTROLLER": "false",
}
# No certificates: proxies would wait for them before they take a cluster.
_MESH = {"enableAutoMtls": False, "defaultProviders": {}}
_XDS = "xds-grpc"
_HTTP2 = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


@dataclass(frozen=True)
class Proxy:
    """A running Envoy, by its administration's port."""

    port: int

    def routes(self) -> dict[str, dict[str, Any]]:
        """Return the virtual hosts that it goes by, by their names."""
        dump = json.loads(_read(self.port, "/config_dump?resource=dynamic_route_configs") or "{}")
        tables = [each["route_config"] for each in dump.get("configs", ())]
        return {host["name"]: host for table in tables for host in table.get("virtual_hosts", ())}

    def listeners(self) -> dict[str, dict[str, Any]]:
        """Return what it has taken to listen for, by names such as 10.0.0.1_9000.

        Those that are still warming, too: nothing is sent here.
        """
        dump = json.loads(_read(self.port, "/config_dump?resource=dynamic_listeners") or "{}")
        taken = [each.get("active_state") or each.get("warming_state") for each in dump.get("configs", ())]
        return {state["listener"]["name"]: state["listener"] for state in taken if state}

    def rejected(self) -> int:
        """Return how many updates it has refused so far, of whatever kind."""
        lines = (_read(self.port, "/stats?filter=update_rejected") or "").splitlines()
        return sum(int(line.rpartition(":")[2]) for line in lines)


@contextmanager
def sidecar(kubeconfig: Path, namespace: str, folder: Path) -> Iterator[Proxy]:
    """Run istiod for a namespace, and a sidecar of it, until the context ends; logs are in `folder`."""
    grpc, http, admin = free_port(), free_port(), free_port()
    (folder / "mesh.yaml").write_text(yaml.safe_dump(_MESH))
    (folder / "envoy.json").write_text(json.dumps(_bootstrap(namespace, grpc, admin)))
    daemon = [
        *("env", *(f"{name}={value}" for name, value in _SETTINGS.items()), f"POD_NAMESPACE={namespace}"),
        *(str(programs() / "pilot-discovery"), "discovery"),
        f"--kubeconfig={kubeconfig}",
        f"--meshConfig={folder / 'mesh.yaml'}",
        f"--grpcAddr=127.0.0.1:{grpc}",
        f"--httpAddr=127.0.0.1:{http}",
        f"--monitoringAddr=127.0.0.1:{free_port()}",
        *("--secureGRPCAddr=", "--httpsAddr=", "--ctrlz_port=0", "--shutdownDuration=0s"),
    ]
    proxy = [str(envoy()), "-c", str(folder / "envoy.json"), "--disable-hot-restart", "--concurrency", "1"]
    with child(daemon, folder / "istiod.log"):
        _wait(http, "/ready", folder / "istiod.log")
        with child([*proxy, "--log-level", "error"], folder / "envoy.log"):
            _wait(admin, "/server_info", folder / "envoy.log")
            yield Proxy(admin)


def _bootstrap(namespace: str, grpc: int, admin: int) -> dict[str, Any]:
    """Return what Envoy starts with: who it is, and where it is told the rest."""
    ports = {"proxyListenPort": free_port(), "proxyInboundListenPort": free_port()}
    source = {"ads": {}, "resource_api_version": "V3"}
    address = {"socket_address": {"address": "127.0.0.1", "port_value": grpc}}
    http2 = {"@type": f"type.googleapis.com/{_HTTP2}", "explicit_http_config": {"http2_protocol_options": {}}}
    return {
        "node": {
            "id": f"sidecar~10.9.0.1~client.{namespace}~{namespace}.svc.cluster.local",
            "cluster": f"client.{namespace}",
            "metadata": {"NAMESPACE": namespace, "ISTIO_VERSION": "1.31.0", "PROXY_CONFIG": ports},
        },
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": admin}}},
        "dynamic_resources": {
            "ads_config": {
                "api_type": "DELTA_GRPC",
                "transport_api_version": "V3",
                "grpc_services": [{"envoy_grpc": {"cluster_name": _XDS}}],
            },
            "cds_config": source,
            "lds_config": source,
        },
        "static_resources": {
            "clusters": [
                {
                    "name": _XDS,
                    "type": "STATIC",
                    "typed_extension_protocol_options": {_HTTP2: http2},
                    "load_assignment": {
                        "cluster_name": _XDS,
                        "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
                    },
                }
            ]
        },
    }


def _wait(port: int, path: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if _read(port, path) is not None:
            return
        time.sleep(0.1)
    raise RuntimeError(f"it did not become ready; its log is {log}")


def _read(port: int, path: str) -> str | None:
    """Return an answer's text, None while there is none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            text: str = answer.read().decode()
    except OSError:
        return None
    return text

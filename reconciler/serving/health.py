"""What kubelet and Prometheus ask: alive, ready, figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import generate_latest

from serving.plain import PlainServer, figures, health

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry


def serve(
    port: int,
    not_ready: Callable[[], str | None],
    registry: CollectorRegistry,
    not_alive: Callable[[], str | None] = lambda: None,
) -> PlainServer:
    """Serve /healthz, /readyz and /metrics in a thread of their own, named `health`.

    `not_alive` says why the process has to be started anew, `not_ready` why it is no use yet, or None. Both
    are asked in that thread and must not wait. Liveness must not depend on load or on the API server.
    Raises OSError where the port can't be listened at.
    """
    pages = {
        "/healthz": lambda: health(not_alive()),
        "/readyz": lambda: health(not_ready()),
        "/metrics": figures(lambda: generate_latest(registry)),
    }
    server = PlainServer(port, pages)
    server.start("health")
    return server

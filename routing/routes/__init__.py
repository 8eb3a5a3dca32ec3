"""Who gets which requests, as values, and how a router's object says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.raw import section
from routing.routes.grpcroute import GRPCRouteRouter
from routing.routes.httproute import HTTPRouteRouter
from routing.routes.virtualservice import VirtualServiceRouter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.routes.router import Router

ROUTER: Router = VirtualServiceRouter()
"""The one by default."""
ROUTERS: Mapping[str, Router] = {
    names.VIRTUAL_SERVICE: ROUTER,
    names.HTTP_ROUTE: HTTPRouteRouter(),
    names.GRPC_ROUTE: GRPCRouteRouter(),
}
"""By the kind of object that each writes."""


def router_of(routemap: Mapping[str, Any]) -> Router:
    """Return the router that a Routemap, well formed or not, asks for."""
    asked = section(routemap, "spec").get("router")
    return ROUTERS.get(asked, ROUTER) if isinstance(asked, str) else ROUTER


def shares(route: Mapping[str, Any]) -> dict[str, int]:
    """Return the percentages by version as the router's object has them, for those who show or check them."""
    router = ROUTERS.get(route.get("kind", names.VIRTUAL_SERVICE), ROUTER)
    return {exposure.version: exposure.share for exposure in router.exposures(route)}

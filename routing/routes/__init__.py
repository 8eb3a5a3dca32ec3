"""Who gets which requests, as values, and how a router's object says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.routes.virtualservice import VirtualServiceRouter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.routes.router import Router

ROUTER: Router = VirtualServiceRouter()
"""The only one so far."""


def shares(route: Mapping[str, Any]) -> dict[str, int]:
    """Return the percentages by version as the router's object has them, for those who show or check them."""
    return {exposure.version: exposure.share for exposure in ROUTER.exposures(route)}

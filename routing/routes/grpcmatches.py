"""Matches of a Routemap as a GRPCRoute has them (GRPCRouteMatch, gateway.networking.k8s.io/v1).

A call of gRPC is a request for `/package.Service/Method`, so what a Routemap asks of `uri` names the service,
and the method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.reading.grpcroutes import called
from routing.reading.raw import section
from routing.routes import httpmatches

if TYPE_CHECKING:
    from collections.abc import Mapping

    Manifest = Mapping[str, Any]


def rendered(alternative: Manifest) -> dict[str, Any]:
    """Return an alternative of a Routemap's match (`reading.matches`) with the defaults spelt out.

    It asks for nothing that `reading.grpcroutes` refuses.
    """
    whole = httpmatches.rendered(alternative)
    method = called(section(alternative, "uri"))
    asked = {"method": {"type": "Exact", **method}} if method else {}
    return asked | ({"headers": whole["headers"]} if "headers" in whole else {})

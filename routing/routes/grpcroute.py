"""The router of gRPC's calls by Gateway API: a GRPCRoute of exposures, and the exposures of a GRPCRoute."""

from __future__ import annotations

from routing.kinds import GRPC_ROUTES
from routing.routes import grpcmatches
from routing.routes.httproute import HTTPRouteRouter


class GRPCRouteRouter(HTTPRouteRouter):
    """The `Router` whose object is Gateway API's GRPCRoute (gateway.networking.k8s.io/v1).

    It is an HTTPRoute's but for its matches, and for what it has no fields for: those a Routemap may not ask
    for (`reading.grpcroutes`). A rule without matches takes every call, and the API server adds none.
    """

    resource = GRPC_ROUTES
    rendered = staticmethod(grpcmatches.rendered)
    everything = ()

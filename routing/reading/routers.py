"""Which kind of object sends a Routemap's requests (`spec.router`), and what that can't do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading import grpcroutes, httproutes, protocols
from routing.reading.violation import shown

if TYPE_CHECKING:
    from routing.model import Routemap
    from routing.reading.fields import Fields

_LIMITS = {names.HTTP_ROUTE: httproutes.limits, names.GRPC_ROUTE: grpcroutes.limits}


def read(fields: Fields, value: Any) -> str:
    """Return the kind of object that sends the requests, after noting one that there is not."""
    if value in names.ROUTERS:
        return str(value)
    *others, last = names.ROUTERS
    detail = f"{shown(value)} is not a router; use {', '.join(others)} or {last}"
    fields.note("spec.router", "UnknownRouter", detail)
    return names.VIRTUAL_SERVICE


def limits(fields: Fields, routemap: Routemap) -> None:
    """Note what its router can't do of a Routemap that is well formed, each with what can be done instead.

    What can't be done to connections is told first, since that takes another router, too.
    """
    if routemap.protocol != names.HTTP:
        protocols.limits(fields, routemap)
    elif routemap.router in _LIMITS:
        _LIMITS[routemap.router](fields, routemap)

"""Why a well-formed Routemap can't be served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.routes import ROUTERS
from routing.routes.objects import ours, owned
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.model import Routemap

NOT_INSTALLED_SECONDS = 10.0
"""A kind that is not installed is looked for again so soon."""
_GATEWAY_API = "Gateway API's CRDs and a controller of them"


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why nothing can be written for a Routemap until somebody changes something.

    `again`: seconds, or None where the change is an event.
    """

    reason: str
    message: str
    again: float | None = None


def unfit_for(
    routemap: Routemap,
    route: Mapping[str, Any] | None,
    others: Sequence[tuple[str, Mapping[str, Any]]],
    senior: Mapping[str, str] | None,
    *,
    installed: bool,
) -> Unfit | None:
    """Return why a Routemap can't be served, None where it can.

    `route`: the router's object of its name; `others`: what other routers have of it, each
    with the router's name; `senior`: for each
    version that an older Routemap lists, that one's name; `installed`: whether the router's kind is.
    """
    if not installed:
        kind = ROUTERS[routemap.router].resource
        what = "Istio" if routemap.router == names.VIRTUAL_SERVICE else _GATEWAY_API
        where = f"the cluster has no {kind.kind} ({kind.api_version}), so nothing is routed"
        message = f"{where}; install {what}"
        return Unfit("RouterNotInstalled", message, NOT_INSTALLED_SECONDS)
    now = next((router for router, other in others if owned(other, routemap.uid)), None)
    if now is not None:
        return Unfit("RouterChanged", f"spec.router: {router_stays(now, routemap.router)}")
    for version in routemap.versions:
        other = (senior or {}).get(version.name)
        if other is not None:
            message = (
                f"version {version.name} belongs to Routemap {other} already; list it in one of the two only"
            )
            return Unfit("Conflict", message)
    if route is None or ours(route, routemap.name, routemap.uid):
        return None
    message = (
        f"{routemap.router} {routemap.name} is there already and is not Teal's; delete it, "
        "or give the Routemap another name"
    )
    return Unfit("Conflict", message)


def router_stays(now: str, asked: str) -> str:
    """Return the sentence on a Routemap that is routed and now asks for another router."""
    return (
        f"requests go by router {now}, and to change it to {asked} under way would lose some; keep "
        f"{now}, or have the Routemap deleted and made anew (kubectl replace --force --filename=...): "
        "the old route stays until the new one is taken"
    )

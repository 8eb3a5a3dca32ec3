"""Why a well-formed Routemap can't be served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routing.routes import ROUTER
from routing.routes.virtualservice import ours

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.model import Routemap

NOT_INSTALLED_SECONDS = 10.0
"""A kind that is not installed is looked for again so soon."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why nothing can be written for a Routemap until somebody changes something.

    `again`: seconds, or None where the change is an event.
    """

    reason: str
    message: str
    again: float | None = None


def unfit_for(
    routemap: Routemap, route: Mapping[str, Any] | None, senior: Mapping[str, str] | None, *, installed: bool
) -> Unfit | None:
    """Return why a Routemap can't be served, None where it can.

    `route`: the router's object of its name; `senior`: for each version that an older Routemap lists, that
    one's name; `installed`: whether the router's kind is.
    """
    if not installed:
        kind = ROUTER.resource
        message = f"the cluster has no {kind.kind} ({kind.api_version}), so nothing is routed; install Istio"
        return Unfit("RouterNotInstalled", message, NOT_INSTALLED_SECONDS)
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
        f"VirtualService {routemap.name} is there already and is not Teal's; delete it, "
        "or give the Routemap another name"
    )
    return Unfit("Conflict", message)

"""Whether anybody keeps what `teal status` tells true: a status stays as it is where Teal is away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.reads import maybe
from kube.errors import ClusterError
from routing.kinds import LEASES
from routing.reading.raw import section
from routing.reading.times import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kube.client import Cluster

    Manifest = Mapping[str, Any]

PLACE = ("teal-system", "teal")
"""Namespace and name of the Lease, as the README installs Teal."""
LONG_SECONDS = 60.0
"""More than a leader's end, and than clocks differ."""


def unled(lease: Manifest | None, now: float) -> str:
    """Return in a sentence that nobody reconciles; "" where somebody does, or nobody can tell. Pure.

    `now`: seconds since the epoch. Without Lease nobody can: Teal may be installed under other names.
    """
    renewed = seconds(section(lease, "spec").get("renewTime"))
    if renewed is None or now - renewed <= LONG_SECONDS:
        return ""
    return (
        f"nobody has led Teal for {now - renewed:.0f} s, so what is told here is what it told last, and "
        "nobody puts the split right; `teal doctor` looks for why"
    )


def looked_for(cluster: Cluster, now: float) -> str:
    """Return what `unled` says of the cluster's Lease; "" where it may not be read, or nobody answers."""
    try:
        return unled(maybe(cluster, LEASES, *PLACE), now)
    except ClusterError:
        return ""

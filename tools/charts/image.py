"""Which image the charts install: on a local cluster the one that is pushed there."""

from __future__ import annotations

from tools.local.cluster import recorded
from tools.local.layout import name_of_cluster
from tools.local.teal_image import teal_image


def app_version() -> str | None:
    """Return the tag of this checkout's image, by which a local cluster has it; None where there is none.

    Without it the chart's own version stands, which only a registry has that the image was published to.
    """
    if recorded(name_of_cluster()) is None:
        return None
    return teal_image().reference.rpartition(":")[2]

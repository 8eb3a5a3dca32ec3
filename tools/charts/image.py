"""Which image the charts install: on a local cluster this checkout's, as it is now."""

from __future__ import annotations

from tools.local.cluster import recorded
from tools.local.layout import name_of_cluster
from tools.local.registry import push
from tools.local.teal_image import teal_image


def app_version() -> str | None:
    """Push this checkout's image into the local cluster and return its tag; None where there is no cluster.

    Without one the chart's own version stands, which only a registry has that the image was published to.
    Raises RuntimeError, or OSError, for a cluster that does not take it.
    """
    layout = recorded(name_of_cluster())
    if layout is None:
        return None
    image = teal_image()
    push(layout.node_address, image)
    return image.reference.rpartition(":")[2]

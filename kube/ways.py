"""The way to an API server that takes the least time and memory to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kube.in_pod import in_pod

if TYPE_CHECKING:
    from kube.contexts import Context
    from kube.in_pod import PodContext
    from kube.plain_contexts import PlainContext


def way(kubeconfig: str | None) -> Context | PlainContext | PodContext:
    """Return where a kubeconfig's current context leads, None: the pod's own, and as whom.

    Raises ClusterError where there is neither.
    """
    found: PlainContext | PodContext | None
    if kubeconfig is None:
        found = in_pod()
    else:
        from kube.plain_contexts import plain  # noqa: PLC0415 - a pod has no YAML to read

        found = plain(kubeconfig, programs=False)
    if found is not None:
        return found
    from kube.contexts import Context  # noqa: PLC0415 - half a second, and 18 MiB

    return Context(kubeconfig)

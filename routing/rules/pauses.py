"""The pause before containers are stopped: proxies send requests until they have heard that a pod goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.facts import is_watched
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_CONTAINERS = 256
"""Of a pod, that are looked at. Kubernetes sets no limit, and nobody has as many."""
GRACE_SECONDS = 30
"""terminationGracePeriodSeconds where a template has none (kubernetes.io/docs: Pod Lifecycle)."""


_MOST_DIGITS = 9
"""Of a label's seconds; thirty years. `int` refuses texts of thousands of digits."""


def paused(deployment: Mapping[str, Any], pre_stop_sleep: int) -> Mapping[str, Any]:
    """Return a watched Deployment with a `preStop.sleep` in each container that has no preStop.

    The seconds are those of its label, else `pre_stop_sleep`; 0 is none. Where they leave nothing of the
    termination grace period, where there are more than MOST_CONTAINERS, and where something is malformed, the
    Deployment stays as it is. Idempotent.
    """
    asked = section(deployment, "metadata", "labels").get(names.PRE_STOP_SLEEP)
    seconds = pre_stop_sleep if asked is None else seconds_of(asked)
    many = len(listing(deployment, "spec", "template", "spec", "containers"))
    wanted = is_watched(deployment) and 0 < many <= MOST_CONTAINERS
    if not wanted or not seconds or seconds >= grace_seconds(deployment):
        return deployment
    spec, template = section(deployment, "spec"), section(deployment, "spec", "template")
    pod = section(template, "spec")
    patient = {**pod, "containers": [_patient(container, seconds) for container in pod["containers"]]}
    return {**deployment, "spec": {**spec, "template": {**template, "spec": patient}}}


def pauses(container: Mapping[str, Any]) -> bool:
    """Tell whether a container does something before it is stopped."""
    return bool(section(container, "lifecycle").get("preStop"))


def seconds_of(value: Any) -> int | None:
    """Return the seconds that a label's value says, None if it says none."""
    if not isinstance(value, str) or len(value) > _MOST_DIGITS:
        return None
    return int(value) if value.isascii() and value.isdigit() else None


def grace_seconds(deployment: Mapping[str, Any]) -> int:
    """Return the time that a Deployment's pods have from their deletion to their end."""
    grace = section(deployment, "spec", "template", "spec").get("terminationGracePeriodSeconds")
    return grace if isinstance(grace, int) else GRACE_SECONDS


def _patient(container: Any, seconds: int) -> Any:
    """Return a container with the pause; one that has a preStop, or is none, as it is."""
    if not isinstance(container, dict) or pauses(container):
        return container
    lifecycle = {**section(container, "lifecycle"), "preStop": {"sleep": {"seconds": seconds}}}
    return {**container, "lifecycle": lifecycle}

"""What hosts and gateways of a route mean: names that are completed by its namespace."""

from __future__ import annotations

MESH = "mesh"
"""The gateway that is none: clients in the mesh."""
_SERVICE = len(("name", "namespace", "svc"))


def full(host: str, namespace: str) -> str:
    """Return the name of a host that is a Service's as "name.namespace.svc"; any other host as it is.

    Istio takes a host without a dot for a Service of the VirtualService's namespace; DNS knows the others.
    The cluster's domain makes no difference, and a name of two parts is taken for a Service's, though it may
    be a public one: it is compared with others of its kind.
    """
    labels = host.split(".")
    if len(labels) < _SERVICE:
        return f"{labels[0]}.{[*labels, namespace][1]}.svc"
    return ".".join(labels[:_SERVICE]) if labels[_SERVICE - 1 : _SERVICE] == ["svc"] else host


def service_of(host: str, namespace: str) -> str | None:
    """Return the Service of this namespace that a host names, None where it is something else."""
    name, _, rest = full(host, namespace).partition(".")
    return name if rest == f"{namespace}.svc" and name != "*" else None


def qualified(gateway: str, namespace: str) -> str:
    """Return a gateway as "namespace/name"; `mesh` as it is."""
    return gateway if gateway == MESH or "/" in gateway else f"{namespace}/{gateway}"

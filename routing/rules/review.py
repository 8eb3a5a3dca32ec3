"""A change that is asked about, and the answer."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from routing import names
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.reading.violation import Violation

KUBERNETES_USERS = ("system:kube-controller-manager", "system:apiserver")
KUBERNETES_ACCOUNTS = "system:serviceaccount:kube-system:"


@dataclass(frozen=True)
class Review:
    """A change to one object, as the API server asks about it.

    `operation` is CREATE, UPDATE or DELETE; `manifest` is None on DELETE, `old` is None on CREATE;
    `options` are the operation's own (meta.k8s.io/v1 DeleteOptions and the like).

    `namespace` is the request's own, "" where it has none; `username` is who asks, as the API server has
    authenticated them. `domain` is the cluster's.
    """

    operation: str
    manifest: Mapping[str, Any] | None
    old: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    namespace: str = ""
    username: str = ""
    domain: str = names.DOMAIN

    @property
    def by_kubernetes(self) -> bool:
        """Whether Kubernetes itself is at work: garbage collection, namespace deletion."""
        return self.username in KUBERNETES_USERS or self.username.startswith(KUBERNETES_ACCOUNTS)


@dataclass(frozen=True)
class Verdict:
    """The answer: allowed exactly if there is no violation."""

    violations: tuple[Violation, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the change may be made."""
        return not self.violations

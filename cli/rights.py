"""Which rights each command takes. docs/cli.md's table is made of this; tests run with exactly these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routing import names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ROUTEMAPS = (names.GROUP, "routemaps")
_OVERRIDES = (names.GROUP, "weightoverrides")
_DEPLOYMENTS = ("apps", "deployments")
_STATEFUL_SETS = ("apps", "statefulsets")
_SERVICES = ("", "services")
_CONFIG_MAPS = ("", "configmaps")
_EVENTS = ("", "events")
_LEASES = ("coordination.k8s.io", "leases")
_VIRTUAL_SERVICES = ("networking.istio.io", "virtualservices")

Right = tuple[str, str, str]
"""Group, resource, verb."""


@dataclass(frozen=True)
class Needs:
    """What a command can't do without, and what it tells more with."""

    needed: Sequence[Right]
    more: Sequence[Right] = ()


def _each(resource: tuple[str, str], *verbs: str) -> list[Right]:
    return [(*resource, verb) for verb in verbs]


_INIT = [
    (*_ROUTEMAPS, "get"),
    (*_OVERRIDES, "get"),
    (*_DEPLOYMENTS, "list"),
    (*_STATEFUL_SETS, "list"),
    (*_SERVICES, "list"),
    (*_VIRTUAL_SERVICES, "list"),
]
RIGHTS: Mapping[str, Needs] = {
    "status": Needs([(*_ROUTEMAPS, "list")], [(*_LEASES, "get")]),
    "status APP": Needs(
        [(*_ROUTEMAPS, "get")],
        [
            (*_OVERRIDES, "get"),
            (*_EVENTS, "list"),
            (*_DEPLOYMENTS, "get"),
            (*_STATEFUL_SETS, "get"),
            ("", "pods", "list"),
            (*_LEASES, "get"),
        ],
    ),
    "weights APP VERSION=WEIGHT": Needs(
        [(*_ROUTEMAPS, "get"), (*_OVERRIDES, "create"), (*_OVERRIDES, "patch")]
    ),
    "weights APP --reset": Needs([(*_OVERRIDES, "delete")]),
    "promote APP": Needs(
        [
            *_each(_ROUTEMAPS, "get", "patch"),
            *_each(_OVERRIDES, "get", "create", "patch", "delete"),
            *_each(_DEPLOYMENTS, "get", "patch", "delete"),
            (*_STATEFUL_SETS, "get"),
            *_each(_SERVICES, "get", "delete"),
        ],
        [("apps", "replicasets", "list")],
    ),
    "promote APP --by-order --delete": Needs(
        [
            *_each(_ROUTEMAPS, "get", "patch"),
            *_each(_OVERRIDES, "get", "delete"),
            *_each(_DEPLOYMENTS, "get", "delete"),
            (*_STATEFUL_SETS, "get"),
            *_each(_SERVICES, "get", "delete"),
        ],
        # Where the old primary is one.
        [(*_STATEFUL_SETS, "delete")],
    ),
    "promote APP --by-order": Needs(
        [
            *_each(_ROUTEMAPS, "get", "patch"),
            *_each(_OVERRIDES, "get", "delete"),
            (*_DEPLOYMENTS, "get"),
            (*_SERVICES, "get"),
        ],
        [(*_STATEFUL_SETS, "get")],
    ),
    "abort APP": Needs([(*_ROUTEMAPS, "get"), *_each(_OVERRIDES, "get", "create", "patch")]),
    "rollout APP WISH": Needs(_each(_ROUTEMAPS, "get", "patch")),
    "init APP": Needs([*_INIT, (*_ROUTEMAPS, "create")]),
    "init APP --apply": Needs(
        [
            *_INIT,
            (*_ROUTEMAPS, "create"),
            (*_DEPLOYMENTS, "patch"),
            (*_SERVICES, "create"),
            (*_VIRTUAL_SERVICES, "patch"),
        ]
    ),
    "init APP --undo": Needs(
        [
            *_INIT,
            (*_ROUTEMAPS, "delete"),
            (*_DEPLOYMENTS, "patch"),
            (*_SERVICES, "delete"),
            (*_VIRTUAL_SERVICES, "patch"),
        ],
        # Where one is left: the Routemap, its owner, takes it along in nearly all cases.
        [(*_OVERRIDES, "delete")],
    ),
    "migrate": Needs(
        [(*_CONFIG_MAPS, "list")],
        [
            (*_CONFIG_MAPS, "get"),
            (*_DEPLOYMENTS, "get"),
            (*_STATEFUL_SETS, "get"),
            (*_SERVICES, "get"),
            (*_VIRTUAL_SERVICES, "get"),
            ("gateway.networking.k8s.io", "httproutes", "get"),
        ],
    ),
    "diff -f FILE": Needs(
        [
            (*_ROUTEMAPS, "get"),
            (*_OVERRIDES, "get"),
            (*_VIRTUAL_SERVICES, "get"),
            (*_DEPLOYMENTS, "get"),
            ("", "services", "get"),
            ("discovery.k8s.io", "endpointslices", "list"),
        ],
        [(*_STATEFUL_SETS, "get")],
    ),
    "dashboard": Needs(
        [(*_ROUTEMAPS, "list"), (*_ROUTEMAPS, "watch")],
        [
            (*_ROUTEMAPS, "get"),
            (*_OVERRIDES, "get"),
            (*_EVENTS, "list"),
            (*_DEPLOYMENTS, "get"),
            (*_STATEFUL_SETS, "get"),
        ],
    ),
    "history APP": Needs([(*_ROUTEMAPS, "get")], [(*_OVERRIDES, "get"), (*_EVENTS, "list")]),
}
"""By command, within the application's namespace."""


def shown(right: Right) -> str:
    """Return a right as "list routemaps.iter8.tools"."""
    group, resource, verb = right
    return f"{verb} {resource}.{group}".rstrip(".")

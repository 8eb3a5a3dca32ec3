"""What whoever keeps Leases does. Each function takes Leases and the namespace in which it may make one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kube.errors import NotFoundError, StaleError
from routing.kinds import LEASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.leading.election import Leases


def lease(namespace: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": LEASES.api_version,
        "kind": LEASES.kind,
        "metadata": {"namespace": namespace, "name": "teal"},
        "spec": spec,
    }


def none_is_not_found(leases: Leases, namespace: str) -> None:
    with pytest.raises(NotFoundError):
        leases.get(LEASES, namespace, "teal")


def what_is_created_is_read(leases: Leases, namespace: str) -> None:
    made = leases.create(LEASES, lease(namespace, holderIdentity="one"))
    assert leases.get(LEASES, namespace, "teal") == made
    assert made["spec"] == {"holderIdentity": "one"}


def a_second_create_is_stale(leases: Leases, namespace: str) -> None:
    leases.create(LEASES, lease(namespace))
    with pytest.raises(StaleError):
        leases.create(LEASES, lease(namespace))


def a_replace_gives_another_version(leases: Leases, namespace: str) -> None:
    made = leases.create(LEASES, lease(namespace, holderIdentity="one"))
    changed = leases.replace(LEASES, {**made, "spec": {"holderIdentity": "two"}})
    assert changed["spec"] == {"holderIdentity": "two"}
    assert changed["metadata"]["resourceVersion"] != made["metadata"]["resourceVersion"]


def a_replace_of_another_version_is_stale(leases: Leases, namespace: str) -> None:
    made = leases.create(LEASES, lease(namespace, holderIdentity="one"))
    leases.replace(LEASES, {**made, "spec": {"holderIdentity": "two"}})
    with pytest.raises(StaleError):
        leases.replace(LEASES, {**made, "spec": {"holderIdentity": "three"}})
    assert leases.get(LEASES, namespace, "teal")["spec"] == {"holderIdentity": "two"}


CONTRACT: tuple[Callable[[Leases, str], None], ...] = (
    none_is_not_found,
    what_is_created_is_read,
    a_second_create_is_stale,
    a_replace_gives_another_version,
    a_replace_of_another_version_is_stale,
)

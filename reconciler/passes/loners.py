"""Since when watched Deployments are listed by no Routemap, and which of their users have been told so."""

from __future__ import annotations

import threading

MOST_TOLD = 20
"""Deployments of a namespace that are told of: who has more has not mistyped a name."""


class Loners:
    """Remembers Deployments by namespace and name, for several threads. Another leader begins anew.

    The Event's own name keeps what it tells from being there twice.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: dict[str, dict[str, float]] = {}
        self._told: dict[str, set[str]] = {}

    def since(self, namespace: str, name: str, now: float) -> float | None:
        """Return since when one is alone (seconds since the epoch), None where nothing is to be told."""
        with self._lock:
            told = self._told.get(namespace, set())
            if name in told or len(told) >= MOST_TOLD:
                _discard(self._since, namespace, name)
                return None
            return self._since.setdefault(namespace, {}).setdefault(name, now)

    def told(self, namespace: str, name: str) -> None:
        """Take notice that its user has been told."""
        with self._lock:
            _discard(self._since, namespace, name)
            self._told.setdefault(namespace, set()).add(name)

    def forget(self, namespace: str, name: str) -> None:
        """Take notice that it has gone, or that a Routemap lists it."""
        with self._lock:
            _discard(self._since, namespace, name)
            told = self._told.get(namespace, set())
            told.discard(name)
            if not told:
                self._told.pop(namespace, None)


def _discard(since: dict[str, dict[str, float]], namespace: str, name: str) -> None:
    names = since.get(namespace, {})
    names.pop(name, None)
    if not names:
        since.pop(namespace, None)

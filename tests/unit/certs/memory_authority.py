"""The in-memory double of AuthorityStore; `tests/contracts/authority.py` holds it to the real one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from certs.keeper import Stored

if TYPE_CHECKING:
    from collections.abc import Mapping


class MemoryAuthority:
    """What is stored, shared by threads; counts its writes."""

    def __init__(self) -> None:
        self.writes = 0
        self._lock = threading.Lock()
        self._stored: Stored | None = None

    def read(self) -> Stored | None:
        return self._stored

    def create(self, content: Mapping[str, bytes]) -> bool:
        with self._lock:
            if self._stored is not None:
                return False
            return self._put(content)

    def replace(self, version: str, content: Mapping[str, bytes]) -> bool:
        with self._lock:
            if self._stored is None or self._stored.version != version:
                return False
            return self._put(content)

    def delete(self) -> None:
        self._stored = None

    def _put(self, content: Mapping[str, bytes]) -> bool:
        self.writes += 1
        self._stored = Stored(dict(content), str(self.writes))
        return True

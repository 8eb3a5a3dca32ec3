"""The in-memory double of AuthorityStore; `tests/contract_authority.py` holds it to the real one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from certs.keeper import Stored

if TYPE_CHECKING:
    from certs.issue import KeyPair


class MemoryAuthority:
    """One stored pair, shared by threads; counts its writes."""

    def __init__(self) -> None:
        self.writes = 0
        self._lock = threading.Lock()
        self._stored: Stored | None = None

    def read(self) -> Stored | None:
        return self._stored

    def create(self, pair: KeyPair) -> bool:
        with self._lock:
            if self._stored is not None:
                return False
            return self._put(pair)

    def replace(self, version: str, pair: KeyPair) -> bool:
        with self._lock:
            if self._stored is None or self._stored.version != version:
                return False
            return self._put(pair)

    def delete(self) -> None:
        self._stored = None

    def _put(self, pair: KeyPair) -> bool:
        self.writes += 1
        self._stored = Stored(pair, str(self.writes))
        return True

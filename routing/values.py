"""Dataclasses of values: who changes one is told by the type checker, and by nothing at run time.

At run time `frozen` sets each field by a call of its own. A pass makes some two hundred values, and that took
a tenth of its time (docs/performance.md). Hashes and comparisons are those of frozen ones.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls: type | None = None, /, *, frozen: bool = False, **options: Any) -> Any:
        """Return a class as a dataclass, or what makes it one; `options` are the library's."""
        made = dataclasses.dataclass(unsafe_hash=frozen, **options)
        return made if cls is None else made(cls)


__all__ = ["dataclass"]

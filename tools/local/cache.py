"""Where what is expensive to make is kept: outside the checkout, by the hash of what it is made from."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def cache(kind: str) -> Path:
    """Return the folder for one kind of things, made if need be."""
    root = os.environ.get("TEAL_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(root, "teal", kind)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def digest(*parts: bytes | str | Path) -> str:
    """Return the hash of texts and of files' contents."""
    total = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part
        content = content.encode() if isinstance(content, str) else content
        total.update(b"%d:" % len(content) + content)
    return total.hexdigest()[:16]


@contextmanager
def locked(kind: str, name: str = "", *, holder: str = "") -> Iterator[None]:
    """Let one at a time make things of a kind, or the one thing `name`; the others wait.

    With a `holder`, they say for whom.
    """
    with (cache(kind) / f".lock{name}").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if holder:
                print(f"Waiting for {holder} …", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield

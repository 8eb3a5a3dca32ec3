"""The serving pair as one file: certificate and key are swapped together or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from certs.issue import KeyPair

SERVING = "serving.pem"
"""The file's name in the volume that the reconciler writes and the webhook reads."""

_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----\n?", re.DOTALL)


def write(path: Path, pair: KeyPair) -> None:
    """Put a pair in place in one step: a reader sees the old pair or the new one. Mode 0600; raises OSError.

    No fsync: the volume is memory, and a file that a crash has cut short is unreadable and so issued anew.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pair.certificate + pair.key)
        temporary.replace(path)
    except BaseException:
        temporary.unlink()
        raise


def read(path: Path) -> KeyPair | None:
    """Return the pair in the file; None without a file or when it lacks a part. Raises other OSErrors."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    certificates = b"".join(match[0] for match in _BLOCK.finditer(content) if match[1] == b"CERTIFICATE")
    keys = [match[0] for match in _BLOCK.finditer(content) if match[1].endswith(b"PRIVATE KEY")]
    return KeyPair(certificates, keys[0]) if certificates and keys else None

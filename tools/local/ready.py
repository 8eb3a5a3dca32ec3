"""Wait for an API server."""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

START_SECONDS = 60.0


def wait_ready(url: str, authority: Path, alive: Callable[[], bool], log: Path) -> None:
    """Wait until an API server says that it is ready; RuntimeError when it ends before or is not in time."""
    context = ssl.create_default_context(cafile=str(authority))
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and alive():
        try:
            # S310: the address is of our own making, https always.
            with urllib.request.urlopen(f"{url}/readyz", context=context, timeout=5):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"kube-apiserver did not become ready; its log is {log}")

"""`make charts`: serves the charts of this checkout as a Helm repository on loopback."""

from __future__ import annotations

import threading
from contextlib import suppress

from tools.charts.image import app_version
from tools.charts.repository import repository
from tools.local.programs import programs
from tools.tutorial.document import CHARTS_URL

if __name__ == "__main__":
    with repository(programs() / "helm", int(CHARTS_URL.rpartition(":")[2]), app_version()) as url:
        print(f"helm repository at {url}; Ctrl-C ends it", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()

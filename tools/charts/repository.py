"""The charts as a Helm repository on loopback, so that `helm template --repo URL …` is what runs."""

from __future__ import annotations

import subprocess
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CHARTS = Path(__file__).parents[2] / "deploy" / "charts"
NAMES = ("routing-actions", "teal")
LOOPBACK = "127.0.0.1"


class HelmError(RuntimeError):
    """Helm refused; the message is its own."""


def pack(helm: Path, folder: Path, app_version: str | None = None) -> None:
    """Write both charts' packages and the index of a repository into an existing folder. Raises HelmError.

    The index names the packages relative to itself, so the folder may be served from anywhere. `app_version`
    is the tag of the image that `teal` installs, instead of the chart's own.
    """
    options = [] if app_version is None else ["--app-version", app_version]
    for name in NAMES:
        _run(helm, "package", CHARTS / name, "--destination", folder, *options)
    _run(helm, "repo", "index", folder)


@contextmanager
def serve(folder: Path, port: int = 0) -> Iterator[str]:
    """Serve a folder on loopback until the context ends, and give its URL. Port 0: any free one."""
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer((LOOPBACK, port), handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="charts", daemon=True)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def repository(helm: Path, port: int = 0, app_version: str | None = None) -> Iterator[str]:
    """Pack both charts and serve them until the context ends; give the URL for `--repo`. Raises HelmError."""
    with TemporaryDirectory(prefix="teal-charts-") as folder:
        pack(helm, Path(folder), app_version)
        with serve(Path(folder), port) as url:
            yield url


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing: what is asked for shows in what Helm then does."""


def _run(helm: Path, *arguments: str | Path) -> None:
    command = [str(helm), *map(str, arguments)]
    # S603: the arguments are this module's own, and no shell reads them.
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HelmError(done.stderr.strip() or f"{helm} ended with {done.returncode}")

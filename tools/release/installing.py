"""Put what a release has where a cluster installs it from: its image in a registry, its charts served."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tools.charts.repository import NAMES, HelmError, serve
from tools.local.registry import push_archive

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE = "teal/teal"


def publish(release: Path, registry: str) -> str:
    """Push a release's image from its archive alone, for all architectures; return the image's name.

    `registry` is the local cluster's address. Raises RuntimeError, or OSError.
    """
    version = release.name.removeprefix("teal-")
    with tarfile.open(release / f"teal-{version}-image.oci.tar") as archive:
        push_archive(registry, archive, IMAGE, version)
    return f"docker.io/{IMAGE}:{version}"


@contextmanager
def charts(release: Path, helm: Path) -> Iterator[str]:
    """Serve a release's packages as they are until the context ends; give the URL for `--repo`."""
    version = release.name.removeprefix("teal-")
    with TemporaryDirectory(prefix="teal-charts-") as folder:
        for name in NAMES:
            shutil.copy(release / f"{name}-{version}.tgz", folder)
        done = subprocess.run([helm, "repo", "index", folder], capture_output=True, text=True, check=False)
        if done.returncode:
            raise HelmError(done.stderr.strip())
        with serve(Path(folder)) as url:
            yield url

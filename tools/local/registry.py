"""Push images from the store into a registry, by the OCI distribution API."""

from __future__ import annotations

import http.client
import socket
import time
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tools.local.oci import Blob, Image

PORT = 5000
START_SECONDS = 30.0
_SHARED = "teal/shared"
"""The repository that every layer is pushed to; the others mount it from there, without a second upload."""


def wait_for_registry(address: str) -> None:
    """Wait until the registry listens. Raises OSError when it is not in time."""
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((address, PORT), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def push(address: str, image: Image) -> None:
    """Push an image under all its names, without their registry's. Raises RuntimeError, or OSError."""
    with closing(http.client.HTTPConnection(address, PORT, timeout=60, blocksize=1 << 20)) as connection:
        for blob in image.blobs:
            _upload(connection, _SHARED, blob)
        for name in (image.reference, *image.also):
            repository, tag = name.partition("/")[2].rsplit(":", 1)
            for blob in image.blobs:
                _upload(connection, repository, blob)
            headers = {"Content-Type": image.manifest.media_type}
            path = f"/v2/{repository}/manifests/{tag}"
            _ask(connection, "PUT", path, image.manifest.path.read_bytes(), headers)


def _upload(connection: http.client.HTTPConnection, repository: str, blob: Blob) -> None:
    if _ask(connection, "HEAD", f"/v2/{repository}/blobs/{blob.digest}")[0] == http.client.OK:
        return
    mount = f"/v2/{repository}/blobs/uploads/?mount={blob.digest}&from={_SHARED}"
    status, location = _ask(connection, "POST", mount)
    if status == http.client.CREATED:
        return
    where = urlsplit(location)
    with blob.path.open("rb") as content:
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(blob.size)}
        path = f"{where.path}?{where.query}&digest={blob.digest}"
        _ask(connection, "PUT", path, content, headers)


def _ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: object = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, str]:
    """Return the status and the Location of an answer; only a HEAD may answer with an error."""
    connection.request(method, path, body, headers or {})  # type: ignore[arg-type]
    with connection.getresponse() as answer:
        content = answer.read()
        if answer.status >= http.client.BAD_REQUEST and method != "HEAD":
            raise RuntimeError(f"the registry answered {method} {path} with {answer.status}: {content!r}")
        return answer.status, answer.headers.get("Location", "")

"""Push images from the store, or from an archive, into a registry, by the OCI distribution API."""

from __future__ import annotations

import http.client
import json
import socket
import time
from contextlib import closing
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import tarfile

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
            content = image.manifest.path.read_bytes()
            _name(connection, f"{repository}/manifests/{tag}", image.manifest.media_type, content)


def push_archive(address: str, archive: tarfile.TarFile, repository: str, tag: str) -> None:
    """Push what an OCI archive's only name stands for, for all architectures. RuntimeError, or OSError."""
    with closing(http.client.HTTPConnection(address, PORT, timeout=60, blocksize=1 << 20)) as connection:
        (named,) = json.loads(_member(archive, "index.json").read())["manifests"]
        index = _member(archive, _place(named)).read()
        for listed in json.loads(index)["manifests"]:
            manifest = _member(archive, _place(listed)).read()
            described = json.loads(manifest)
            for blob in (described["config"], *described["layers"]):
                _send(connection, repository, blob["digest"], blob["size"], _member(archive, _place(blob)))
            _name(connection, f"{repository}/manifests/{listed['digest']}", listed["mediaType"], manifest)
        _name(connection, f"{repository}/manifests/{tag}", named["mediaType"], index)


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    if found is None:
        raise RuntimeError(f"the archive's {name} is no file")
    return found


def _place(descriptor: dict[str, Any]) -> str:
    """Return where an OCI layout has what a descriptor describes."""
    return f"blobs/{descriptor['digest'].replace(':', '/')}"


def _name(connection: http.client.HTTPConnection, where: str, media_type: str, manifest: bytes) -> None:
    _ask(connection, "PUT", f"/v2/{where}", manifest, {"Content-Type": media_type})


def _upload(connection: http.client.HTTPConnection, repository: str, blob: Blob) -> None:
    with blob.path.open("rb") as content:
        _send(connection, repository, blob.digest, blob.size, content)


def _send(
    connection: http.client.HTTPConnection, repository: str, digest: str, size: int, content: IO[bytes]
) -> None:
    """Have a blob in a repository, without sending it where the registry has it already."""
    if _ask(connection, "HEAD", f"/v2/{repository}/blobs/{digest}")[0] == http.client.OK:
        return
    mount = f"/v2/{repository}/blobs/uploads/?mount={digest}&from={_SHARED}"
    status, location = _ask(connection, "POST", mount)
    if status == http.client.CREATED:
        return
    where = urlsplit(location)
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
    _ask(connection, "PUT", f"{where.path}?{where.query}&digest={digest}", content, headers)


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

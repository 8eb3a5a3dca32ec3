"""Container images without a container engine: blobs by hash in the cache, OCI archives made of them."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import stat
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.local.cache import cache, locked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
"""Not compressed: libraries compress differently, and whoever pushes an image compresses it."""
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Blob:
    """Content in the store; its fields are those of an OCI descriptor."""

    media_type: str
    digest: str
    size: int

    @property
    def path(self) -> Path:
        """Where the content is."""
        return cache("images") / self.digest.removeprefix("sha256:")

    def descriptor(self) -> dict[str, Any]:
        """Return the descriptor as OCI writes it."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


@dataclass(frozen=True)
class Image:
    """An image in the store. `reference` is its full name, `also` more names; `blobs[0]` is its config."""

    reference: str
    manifest: Blob
    blobs: tuple[Blob, ...]
    also: tuple[str, ...] = ()
    architecture: str = "amd64"

    @property
    def layers(self) -> tuple[Blob, ...]:
        """The layers, the lowest first."""
        return self.blobs[1:]


def this_architecture() -> str:
    """Return what OCI calls this machine's architecture."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


def image(
    reference: str,
    layers: Sequence[Blob],
    config: Mapping[str, Any],
    also: Sequence[str] = (),
    architecture: str = "",
) -> Image:
    """Return an image of these layers; `config` is OCI's (Entrypoint, Cmd, Env, User, WorkingDir).

    `architecture` is amd64 or arm64, by default this machine's.
    """
    architecture = architecture or this_architecture()
    content = {
        "created": "1970-01-01T00:00:00Z",
        "architecture": architecture,
        "os": "linux",
        "config": dict(config),
        "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
    }
    configuration = _keep_json(CONFIG, content)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": configuration.descriptor(),
        "layers": [layer.descriptor() for layer in layers],
    }
    kept = _keep_json(MANIFEST, manifest)
    return Image(reference, kept, (configuration, *layers), tuple(also), architecture)


def layer(key: str, fill: Callable[[Path], None], *, neutral: bool = False) -> Blob:
    """Return the layer that is kept under `key`; without one, make it of what `fill` puts into a folder.

    `neutral`: all of it is root's, and may be read by all, whoever makes the layer and under which umask.
    """
    record = cache("layers") / key
    with locked("layers", key):
        if record.exists():
            blob = Blob(**json.loads(record.read_text()))
            if blob.path.exists():
                return blob
        with tempfile.TemporaryDirectory(dir=cache("layers")) as temporary:
            root = Path(temporary, "root")
            root.mkdir(mode=0o755)
            fill(root)
            packed = _tar(root, Path(temporary, "layer.tar"), _neutral if neutral else _plain)
            blob = _keep_file(LAYER, packed)
        record.write_text(json.dumps(vars(blob)))
    return blob


def archive(image: Image, path: Path) -> None:
    """Write an image as an OCI archive, for `ctr images import`, `docker load`, `podman load` or skopeo."""
    entries = [
        image.manifest.descriptor()
        | {"annotations": {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}}
        for name in (image.reference, *image.also)
    ]
    _write_archive(path, entries, (image.manifest, *image.blobs))


def archive_of_several(reference: str, images: Sequence[Image], path: Path) -> Blob:
    """Write one image for several architectures as an OCI archive, and return its index.

    Whoever pulls `reference` gets the image of their own machine. Equal images give equal bytes.
    """
    manifests = [
        each.manifest.descriptor() | {"platform": {"architecture": each.architecture, "os": "linux"}}
        for each in images
    ]
    index = _keep_json(INDEX, {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
    names = {"io.containerd.image.name": reference, "org.opencontainers.image.ref.name": reference}
    blobs = dict.fromkeys(blob for each in images for blob in (each.manifest, *each.blobs))
    _write_archive(path, [index.descriptor() | {"annotations": names}], (index, *blobs))
    return index


def _write_archive(path: Path, entries: Sequence[Mapping[str, Any]], blobs: Sequence[Blob]) -> None:
    """Write an OCI layout as a tar file; `entries` are those of its index.json."""
    temporary = path.with_name(f".{path.name}")
    with tarfile.open(temporary, "w") as tar:
        _add(tar, "oci-layout", {"imageLayoutVersion": "1.0.0"})
        _add(tar, "index.json", {"schemaVersion": 2, "manifests": entries})
        for blob in blobs:
            tar.add(blob.path, f"blobs/sha256/{blob.path.name}", filter=_neutral)
    temporary.replace(path)


def _add(tar: tarfile.TarFile, name: str, content: Mapping[str, Any]) -> None:
    encoded = json.dumps(content).encode()
    member = tarfile.TarInfo(name)
    member.size = len(encoded)
    tar.addfile(member, io.BytesIO(encoded))


def _tar(root: Path, path: Path, told: Callable[[tarfile.TarInfo], tarfile.TarInfo]) -> Path:
    """Pack a folder so that equal content has an equal hash: sorted, without times or names of users."""
    with tarfile.open(path, "w") as tar:
        for file in sorted(root.iterdir()):
            tar.add(file, file.name, filter=told)
    return path


def _neutral(member: tarfile.TarInfo) -> tarfile.TarInfo:
    sticky = member.isdir() and member.mode & stat.S_ISVTX
    free = member.isdir() or member.issym() or member.mode & stat.S_IXUSR
    member.mode = 0o1777 if sticky else 0o755 if free else 0o644
    member.uid = member.gid = 0
    return _plain(member)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = 0
    member.uname = member.gname = ""
    return member


def _keep_json(media_type: str, content: Mapping[str, Any]) -> Blob:
    encoded = json.dumps(content, sort_keys=True).encode()
    with tempfile.NamedTemporaryFile(dir=cache("layers"), delete=False) as file:
        file.write(encoded)
    return _keep_file(media_type, Path(file.name))


def _keep_file(media_type: str, path: Path) -> Blob:
    """Move a file into the store."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    blob = Blob(media_type, f"sha256:{digest}", path.stat().st_size)
    path.replace(blob.path)
    return blob

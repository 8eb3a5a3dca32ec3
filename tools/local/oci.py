"""Container images without a container engine: blobs by hash in the cache, OCI archives made of them."""

from __future__ import annotations

import hashlib
import io
import json
import platform
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
LAYER = "application/vnd.oci.image.layer.v1.tar"  # not compressed: it never leaves this machine
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
    """An image in the store. `reference` is its full name, `also` more names."""

    reference: str
    manifest: Blob
    blobs: tuple[Blob, ...]
    also: tuple[str, ...] = ()


def image(
    reference: str, layers: Sequence[Blob], config: Mapping[str, Any], also: Sequence[str] = ()
) -> Image:
    """Return an image of these layers; `config` is OCI's (Entrypoint, Cmd, Env, User, WorkingDir)."""
    content = {
        "created": "1970-01-01T00:00:00Z",
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
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
    return Image(reference, _keep_json(MANIFEST, manifest), (configuration, *layers), tuple(also))


def layer(key: str, fill: Callable[[Path], None]) -> Blob:
    """Return the layer that is kept under `key`; without one, make it of what `fill` puts into a folder."""
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
            blob = _keep_file(LAYER, _tar(root, Path(temporary, "layer.tar")))
        record.write_text(json.dumps(vars(blob)))
    return blob


def archive(image: Image, path: Path) -> None:
    """Write an image as an OCI archive, for `ctr images import`, `docker load`, `podman load` or skopeo."""
    entries = [
        image.manifest.descriptor()
        | {"annotations": {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}}
        for name in (image.reference, *image.also)
    ]
    index = {"schemaVersion": 2, "manifests": entries}
    temporary = path.with_name(f".{path.name}")
    with tarfile.open(temporary, "w") as tar:
        _add(tar, "oci-layout", {"imageLayoutVersion": "1.0.0"})
        _add(tar, "index.json", index)
        for blob in (image.manifest, *image.blobs):
            tar.add(blob.path, f"blobs/sha256/{blob.path.name}", filter=_plain)
    temporary.replace(path)


def _add(tar: tarfile.TarFile, name: str, content: Mapping[str, Any]) -> None:
    encoded = json.dumps(content).encode()
    member = tarfile.TarInfo(name)
    member.size = len(encoded)
    tar.addfile(member, io.BytesIO(encoded))


def _tar(root: Path, path: Path) -> Path:
    """Pack a folder so that equal content has an equal hash: sorted, without times or names of users."""
    with tarfile.open(path, "w") as tar:
        for file in sorted(root.iterdir()):
            tar.add(file, file.name, filter=_plain)
    return path


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

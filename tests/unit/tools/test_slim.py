"""Teal's root file system: what is taken of Debian's packages, and what is refused."""

from __future__ import annotations

import hashlib
import io
import lzma
import stat
import tarfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from tools.local import slim, slim_lock
from tools.local.cache import cache
from tools.local.slim import Package, locked_packages

if TYPE_CHECKING:
    from pathlib import Path

ARCHIVES = {"debian": "http://deb.example/debian", "debian-security": "http://deb.example/debian-security"}
AT = "pool/libcrypt1_1%3a4.4.33-2_arm64.deb"
LINE = f"'{ARCHIVES['debian']}/{AT}' libcrypt1_1%3a4.4.33-2_arm64.deb 90044 SHA256:{'ea' * 32}"


def tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


def of(
    name: str, content: bytes = b"", *, kind: bytes = tarfile.REGTYPE, to: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.mode = kind, to, 0o755
    return member, content


def deb(data: bytes, control: bytes) -> bytes:
    """Return a package: deb(5)."""
    made = b"!<arch>\n"
    for name, content in (("debian-binary", b"2.0\n"), ("control.tar.xz", control), ("data.tar.xz", data)):
        packed = content if name == "debian-binary" else lzma.compress(content)
        made += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(packed):<10}`\n".encode() + packed
        made += b"\n" * (len(packed) % 2)
    return made


def test_the_lock_has_the_same_packages_for_both_architectures() -> None:
    names = {each: [package.name for package in locked_packages(each)] for each in slim.TRIPLETS}
    assert names["amd64"] == names["arm64"] == sorted(slim_lock.PACKAGES)


def test_a_line_of_apts_becomes_a_line_of_the_lock() -> None:
    wanted = Package("arm64", "libcrypt1", "1:4.4.33-2", "ea" * 32, f"debian/{AT}")
    assert slim_lock.read(LINE, "arm64", ARCHIVES) == wanted


def test_the_lock_names_no_host() -> None:
    paths = [package.path for each in slim.TRIPLETS for package in locked_packages(each)]
    assert {path.partition("/")[0] for path in paths} <= ARCHIVES.keys()
    assert [path for path in paths if "//" in path] == []


def test_an_archive_that_this_machine_does_not_have_is_named(
    packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock(monkeypatch, packages, b"content", sha256="ab" * 32)
    monkeypatch.setattr(slim, "mirrors", lambda: ARCHIVES)
    with pytest.raises(
        RuntimeError, match="made is in the archive here, which apt's sources here do not name"
    ):
        slim.unpack(packages / "root", "amd64")


def test_a_packages_purl_has_its_version_quoted() -> None:
    found = slim_lock.read(LINE, "arm64", ARCHIVES)
    assert found.purl == "pkg:deb/debian/libcrypt1@1:4.4.33-2?arch=arm64&distro=debian-12"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEAL_CACHE", str(tmp_path))
    return cache("packages")


def lock(monkeypatch: pytest.MonkeyPatch, folder: Path, content: bytes, sha256: str = "") -> None:
    """Have the lock name one package, which is in the cache, or served from a file."""
    digest = sha256 or hashlib.sha256(content).hexdigest()
    if not sha256:
        (folder / digest).write_bytes(content)
    (folder / "made.deb").write_bytes(content)
    file = folder / "debian.lock"
    file.write_text(f"# a remark\namd64 made 1.0 {digest} here/made.deb\n", "utf-8")
    monkeypatch.setattr(slim, "mirrors", lambda: {"here": folder.as_uri()})
    monkeypatch.setattr(slim, "LOCK", file)


def test_a_package_becomes_files_with_lib_merged_into_usr(
    packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tar(
        of("./lib", kind=tarfile.DIRTYPE),
        of("./lib/x.so", b"code"),
        of("./usr/bin/tool", b"run"),
        of("./usr/lib/python3.11/a.py", kind=tarfile.SYMTYPE, to="/etc/python3.11/a.py"),
        of("./usr/share/doc/made/copyright", b"licence"),
        of("./usr/share/doc/made/changelog.gz", b"long"),
        of("./usr/share/man/man1/tool.1", b"manual"),
        of("./usr/share/ca-certificates/mozilla/B.crt", b"b\n"),
        of("./usr/share/ca-certificates/mozilla/A.crt", b"a\n"),
        of("./usr/lib/python3.11/lib-dynload/readline.cpython-311-x86_64-linux-gnu.so", b"code"),
    )
    lock(monkeypatch, packages, deb(data, tar(of("./control", b"Package: made\nVersion: 1.0\n"))))
    root = packages / "root"
    slim.unpack(root, "amd64")
    assert (root / "etc/ssl/certs/ca-certificates.crt").read_bytes() == b"a\nb\n"
    assert (root / "lib").readlink().as_posix() == "usr/lib"
    assert (root / "usr/lib/python3.11/a.py").readlink().as_posix() == "../../../etc/python3.11/a.py"
    assert stat.S_IMODE((root / "tmp").stat().st_mode) == 0o1777
    members = {path.relative_to(root).as_posix() for path in root.rglob("*")}
    wanted = {"usr/lib/x.so", "usr/bin/tool", "usr/share/doc/made/copyright", "var/lib/dpkg/status.d/made"}
    assert wanted <= members
    dropped = ("changelog.gz", "man1", "mozilla", "readline")
    assert [name for name in members for part in dropped if part in name] == []


def test_a_package_that_is_not_the_locks_is_refused(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock(monkeypatch, packages, b"something else", sha256="ab" * 32)
    with pytest.raises(RuntimeError, match=r"made\.deb is not what debian\.lock has: its hash differs"):
        slim.unpack(packages / "root", "amd64")
    assert not (packages / ("ab" * 32)).exists()


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (of("../out", b"x"), r"\.\./out leads out of the package"),
        (of("/etc/passwd", b"x"), "/etc/passwd leads out of the package"),
        (of("./pipe", kind=tarfile.FIFOTYPE), "pipe is no file, folder or symbolic link"),
    ],
)
def test_a_member_that_leads_elsewhere_is_refused(member: tuple[tarfile.TarInfo, bytes], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        [*slim._members(tar(member))]  # noqa: SLF001


def test_licences_stay_and_links_between_packages_docs() -> None:
    kept = ("usr/share/doc/libc6/copyright", "usr/share/doc/libgcc-s1", "usr/share/common-licenses/GPL-3")
    assert all(slim._wanted(PurePosixPath(path)) for path in kept)  # noqa: SLF001

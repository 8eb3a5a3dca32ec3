from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from certs import files
from certs.issue import KeyPair, new_authority
from webhook.serving.tls import SECRET, SERVING, ServingContext

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = (new_authority(name, timedelta(days=1), datetime.now(UTC)) for name in ("one", "two"))


def test_the_writer_and_the_reader_agree_on_the_file() -> None:
    assert files.SERVING == SERVING


def test_without_a_file_there_is_no_context_and_with_it_there_is(tmp_path: Path) -> None:
    serving = ServingContext(tmp_path)
    for _ in range(2):
        with pytest.raises(FileNotFoundError, match=r" has held no certificate and key yet$"):
            serving.current()
    files.write(tmp_path / SERVING, ONE)
    assert serving.current().minimum_version == ssl.TLSVersion.TLSv1_2


def test_an_unchanged_file_gives_the_same_context_and_a_swapped_one_another(tmp_path: Path) -> None:
    serving = ServingContext(tmp_path)
    files.write(tmp_path / SERVING, ONE)
    first = serving.current()
    assert serving.current() is first
    files.write(tmp_path / SERVING, TWO)
    assert serving.current() is not first


@pytest.mark.parametrize("content", [b"", b"garbage", ONE.certificate, ONE.certificate + TWO.key])
def test_a_bad_file_leaves_the_last_good_context_and_is_complained_of_once(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    serving = ServingContext(tmp_path)
    files.write(tmp_path / SERVING, ONE)
    good = serving.current()
    (tmp_path / SERVING).write_bytes(content)
    assert serving.current() is good
    assert serving.current() is good
    assert [record.getMessage() for record in caplog.records] == ["certificate not loaded"]
    files.write(tmp_path / SERVING, TWO)
    assert serving.current() is not good


def test_a_deleted_file_leaves_the_last_good_context(tmp_path: Path) -> None:
    serving = ServingContext(tmp_path)
    files.write(tmp_path / SERVING, ONE)
    good = serving.current()
    (tmp_path / SERVING).unlink()
    assert serving.current() is good


def mount(folder: Path, pair: KeyPair, version: str) -> None:
    """Write a Secret into a folder as kubelet does: a new folder, and a link to it that is swapped."""
    (folder / version).mkdir()
    for name, content in zip(SECRET, (pair.certificate, pair.key), strict=True):
        (folder / version / name).write_bytes(content)
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    (folder / "..new").symlink_to(version)
    (folder / "..new").rename(folder / "..data")


def test_a_mounted_secret_is_served_and_followed(tmp_path: Path) -> None:
    serving = ServingContext(tmp_path)
    mount(tmp_path, ONE, "..1")
    first = serving.current()
    assert serving.certificate == ONE.certificate.decode()
    assert serving.current() is first
    mount(tmp_path, TWO, "..2")
    assert serving.current() is not first
    assert serving.certificate == TWO.certificate.decode()


def test_a_mounted_secret_whose_key_is_another_leaves_the_last_good_context(tmp_path: Path) -> None:
    serving = ServingContext(tmp_path)
    mount(tmp_path, ONE, "..1")
    good = serving.current()
    mount(tmp_path, KeyPair(TWO.certificate, ONE.key), "..2")
    assert serving.current() is good
    mount(tmp_path, TWO, "..3")
    assert serving.certificate == ONE.certificate.decode()
    assert serving.current() is not good

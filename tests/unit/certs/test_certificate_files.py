from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from certs import files
from certs.issue import KeyPair, new_authority

if TYPE_CHECKING:
    from pathlib import Path

PAIR = new_authority("teal", timedelta(days=1), datetime.now(UTC))


def test_what_is_written_is_read_back_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / files.SERVING
    files.write(path, PAIR)
    assert files.read(path) == PAIR
    assert list(tmp_path.iterdir()) == [path]


def test_only_the_owner_may_read_the_pair(tmp_path: Path) -> None:
    path = tmp_path / files.SERVING
    files.write(path, PAIR)
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_file_is_what_a_tls_server_loads(tmp_path: Path) -> None:
    path = tmp_path / files.SERVING
    files.write(path, PAIR)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)


def test_a_pair_is_swapped_and_not_rewritten_in_place(tmp_path: Path) -> None:
    path = tmp_path / files.SERVING
    files.write(path, KeyPair(b"old certificate", b"old key"))
    with path.open("rb") as reader:
        files.write(path, PAIR)
        assert reader.read() == b"old certificateold key"


def test_a_failed_write_leaves_the_old_pair_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / files.SERVING
    path.mkdir()  # what can't be replaced by a file
    with pytest.raises(IsADirectoryError):
        files.write(path, PAIR)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"garbage", PAIR.certificate, PAIR.key, PAIR.key[:-40]])
def test_a_file_that_lacks_either_part_reads_as_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / files.SERVING
    path.write_bytes(content)
    assert files.read(path) is None


def test_a_file_that_is_not_there_reads_as_none(tmp_path: Path) -> None:
    assert files.read(tmp_path / files.SERVING) is None

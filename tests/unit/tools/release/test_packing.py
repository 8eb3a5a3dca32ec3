"""Archives' bytes follow from their content alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tools.release.packing import folder, packed, unpacked

if TYPE_CHECKING:
    from pathlib import Path


def test_the_order_in_which_files_are_given_is_no_part_of_the_bytes() -> None:
    assert packed({"a": b"1", "b": b"2"}) == packed({"b": b"2", "a": b"1"})


def test_what_was_packed_is_there_again() -> None:
    files = {"LICENSE": b"text", "deep/er": bytes(range(256))}
    assert unpacked(packed(files)) == files


def test_times_and_modes_of_files_are_no_part_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    file = tmp_path / "in" / "side"
    file.write_bytes(b"x")
    before = packed(folder(tmp_path, "docs/"))
    file.chmod(0o700)
    os.utime(file, (0, 0))
    assert packed(folder(tmp_path, "docs/")) == before == packed({"docs/in/side": b"x"})

"""`teal` as users run it, in this process."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cli.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


class Teal:
    """Runs the command in a folder, in this process."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
        self.folder = folder
        self._patch = monkeypatch
        self._capsys = capsys
        monkeypatch.chdir(folder)

    def lint(self, *arguments: str, given: bytes = b"") -> tuple[int, str]:
        """Return the exit code and what was printed."""
        return self.run("lint", *arguments, given=given)

    def run(self, *arguments: str, given: bytes = b"") -> tuple[int, str]:
        """Return the exit code of a command and what was printed."""
        self._patch.setattr(sys, "argv", ["teal", *arguments])
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        code = main()
        printed = self._capsys.readouterr()
        return code, printed.out + printed.err

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def teal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Teal:
    return Teal(tmp_path, monkeypatch, capsys)

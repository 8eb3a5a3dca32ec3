"""The one file's `__main__`: puts its content into the user's cache once, and runs it from there.

From inside an archive Python would compile everything at each start. Where there is no such folder it does.
"""

import contextlib
import gc
import os
import sys
from pathlib import Path

LEAST = (3, 11)
DIGEST = "content"
"""Set by the build: of the content."""
_OBJECTS = 100_000


def unpacked(archive: str, digest: str) -> str:
    """Return the folder with the archive's content, made if need be, or the archive where none can be."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "teal-command" / digest
    if folder.is_dir():
        return str(folder)
    # Here, since they take a tenth of the time of a start, and only the first needs them.
    import tempfile  # noqa: PLC0415
    import zipfile  # noqa: PLC0415

    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent))
        with zipfile.ZipFile(archive) as content:
            content.extractall(made)
        made.rename(folder)  # another process may have been faster: then its folder stays
    except OSError:
        return str(folder) if folder.is_dir() else archive
    return str(folder)


def main() -> int:
    """Run the command."""
    if sys.version_info < LEAST:
        sys.exit(f"teal needs Python {'.'.join(map(str, LEAST))} or newer; this is {sys.version.split()[0]}")
    # What is imported stays: looking for garbage in it takes a twentieth of the time of a start.
    gc.set_threshold(_OBJECTS)
    archive = sys.path[0]
    sys.path[0] = unpacked(archive, DIGEST)
    from cli.__main__ import main as run  # noqa: PLC0415 - from where it is now

    return run()


def leave(code: int) -> None:
    """End with an exit code, at once: taking apart what was imported takes a fifth of the time of a run."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # nobody reads, or it is closed
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main())

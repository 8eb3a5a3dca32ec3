"""Build the docs: `python -m tools.site <folder>`; without a folder they are built and thrown away."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sphinx.cmd.build import build_main

from tools.site.assets import from_elsewhere

ROOT = Path(__file__).parents[2]


def build(source: Path, site: Path) -> int:
    """Build the pages of `source` into `site`; return 0, or 1 after saying what is wrong.

    Wrong are a link or an anchor that leads nowhere, a picture that is not there, whatever else Sphinx
    warns of, and what a page would load from elsewhere.
    """
    with TemporaryDirectory() as trees:  # all is read anew each time, so that each warning is told each time
        conf = str(Path(__file__).parent)
        strict = ("--fail-on-warning", "--keep-going", "--nitpicky", "--quiet")
        if build_main([*strict, "-b", "html", "-c", conf, "-d", trees, str(source), str(site)]):
            return 1
    faults = list(from_elsewhere(site))
    for fault in faults:
        print(f"{fault} is loaded from elsewhere", file=sys.stderr)
    return 1 if faults else 0


def main(arguments: list[str]) -> int:
    """Do what the command line says; return the exit code."""
    if arguments:
        return build(ROOT, Path(arguments[0]))
    with TemporaryDirectory() as folder:
        return build(ROOT, Path(folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

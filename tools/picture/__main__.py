"""`make picture`: plays the demo, records it as docs/demo.cast, draws that as docs/demo.svg.

The options are the demo's. Nothing is written unless everything went as it should.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from tools.demo.__main__ import arguments, show
from tools.demo.screen import Screen
from tools.picture.cast import WIDTH, Cast, Recorder
from tools.picture.drawing import draw

DOCS = Path(__file__).parents[2] / "docs"
TITLE = "Teal's demo: a candidate comes in, mistakes are refused, the candidate is promoted"


def main() -> int:
    """Record and draw; return the demo's exit code."""
    recorder = Recorder(sys.stdout.write)
    options = {"force_terminal": True, "color_system": "256", "width": WIDTH, "highlight": False}
    code = show(arguments(sys.argv[1:]), Screen(Console(file=recorder, **options), live=False))  # type: ignore[arg-type]
    if code == 0:
        cast = Cast(TITLE, tuple(recorder.printed))
        (DOCS / "demo.cast").write_text(cast.dump(), "utf-8")
        (DOCS / "demo.svg").write_text(draw(cast), "utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.explorer`: explores up to the large bounds, and prints how much that is.

Arguments are numbers of bounds, to explore those only; `small` for those of the tests.
"""

from __future__ import annotations

import sys

from tests.explorer.bounds import LARGE, SMALL
from tests.explorer.explore import Explorer
from tests.explorer.world import World


def main(wanted: list[str]) -> int:
    """Explore; return the exit status."""
    broken = 0
    bounds = SMALL if "small" in wanted else LARGE
    for number, (name, each) in enumerate(bounds.items(), 1):
        if wanted and wanted != ["small"] and str(number) not in wanted:
            continue
        print(f"{number}. {each.versions} versions: {name}", flush=True)
        found = Explorer(World(each)).explore()
        print(f"   {found}", flush=True)
        broken += found.broken is not None
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m tests.api.hasty MODULE ARGUMENTS`: a `teal` whose default of a drain is one second, not fifteen."""

from __future__ import annotations

import runpy
import sys

from routing.reading import defaults

if __name__ == "__main__":
    defaults.DRAIN_SECONDS = 1  # before anybody else has imported it
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

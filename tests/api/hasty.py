"""`python -m tests.api.hasty MODULE ARGUMENTS`: a `teal` that drains for a second by default, not 15."""

from __future__ import annotations

import runpy
import sys

from routing.reading import defaults

if __name__ == "__main__":
    defaults.DRAIN_SECONDS = 1  # before anybody else has imported it
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

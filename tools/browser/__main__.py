"""Have a Chromium for tests/browser: `python -m tools.browser`. Prints why there can be none, or nothing."""

from __future__ import annotations

import os
import shutil

from tools.browser.chromium import NAMES, PACKAGE, chromium


def main() -> None:
    """Install what is missing where that is possible."""
    if any(map(shutil.which, NAMES)) or (os.geteuid() == 0 and shutil.which("apt-get")):
        chromium()
        return
    print(f"There is no {' or '.join(NAMES)}, and {PACKAGE} can't be installed without root and apt-get.")


if __name__ == "__main__":
    main()

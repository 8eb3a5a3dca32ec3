"""axe-core, which finds what keeps people from using a page: from a wheel that ships it, by its hash."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.local.cache import cache, locked

if TYPE_CHECKING:
    from tools.browser.chromium import Page

REQUIREMENT = "axe-playwright-python==0.1.8"
SHA256 = "fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8"
"""Of its wheel, which has axe 4.12.1 (MPL-2.0). Of the rest of it, and of what it needs, nothing is used."""
SCRIPT = "axe_playwright_python/axe.min.js"


def axe() -> str:
    """Return the script; it is fetched once."""
    kept = cache("axe") / f"{SHA256[:12]}.js"
    with locked("axe"):
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
                wheel = _download(Path(folder))
                made = Path(folder, "axe.js")
                made.write_bytes(zipfile.ZipFile(wheel).read(SCRIPT))
                made.rename(kept)
    return kept.read_text("utf-8")


def faults(page: Page) -> list[str]:
    """Return what axe finds wrong in a page as it is now, by all of its rules: a line for each element."""
    page.run(axe())
    found: list[dict[str, Any]] = page.run("axe.run().then((told) => told.violations)")
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]


def _download(folder: Path) -> Path:
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{REQUIREMENT} --hash=sha256:{SHA256}\n", "utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    subprocess.run([*pip, "--dest", folder, "--requirement", wanted], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel

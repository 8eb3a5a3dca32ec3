"""What the page costs with 1,000 applications and 20 changes a second: `python -m tests.browser.figures`.

Frames are counted in Chromium by requestAnimationFrame, while it scrolls; the server is this process, fed as
its watch feeds it. No limit is held here: how fast a busy machine is says nothing of the page.
"""

from __future__ import annotations

import resource
import time
from itertools import pairwise
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from tests.browser import scenes
from tests.browser.stage import served
from tools.browser.chromium import browser

if TYPE_CHECKING:
    from tests.browser.stage import Stage
    from tools.browser.chromium import Page

APPLICATIONS, CHANGES, SECONDS = 1000, 20, 20.0
FRAMES = """
window.frames_ = [];
(function frame(at) {
  frames_.push(at);
  scrollBy(0, Math.sin(at / 2000) * 12);
  requestAnimationFrame(frame);
})(performance.now());
"""


def main() -> None:
    """Print the figures."""
    with browser() as chromium, served() as stage:
        began = time.process_time()
        scenes.thousand(stage, APPLICATIONS)
        print(f"{APPLICATIONS} applications: {time.process_time() - began:.2f} s of CPU in the server")
        page = chromium.open(stage.address)
        page.call("Performance.enable")
        page.until(f"document.querySelectorAll('#applications > li').length === {APPLICATIONS}")
        print(f"shown after {metrics(page)['ThreadTime']:.2f} s of CPU in the page's thread")
        measure(stage, page)


def measure(stage: Stage, page: Page) -> None:
    page.run(FRAMES)
    before, spent, began = metrics(page), time.process_time(), time.monotonic()
    changes = 0
    while (passed := time.monotonic() - began) < SECONDS:
        while changes < passed * CHANGES:
            stage.put(scenes.one_of_many(changes * 37 % APPLICATIONS, share=changes % 99 + 1))
            changes += 1
        time.sleep(0.01)
    spent, after = time.process_time() - spent, metrics(page)
    gaps = [later - one for one, later in pairwise(page.run("frames_"))]
    print(f"{changes / passed:.0f} changes and {len(gaps) / passed:.0f} frames a second, while scrolling")
    told = f"median {median(gaps):.1f}, 95 % {quantiles(gaps, n=20)[-1]:.1f}, longest {max(gaps):.1f}"
    print(f"between frames, ms: {told}")
    busy = (after["ThreadTime"] - before["ThreadTime"]) / passed * 100
    print(f"page: {busy:.0f} % of a core; JavaScript heap {after['JSHeapUsedSize'] / 1e6:.1f} MB")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"server, and what feeds it: {spent / passed * 100:.0f} % of a core, {most:.0f} MB at most")


def metrics(page: Page) -> dict[str, Any]:
    return {each["name"]: each["value"] for each in page.call("Performance.getMetrics")["metrics"]}


if __name__ == "__main__":
    main()

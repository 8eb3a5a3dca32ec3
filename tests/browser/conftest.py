"""A real Chromium, and the page in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.stage import served
from tools.browser.chromium import browser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.browser.stage import Stage
    from tools.browser.chromium import Browser, Page

LIVE = "document.getElementById('live')?.textContent === '● live'"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def stage() -> Iterator[Stage]:
    with served() as made:
        yield made


@pytest.fixture
def visit(chromium: Browser, stage: Stage) -> Iterator[Callable[..., Page]]:
    """Return what opens the page at a state of it and waits until it is live."""
    opened: list[Page] = []

    def visited(state: str = "", **window: Any) -> Page:
        page = chromium.open(f"{stage.address}{state}", **window)
        opened.append(page)
        page.until(LIVE)
        return page

    yield visited
    for page in opened:
        page.close()

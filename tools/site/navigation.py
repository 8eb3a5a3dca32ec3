"""The site's navigation: which page stands in which part. The pages are free of it, as a forge shows them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HOME = "docs/index"

PARTS = {
    "Start": ("docs/tutorial", "docs/rollout-tutorial", "docs/faq", "docs/support", "README"),
    "How-tos": (
        *("docs/bring-in", "docs/strategies", "docs/rollout", "docs/routes", "docs/gateway*"),
        *(
            "docs/prometheus",
            "docs/notifications",
            "docs/lint",
            "docs/gitops",
            "docs/operations",
            "docs/alerts",
        ),
    ),
    "Reference": (
        *("docs/api", "docs/reasons", "docs/rules", "docs/cli", "docs/dashboard", "docs/metrics"),
        *("deploy/charts/*/README", "docs/api-versions", "CHANGELOG"),
    ),
    "Why": ("docs/comparison", "docs/design", "docs/traffic", "docs/evidence", "docs/performance"),
    "Security": ("docs/threats", "docs/rights", "SECURITY"),
    "Contribute": ("CONTRIBUTING", "tools/*/README"),
}
"""Parts by caption, each with patterns of its pages in their order. A pattern may take no page."""

TITLES = {"README": "Install, and Teal in short"}
"""What a page is called in the navigation where its own heading says too little there."""

REST = "More"
"""The part of the pages that no pattern takes, so that a new page is never out of reach."""


def parts(pages: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Deal out pages (paths without suffix): each to the first part that takes it, in its patterns' order."""
    left = sorted(set(pages) - {HOME})
    dealt = {}
    for caption, patterns in PARTS.items():
        dealt[caption] = tuple(page for pattern in patterns for page in left if fnmatchcase(page, pattern))
        left = [page for page in left if page not in dealt[caption]]
    return {caption: taken for caption, taken in {**dealt, REST: tuple(left)}.items() if taken}


def toctrees(pages: Iterable[str]) -> Iterator[str]:
    """Yield a hidden toctree a part, in MyST's form, to stand at the end of the home page."""
    for caption, taken in parts(pages).items():
        listed = "\n".join(f"{TITLES[page]} </{page}>" if page in TITLES else f"/{page}" for page in taken)
        yield f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"

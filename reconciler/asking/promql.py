"""PromQL as text, such that no name can become anything but a name. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

LOOK_BACK = "1h"
"""A series that was not read for as long goes on where it was: a gap neither loses nor repeats requests."""
RECENT = "5m"
"""What a series had last, also of one that has just ended: Prometheus' own lookback."""
_META = re.compile(r"[\\.+*?()|\[\]{}^$]")
_WORD = re.compile(r"\$(version|namespace|window)(?![A-Za-z0-9_])")


def quoted(text: str) -> str:
    """Return a string literal: PromQL's escapes between double quotes are Go's, as JSON's are."""
    return json.dumps(text.encode(errors="replace").decode(), ensure_ascii=False)


def literal(text: str) -> str:
    """Return a regular expression (RE2) that a text matches, and nothing else."""
    return _META.sub(r"\\\g<0>", text)


def one_of(texts: Iterable[str]) -> str:
    """Return a regular expression (RE2) that each of some texts matches, and nothing else."""
    return "|".join(sorted(map(literal, texts)))


def selector(metric: str, matchers: Mapping[str, str]) -> str:
    """Return a selector of series; `matchers`: labels with their operators (`code!=`) to values."""
    inner = ",".join(f"{label}{quoted(value)}" for label, value in matchers.items())
    return f"{metric}{{{inner}}}"


def as_read(series: str) -> str:
    """Return readings with the labels that they have."""
    return series


def growth(series: str, by: Iterable[str], seconds: int, labelled: Callable[[str], str] = as_read) -> str:
    """Return by how much counters grew in the last `seconds`, summed by labels: exactly, not extrapolated.

    The growths of intervals that follow each other add up to what was counted in all of them, whatever the
    times at which Prometheus reads. Of each series it is the difference to what was read last before; after a
    reset, all that is there. A series that is new begins at 0 if its target was read before and did not have
    it: Envoy makes a counter with the first request, so `increase` would miss a version's first errors. If
    the target is new to Prometheus, so may be what it has counted for days: it counts from its second reading
    on. So it does after Prometheus has lost its memory. `labelled` makes further labels of the readings', and
    leaves those that differ different.
    """
    now = labelled(f"last_over_time({series}[{RECENT}])")
    before = labelled(f"last_over_time({series}[{LOOK_BACK}] offset {seconds}s)")
    read = f"(max_over_time(up[{LOOK_BACK}] offset {seconds}s) == 1)"
    grown = f"({now} - {before}) >= 0 or ({now} and {before}) or ({now} and on (job, instance) {read})"
    return f"sum by ({', '.join(by)}) ({grown})"


def filled(query: str, version: str, namespace: str, seconds: int) -> str:
    """Return a user's query with `$version`, `$namespace` and `$window` (such as 90s) put in.

    Both names are put in as the inside of a string literal. They are DNS labels, which need no escape: the
    rule is for what might get here otherwise.
    """
    words = {
        "version": quoted(version)[1:-1],
        "namespace": quoted(namespace)[1:-1],
        "window": f"{max(seconds, 1)}s",
    }
    return _WORD.sub(lambda found: words[found[1]], query)

"""What the story asks of a tool that keeps a cluster as Git has it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tools.gitops.diary import Diary

LOOK_SECONDS = 180.0


@dataclass(frozen=True)
class Told:
    """What a tool tells of the application.

    `revision`: what it tried last. `rests`: that is in, nothing differs, and all of it is healthy. `failed`:
    that is in, and somebody has to mend it. `words`: the tool's own for it. `message`: the rest.
    """

    revision: str
    rests: bool
    failed: bool
    words: str
    message: str


class Tool(Protocol):
    """A tool that keeps one application: it applies what is new, undoes drift, and prunes."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def diary(self) -> Diary:
        """What it has told so far, in its words."""

    @property
    def messages(self) -> Diary:
        """The messages that it has told so far."""

    def applied(self) -> int:
        """Return how often it has applied something since it began."""

    def commit(self, what: str, manifests: Sequence[dict[str, Any]]) -> str:
        """Put these manifests in the place of those before; return the revision that it will tell of."""

    def told(self) -> Told:
        """Return what it tells now."""

    def look(self) -> None:
        """Have it compare once more, and wait until it has."""

    def delete(self) -> None:
        """Delete the application with all its objects, as the tool does; come back at once."""

    def gone(self) -> bool:
        """Tell whether the tool's own object has gone."""


def until(holds: Callable[[], bool], seconds: float) -> bool:
    """Poll until something holds; tell whether it did in time. A failed request means not yet."""
    end = time.monotonic() + seconds
    while not _holds(holds):
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def _holds(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except ClusterError:
        return False

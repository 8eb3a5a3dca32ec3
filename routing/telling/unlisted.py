"""What is said of a watched workload that no Routemap lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.kinds import DEPLOYMENT, WorkloadKind
from routing.reading.parse import MOST_VERSIONS
from routing.reading.raw import listing, section
from routing.telling.events import Event
from routing.telling.unwatched import labelled
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Manifest = Mapping[str, Any]

REASON = "NotListed"
UNLISTED_SECONDS = 10.0
"""For so long nothing is said: the Routemap may come after its versions, or list them a moment later."""
_MOST_TOLD = 4


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A version that no Routemap lists, and whose user has not been told so.

    `since`: seconds since the epoch; `routemaps`: those of its namespace.
    """

    since: float
    routemaps: Sequence[Manifest]


@dataclass(frozen=True, slots=True)
class Notice:
    """An Event about a workload. It bears a name of the workload's own, so that it is there once."""

    workload: Manifest
    event: Event
    kind: WorkloadKind = DEPLOYMENT

    @property
    def name(self) -> str:
        """The Event's name: of one that is there already another can't be made."""
        metadata = self.workload["metadata"]
        return f"{metadata['name']}.{metadata['uid']}"


def notice_of(workload: Manifest, routemaps: Sequence[Manifest], kind: WorkloadKind = DEPLOYMENT) -> Notice:
    """Return what its user is told: which Routemaps there are, and the remedy."""
    metadata = workload["metadata"]
    name = kind.version_of(metadata["name"])
    told = "; ".join(_listed(routemaps)) or f"there is none in namespace {metadata['namespace']}"
    return Notice(
        workload,
        Event(
            "Normal",
            REASON,
            f"no Routemap lists {name}, so it gets no requests ({told}); add it to spec.versions of its "
            f"Routemap, or take the label off: kubectl label "
            f"{labelled([(kind, metadata['name'])])} --namespace {metadata['namespace']} {names.WATCH}-",
        ),
        kind,
    )


def _listed(routemaps: Sequence[Manifest]) -> Iterator[str]:
    """Yield what the first Routemaps list, and how many more there are. Anybody may have written them."""
    ordered = sorted(routemaps, key=lambda item: str(section(item, "metadata").get("name")))
    for routemap in ordered[:_MOST_TOLD]:
        entries = [section(entry).get("name") for entry in listing(routemap, "spec", "versions")]
        listed = [
            each for each in entries[:MOST_VERSIONS] if isinstance(each, str) and names.is_service_name(each)
        ]
        yield f"{section(routemap, 'metadata').get('name')} lists {', '.join(listed) or 'nothing'}"
    if len(ordered) > _MOST_TOLD:
        yield f"and {len(ordered) - _MOST_TOLD} more"

"""Who changed what of an application, and when: from managedFields, status and Events. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cli.spans import Span, table
from routing.reading.raw import listing, section
from routing.reading.status import count, read
from routing.reading.times import seconds, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cli.spans import Line

    Manifest = Mapping[str, Any]

MOST_FIELDS = 6
_TEAL = "teal"
MOST_DIGITS = 39
"""Of a resource version, which has up to 128 bits."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `at`: seconds since the epoch, None: nobody knows; `who`: a field manager, or Teal."""

    at: float | None
    who: str
    what: str


def history(objects: Sequence[Manifest], events: Sequence[Manifest]) -> list[Change]:
    """Return the changes that are known of, oldest first; those without a time come first.

    Of each field manager an object tells only its last write (metav1.ManagedFieldsEntry), and Events are kept
    for an hour or so: it is what there is, not all that there was. What Teal writes about a status is told
    by its Events.
    """
    found = [change for manifest in objects for change in _written(manifest)]
    found += [_told(event) for event in in_order(events)]
    return in_time(found)


def remembered(routemap: Manifest) -> list[Change]:
    """Return what a Routemap's status remembers for as long as it stands: longer than Events are kept.

    The last changes of a rollout, and since when each version has its percentage.
    """
    status = read(routemap.get("status"))
    entries = status.rollout.history if status.rollout else ()
    return [
        *(Change(entry.at, entry.by or _TEAL, f"rollout: {entry.what}") for entry in entries),
        *(
            Change(version.weight_since, _TEAL, f"{version.name} has {version.weight} % since then")
            for version in status.versions
            if version.weight_since is not None
        ),
    ]


def in_time(changes: Iterable[Change]) -> list[Change]:
    """Return changes, oldest first; those without a time come first, those of one time stay as they are."""
    return sorted(changes, key=lambda change: change.at or 0.0)


def lines(changes: Sequence[Change]) -> list[Line]:
    """Return changes as a table."""
    rows = [
        (Span(timestamp(each.at) if each.at is not None else "-", "dim"), Span(each.who, "name"), each.what)
        for each in changes
    ]
    return table(("WHEN", "WHO", "WHAT"), rows)


def data(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return changes as plain data."""
    return [{**asdict(each), "at": None if each.at is None else timestamp(each.at)} for each in changes]


def _written(manifest: Manifest) -> Iterator[Change]:
    """Yield of each field manager its last write, with the fields that it has set."""
    metadata = section(manifest, "metadata")
    subject = f"{manifest.get('kind')} {metadata.get('name')}"
    for entry in map(section, listing(metadata, "managedFields")):
        if entry.get("subresource") == "status":
            continue
        fields = sorted(_fields(section(entry, "fieldsV1")))
        told = ", ".join(fields[:MOST_FIELDS]) + (", ..." if len(fields) > MOST_FIELDS else "")
        how = "applied" if entry.get("operation") == "Apply" else "wrote"
        yield Change(seconds(entry.get("time")), str(entry.get("manager")), f"{how} {subject}: {told}")
    if deleted := seconds(metadata.get("deletionTimestamp")):
        yield Change(deleted, "-", f"{subject} is being deleted")


def _fields(owned: Mapping[str, Any]) -> set[str]:
    """Return the fields that an entry owns, two levels deep: `spec.versions`, not what is in it."""
    found = set()
    for name, below in owned.items():
        inner = [key for key in section(below) if key.startswith("f:")]
        if name.startswith("f:"):
            found |= {f"{name[2:]}.{key[2:]}" for key in inner} or {name[2:]}
    return found


def in_order(events: Iterable[Manifest]) -> list[Manifest]:
    """Return Events as they were told; those without a time come first.

    Their times are whole seconds. Within one, the API server's count of writes tells which came last: since
    Kubernetes 1.35 resource versions are numbers of which the greater is the later.
    """
    return sorted(events, key=lambda event: (told_at(event) or 0.0, _written_as(event)))


def told_at(event: Manifest) -> float | None:
    """Return when an Event was told last, in seconds since the epoch; None where it has no time."""
    times = (event.get("lastTimestamp"), event.get("eventTime"), event.get("firstTimestamp"))
    return next((time for time in map(seconds, times) if time is not None), None)


def times_told(event: Manifest) -> int:
    """Return how often an Event was told; once, where it does not say."""
    return count(event.get("count")) or 1


def _written_as(event: Manifest) -> int:
    version = str(section(event, "metadata").get("resourceVersion", ""))
    return int(version) if version.isascii() and version.isdecimal() and len(version) <= MOST_DIGITS else 0


def _told(event: Manifest) -> Change:
    who = section(event, "source").get("component") or event.get("reportingComponent") or "-"
    often = f" ({times} times)" if (times := times_told(event)) > 1 else ""
    return Change(told_at(event), str(who), f"{event.get('reason')}: {event.get('message')}{often}")

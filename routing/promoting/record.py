"""What a promotion has to remember, as one annotation on the Routemap.

Everything else is seen: who gets requests, which template the primary has, how far its rollout is.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from routing import names, patches
from routing.kinds import ROUTEMAPS
from routing.reading.raw import listing, section
from routing.values import dataclass
from routing.writes import Patch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.patches import Operation

    Manifest = Mapping[str, Any]

IN_PLACE, BY_ORDER = "in-place", "by-order"
BEGUN, PROMOTED, UNDOING, DONE = "begun", "promoted", "undoing", "done"
"""Stages. PROMOTED: in place, the primary is new and the candidate goes."""


class UnreadableError(ValueError):
    """The annotation is not what a promotion has written; the message says how to go on."""


@dataclass(frozen=True, slots=True)
class Record:
    """A promotion as it began.

    `weights`: the WeightOverride's list before, None for no override; `versions`: the Routemap's list before
    (by order); `replica_set`: the one with the primary's template before, "" where there is none, `after` the
    one with its new one; `label`: the primary's version label before, None for none.
    """

    way: str
    primary: str
    candidate: str
    stage: str = BEGUN
    weights: list[Any] | None = None
    versions: list[Any] | None = None
    replica_set: str = ""
    after: str = ""
    label: str | None = None
    keep_weights: bool = False

    @property
    def under_way(self) -> bool:
        """Whether it has begun and is not over."""
        return self.stage != DONE


def record_of(routemap: Manifest) -> Record | None:
    """Return what a promotion has noted on a Routemap, None for nothing. Raises UnreadableError."""
    text = section(routemap, "metadata", "annotations").get(names.PROMOTION)
    if text is None:
        return None
    try:
        return _record(json.loads(text))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        name = routemap["metadata"]["name"]
        raise UnreadableError(
            f"metadata.annotations[{names.PROMOTION}]: it is not as a promotion writes it; take it off "
            f"(kubectl annotate routemap {name} {names.PROMOTION}-), and look at the weights yourself"
        ) from error


def _record(told: Any) -> Record:
    """Return the note that an annotation holds. Raises KeyError, TypeError or ValueError for what is none."""
    record = Record(
        way=told["way"],
        primary=told["primary"],
        candidate=told["candidate"],
        stage=told["stage"],
        weights=told.get("weights"),
        versions=told.get("versions"),
        replica_set=told.get("replicaSet", ""),
        after=told.get("after", ""),
        label=told.get("label"),
        keep_weights=told.get("keepWeights") is True,
    )
    if not _sound(record):
        raise ValueError(told)
    return record


def _sound(record: Record) -> bool:
    """Tell whether a record is one that a promotion can have written."""
    words = (record.primary, record.candidate)
    lists = (record.weights, record.versions)
    texts = (record.replica_set, record.after, record.label or "")
    return (
        record.way in (IN_PLACE, BY_ORDER)
        and record.stage in (BEGUN, PROMOTED, UNDOING, DONE)
        and all(isinstance(word, str) and names.is_service_name(word) for word in words)
        and all(found is None or isinstance(found, list) for found in lists)
        and all(isinstance(text, str) for text in texts)
        and (record.way == IN_PLACE or bool(record.versions))
    )


def noted(routemap: Manifest, record: Record | None, versions: list[Any] | None = None) -> Patch:
    """Return what notes a promotion on the Routemap, or with None takes the note off.

    `versions`: the list that the Routemap is to have from the same write on.
    """
    operations: list[Operation] = []
    if versions is not None:
        path = "/spec/versions"
        operations += [
            {"op": "test", "path": path, "value": listing(routemap, "spec", "versions")},
            {"op": "replace", "path": path, "value": versions},
        ]
    value = None if record is None else _text(record)
    operations += patches.entry(routemap, "annotations", names.PROMOTION, value)
    return Patch(ROUTEMAPS, routemap, tuple(operations))


def at(record: Record, stage: str) -> Record:
    """Return a record of the same promotion at another stage."""
    return replace(record, stage=stage)


def _text(record: Record) -> str:
    """Return the note as an annotation: compact JSON, what is not told left out."""
    told = {
        "way": record.way,
        "primary": record.primary,
        "candidate": record.candidate,
        "stage": record.stage,
        "weights": record.weights,
        "versions": record.versions,
        "replicaSet": record.replica_set or None,
        "after": record.after or None,
        "label": record.label,
        "keepWeights": record.keep_weights or None,
    }
    return json.dumps({key: value for key, value in told.items() if value is not None}, separators=(",", ":"))

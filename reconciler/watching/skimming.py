"""Lists and watches without managedFields, which are half of what the API server sends, and seldom looked at.

msgspec passes over them without making objects of them; the standard library's parser makes them all. What it
does not take is read by that instead, so either reads the same (docs/performance.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import msgspec

from kube import answers, reading

if TYPE_CHECKING:
    from routing.kinds import Resource


class _Metadata(TypedDict, total=False):
    """meta.k8s.io/v1, ObjectMeta, but for `managedFields`."""

    name: Any
    generateName: Any
    namespace: Any
    uid: Any
    resourceVersion: Any
    generation: Any
    creationTimestamp: Any
    deletionTimestamp: Any
    deletionGracePeriodSeconds: Any
    labels: Any
    annotations: Any
    ownerReferences: Any
    finalizers: Any


class _Page(msgspec.Struct):
    metadata: dict[str, Any]
    items: list[msgspec.Raw]


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


_page = msgspec.json.Decoder(_Page).decode
_event = msgspec.json.Decoder(_Event).decode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_metadata = msgspec.json.Decoder(_Metadata).decode
_value = msgspec.json.Decoder().decode
_ODD = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


class Skimming:
    """Reads lists and events as `kube.answers` does. `managers`: with managedFields all the same.

    What lies deeper than `reading.LEVELS` in a field of an object, such as its spec, reads as null. `rest`:
    as of `kube.answers.Reading`.
    """

    def __init__(self, *, managers: bool = False, rest: float = 0.0) -> None:
        self._managers = managers
        self.rest = rest

    def page(self, asked: str, body: bytes) -> dict[str, Any]:
        """Return the list that an answer is. Raises as `kube.answers.page`."""
        try:
            told = _page(body)
            items = [self._object(raw) for raw in told.items]
        except _ODD:
            return answers.page(asked, body)
        if "resourceVersion" not in told.metadata:
            return answers.page(asked, body)
        return {"metadata": told.metadata, "items": items}

    def event(self, line: bytes) -> dict[str, Any]:
        """Return an event of a watch, or raise the error that it is, as `kube.answers.event`."""
        try:
            told = _event(line)
            if told.type != "ERROR":
                return {"type": told.type, "object": self._object(told.object)}
        except _ODD:
            pass
        return answers.event(line)

    def _object(self, raw: msgspec.Raw) -> dict[str, Any]:
        return {name: self._field(name, bytes(value)) for name, value in _fields(raw).items()}

    def _field(self, name: str, text: bytes) -> Any:
        if name == "metadata" and not self._managers:
            return _metadata(text)
        return _value(text) if reading.is_shallow(text) else reading.loads(text)


_WITH, _WITHOUT = Skimming(managers=True), Skimming()
_NAMES = Skimming(rest=0.5)
"""What becomes of one of these may be heard of a little later. No other kind's watch rests: a Routemap heard
of sooner than its Service would warn of a host that is there."""


def skimming(resource: Resource) -> Skimming:
    """Return who reads a kind."""
    if resource.metadata_only:
        return _NAMES
    return _WITH if resource.managers else _WITHOUT

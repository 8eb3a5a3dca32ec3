"""JSON patches for the little that Teal owns of other people's objects. Pure.

A strategic merge patch only ever adds finalizers, and a merge patch of the whole list would undo what another
controller does to it meanwhile. So the list that was read is tested first: the patch fails if it has changed.
The uid is tested, too: an object made anew under the same name is another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Manifest = Mapping[str, Any]
    Operation = dict[str, Any]


def finalizer(manifest: Manifest, name: str, *, wanted: bool) -> list[Operation]:
    """Return what puts a finalizer on or takes it off; nothing if that is so already.

    On an object that is being deleted the API server accepts no new finalizer: nothing, too.
    """
    metadata = manifest["metadata"]
    held = list(metadata.get("finalizers") or ())
    if (name in held) == wanted or (wanted and "deletionTimestamp" in metadata):
        return []
    after = [*held, name] if wanted else [item for item in held if item != name]
    path = "/metadata/finalizers"
    return [_test(path, held or None), {"op": "add", "path": path, "value": after}]


def entry(manifest: Manifest, where: str, key: str, value: str | None) -> list[Operation]:
    """Return what sets (or with None removes) a label or annotation; `where` is `labels` or `annotations`."""
    entries = manifest["metadata"].get(where)
    if (entries or {}).get(key) == value:
        return []
    path = f"/metadata/{where}"
    member = f"{path}/{_escaped(key)}"
    if value is None:
        return [{"op": "remove", "path": member}]
    missing = [_test(path, None), {"op": "add", "path": path, "value": {}}] if entries is None else []
    return [*missing, {"op": "add", "path": member, "value": value}]


def addition(where: str, key: str, value: Any) -> Operation:
    """Return what sets a field of a part of an object, such as `spec`."""
    return {"op": "add", "path": f"/{where}/{_escaped(key)}", "value": value}


def removal(where: str, key: str) -> Operation:
    """Return what removes a field of a part of an object, such as `spec`."""
    return {"op": "remove", "path": f"/{where}/{_escaped(key)}"}


def owner(manifest: Manifest, reference: Mapping[str, Any]) -> list[Operation]:
    """Return what adds an owner reference.

    `reference` is a metav1.OwnerReference. The list that was read is tested first, so two who add one at the
    same time lose neither.
    """
    owners = manifest["metadata"].get("ownerReferences")
    path = "/metadata/ownerReferences"
    return [_test(path, owners), {"op": "add", "path": path, "value": [*(owners or ()), dict(reference)]}]


def disowned(manifest: Manifest, uid: str) -> list[Operation]:
    """Return what takes the references to an owner off; nothing where there is none to this uid."""
    owners = manifest["metadata"].get("ownerReferences") or []
    others = [item for item in owners if item.get("uid") != uid]
    path = "/metadata/ownerReferences"
    same = len(others) == len(owners)
    return [] if same else [_test(path, owners), {"op": "add", "path": path, "value": others}]


def guarded(manifest: Manifest, operations: Sequence[Operation]) -> list[Operation]:
    """Return operations that only apply to this very object."""
    return [_test("/metadata/uid", manifest["metadata"]["uid"]), *operations]


def patched(manifest: Manifest, operations: Sequence[Operation]) -> dict[str, Any]:
    """Return an object as it is after operations of this module.

    It knows what this module makes: additions and removals in `metadata`, and the removal or another value of
    a field of another part. Tests are taken to hold; the object that comes in stays as it is.
    """
    metadata = {**manifest["metadata"]}
    result: dict[str, Any] = {**manifest, "metadata": metadata}
    for operation in operations:
        _, part, where, *member = operation["path"].split("/", 3)
        if operation["op"] == "test":
            continue
        if part != "metadata":
            name = _read(where)
            rest = {key: value for key, value in result[part].items() if key != name}
            result[part] = rest if operation["op"] == "remove" else {**rest, name: operation["value"]}
            continue
        if not member:
            metadata[where] = operation["value"]
            continue
        key = _read(member[0])
        others = {name: value for name, value in (metadata.get(where) or {}).items() if name != key}
        metadata[where] = others if operation["op"] == "remove" else {**others, key: operation["value"]}
    return result


def _escaped(key: str) -> str:
    """Return a key as a segment of a JSON pointer (RFC 6901 section 3)."""
    return key.replace("~", "~0").replace("/", "~1")


def _read(key: str) -> str:
    return key.replace("~1", "/").replace("~0", "~")


def _test(path: str, value: Any) -> Operation:
    # A test for null holds where the path is missing (evanphx/json-patch v4, which the API server uses).
    return {"op": "test", "path": path, "value": value}

"""Promotion by order: the candidate is listed first, and the old primary drains. No pod is replaced.

It suits versions whose names say what they are, such as `shop-v42`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.kinds import SERVICES
from routing.model import State
from routing.promoting import owners, record, weights
from routing.promoting.candidates import called_by, chosen, names_listed, unready
from routing.promoting.record import BY_ORDER, Record
from routing.promoting.steps import Delete, Do, Scene, Step, Stop, Wait, Wish, leaving
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.writes import Patch


def begin(scene: Scene, wish: Wish) -> Step:
    """Return the first write, which is the promotion: the new list together with the note of the old one."""
    candidate, problem = chosen(scene, wish)
    primary = next(iter(names_listed(scene)), "")
    told = [text for text in (unready(scene), problem) if text]
    if not told:
        told = _refusals(scene, primary, wish)
    if told:
        return Stop(tuple(told))
    after = ordered(scene, candidate)
    return Do(relisted(scene, candidate), f"{candidate} is listed first ({', '.join(_names(after))})")


def relisted(scene: Scene, candidate: str, stage: str = record.BEGUN) -> Patch:
    """Return the write that lists a candidate first, together with the note of the list before."""
    primary, *_ = names_listed(scene)
    before = listing(scene.routemap, "spec", "versions")
    noted = Record(BY_ORDER, primary, candidate, stage, weights=weights.listed(scene), versions=before)
    return record.noted(scene.routemap, noted, ordered(scene, candidate))


def preview(scene: Scene, candidate: str, wish: Wish) -> tuple[str, ...]:
    """Return in sentences what a promotion by order does, from its beginning to its end."""
    primary = next(iter(names_listed(scene)), "")
    told = [f"{candidate} is listed first ({', '.join(_names(ordered(scene, candidate)))})"]
    told += [] if scene.override is None else [f"WeightOverride {scene.name} is deleted"]
    told.append(f"{primary} drains")
    told += [f"{scene.resource(primary).kind} and Service {primary} are deleted"] if wish.delete else []
    return tuple(told)


def ordered(scene: Scene, candidate: str) -> list[Any]:
    """Return the Routemap's list with a candidate first, and the old primary last, with weight 0.

    There it gets no request while another is ready, and takes all if none is. With strategy canary it is left
    out, since a candidate there gets what it matches. So are primaries of before that have gone: the list
    would be full after eight promotions.
    """
    first, *others = listing(scene.routemap, "spec", "versions")
    strategy = section(scene.routemap, "spec").get("strategy", "blue-green")
    chosen_entry = next(item for item in others if section(item).get("name") == candidate)
    weight = section(chosen_entry).get("weight")
    kept = {"weight": weight} if strategy == "blue-green" and weight else {}
    rest = [item for item in others if item is not chosen_entry]
    if strategy != "canary":
        rest = [item for item in rest if not _over(scene, item)] + [{**section(first), "weight": 0}]
    return [{"name": candidate, **kept}, *rest]


def go_on(scene: Scene, noted: Record, wish: Wish) -> Step:
    """Return the next step of a promotion that has begun."""
    listed = names_listed(scene)
    if listed[:1] != [noted.candidate]:
        told = f"spec.versions: {noted.candidate} is not first any more ({', '.join(listed)})"
        remedy = f"see who changes Routemap {scene.name}, or take the promotion back with --undo"
        return Stop((f"{told}; {remedy}",))
    step = weights.restored(scene, None)
    if step is not None:
        return step
    if not scene.observed or not scene.free(noted.primary):
        return Wait(f"{noted.primary} has requests until Teal has moved them and it has drained")
    if wish.delete:
        step = _deleted(scene, noted, listed)
        if step is not None:
            return step
    kept = "is deleted" if wish.delete else "is kept, without requests"
    told = f"{noted.candidate} is the primary; {noted.primary} has drained and {kept}"
    return Do(record.noted(scene.routemap, record.at(noted, record.DONE)), told, last=True)


def undo(scene: Scene, noted: Record) -> Step:
    """Return the next step of an undoing. The old list comes back first, with the note of it."""
    before = noted.versions or []
    if leaving(scene.deployments.get(noted.primary)):
        return Stop((f"Deployment {noted.primary} has gone; deploy it again first",))
    if noted.stage != record.UNDOING:
        strange = [name for name in names_listed(scene) if name not in _names(before)]
        if strange:
            told = f"spec.versions: {', '.join(strange)} came in since the promotion"
            return Stop((f"{told}; list the versions in the order that you want by hand",))
        told = f"{noted.primary} is listed first again ({', '.join(_names(before))})"
        return Do(record.noted(scene.routemap, record.at(noted, record.UNDOING), before), told)
    step = weights.restored(scene, noted.weights)
    if step is not None:
        return step
    told_of = scene.told(noted.primary)
    if not scene.observed or told_of is None or told_of.state is not State.READY:
        return Wait(f"{noted.primary} is not ready yet")
    told = f"{noted.primary} is the primary again"
    return Do(record.noted(scene.routemap, None), told, last=True)


def _deleted(scene: Scene, noted: Record, listed: Sequence[str]) -> Step | None:
    """Return the next step until the old primary has gone; then None. It is taken off the list first."""
    if noted.primary in listed:
        entries = listing(scene.routemap, "spec", "versions")
        rest = [item for item in entries if section(item).get("name") != noted.primary]
        return Do(record.noted(scene.routemap, noted, rest), f"{noted.primary} is listed no more")
    found = {scene.resource(noted.primary): scene.deployments, SERVICES: scene.services}
    for resource, manifests in found.items():
        manifest = manifests.get(noted.primary)
        if manifest is not None and not leaving(manifest):
            return Do(Delete(resource, manifest), f"{resource.kind} {noted.primary} is deleted")
    gone = not any(noted.primary in manifests for manifests in found.values())
    return None if gone else Wait(f"{noted.primary} is being deleted")


def _refusals(scene: Scene, primary: str, wish: Wish) -> list[str]:
    """Return every reason why a promotion by order can't begin, each as a sentence with its remedy."""
    told = []
    host = called_by(scene, primary)
    if wish.delete and host:
        told.append(
            f"--delete: clients call Service {primary} as {host}, so it must stay; leave the flag out, or "
            f"promote in place"
        )
    who = "" if wish.force else owners.owner(scene.routemap, "spec", "versions")
    if who:
        told.append(
            f"{who} owns spec.versions of Routemap {scene.name} and would bring back what it has; commit the "
            f"change there (teal promote {scene.name} --by-order -o yaml prints it), or use --force"
        )
    return told


def _over(scene: Scene, entry: Any) -> bool:
    """Tell whether a version is listed with weight 0, and no workload of its name is there any more."""
    told = scene.told(str(section(entry).get("name")))
    gone = told is not None and told.reason == "DeploymentNotFound" and scene.free(told.name)
    return section(entry).get("weight") == 0 and gone


def _names(entries: Sequence[Any]) -> list[str]:
    return [str(section(entry).get("name")) for entry in entries]

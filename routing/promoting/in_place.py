"""Promotion in place: the primary becomes what the candidate is, and the candidate goes.

Requests move to the candidate first, so that nobody's depend on how the primary's pods are replaced; once
those are all new and known to the proxies, requests come back, and the candidate drains and goes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from routing.facts import containers, is_protected
from routing.kinds import DEPLOYMENTS, SERVICES
from routing.model import State
from routing.promoting import record, templates, weights
from routing.promoting.candidates import chosen, names_listed, unready
from routing.promoting.record import IN_PLACE, Record
from routing.promoting.refusals import refusals, unlike
from routing.promoting.rollouts import losses, rollout, was_complete
from routing.promoting.steps import Delete, Do, Scene, Step, Stop, Wait, Wish, leaving
from routing.reading.defaults import SETTLE_SECONDS, UNPROBED_SETTLE_SECONDS
from routing.reading.raw import section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.writes import Patch

    Manifest = Mapping[str, Any]


def proposal(scene: Scene, noted: Record | None, wish: Wish) -> Patch | None:
    """Return the change of the primary to be tried by a dry run; None where there is none to try."""
    if noted is not None and noted.stage == record.UNDOING:
        return _undoing(scene, noted)
    if noted is None:
        names = (next(iter(names_listed(scene)), ""), chosen(scene, wish)[0])
    else:
        names = (noted.primary, noted.candidate)
    primary, candidate = (scene.deployments.get(name) for name in names)
    if primary is None or candidate is None or leaving(candidate) or unlike(scene, names):
        return None
    services = [scene.services[name] for name in names if name in scene.services]
    template = templates.promoted(primary, candidate, services)
    return templates.redefine(primary, template, templates.version_label(candidate))


def begin(scene: Scene, wish: Wish) -> Step:
    """Return the first write, or why there is none."""
    candidate, problem = chosen(scene, wish)
    primary = next(iter(names_listed(scene)), "")
    told = [text for text in (unready(scene), problem) if text]
    if told:
        return Stop(tuple(told))
    told = refusals(scene, Record(IN_PLACE, primary, candidate), wish)
    told += [f"the API server refuses the change of {primary}: {scene.refused}"] if scene.refused else []
    if told:
        return Stop(tuple(told))
    deployment = scene.deployments[primary]
    begun = Record(
        IN_PLACE,
        primary,
        candidate,
        weights=weights.listed(scene),
        replica_set=templates.current(deployment, scene.replica_sets),
        label=templates.version_label(deployment),
        keep_weights=wish.keep_weights,
    )
    return Do(record.noted(scene.routemap, begun), f"{primary} is to become what {candidate} is")


def preview(scene: Scene, candidate: str, wish: Wish) -> tuple[str, ...]:
    """Return in sentences what a promotion in place does, from its beginning to its end."""
    primary = next(iter(names_listed(scene)), "")
    told = []
    if not templates.same(scene.deployments[primary], scene.proposed):
        moved = (
            [] if wish.keep_weights else [f"requests leave {primary} for {candidate}, and {primary} drains"]
        )
        told = [
            *moved,
            f"{primary} gets the pod template and the version label of {candidate}, and rolls out",
        ]
        told += [] if wish.keep_weights else ["requests come back"]
    return (*told, f"Deployment and Service {candidate} are deleted, and go when they have drained")


def go_on(scene: Scene, noted: Record) -> Step:
    """Return the next step of a promotion that has begun."""
    if noted.stage == record.PROMOTED:
        return _farewell(scene, noted)
    for name in (noted.primary, noted.candidate):
        if leaving(scene.deployments.get(name)):
            told = f"Deployment {name} goes, before {noted.primary} has become what {noted.candidate} was"
            return Stop((f"{told}; take the promotion back: teal promote {scene.name} --undo",))
    step = _redefined(scene, noted)
    if step is not None:
        return step
    after = templates.current(scene.deployments[noted.primary], scene.replica_sets)
    told = f"{noted.primary} is what {noted.candidate} is"
    return Do(record.noted(scene.routemap, replace(noted, stage=record.PROMOTED, after=after)), told)


def undo(scene: Scene, noted: Record) -> Step:
    """Return the next step of an undoing."""
    if noted.stage != record.UNDOING:
        return _undo_begun(scene, noted)
    step = _redefined(scene, noted) or _weights_back(scene, noted)
    if step is not None:
        return step
    told = f"{noted.primary} is what it was before the promotion"
    return Do(record.noted(scene.routemap, None), told, last=True)


def _undo_begun(scene: Scene, noted: Record) -> Step:
    """Return the first write of an undoing, or why it can't begin.

    Nothing is there to go back to, or requests would fail while the pods are replaced. Where somebody has
    given the primary its template back (`kubectl rollout undo`), what is left is undone: label and weights.
    """
    primary = scene.deployments.get(noted.primary)
    back = _undoing(scene, noted)
    if primary is None or leaving(primary):
        return Stop((f"Deployment {noted.primary} has gone, so there is nothing to take back",))
    if back is None:
        which = f" {noted.replica_set}" if noted.replica_set else ""
        told = f"the ReplicaSet{which} with the template that {noted.primary} had is not there any more"
        return Stop((f"{told}; apply the manifest that it had",))
    now = templates.current(primary, scene.replica_sets)
    if noted.after and now not in (noted.after, noted.replica_set):
        told = f"Deployment {noted.primary} has been given another template since the promotion"
        return Stop((f"{told}; choose one from kubectl rollout history deployment/{noted.primary}",))
    carried = _carries(scene, noted) and not noted.keep_weights
    losing = () if carried else _losses(scene, noted)
    if losing:
        told = (
            f"{noted.candidate} is not there to take the requests while the pods of {noted.primary} are "
            f"replaced, and some would fail; deploy {noted.candidate} again first"
        )
        return Stop((told, *losing))
    told = f"{noted.primary} is to become what it was"
    if _is_back(scene, noted):
        told = f"{noted.primary} has the pod template that it had before the promotion already"
    # What has been asked for since a promotion that is over stays.
    before = noted.weights if noted.under_way else weights.listed(scene)
    undoing = replace(noted, stage=record.UNDOING, weights=before)
    return Do(record.noted(scene.routemap, undoing), told)


def _template(scene: Scene, noted: Record) -> Mapping[str, Any]:
    """Return the pod template that the primary had, empty where its ReplicaSet is not there any more."""
    found = [item for item in scene.replica_sets if item["metadata"]["name"] == noted.replica_set]
    return templates.before(found[0]) if found else {}


def _is_back(scene: Scene, noted: Record) -> bool:
    """Tell whether the primary has the pod template that it had: no pod is replaced by giving it back."""
    return section(scene.deployments[noted.primary], "spec", "template") == _template(scene, noted)


def _losses(scene: Scene, noted: Record) -> tuple[str, ...]:
    """Return why requests may fail when the primary gets its template back under them."""
    back = _is_back(scene, noted)
    return () if back else losses(scene.deployments[noted.primary], _template(scene, noted))


def _undoing(scene: Scene, noted: Record) -> Patch | None:
    """Return what gives the primary back its template, None where that is not there any more."""
    primary, template = scene.deployments.get(noted.primary), _template(scene, noted)
    return templates.redefine(primary, template, noted.label) if primary and template else None


def _redefined(scene: Scene, noted: Record) -> Step | None:
    """Return the next step until the primary's pods are all of the new template and known; then None."""
    primary = scene.deployments.get(noted.primary)
    wanted = proposal(scene, noted, Wish())
    if scene.refused:
        return Stop((f"the API server refuses the change of {noted.primary}: {scene.refused}",))
    if primary is None or wanted is None:
        return Stop((f"Deployment {noted.primary}, or the template that it is to have, has gone",))
    away = _moved_away(scene, noted)
    if not templates.same(primary, scene.proposed):
        source = noted.candidate if noted.stage == record.BEGUN else noted.replica_set
        given = f"the pod template of {source}"
        if noted.stage == record.UNDOING and _is_back(scene, noted):
            away, given = None, "the version label that it had"
        return away or Do(wanted, f"{noted.primary} gets {given}")
    progress = rollout(primary)
    if progress.complete:
        return _known(scene, noted, primary)
    failed = progress.failed or (was_complete(primary) and _late(scene, noted.primary))
    if failed and not isinstance(away, Do):
        return _failed(scene, noted, progress.told)
    return away or Wait(progress.told)


def _late(scene: Scene, name: str) -> bool:
    """Tell whether a version has been on its way in for longer than its Deployment allows, by Teal's word."""
    told, condition = scene.told(name), scene.status.condition("Progressing")
    late = condition is not None and condition.reason == "ProgressDeadlineExceeded"
    return late and told is not None and told.state is State.STARTING


def _moved_away(scene: Scene, noted: Record) -> Step | None:
    """Return the next step until no request goes to the primary; None, too, where they may stay."""
    if noted.keep_weights:
        return None
    if not _carries(scene, noted):
        safe = noted.stage == record.UNDOING and not _losses(scene, noted)
        told = f"{noted.candidate} is not ready, and is to take the requests meanwhile"
        return None if safe else Wait(told)
    before = weights.in_force(scene)
    wanted = before | {noted.primary: 0, noted.candidate: before.get(noted.candidate) or weights.WHOLE}
    step = weights.given(scene, wanted, f"requests leave {noted.primary}: WeightOverride {scene.name}")
    if step is not None:
        return step
    if not scene.free(noted.primary):
        return Wait(f"{noted.primary} has requests until Teal has moved them and it has drained")
    return None


def _carries(scene: Scene, noted: Record) -> bool:
    """Tell whether the candidate is there to take the requests meanwhile."""
    told = scene.told(noted.candidate)
    ready = told is not None and told.state is State.READY
    return ready and not leaving(scene.deployments.get(noted.candidate))


def _failed(scene: Scene, noted: Record, why: str) -> Stop:
    told = scene.told(noted.primary)
    reason = f" ({told.message or told.reason})" if told and told.state is not State.READY else ""
    stay = "are shared as before" if noted.keep_weights else f"stay with {noted.candidate}"
    back = f"teal promote {scene.name} --undo"
    mend = f"Mend {noted.candidate}'s template or the cluster and run this again, or take it back: {back}"
    return Stop((f"{noted.primary} does not become ready{reason}: {why}. Requests {stay}. {mend}",))


def _known(scene: Scene, noted: Record, primary: Manifest) -> Step | None:
    """Return what is waited for until proxies know the new pods, and Teal calls the primary ready."""
    told = scene.told(noted.primary)
    if told is None or told.state is not State.READY:
        reason = (told.message or told.reason) if told else "not listed"
        return Wait(f"{noted.primary} is not ready yet: {reason}")
    settle = section(scene.routemap, "spec").get("settleSeconds")
    if not isinstance(settle, int):
        probed = any(container.get("readinessProbe") for container in containers(primary))
        settle = SETTLE_SECONDS if probed else UNPROBED_SETTLE_SECONDS
    if scene.settled < settle:
        return Wait(f"proxies hear of the new pods of {noted.primary}: {settle} s")
    return None


def _weights_back(scene: Scene, noted: Record) -> Step | None:
    return None if noted.keep_weights else weights.restored(scene, noted.weights)


def _farewell(scene: Scene, noted: Record) -> Step:
    """Return the next step once the primary is new: weights as they were, and the candidate goes."""
    found = {
        DEPLOYMENTS: scene.deployments.get(noted.candidate),
        SERVICES: scene.services.get(noted.candidate),
    }
    step = _weights_back(scene, noted)
    if step is not None:
        return step
    for resource, manifest in found.items():
        if manifest is None or leaving(manifest):
            continue
        if is_protected(manifest):
            return Wait(f"{noted.candidate} is the only ready version until Teal calls {noted.primary} ready")
        return Do(
            Delete(resource, manifest), f"{resource.kind} {noted.candidate} is to go when it has drained"
        )
    if any(manifest is not None for manifest in found.values()):
        return Wait(f"{noted.candidate} drains")
    finished = record.at(noted, record.DONE)
    told = f"{noted.candidate} has drained and gone: {noted.primary} is promoted"
    return Do(record.noted(scene.routemap, finished), told, last=True)

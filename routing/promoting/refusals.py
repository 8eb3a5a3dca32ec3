"""What keeps a promotion in place from beginning: each in a sentence with field, value and remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.kinds import DEPLOYMENTS
from routing.promoting import owners
from routing.promoting.candidates import called_by
from routing.promoting.rollouts import losses
from routing.promoting.steps import leaving
from routing.reading.raw import section
from routing.reading.violation import joined

if TYPE_CHECKING:
    from collections.abc import Iterable

    from routing.promoting.record import Record
    from routing.promoting.steps import Scene, Wish


def refusals(scene: Scene, planned: Record, wish: Wish) -> list[str]:
    """Return what keeps a promotion in place from beginning."""
    name, primary, candidate = scene.name, planned.primary, planned.candidate
    deployment = scene.deployments.get(primary)
    by_order = f"teal promote {name} --by-order"
    if leaving(deployment) or deployment is None:
        return [
            f"Deployment {primary} is not there, so nothing can become what {candidate} is; use {by_order}"
        ]
    if others := unlike(scene, (primary, candidate)):
        which = joined(others)
        return [f"{which}; only a Deployment can become what another is, and be taken back; use {by_order}"]
    told = []
    if host := called_by(scene, candidate):
        told.append(
            f"spec.hosts: clients call Service {candidate} as {host}, so it must stay; use {by_order}"
        )
    spec = section(deployment, "spec")
    if spec.get("paused") is True:
        told.append(f"spec.paused: {primary} does not roll out; kubectl rollout resume deployment/{primary}")
    if spec.get("replicas") == 0:
        told.append(f"spec.replicas: {primary} has no pods; kubectl scale deployment/{primary} --replicas=…")
    told += _owned(scene, planned) if not wish.force else []
    return told + (_stays(scene, planned) if wish.keep_weights else _moves(scene, planned))


def unlike(scene: Scene, versions: Iterable[str]) -> list[str]:
    """Return which of some versions are no Deployments, each with its kind.

    What others have beside a template of pods (claims, ordinals, a spec of their own) can't be changed, or is
    not known, and no ReplicaSet keeps the template that they had.
    """
    return [
        f"{name} is a {scene.resource(name).kind}" for name in versions if scene.resource(name) != DEPLOYMENTS
    ]


def _owned(scene: Scene, planned: Record) -> list[str]:
    """Return why Git or a chart stands in the way, and what to commit instead."""
    owner, other = (
        owners.owner(scene.deployments[name], "spec", "template")
        for name in (planned.primary, planned.candidate)
    )
    told = []
    if owner:
        told.append(
            f"{owner} owns spec.template of Deployment {planned.primary} and would bring back what it has; "
            f"commit the change there (teal promote {scene.name} -o yaml prints it), or use --force"
        )
    if other:
        told.append(
            f"{other} owns Deployment {planned.candidate} and would bring it back; take it out there once "
            f"{planned.primary} has its template, or use --force"
        )
    return told


def _stays(scene: Scene, planned: Record) -> list[str]:
    """Return why requests would fail if the primary's pods were replaced under them."""
    primary, candidate = scene.deployments[planned.primary], scene.deployments[planned.candidate]
    lost = losses(primary, section(candidate, "spec", "template"))
    return [f"--keep-weights: {planned.primary}: {text}, or leave the flag out" for text in lost]


def _moves(scene: Scene, planned: Record) -> list[str]:
    """Return why the candidate can't take the primary's requests meanwhile."""
    name, primary, candidate = scene.name, planned.primary, planned.candidate
    told = []
    if section(scene.routemap, "spec").get("strategy") == "mirror":
        told.append(
            f"spec.strategy: with mirror {primary} answers all requests, and none can move to {candidate}; "
            f"use --keep-weights, or teal promote {name} --by-order"
        )
    here, there = (found.ready_endpoints if found else 0 for found in map(scene.told, (primary, candidate)))
    if there < here:
        scale = f"kubectl scale deployment/{candidate} --replicas={here}"
        told.append(
            f"spec.replicas: {candidate} is to take the requests of {primary} meanwhile, with {there} ready "
            f"pods instead of {here}; {scale}, or use --keep-weights"
        )
    return told

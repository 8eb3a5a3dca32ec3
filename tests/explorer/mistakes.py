"""Plans with a mistake each, for the explorer to find."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from routing import names
from routing.deciding.decide import decide
from routing.passes import Pass, Seen
from routing.plan import plan
from routing.promoting import by_itself
from routing.reading.parse import parse_routemap
from routing.reading.rollout_status import Phase
from routing.routes import ROUTER
from routing.routes.exposure import Exposure, by_version
from routing.stepping.promotion import PROMOTING
from routing.stepping.rolling import asked
from routing.stepping.rollout import Counts
from routing.writes import SeenVersion, marks, route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.reading.status import RoutemapStatus


def unmarks_before_traffic_goes(seen: Seen, now: float) -> Pass:
    """Take marks off, then change the route, with no drain in between."""
    due = without_drain(seen, now)
    return replace(due, route=(*due.after, *due.route), after=())


def routes_before_marks(seen: Seen, now: float) -> Pass:
    """Change the route, then put marks on: both in one pass, and in the wrong order."""
    first = plan(seen, now)
    if not any(marks(patch) for patch in first.before):
        return first
    then = plan(_marked(seen), now)
    return replace(then, before=(), route=(*then.route, *first.before))


def without_drain(seen: Seen, now: float) -> Pass:
    """Take a mark off in the pass that takes the traffic away."""
    return plan(replace(seen, routemap=_with_spec(seen.routemap, drainSeconds=0)), now)


def without_settling(seen: Seen, now: float) -> Pass:
    """Send requests to a version as soon as an endpoint is ready."""
    return plan(replace(seen, routemap=_with_spec(seen.routemap, settleSeconds=0)), now)


def in_one_pass(seen: Seen, now: float) -> Pass:
    """Change the route in the pass that puts marks on, without looking again."""
    first = plan(seen, now)
    if not any(marks(patch) for patch in first.before):
        return first
    return replace(plan(_marked(seen), now), before=first.before)


def holds_nothing(seen: Seen, now: float) -> Pass:
    """Send everything to the primary while no version is ready, wherever requests are answered."""
    due = plan(seen, now)
    told = due.status.condition("Ready") if due.status else None
    if told is None or told.reason != "Held":
        return due
    routemap = parse_routemap(seen.routemap)
    everything = ROUTER.render(routemap, [Exposure(routemap.primary.name, 100)])
    return replace(due, route=route(ROUTER, seen.route, everything))


def forgets_the_unlisted(seen: Seen, now: float) -> Pass:
    """Look at the versions that the Routemap lists, and at no other."""
    listed = {version["name"] for version in seen.routemap["spec"]["versions"]}
    kept = tuple(version for version in seen.versions if version.facts.name in listed)
    return plan(replace(seen, versions=kept), now)


def leaves_only_what_is_owned(seen: Seen, now: float) -> Pass:
    """Let a deleted Routemap go without its route where that has no owner yet."""
    due = plan(seen, now)
    taken_over = seen.route is None or seen.route["metadata"].get("ownerReferences")
    return (
        due if taken_over or "deletionTimestamp" not in seen.routemap["metadata"] else replace(due, route=())
    )


def keeps_clients_of_who_leaves(seen: Seen, now: float) -> Pass:
    """Take a version's share, leave its clients with it, and take it for one that nobody asks."""
    due = plan(replace(seen, versions=tuple(map(_without_cookie, seen.versions))), now)
    routemap, before = parse_routemap(seen.routemap), by_version(ROUTER.exposures(seen.route or {}))
    exposures = decide(routemap, None, seen.facts, now).exposures
    left = {*before} - {*by_version(exposures)}
    if not due.route or not left:
        return due
    kept = [Exposure(version, by_cookie=True) for version in sorted(left)]
    wanted = ROUTER.render(routemap, [*exposures, *kept])
    return replace(due, route=route(ROUTER, seen.route, wanted))


def steps_before_it_is_told(seen: Seen, now: float) -> Pass:
    """Have requests follow a rollout's next step, and tell of it after."""
    due = plan(seen, now)
    if due.route or due.status is None or due.status.rollout == seen.status.rollout:
        return due
    then = plan(_as_told(seen, due.status), now)
    return replace(then, status=then.status or due.status)


def takes_silence_for_good(seen: Seen, now: float) -> Pass:
    """Take a check of which nothing is known for one that is good."""
    answers = {question: Counts(10_000, 10_000) for question in asked(seen)}
    return plan(replace(seen, answers={**answers, **seen.answers}), now)


def forgets_what_has_failed(seen: Seen, now: float) -> Pass:
    """Begin a rollout anew as often as its candidate is looked at."""
    rollout = seen.status.rollout
    if rollout is None or rollout.phase is not Phase.FAILED:
        return plan(seen, now)
    status = replace(seen.status, rollout=replace(rollout, phase=Phase.WAITING, step=0))
    return plan(_as_told(seen, status), now)


def promotes_before_it_is_told(seen: Seen, now: float) -> Pass:
    """Make a candidate the primary in the pass that finds it through, and tell of it after."""
    due = plan(seen, now)
    if due.status is None or due.status.rollout is None or due.status.rollout.reason != PROMOTING:
        return due
    then = plan(_as_told(seen, due.status), now)
    return replace(due, before=then.before)


def promotes_whom_it_has_told(seen: Seen, now: float) -> Pass:
    """Make a candidate the primary because that was told, whatever has become of its pods since."""
    rollout = seen.status.rollout
    if rollout is None or rollout.reason != PROMOTING or rollout.version not in _candidates(seen):
        return plan(seen, now)
    return Pass(before=(by_itself.promotion(seen.routemap, rollout.version),), again_at=now)


def forgets_its_promotion(seen: Seen, now: float) -> Pass:
    """Look at the list of versions, and not at the note of what has become of it."""
    metadata = seen.routemap["metadata"]
    noted = metadata.get("annotations") or {}
    if names.PROMOTION not in noted:
        return plan(seen, now)
    rest = {key: text for key, text in noted.items() if key != names.PROMOTION}
    return plan(replace(seen, routemap={**seen.routemap, "metadata": {**metadata, "annotations": rest}}), now)


def _as_told(seen: Seen, status: RoutemapStatus) -> Seen:
    """Return what is seen where another status had been told."""
    return replace(seen, routemap={**seen.routemap, "status": status.manifest()}, status=status)


def _candidates(seen: Seen) -> list[str]:
    return [version["name"] for version in seen.routemap["spec"]["versions"][1:]]


def _without_cookie(version: SeenVersion) -> SeenVersion:
    exposure = version.facts.exposure
    if exposure is None or exposure.share:
        return version
    return replace(version, facts=replace(version.facts, exposure=None))


def _with_spec(routemap: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    return {**routemap, "spec": {**routemap["spec"], **changed}}


def _marked(seen: Seen) -> Seen:
    """Return what would be seen if every part were marked."""
    versions = []
    for version in seen.versions:
        deployment, service = version.facts.deployment, version.facts.service
        facts = replace(
            version.facts,
            deployment=deployment and replace(deployment, marked=True),
            service=service and replace(service, marked=True),
        )
        manifests = [_finalized(part) for part in (version.deployment, version.service)]
        versions.append(replace(version, facts=facts, deployment=manifests[0], service=manifests[1]))
    return replace(seen, versions=tuple(versions))


def _finalized(manifest: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if manifest is None:
        return None
    return {**manifest, "metadata": {**manifest["metadata"], "finalizers": ["iter8.tools/drain"]}}

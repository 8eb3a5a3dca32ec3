"""A route that is taken, and is not as it was written: somebody's webhook or policy changes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from routing import names
from routing.deciding.decide import earliest
from routing.reading.raw import section
from routing.routes.exposure import by_version
from routing.telling.conditions import refusal
from routing.telling.progress import stalled
from routing.writes import Apply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.passes import Pass, Seen

    Manifest = Mapping[str, Any]

CONTRADICTED_SECONDS = 60.0
"""Until it is written again: nothing tells when somebody's policy has gone."""


def contradicted(seen: Seen, done: Pass, found: Manifest, now: float) -> Pass:
    """Return a pass as it is told where its route was taken and is not as it was written (`found`).

    Somebody's webhook or policy changes it, and would again: so it is looked at once in a while. Of an
    HTTPRoute the API server may fill in defaults that Teal does not know, so whom it exposes counts.
    """
    wanted = next((write.manifest for write in done.route if isinstance(write, Apply)), found)
    router = seen.router
    if router.same(found, wanted) or (
        router.resource.kind != names.VIRTUAL_SERVICE
        and by_version(router.exposures(found)) == by_version(router.exposures(wanted))
    ):
        return done
    there, want = section(found, "spec"), section(wanted, "spec")
    fields = [f"spec.{key}" for key in sorted({*there, *want}) if there.get(key) != want.get(key)]
    message = (
        f"{router.resource.kind} {wanted['metadata']['name']} is not as Teal writes it "
        f"({', '.join(fields) or 'metadata'}): a webhook or a policy changes it; have that leave it out"
    )
    conditions = (*refusal("WriteRefused", message), *stalled("WriteRefused", message))
    status = (done.status or seen.status).with_conditions(conditions, now)
    again = earliest([done.again_at, now + CONTRADICTED_SECONDS])
    return replace(done, status=status, again_at=again)

"""What `teal doctor` finds of Prometheus, whom the leader asks for rollouts' checks: a verdict. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cli.verdicts import Judged, Verdict, flags
from routing.reading.raw import listing, section
from routing.reading.rollout_status import Phase
from routing.reading.status import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Manifest = Mapping[str, Any]

CHECK = "Prometheus"
WAITS = (
    "it was not asked for yet",
    "it is being counted",
    "counting begins up to",
    "the step has just begun",
    "Prometheus has not been asked",
)
"""How reasons begin for which nothing is known of a check that is only young (reconciler/asking)."""
_FLAG = "--prometheus-url="
_UNKNOWN = "not known: "
_QUERIES = re.compile(r'^teal_prometheus_queries_total\{result="(done|failed)"\} (\S+)$', re.MULTILINE)
_REMEDY = "docs/prometheus.md has the cause of each such sentence; the leader's log says more"


def address(deployment: Manifest) -> str:
    """Return where Teal's own Deployment says that Prometheus is, "" where it says nothing.

    The chart refuses credentials in it; should there be any, they are left out.
    """
    given = flags(deployment, _FLAG)
    return _harmless(given[-1]) if given else ""


def prometheus(there: str | None, figures: str | None, routemaps: Sequence[Manifest] | None) -> Verdict:
    """Judge whether rollouts get the evidence that they ask for.

    `there`: as `address`; `figures`: the leader's own. Each is None where this account may not look.
    """
    asking = [_name(each) for each in routemaps or () if listing(each, "spec", "rollout", "checks")]
    nobody = "no rollout here has checks" if routemaps is not None else "rollouts may not be looked at"
    where = f"Teal asks {there}" if there else "Teal's Deployment, which says where it is, is not seen"
    if there == "":
        return _unconfigured(asking, nobody)
    if troubles := [*_troubles(routemaps or ())]:
        return Verdict(CHECK, Judged.BAD, f"{where}; {'; '.join(troubles)}", _REMEDY)
    counts = {result: float(count) for result, count in _QUERIES.findall(figures or "")}
    done, failed = counts.get("done", 0.0), counts.get("failed", 0.0)
    if failed and not done:
        evidence = f"{where}; none of the leader's {failed:.0f} queries was answered"
        return Verdict(CHECK, Judged.BAD, evidence, _REMEDY)
    if not asking and routemaps is not None:
        return Verdict(CHECK, Judged.OK, f"{where}; {nobody}")
    if there is None or figures is None:
        remedy = "have somebody look who may get pods/proxy in Teal's namespace"
        return Verdict(CHECK, Judged.UNKNOWN, f"{where}; whether it answers, no status tells", remedy)
    answered = f"{done:.0f} of the leader's {done + failed:.0f} queries were answered"
    return Verdict(CHECK, Judged.OK, f"{where}; {answered}")


def _unconfigured(asking: Sequence[str], nobody: str) -> Verdict:
    if not asking:
        return Verdict(CHECK, Judged.OK, f"none is configured; {nobody}")
    evidence = f"none is configured, and {_some(asking)} has checks"
    return Verdict(CHECK, Judged.BAD, evidence, "set prometheus.url of Teal's chart")


def _troubles(routemaps: Sequence[Manifest]) -> Iterator[str]:
    """Yield of each rollout whose step is under way why Teal knows nothing of a check, if it does not."""
    for each in routemaps:
        rollout = read(section(each, "status")).rollout
        if rollout is None or rollout.phase is not Phase.STEPPING:
            continue
        reasons = [
            check.message.removeprefix(_UNKNOWN)
            for check in rollout.checks
            if check.message.startswith(_UNKNOWN)
        ]
        yield from (f"{_name(each)}: {reason}" for reason in reasons[:1] if not reason.startswith(WAITS))


def _harmless(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is none"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _name(routemap: Manifest) -> str:
    metadata = section(routemap, "metadata")
    return f"{metadata.get('namespace')}/{metadata.get('name')}"


def _some(names: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are."""
    return names[0] if len(names) == 1 else f"{names[0]} (and {len(names) - 1} more)"

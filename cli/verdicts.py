"""What `teal doctor` finds: verdicts with evidence and remedy, from what was read. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cli.spans import Span, line
from routing import names
from routing.reading.raw import listing, section
from routing.reading.status import read
from routing.reading.times import seconds
from routing.telling.condition_reasons import CONDITIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cli.spans import Line
    from routing.reading.status import Condition, RoutemapStatus

    Manifest = Mapping[str, Any]

KINDS = ("routemaps", "weightoverrides")
INJECTION = "istio-injection"
REVISION = "istio.io/rev"
AMBIENT = "istio.io/dataplane-mode"
NO_KINDS = "this cluster has no Routemaps: their kind is not there"
INSTALL = "install Teal's chart, with crds.enabled=true"
_SKEW = 30.0
"""Seconds by which the clocks of this machine and the leader's node may differ."""


class Judged(StrEnum):
    """How a check has ended. UNKNOWN: it could not be looked at."""

    OK = "ok"
    WARN = "warning"
    BAD = "bad"
    UNKNOWN = "unknown"


_STYLES = {Judged.OK: "good", Judged.WARN: "waits", Judged.BAD: "bad", Judged.UNKNOWN: "waits"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked at, how it is, what was seen, and what to do ("" where nothing is to be done)."""

    check: str
    judged: Judged
    evidence: str
    remedy: str = ""


def flags(deployment: Manifest, flag: str) -> list[str]:
    """Return the values that Teal's own Deployment gives for a flag, such as "--workload="."""
    containers = map(section, listing(deployment, "spec", "template", "spec", "containers"))
    words = [word for each in containers for part in ("command", "args") for word in listing(each, part)]
    return [word.removeprefix(flag) for word in words if isinstance(word, str) and word.startswith(flag)]


def unseen(check: str, why: str, remedy: str) -> Verdict:
    """Return the verdict on what could not be looked at."""
    return Verdict(check, Judged.UNKNOWN, why, remedy)


def kinds(served: Manifest | None) -> Verdict:
    """Judge the discovery document of Teal's API version; None: it is not served."""
    found = {section(each).get("name") for each in listing(served, "resources")}
    missing = [name for name in KINDS if name not in found]
    if not missing:
        return Verdict("kinds", Judged.OK, f"{names.API_VERSION} serves {' and '.join(KINDS)}")
    evidence = f"{names.API_VERSION} does not serve {' and '.join(missing)}"
    return Verdict("kinds", Judged.BAD, evidence, INSTALL)


def admission(answer: str | None) -> Verdict:
    """Judge what came back for a Routemap that only the webhook refuses; None: it was taken."""
    if answer is None:
        evidence = "a Routemap that breaks a rule was taken by the API server (dry run)"
        return Verdict(
            "admission", Judged.BAD, evidence, "see that the webhook configurations are there: helm upgrade"
        )
    if "spec.versions" in answer:
        return Verdict("admission", Judged.OK, "the webhook answers through the API server (dry run)")
    remedy = "look at the webhook's pods, its Service and its caBundle: teal certs status"
    return Verdict("admission", Judged.BAD, answer, remedy)


def installation(deployment: Manifest | None, where: str) -> Verdict:
    """Judge Teal's own Deployment; `where` is its namespace and name."""
    if deployment is None:
        remedy = "say where Teal is: --teal-namespace, --release; or install it"
        return Verdict("installation", Judged.BAD, f"there is no Deployment {where}", remedy)
    status, wanted = section(deployment, "status"), section(deployment, "spec").get("replicas", 1)
    ready = status.get("readyReplicas", 0)
    images = {
        section(each).get("image") for each in listing(deployment, "spec", "template", "spec", "containers")
    }
    evidence = f"{ready} of {wanted} pods of {where} are ready ({', '.join(sorted(map(str, images)))})"
    remedy = "" if ready == wanted else f"kubectl describe pods --namespace {where.partition('/')[0]}"
    judged = Judged.OK if ready == wanted else Judged.WARN if ready else Judged.BAD
    return Verdict("installation", judged, evidence, remedy)


def leader(lease: Manifest | None, now: float) -> Verdict:
    """Judge the Lease by which one replica leads. `now`: seconds since the epoch, by this machine's clock."""
    spec = section(lease, "spec")
    holder, renewed = spec.get("holderIdentity"), seconds(spec.get("renewTime"))
    if not holder or renewed is None:
        remedy = "look at the reconciler's log: kubectl logs deployment/teal --container reconciler"
        return Verdict("leader", Judged.BAD, "no replica leads, so nothing is reconciled", remedy)
    age = now - renewed
    if age > float(spec.get("leaseDurationSeconds") or 0) + _SKEW:
        evidence = f"{holder} leads, and has not renewed its Lease for {age:.0f} s"
        return Verdict("leader", Judged.BAD, evidence, "look at the reconciler's log, and at its node")
    return Verdict("leader", Judged.OK, f"{holder} leads")


def certificates(wrong: Sequence[str], ends: Sequence[str]) -> Verdict:
    """Judge the certificates: `wrong` in sentences, `ends` until when each is valid."""
    if wrong:
        return Verdict("certificates", Judged.BAD, "; ".join(wrong), "teal certs status; docs/operations.md")
    return Verdict("certificates", Judged.OK, "; ".join(ends))


def rights(allowed: Mapping[str, Sequence[str]]) -> Verdict:
    """Judge what this account may: by command, which rights it lacks."""
    able = [name for name, lacking in allowed.items() if not lacking]
    unable = [f"{name} ({', '.join(lacking)})" for name, lacking in allowed.items() if lacking]
    if not unable:
        return Verdict("rights", Judged.OK, "you may run every command of teal in this namespace")
    evidence = f"you may: {', '.join(able) or 'nothing'}"
    remedy = "have the rights granted that docs/cli.md tells of, if you are to do that"
    return Verdict("rights", Judged.WARN, f"{evidence}; not: {'; '.join(unable)}", remedy)


def injection(namespace: Manifest, meshed: bool) -> Verdict:  # noqa: FBT001
    """Judge whether pods of a namespace with applications get sidecars. `meshed`: clients are in the mesh."""
    metadata = section(namespace, "metadata")
    name, labels = str(metadata.get("name")), section(metadata, "labels")
    check = f"injection in {name}"
    if labels.get(INJECTION) == "enabled" or labels.get(REVISION):
        found = labels.get(REVISION) or labels.get(INJECTION)
        return Verdict(check, Judged.OK, f"the namespace is labelled for it ({found})")
    if labels.get(AMBIENT) == "ambient":
        evidence = "the namespace is in ambient mode, where a waypoint would have to split requests"
        remedy = "use sidecars: Teal was never run with ambient mode (docs/support.md)"
        return Verdict(check, Judged.WARN, evidence, remedy)
    if not meshed:
        return Verdict(check, Judged.OK, "not labelled; all requests come in by gateways, which need none")
    remedy = f"kubectl label namespace {name} {INJECTION}=enabled, and restart its pods"
    evidence = "not labelled, so requests of clients here are not split unless their pods ask for a sidecar"
    return Verdict(check, Judged.WARN, evidence, remedy)


def application(routemap: Manifest) -> list[Verdict]:
    """Judge an application by what Teal tells of it: readiness, hosts, gateways, others' VirtualServices."""
    metadata = section(routemap, "metadata")
    check = f"application {metadata.get('namespace')}/{metadata.get('name')}"
    status = read(routemap.get("status"))
    generation = metadata.get("generation")
    if status.observed_generation != generation:
        evidence = f"generation {generation} is not taken in yet (told of: {status.observed_generation})"
        return [Verdict(check, Judged.BAD, evidence, "if it stays so, no replica leads: see leader")]
    bad = [
        Verdict(check, Judged.BAD, f"{told.reason}: {told.message}", _mended(told, str(metadata.get("name"))))
        for told in _amiss(status)
    ]
    seen: dict[str, Verdict] = {verdict.evidence: verdict for verdict in bad}
    return [*seen.values()] or [Verdict(check, Judged.OK, status.split or "nothing is routed yet")]


def _amiss(status: RoutemapStatus) -> list[Condition]:
    """Return the conditions that are not as they should be; what one only repeats of another is left out."""
    wanted = {"Ready": True, "Routable": True, "Conflict": False, "Progressing": True}
    told = [status.condition(kind) for kind in wanted]
    found = [each for each in told if each is not None and each.holds is not wanted[each.type]]
    repeated = ("Ready", "NotRoutable") if any(each.type == "Routable" for each in found) else ()
    return [each for each in found if (each.type, each.reason) != repeated]


def _mended(told: Condition, name: str) -> str:
    """Return what mends a condition, as docs/reasons.md has it."""
    reason = CONDITIONS.get(told.type, {}).get(told.reason)
    remedy = reason.remedy.replace("APP", name) if reason else ""
    return "; ".join(filter(None, (remedy, f"teal explain {told.reason}")))


def told(verdicts: Sequence[Verdict]) -> list[Line]:
    """Return a line for each verdict, its remedy below it, and one that sums up."""
    lines = []
    for each in verdicts:
        lines.append(
            line(
                Span(f"{each.judged:8} ", _STYLES[each.judged]),
                Span(each.check, "head"),
                f": {each.evidence}",
                indent=9,
            )
        )
        if each.remedy:
            lines.append(line(f"{'':9}to mend: {each.remedy}", indent=9))
    counts = {judged: sum(each.judged is judged for each in verdicts) for judged in Judged}
    return [*lines, line(", ".join(f"{count} {judged}" for judged, count in counts.items() if count))]


def data(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return verdicts as plain data."""
    return {
        "healthy": all(each.judged in (Judged.OK, Judged.WARN) for each in verdicts),
        "verdicts": [{**asdict(each), "judged": str(each.judged)} for each in verdicts],
    }

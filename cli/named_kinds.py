"""What `teal doctor` finds of the kinds of workloads that the administrator has named: a verdict. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.verdicts import Judged, Verdict, flags
from routing.kinds import named_workload
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.kinds import WorkloadKind

    Manifest = Mapping[str, Any]

CHECK = "workloads"
BUILT_IN = "Deployments and StatefulSets may be versions"
_FLAG = "--workload="


def named(deployment: Manifest) -> list[WorkloadKind]:
    """Return the kinds that Teal's own Deployment names. What is none keeps Teal from starting."""
    found = []
    for text in flags(deployment, _FLAG):
        try:
            found.append(named_workload(text))
        except ValueError:
            continue
    return found


def workloads(kinds: Sequence[WorkloadKind] | None, served: Mapping[str, Manifest | None]) -> Verdict:
    """Judge whether the cluster has the kinds; None: Teal's Deployment, which names them, is not seen.

    `served`: the discovery documents by their API's version, such as "serving.kserve.io/v1beta1".
    """
    if kinds is None:
        evidence = f"{BUILT_IN}; Teal's Deployment, which names other kinds, is not seen"
        return Verdict(CHECK, Judged.UNKNOWN, evidence, "have somebody look who may")
    lacking = [_called(kind) for kind in kinds if not _serves(served.get(kind.resource.api_version), kind)]
    if lacking:
        evidence = f"Teal is to take {', '.join(lacking)} for versions, and the cluster does not serve this"
        remedy = (
            "install the CustomResourceDefinition, which Teal then sees by itself, or take it off `workloads`"
        )
        return Verdict(CHECK, Judged.WARN, evidence, f"{remedy} of Teal's chart")
    others = f", and {', '.join(map(_called, kinds))}" if kinds else ""
    return Verdict(CHECK, Judged.OK, f"{BUILT_IN}{others}")


def _called(kind: WorkloadKind) -> str:
    return f"{kind.resource.plural}.{kind.resource.group} ({kind.resource.kind})"


def _serves(document: Manifest | None, kind: WorkloadKind) -> bool:
    return kind.resource.plural in {section(each).get("name") for each in listing(document, "resources")}

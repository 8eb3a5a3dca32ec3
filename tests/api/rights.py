"""What Teal's accounts have asked an API server for, from its audit log, beside what they may."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata", "userGroups": ["system:serviceaccounts"]}, {"level": "None"}],
}
_CREATED = 201


@dataclass(frozen=True, order=True)
class Right:
    """A verb on a resource (with its subresource); empty namespace or name: any."""

    account: str
    namespace: str
    group: str
    resource: str
    name: str
    verb: str

    def covers(self, used: Right) -> bool:
        """Tell whether a request is allowed by this."""
        same = (self.account, self.group, self.resource, self.verb)
        return (
            same == (used.account, used.group, used.resource, used.verb)
            and self.namespace in ("", used.namespace)
            and self.name in ("", used.name)
        )


def flags(folder: Path) -> tuple[str, ...]:
    """Write the policy into a folder; return the API server's flags to log there."""
    policy = folder / "audit-policy.yaml"
    policy.write_text(yaml.safe_dump(POLICY), encoding="utf-8")
    return f"--audit-policy-file={policy}", f"--audit-log-path={folder / 'audit.log'}"


def events(folder: Path) -> list[dict[str, Any]]:
    """Return what has been logged so far."""
    lines = (folder / "audit.log").read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def used(event: dict[str, Any]) -> Iterator[Right]:
    """Yield the rights that a request needed. A server-side apply that made an object needed two."""
    at = event["objectRef"]
    resource = "/".join(filter(None, (at["resource"], at.get("subresource", ""))))
    account = event["user"]["username"].rpartition(":")[2]
    verbs = [event["verb"]]
    if event["verb"] == "patch" and event.get("responseStatus", {}).get("code") == _CREATED:
        verbs.append("create")
    for verb in verbs:
        # A create is judged without the object's name: it comes in the body.
        name = "" if verb == "create" else at.get("name", "")
        yield Right(account, at.get("namespace", ""), at.get("apiGroup", ""), resource, name, verb)


def granted(manifests: Iterable[dict[str, Any]]) -> set[Right]:
    """Return what the Roles and ClusterRoles of a rendered chart allow, each to the account of its name.

    Those that the cluster's own roles take in are for users, and bound to no account.
    """
    return {
        Right(role["metadata"]["name"], role["metadata"].get("namespace", ""), group, resource, name, verb)
        for role in manifests
        if role["kind"] in ("Role", "ClusterRole") and not _aggregated(role)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
        for verb in rule["verbs"]
    }


def _aggregated(role: dict[str, Any]) -> bool:
    return any("/aggregate-to-" in label for label in role["metadata"]["labels"])

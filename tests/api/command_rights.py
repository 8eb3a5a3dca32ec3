"""What each of teal's commands may do, as docs/cli.md tells it, and accounts with exactly that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.rights import RIGHTS
from tests.api.accounts import token_kubeconfig
from tests.unit.layers import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cli.rights import Right
    from tests.charts.kubectl import Kubectl


def account(kubectl: Kubectl, namespace: str, name: str, rights: Sequence[Right], folder: Path) -> str:
    """Make an account with rights in its namespace and no others; return the path of its kubeconfig."""
    rules = [{"apiGroups": [group], "resources": [kind], "verbs": [verb]} for group, kind, verb in rights]
    group = "rbac.authorization.k8s.io"
    metadata = {"name": name, "namespace": namespace}
    subject = {"kind": "ServiceAccount", **metadata}
    ref = {"apiGroup": group, "kind": "Role", "name": name}
    made: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "subjects": [subject],
            "roleRef": ref,
        },
    ]
    for manifest in made:
        kubectl("apply", "-f-", manifest=manifest)
    return str(token_kubeconfig(kubectl, namespace, name, folder))


PAGE = ROOT / "docs" / "cli.md"
COMMAND = "python -m tests.api.command_rights"
BEGIN, END = f"<!-- made by {COMMAND} -->", "<!-- end -->"


def page() -> str:
    """Return docs/cli.md as it is to be."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = ["| command | needs | tells more with |", "|---|---|---|"]
    rows += [
        f"| `{name}` | {_listed(needs.needed)} | {_listed(needs.more)} |" for name, needs in RIGHTS.items()
    ]
    return "\n".join([f"{before}{BEGIN}", *rows, f"{END}{after}"])


def _listed(rights: Sequence[Right]) -> str:
    by_kind: dict[str, list[str]] = {}
    for group, kind, verb in rights:
        by_kind.setdefault(f"{kind}.{group}".rstrip("."), []).append(verb)
    return "; ".join(f"{', '.join(verbs)} `{kind}`" for kind, verbs in by_kind.items())


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

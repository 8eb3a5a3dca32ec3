"""How a release was made: an in-toto statement with SLSA's predicate of provenance, not signed.

https://slsa.dev/spec/v1.1/provenance. Without a signature it tells something only to those who trust where
they have it from; CI adds one of its own. No time and no machine is in it: whoever builds that commit gets
the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tools.local.slim import Package

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "https://iter8.tools/teal/release/v1"
"""`make release` in a checkout."""


@dataclass(frozen=True)
class Source:
    """What a release is made of: a commit, empty where there is no git. `changed`: and what it has not."""

    commit: str
    changed: bool


def source_of(checkout: Path) -> Source:
    """Return the checkout's commit, and whether files differ from it."""
    commit = _git(checkout, "rev-parse", "HEAD")
    return Source(commit, changed=not commit or bool(_git(checkout, "status", "--porcelain")))


def provenance(
    version: str,
    source: Source,
    locks: Mapping[str, bytes],
    debian: Iterable[Package],
    made: Mapping[str, bytes],
) -> bytes:
    """Return the statement on the files `made`, by their names."""
    origin = {"name": "teal", "annotations": {"changed": source.changed}}
    if source.commit:
        origin["digest"] = {"gitCommit": source.commit}
    dependencies = [
        origin,
        *({"name": name, "digest": {"sha256": _hash(content)}} for name, content in locks.items()),
        *({"uri": package.purl, "digest": {"sha256": package.sha256}} for package in debian),
    ]
    definition = {
        "buildType": BUILD_TYPE,
        "externalParameters": {"version": version},
        "internalParameters": {},
        "resolvedDependencies": dependencies,
    }
    statement: dict[str, Any] = {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": _hash(made[name])}} for name in sorted(made)],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": definition,
            "runDetails": {"builder": {"id": f"{BUILD_TYPE}#make"}},
        },
    }
    return (json.dumps(statement, indent=1) + "\n").encode()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _git(checkout: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(checkout), *words], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""

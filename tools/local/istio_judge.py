"""What istiod's validating webhook says of objects, by its own library: no cluster is needed."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.local.cache import cache, digest, locked
from tools.local.programs import MODULE, go_version
from tools.local.progress import step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NAME = "istiojudge"


@dataclass(frozen=True)
class Verdict:
    """`error` is "" for what istiod takes."""

    error: str
    warnings: tuple[str, ...]


def judged(manifests: Iterable[Mapping[str, Any]]) -> list[Verdict]:
    """Return the verdicts on objects, in their order; builds the program on first use."""
    given = "".join(f"{json.dumps(manifest)}\n" for manifest in manifests)
    done = subprocess.run([_program()], input=given, capture_output=True, text=True, check=True)
    answers = map(json.loads, done.stdout.splitlines())
    return [Verdict(answer["error"], tuple(answer["warnings"] or ())) for answer in answers]


def _program() -> Path:
    sources = (MODULE / "go.mod", MODULE / "go.sum", MODULE / _NAME / "main.go")
    program = cache("programs") / f"{_NAME}-{digest(go_version(), *sources)}"
    if not program.exists():
        with locked("programs", _NAME, holder="another process that builds Istio's validation"):
            if not program.exists():
                _build(program)
    return program


def _build(program: Path) -> None:
    """Build as the programs are built, so that what they have compiled is not compiled again."""
    what = "Building Istio's validation with Go"
    with step(what, _NAME), tempfile.TemporaryDirectory(dir=program.parent) as temporary:
        new = Path(temporary, _NAME)
        command = ["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", str(new), f"./{_NAME}"]
        environment = {**os.environ, "CGO_ENABLED": "0"}
        done = subprocess.run(
            command, cwd=MODULE, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"`go build` failed: {done.stderr.strip()[-2000:]}")
        new.rename(program)

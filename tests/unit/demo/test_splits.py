from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from deploy.demo.splits import Change, SplitWatch, documents, split_of
from routing import render
from routing.parse import parse_routemap

if TYPE_CHECKING:
    from collections.abc import Iterator


def virtual_service(**split: int) -> dict[str, Any]:
    versions = [{"name": name.replace("_", "-")} for name in ("httpbin_0", "httpbin_1")]
    manifest = {
        "metadata": {"name": "httpbin", "namespace": "default", "uid": "1"},
        "spec": {"versions": versions},
    }
    return render.virtual_service(parse_routemap(manifest), {k.replace("_", "-"): v for k, v in split.items()})

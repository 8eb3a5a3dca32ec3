"""AdmissionReviews as the API server sends them, for the tests."""

from __future__ import annotations

import json
from typing import Any

ROUTEMAP: dict[str, Any] = {
    "apiVersion": "iter8.tools/v1alpha1",
    "kind": "Routemap",
    "metadata": {"name": "httpbin", "namespace": "default"},
    "spec": {"versions": [{"name": "httpbin-0"}, {"name": "httpbin-1", "weight": 20}]},
}


def routemap(**spec: Any) -> dict[str, Any]:
    return {**ROUTEMAP, "spec": {**ROUTEMAP["spec"], **spec}}


def review(
    manifest: dict[str, Any] | None, old: dict[str, Any] | None = None, **request: Any
) -> dict[str, Any]:
    """A review of creating, updating or deleting, depending on which objects there are."""
    subject = manifest or old or {}
    operation = "DELETE" if manifest is None else "UPDATE" if old else "CREATE"
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": {"group": "iter8.tools", "version": "v1alpha1", "kind": subject.get("kind")},
            "name": subject["metadata"].get("name"),
            "namespace": "default",
            "operation": operation,
            "userInfo": {"username": "ada", "groups": ["system:authenticated"]},
            "object": manifest,
            "oldObject": old,
            "dryRun": False,
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": f"{operation.capitalize()}Options"},
            **request,
        },
    }


def body(*arguments: Any, **request: Any) -> bytes:
    return json.dumps(review(*arguments, **request)).encode()

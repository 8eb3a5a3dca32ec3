"""Kinds of others that the chart makes objects of on demand: where their CRDs are, by Go's module proxy."""

from __future__ import annotations

from pathlib import Path

from tools.local.programs import module_folder

SERVED = ("cert-manager.io/v1", "monitoring.coreos.com/v1")
_MODULE = Path(__file__).with_name("kinds")
_CERT_MANAGER = "github.com/cert-manager/cert-manager"
_OPERATOR = "github.com/prometheus-operator/prometheus-operator"
_FILES = (
    (_CERT_MANAGER, "deploy/crds/cert-manager.io_certificates.yaml"),
    (_CERT_MANAGER, "deploy/crds/cert-manager.io_issuers.yaml"),
    (_OPERATOR, "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml"),
    (_OPERATOR, "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml"),
)


def files() -> list[str]:
    """Return kubectl's arguments that name the files."""
    return [f"--filename={module_folder(module, _MODULE) / path}" for module, path in _FILES]

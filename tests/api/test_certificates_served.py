"""Admissions of a real API server while the authority is replaced, lost and spoilt."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from certs.cluster import SecretStore
from certs.keeper import CHECK_EVERY
from cli.certs import Release, status
from kube.client import Cluster
from tools.bench.certificates.callers import asking
from tools.bench.certificates.faults import FAULTS, NAMESPACE, SECRET, Fault, heal
from tools.local.controlplane import control_plane
from tools.local.kinds import install_kinds
from tools.local.light import teal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.bench.certificates.callers import Seen

ROTATED_SECONDS = 240.0


LOST = [fault for fault in FAULTS if fault.name.endswith(("is deleted", "authority's key"))]
"""The other ways, which take the same path, are in tests/unit/certs and `make bench-certificates`."""


@contextmanager
def cluster(folder: Path, *flags: str) -> Iterator[str]:
    """A control plane of its own, with Teal on it."""
    with control_plane(folder) as plane:
        install_kinds(plane.kubeconfig)
        with teal(plane.kubeconfig, folder, *flags):
            yield str(plane.kubeconfig)


def test_no_admission_is_lost_while_one_authority_follows_another(tmp_path: Path) -> None:
    signers = set[bytes]()
    with cluster(tmp_path, "--authority-lifetime=75", "--serving-lifetime=15") as kubeconfig:
        store, end = SecretStore(Cluster(kubeconfig), NAMESPACE, SECRET), time.monotonic() + ROTATED_SECONDS
        with asking(kubeconfig) as seen:
            while len(signers) < 2:
                assert time.monotonic() < end, f"{len(signers)} authorities have signed"
                stored = store.read()
                signers |= {stored.content["tls.crt"]} if stored else set()
                time.sleep(0.5)
    _assert_sound(seen)


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where an authority lives for years, and a leaf for days: as long as it takes to heal."""
    with cluster(tmp_path_factory.mktemp("certificates")) as found:
        yield found


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.name)
def test_a_secret_that_is_lost_or_spoilt_is_healed_and_no_admission_lost(
    kubeconfig: str, fault: Fault
) -> None:
    with asking(kubeconfig) as seen:
        heal(Cluster(kubeconfig), fault)
        healed = seen.now()
        while seen.now() < healed + CHECK_EVERY.total_seconds() + 1:  # its pod takes a leaf of the new signer
            time.sleep(0.1)
    _assert_sound(seen)


@pytest.mark.parametrize("fault", [each for each in FAULTS if each.spoils_trust], ids=lambda each: each.name)
def test_a_bundle_that_is_spoilt_is_put_right(kubeconfig: str, fault: Fault) -> None:
    heal(Cluster(kubeconfig), fault)


def test_the_command_tells_of_the_authority(kubeconfig: str) -> None:
    lines, wrong = certs_status(kubeconfig)
    assert wrong == []
    assert lines[0] == "Authorities (Secret teal-system/teal-ca)"
    assert re.fullmatch(r"  signer( +20\d\d-\d\d-\d\d \d\d:\d\d UTC){2}", lines[2])


def certs_status(kubeconfig: str) -> tuple[list[str], list[str]]:
    return status(Cluster(kubeconfig), Release("teal-system", "teal"), datetime.now(UTC))


def _assert_sound(seen: Seen) -> None:
    print(f"{seen.admissions} admissions, {seen.handshakes} handshakes")
    assert seen.failed_admissions == []
    assert seen.failed_handshakes == []
    assert seen.admissions > 0
    assert seen.handshakes > 0

"""What Helm runs: waiting until admission works, and taking everything off before an uninstall."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from kube.errors import NotFoundError, NotInstalledError, RefusedError, StaleError, UnavailableError
from reconciler.hooks import uninstall, wait_for_admission
from routing.kinds import (
    CERTIFICATES,
    DEPLOYMENTS,
    LEASES,
    PODS,
    REPLICA_SETS,
    ROUTEMAPS,
    SECRETS,
    SERVICES,
    VIRTUAL_SERVICES,
    WEBHOOK_CONFIGURATIONS,
    Resource,
)
from routing.reading.parse import parse_routemap
from routing.reading.violation import InvalidManifestError
from tests.unit.reconciler.memory_objects import MemoryObjects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MARK, RELEASE, PROTECTED = "iter8.tools/drain", "iter8.tools/release", "iter8.tools/protected"


class Hooked(MemoryObjects):
    """What the hooks ask the API server for, and time that passes only while they wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.seconds = 0.0
        self.waiting: Callable[[], None] = lambda: None
        self.answer: Exception | None = None
        monkeypatch.setattr(time, "monotonic", lambda: self.seconds)
        monkeypatch.setattr(time, "sleep", self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.waiting()

    def every(self, resource: Resource) -> Iterator[dict[str, Any]]:
        yield from self.listed(resource)

    def pages(self, resource: Resource, _selector: str) -> Iterator[tuple[list[dict[str, Any]], str]]:
        yield self.listed(resource), self.version

    def create(
        self, resource: Resource, manifest: Mapping[str, Any], *, dry_run: bool = False
    ) -> dict[str, Any]:
        if not dry_run:
            return super().create(resource, manifest)
        self.written.append(f"dry run {resource.kind}")
        if self.answer:
            raise self.answer
        return dict(manifest)

    def request(self, method: str, path: str) -> None:
        assert method == "DELETE"
        self.written.append(f"delete {path}")
        *_, plural, name = path.split("/")
        for resource in (LEASES, SECRETS, CERTIFICATES, *WEBHOOK_CONFIGURATIONS):
            if resource.plural == plural and name in [
                item["metadata"]["name"] for item in self.listed(resource)
            ]:
                namespace = "teal-system" if resource.namespaced else ""
                self.delete(resource, name, namespace)
                return
        raise NotFoundError(path, 404)

    def made(self, resource: Resource, name: str, namespace: str = "teal-system", **parts: Any) -> None:
        metadata = {"namespace": namespace, "name": name, **parts.pop("metadata", {})}
        self.create(resource, {"metadata": metadata, **parts})


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Hooked:
    made = Hooked(monkeypatch)
    for module in (uninstall, wait_for_admission):
        monkeypatch.setattr(module, "Cluster", lambda *_: made)
        monkeypatch.setattr(module.logs, "configure", lambda _: None)
    return made


OF_TEAL = RefusedError("spec.versions: all weights are 0", 422)


def test_admission_works_when_teal_has_refused_three_times_in_a_row(cluster: Hooked) -> None:
    cluster.answer = OF_TEAL
    assert wait_for_admission.wait(cluster, "default", 120.0)  # type: ignore[arg-type]
    assert cluster.written == ["dry run Routemap"] * 3


@pytest.mark.parametrize("answer", [None, UnavailableError("no endpoints"), RefusedError("not Teal's", 403)])
def test_admission_that_does_not_work_yet_is_waited_for(cluster: Hooked, answer: Exception | None) -> None:
    answers = iter([OF_TEAL, OF_TEAL, answer])

    def next_one() -> None:
        cluster.answer = next(answers, OF_TEAL)

    cluster.waiting = next_one
    cluster.answer = answer
    assert wait_for_admission.wait(cluster, "default", 120.0)  # type: ignore[arg-type]
    assert len(cluster.written) == 1 + 2 + 1 + 3


def test_admission_that_never_works_is_told_in_the_end(
    cluster: Hooked, caplog: pytest.LogCaptureFixture
) -> None:
    assert not wait_for_admission.wait(cluster, "default", 1.0)  # type: ignore[arg-type]
    assert caplog.messages[-1] == "admission does not work"
    assert "the webhook is not asked yet" in caplog.records[-1].__dict__["answer"]


def test_what_is_asked_for_is_refused_by_teals_own_rules_only() -> None:
    with pytest.raises(InvalidManifestError, match=r"^spec\.versions: all weights are 0"):
        parse_routemap(wait_for_admission.refusable("default"))


def lead(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    line = ["wait_for_admission", "--namespace", "teal-system", *arguments]
    monkeypatch.setattr(sys, "argv", line)
    return wait_for_admission.main()


def test_a_leader_is_one_that_renews(
    cluster: Hooked, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.answer = OF_TEAL
    assert lead(monkeypatch) == 0
    times = iter(["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:02Z"])

    def renew() -> None:
        spec = {"holderIdentity": "teal-1", "renewTime": next(times, "later")}
        if not cluster.listed(LEASES):
            cluster.made(LEASES, "teal", spec=spec)
        else:
            cluster.merge(LEASES, "teal-system", "teal", {"spec": spec}, "spec")

    cluster.waiting = renew
    caplog.set_level("INFO")
    assert lead(monkeypatch, "--leader") == 0
    assert caplog.records[-1].__dict__["replica"] == "teal-1"


def test_a_lease_that_nobody_renews_is_no_leader(cluster: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.answer = OF_TEAL
    cluster.made(LEASES, "teal", spec={"holderIdentity": "dead", "renewTime": "2026-01-01T00:00:00Z"})
    assert lead(monkeypatch, "--leader") == 1
    cluster.answer = None
    assert lead(monkeypatch) == 1


def test_everything_of_ours_comes_off_and_nothing_else_does(cluster: Hooked) -> None:
    theirs = {"finalizers": ["other/f", MARK], "annotations": {PROTECTED: "why", "a": "b"}}
    for resource in (DEPLOYMENTS, REPLICA_SETS, SERVICES):
        cluster.made(resource, "a", metadata=theirs)
        cluster.made(resource, "bare")
    cluster.made(ROUTEMAPS, "a", metadata={"finalizers": [RELEASE]})
    cluster.written.clear()
    uninstall.strip_all(cluster)  # type: ignore[arg-type]
    assert len(cluster.written) == 4
    for resource in (DEPLOYMENTS, REPLICA_SETS, SERVICES):
        metadata = cluster.get(resource, "teal-system", "a")["metadata"]
        assert (metadata["finalizers"], metadata["annotations"]) == (["other/f"], {"a": "b"})
    assert "finalizers" not in cluster.get(ROUTEMAPS, "teal-system", "a")["metadata"]


def test_what_deleted_routemaps_have_left_of_the_router_is_given_back(cluster: Hooked) -> None:
    labels = {"iter8.tools/routemap": "left"}
    since = {"iter8.tools/left": "2026-01-01T00:00:00Z 12ab"}
    cluster.made(VIRTUAL_SERVICES, "left", metadata={"labels": labels, "annotations": since})
    cluster.made(VIRTUAL_SERVICES, "kept", metadata={"labels": {"iter8.tools/routemap": "kept"}})
    cluster.made(VIRTUAL_SERVICES, "theirs")
    cluster.written.clear()
    uninstall.give_back_all(cluster)  # type: ignore[arg-type]
    assert cluster.written == ["patch VirtualService left"]
    [owner] = cluster.get(VIRTUAL_SERVICES, "teal-system", "left")["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("Routemap", "left", "12ab")


def test_without_the_routers_kind_nothing_of_it_is_given_back(
    cluster: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: Resource) -> Iterator[dict[str, Any]]:
        raise NotInstalledError("no such kind", 404)

    monkeypatch.setattr(cluster, "every", missing)
    uninstall.give_back_all(cluster)  # type: ignore[arg-type]
    assert cluster.written == []


@pytest.mark.parametrize("error", [StaleError("changed", 409), NotFoundError("gone", 404)])
def test_an_object_that_changes_meanwhile_is_read_again_and_one_that_goes_is_left(
    cluster: Hooked, error: Exception
) -> None:
    cluster.made(SERVICES, "a", metadata={"finalizers": [MARK]})
    cluster.faults["patch Service a"] = error
    cluster.before = lambda _: cluster.faults.clear() if len(cluster.written) == 2 else None
    uninstall.strip_all(cluster)  # type: ignore[arg-type]
    stale = isinstance(error, StaleError)
    assert ("finalizers" in cluster.get(SERVICES, "teal-system", "a")["metadata"]) is not stale


def test_an_object_that_changes_at_every_attempt_is_told(cluster: Hooked) -> None:
    cluster.made(SERVICES, "a", metadata={"finalizers": [MARK]})
    cluster.faults["patch Service a"] = StaleError("changed", 409)
    with pytest.raises(StaleError, match=r"^Service teal-system/a changed during each of 10 attempts$"):
        uninstall.strip_all(cluster)  # type: ignore[arg-type]


def test_the_reconciler_is_stopped_and_its_lease_waited_for(cluster: Hooked) -> None:
    cluster.made(DEPLOYMENTS, "teal")
    cluster.made(LEASES, "teal", spec={"holderIdentity": "teal-1"})

    def given_up() -> None:
        cluster.merge(LEASES, "teal-system", "teal", {"spec": {"holderIdentity": ""}}, "spec")

    cluster.waiting = given_up
    uninstall.stop_reconciler(cluster, "teal-system", "teal")  # type: ignore[arg-type]
    assert "scale Deployment teal" in cluster.written
    assert cluster.seconds == 0.5


def test_a_reconciler_that_never_gives_its_lease_up_is_not_waited_for_for_ever(cluster: Hooked) -> None:
    cluster.made(DEPLOYMENTS, "teal")
    cluster.made(LEASES, "teal", spec={"holderIdentity": "dead"})
    uninstall.stop_reconciler(cluster, "teal-system", "teal")  # type: ignore[arg-type]
    assert cluster.seconds == uninstall.LEASE_WAIT_SECONDS


def test_without_a_deployment_or_a_lease_nothing_is_waited_for(cluster: Hooked) -> None:
    uninstall.stop_reconciler(cluster, "teal-system", "teal")  # type: ignore[arg-type]
    cluster.made(DEPLOYMENTS, "teal")
    uninstall.stop_reconciler(cluster, "teal-system", "teal")  # type: ignore[arg-type]
    assert cluster.seconds == 0.0


def test_an_uninstall_asks_nobody_stops_strips_waits_and_deletes_in_this_order(
    cluster: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    for resource in WEBHOOK_CONFIGURATIONS:
        cluster.made(resource, "teal", "")
    cluster.made(DEPLOYMENTS, "teal")
    cluster.made(SERVICES, "a", metadata={"finalizers": [MARK]})
    cluster.made(PODS, "teal-1")
    cluster.made(SECRETS, "teal-ca")
    cluster.waiting = lambda: cluster.delete(PODS, "teal-1", "teal-system")
    cluster.written.clear()
    line = ["uninstall", "--namespace", "teal-system", "--pods", "app=teal", "--cert-manager"]
    monkeypatch.setattr(sys, "argv", line)
    uninstall.main()
    told = [asked.replace("/apis/", "").replace("/namespaces/teal-system", "") for asked in cluster.written]
    assert told == [
        "delete admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/teal",
        "delete admissionregistration.k8s.io/v1/validatingwebhookconfigurations/teal",
        "scale Deployment teal",
        "patch Service a",
        "delete coordination.k8s.io/v1/leases/teal",
        "delete cert-manager.io/v1/certificates/teal-authority",
        "delete cert-manager.io/v1/certificates/teal",
        "delete /api/v1/secrets/teal-ca",
        "delete /api/v1/secrets/teal-authority",
        "delete /api/v1/secrets/teal-serving",
    ]
    assert cluster.listed(SECRETS) == []

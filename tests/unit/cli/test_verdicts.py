"""`teal doctor`'s verdicts: what was seen, what it means, what mends it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cli import spans, verdicts
from routing.reading.times import timestamp
from tests.unit.cli.told import NOW, READY, condition, routemap

if TYPE_CHECKING:
    from cli.verdicts import Verdict

SERVED = {"resources": [{"name": "routemaps"}, {"name": "weightoverrides"}, {"name": "routemaps/status"}]}
TEAL = {
    "spec": {"replicas": 2, "template": {"spec": {"containers": [{"image": "teal:1"}, {"image": "teal:1"}]}}},
    "status": {"readyReplicas": 1},
}
ALL_READY = {**TEAL, "status": {"readyReplicas": 2}}


def lease(age: float) -> dict[str, object]:
    spec = {"holderIdentity": "teal-a", "leaseDurationSeconds": 10, "renewTime": timestamp(NOW - age)}
    return {"spec": spec}


def labelled(**labels: str) -> dict[str, object]:
    return {"metadata": {"name": "shop", "labels": {key.replace("_", "-"): at for key, at in labels.items()}}}


STUCK = READY | {
    "conditions": [
        condition("Ready", "NotRoutable", "spec.hosts[0]: there is no Service httpbin", holds=False),
        condition("Routable", "HostNotFound", "spec.hosts[0]: there is no Service httpbin", holds=False),
    ]
}
OVERRIDDEN = READY | {
    "conditions": [condition("Ready", "InvalidWeightOverride", "spec.weights[0]: no", holds=False)]
}
TOLD: dict[str, tuple[list[Verdict], str]] = {
    "kinds": (
        [verdicts.kinds(SERVED)],
        "ok       kinds: iter8.tools/v1alpha1 serves routemaps and weightoverrides",
    ),
    "no kinds": (
        [verdicts.kinds(None)],
        (
            "bad      kinds: iter8.tools/v1alpha1 does not serve routemaps and weightoverrides\n"
            "         to mend: install Teal's chart, with crds.enabled=true"
        ),
    ),
    "admission": (
        [verdicts.admission("admission webhook denied the request: spec.versions: all weights are 0")],
        "ok       admission: the webhook answers through the API server (dry run)",
    ),
    "no admission": (
        [verdicts.admission(None)],
        (
            "bad      admission: a Routemap that breaks a rule was taken by the API server (dry run)\n"
            "         to mend: see that the webhook configurations are there: helm upgrade"
        ),
    ),
    "admission fails": (
        [verdicts.admission("failed calling webhook: connection refused")],
        (
            "bad      admission: failed calling webhook: connection refused\n"
            "         to mend: look at the webhook's pods, its Service and its caBundle: teal certs status"
        ),
    ),
    "installed": (
        [verdicts.installation(ALL_READY, "teal-system/teal")],
        "ok       installation: 2 of 2 pods of teal-system/teal are ready (teal:1)",
    ),
    "half installed": (
        [verdicts.installation(TEAL, "teal-system/teal")],
        (
            "warning  installation: 1 of 2 pods of teal-system/teal are ready (teal:1)\n"
            "         to mend: kubectl describe pods --namespace teal-system"
        ),
    ),
    "not installed": (
        [verdicts.installation(None, "teal-system/teal")],
        (
            "bad      installation: there is no Deployment teal-system/teal\n"
            "         to mend: say where Teal is: --teal-namespace, --release; or install it"
        ),
    ),
    "led": ([verdicts.leader(lease(5), NOW)], "ok       leader: teal-a leads"),
    "led once": (
        [verdicts.leader(lease(60), NOW)],
        (
            "bad      leader: teal-a leads, and has not renewed its Lease for 60 s\n"
            "         to mend: look at the reconciler's log, and at its node"
        ),
    ),
    "not led": (
        [verdicts.leader(None, NOW)],
        (
            "bad      leader: no replica leads, so nothing is reconciled\n"
            "         to mend: look at the reconciler's log: "
            "kubectl logs deployment/teal --container reconciler"
        ),
    ),
    "certificates": (
        [verdicts.certificates([], ["signer until 2036-01-01", "teal-1 until 2026-12-25"])],
        "ok       certificates: signer until 2036-01-01; teal-1 until 2026-12-25",
    ),
    "wrong certificates": (
        [verdicts.certificates(["the signer has ended"], [])],
        (
            "bad      certificates: the signer has ended\n"
            "         to mend: teal certs status; docs/operations.md"
        ),
    ),
    "rights": (
        [verdicts.rights({"status": [], "weights": ["patch weightoverrides.iter8.tools"]})],
        (
            "warning  rights: you may: status; not: weights (patch weightoverrides.iter8.tools)\n"
            "         to mend: have the rights granted that docs/cli.md tells of, if you are to do that"
        ),
    ),
    "all rights": (
        [verdicts.rights({"status": []})],
        "ok       rights: you may run every command of teal in this namespace",
    ),
    "injected": (
        [verdicts.injection(labelled(istio_injection="enabled"), meshed=True)],
        "ok       injection in shop: the namespace is labelled for it (enabled)",
    ),
    "needs no sidecars": (
        [verdicts.injection(labelled(), meshed=False)],
        "ok       injection in shop: not labelled; all requests come in by gateways, which need none",
    ),
    "not injected": (
        [verdicts.injection(labelled(), meshed=True)],
        (
            "warning  injection in shop: not labelled, so requests of clients here are not split "
            "unless their pods ask for a sidecar\n"
            "         to mend: kubectl label namespace shop istio-injection=enabled, and restart its pods"
        ),
    ),
    "application": (
        verdicts.application(routemap()),
        "ok       application default/httpbin: httpbin-0=80 httpbin-1=20",
    ),
    "application that is not taken in": (
        verdicts.application(routemap({"observedGeneration": 2})),
        (
            "bad      application default/httpbin: generation 3 is not taken in yet (told of: 2)\n"
            "         to mend: if it stays so, no replica leads: see leader"
        ),
    ),
    "application that nobody reaches": (
        verdicts.application(routemap(STUCK)),
        (
            "bad      application default/httpbin: HostNotFound: spec.hosts[0]: there is no Service httpbin\n"
            "         to mend: create the Service, or take `mesh` off `spec.gateways`; teal explain "
            "HostNotFound"
        ),
    ),
    "application whose override is wrong": (
        verdicts.application(routemap(OVERRIDDEN)),
        (
            "bad      application default/httpbin: InvalidWeightOverride: spec.weights[0]: no\n"
            "         to mend: the message names field, value and remedy; or `kubectl delete weightoverride "
            "httpbin`; teal explain InvalidWeightOverride"
        ),
    ),
    "in ambient mode": (
        [verdicts.injection({"metadata": {"name": "shop", "labels": {verdicts.AMBIENT: "ambient"}}}, True)],
        (
            "warning  injection in shop: the namespace is in ambient mode, where a waypoint would have to "
            "split requests\n"
            "         to mend: use sidecars: Teal was never run with ambient mode (docs/support.md)"
        ),
    ),
    "what may not be read": (
        [verdicts.unseen("leader", "leases is forbidden", "have somebody look who may")],
        "unknown  leader: leases is forbidden\n         to mend: have somebody look who may",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_verdict_has_evidence_and_remedy(name: str) -> None:
    found, printed = TOLD[name]
    *lines, _ = verdicts.told(found)
    assert spans.plain(lines) == f"{printed}\n"


def test_verdicts_are_summed_up() -> None:
    found = [each for verdict, _ in TOLD.values() for each in verdict]
    assert verdicts.told(found)[-1].text == "9 ok, 4 warning, 10 bad, 1 unknown"


def test_verdicts_are_data_too() -> None:
    found = [verdicts.kinds(SERVED), verdicts.leader(None, NOW)]
    assert json.loads(json.dumps(verdicts.data(found))) == {
        "healthy": False,
        "verdicts": [
            {
                "check": "kinds",
                "judged": "ok",
                "evidence": "iter8.tools/v1alpha1 serves routemaps and weightoverrides",
                "remedy": "",
            },
            {
                "check": "leader",
                "judged": "bad",
                "evidence": "no replica leads, so nothing is reconciled",
                "remedy": "look at the reconciler's log: kubectl logs deployment/teal --container reconciler",
            },
        ],
    }
    assert verdicts.data(found[:1])["healthy"] is True

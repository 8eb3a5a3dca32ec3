"""What is typed of `teal` on the real cluster, in this order, and what comes out."""

from __future__ import annotations

from tests.api.command_line import FULL

EVENLY = "httpbin-0=50 httpbin-1=50"
STATUS = f"{FULL}  AGE ago     SplitApplied: requests are split {EVENLY}\n"
DIFF = """\
httpbin in NAMESPACE: the route changes
  now   httpbin-0=50 httpbin-1=50
  then  httpbin-0=29 httpbin-1=71
  httpbin-0 goes from 50 % to 29 %
  httpbin-1 goes from 50 % to 71 %
--- VirtualService NAMESPACE/httpbin now
+++ VirtualService NAMESPACE/httpbin then
@@ -14,11 +14,11 @@
         response:
           add:
             app-version: httpbin-0
-      weight: 50
+      weight: 29
     - destination:
         host: httpbin-1.NAMESPACE.svc.cluster.local
       headers:
         response:
           add:
             app-version: httpbin-1
-      weight: 50
+      weight: 71
"""
TABLE = f"""\
NAME      SPLIT                       READY   FOR   NEXT
httpbin   {EVENLY}   True    AGE -
"""
NOBODY = "teal: there is no Routemap nobody in namespace NAMESPACE\n"
READY = f"routemap.iter8.tools/httpbin is ready: {EVENLY}\n"
BACK = f"routemap.iter8.tools/httpbin is weight=httpbin-1=50: {EVENLY}\n"
RESET = "weightoverride.iter8.tools/httpbin is deleted: the Routemap's own weights count\n"
HELD = """\
Held, a reason of condition Ready
  means     no version that is listed is ready, and one that was routed to still answers
  requests  they stay where they are answered until a listed version is ready
  look      kubectl describe routemap APP
  remedy    make a version ready, or correct spec.versions; the message names both

Held, a reason of condition Degraded
  means     no version that is listed is ready, and one that was routed to still answers
  requests  they stay where they are answered
  look      kubectl describe routemap APP
  remedy    as for Ready
"""
HISTORY = """\
WHEN                   WHO                         WHAT
TIME   kubectl-client-side-apply   wrote Routemap httpbin: metadata.annotations, spec.drainSeconds, \
spec.settleSeconds, spec.versions
TIME   teal                        httpbin-0 has 50 % since then
TIME   teal                        httpbin-1 has 50 % since then
TIME   teal                        SplitApplied: requests are split httpbin-0=50 httpbin-1=50
"""
LINES: tuple[tuple[str, str | None, int, str], ...] = (
    ("--version", None, 0, "teal (a checkout)\n"),
    (
        "status",
        "status",
        0,
        f"NAME      SPLIT                       READY   FOR   NEXT\nhttpbin   {EVENLY}   True    AGE -\n",
    ),
    ("status -o name", "status", 0, "routemap.iter8.tools/httpbin\n"),
    ("status httpbin", "status APP", 0, STATUS),
    (
        "status nobody",
        "status APP",
        1,
        "teal: there is no Routemap nobody in namespace NAMESPACE\n",
    ),
    (
        "status httpbin --wait-for ready",
        "status APP",
        0,
        READY,
    ),
    ("diff -f -", "diff -f FILE", 1, DIFF),
    ("explain Held", None, 0, HELD),
    ("lint -", None, 0, "0 errors, 0 warnings in 1 object of Teal's concern in 1 file\n"),
    ("history httpbin", "history APP", 0, HISTORY),
    (
        "rollout httpbin pause",
        "rollout APP WISH",
        1,
        "teal: Routemap httpbin has no spec.rollout: its candidate gets its weight when it is ready\n",
    ),
    ("init httpbin", "init APP", 1, "teal: Routemap httpbin is there already: teal status httpbin\n"),
    (
        "migrate",
        "migrate",
        2,
        (
            "teal: namespace NAMESPACE has no routemap of Iter8's: no ConfigMap with the label "
            "iter8.tools/kind=routemap\n"
        ),
    ),
    (
        "promote httpbin --dry-run",
        "promote APP",
        0,
        (
            "1. Deployment and Service httpbin-1 are deleted, and go when they have drained\n"
            "(dry run: nothing is changed)\n"
        ),
    ),
    (
        "weights httpbin httpbin-0=1000001",
        "weights APP VERSION=WEIGHT",
        1,
        (
            'teal: admission webhook "defaults.teal.iter8.tools" denied the request: '
            "spec.weights[0].weight: 1000001 is out of range; use an integer from 0 to 1000000\n"
        ),
    ),
    (
        "weights httpbin httpbin-0=70 httpbin-1=30",
        "weights APP VERSION=WEIGHT",
        0,
        "weightoverride.iter8.tools/httpbin has httpbin-0=70 httpbin-1=30\n",
    ),
    (
        "status httpbin --wait-for weight=httpbin-1=30",
        "status APP",
        0,
        "routemap.iter8.tools/httpbin is weight=httpbin-1=30: httpbin-0=70 httpbin-1=30\n",
    ),
    ("weights httpbin --reset", "weights APP --reset", 0, RESET),
    (
        "status httpbin --wait-for weight=httpbin-1=50",
        "status APP",
        0,
        BACK,
    ),
    (
        "abort httpbin",
        "abort APP",
        0,
        (
            "✓ all requests go to httpbin-0, httpbin-0=50 httpbin-1=50 before: WeightOverride httpbin "
            "(httpbin-0=100 httpbin-1=0)\n"
            "✓ all requests go to httpbin-0; httpbin-1 kept. To go on: teal weights httpbin --reset\n"
        ),
    ),
    ("weights httpbin --reset", "weights APP --reset", 0, RESET),
    (
        "status httpbin --wait-for ready",
        "status APP",
        0,
        READY,
    ),
    (
        "promote httpbin --by-order",
        "promote APP --by-order",
        0,
        (
            "✓ httpbin-1 is listed first (httpbin-1, httpbin-0)\n"
            "✓ httpbin-1 is the primary; httpbin-0 has drained and is kept, without requests\n"
        ),
    ),
    (
        "promote httpbin --undo",
        "promote APP",
        0,
        "✓ httpbin-0 is listed first again (httpbin-0, httpbin-1)\n✓ httpbin-0 is the primary again\n",
    ),
    (
        "promote httpbin",
        "promote APP",
        0,
        (
            "✓ httpbin-0 is to become what httpbin-1 is\n"
            "✓ httpbin-0 is what httpbin-1 is\n"
            "✓ Deployment httpbin-1 is to go when it has drained\n"
            "✓ Service httpbin-1 is to go when it has drained\n"
            "✓ httpbin-1 has drained and gone: httpbin-0 is promoted\n"
        ),
    ),
)
"""What is typed, the row of docs/cli.md whose rights it is typed with (None: it takes none, and no cluster),
the exit code, and what comes out, on either stream."""
CHECKS = {
    "kinds": "iter8.tools/v1alpha1 serves routemaps and weightoverrides",
    "admission": "the webhook answers through the API server (dry run)",
    "installation": "2 of 2 pods of teal-system/teal are ready (IMAGE)",
    "leader": "POD leads",
    "certificates": "signer until TIME; POD until TIME; POD until TIME",
    "rights": "you may run every command of teal in this namespace",
    "Istio": None,
    "Gateway API": None,
    "workloads": "Deployments and StatefulSets may be versions",
    "Prometheus": "none is configured; no rollout here has checks",
    "application NAMESPACE/httpbin": "httpbin-0=100",
    "injection in NAMESPACE": "the namespace is labelled for it (enabled)",
}
"""What `teal doctor` finds of each check. None: it names versions, which are others with another cluster."""

"""`teal status`: from the stored objects to what is printed, word for word."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cli import spans
from cli.status import leading, views, waiting
from cli.status.application import Application, Stored, application, sentence, starting
from cli.status.data import data
from routing.model import State
from routing.reading.status import VersionStatus
from routing.reading.times import timestamp
from routing.telling.reasons import VERSIONS
from tests.unit.cli.told import NOW, READY, ago, condition, event, routemap, version

SPLIT = "████████████████████████████████▓▓▓▓▓▓▓▓  httpbin-0=80 httpbin-1=20"
SHARE = "ready for 5m: it is as it has to be; it gets its share"
ALL_WELL = f"""\
httpbin in default, blue-green: ready for 5m
  {SPLIT}

  httpbin-0  primary, gets 80 % for 3m20s
      {SHARE}
  httpbin-1  candidate, gets 20 % for 3m20s
      {SHARE}
Conditions
  Ready        True  for 5m     Applied: the split is applied
  Degraded     False for 5m     VersionReady
  Complete     True  for 3m20s  SplitAsAsked: split httpbin-0=80 httpbin-1=20
Next
  nothing, until somebody changes something
Events
  none; the API server keeps them for an hour, mostly
"""
LEAVING: dict[str, Any] = READY | {
    "split": "httpbin-0=100",
    "override": "httpbin-0=50 httpbin-1=50",
    "versions": [
        version("httpbin-0", weight=100, weightSince=ago(4)),
        version(
            "httpbin-1",
            "draining",
            "DeletionRequested",
            stateSince=ago(4),
            drainingUntil=ago(-11),
            weight=0,
        ),
    ],
    "conditions": [
        condition("Ready", "Applied", "the split is applied"),
        condition("Complete", "SplitNotAsAsked", "httpbin-1: DeletionRequested", holds=False, since=4),
    ],
}
DRAINING = """\
httpbin in default, blue-green: ready for 5m
  ████████████████████████████████████████  httpbin-0=100

  httpbin-0  primary, gets 100 % for 4s
      ready for 5m: it is as it has to be; it gets its share
  httpbin-1  candidate, gets 0 % for 3m20s
      draining for 4s (DeletionRequested): its Deployment is being deleted; no new ones go to it, those \
under way end, then it is let go
      drains, 11s left
Override
  httpbin-0=50 httpbin-1=50 by the WeightOverride httpbin; `teal weights httpbin --reset` takes it back
Conditions
  Ready        True  for 5m     Applied: the split is applied
  Complete     False for 4s     SplitNotAsAsked: httpbin-1: DeletionRequested
Next
  in 11s (17:46:51 UTC): httpbin-1 has drained and is let go
Events
  3m20s ago  SplitApplied: requests are split httpbin-0=80 httpbin-1=20
  4s ago     Draining: httpbin-1 gets no new requests (2 times)
"""
PASSED = [
    event("Draining", "httpbin-1 gets no new requests", 4, count=2),
    event("SplitApplied", "requests are split httpbin-0=80 httpbin-1=20", 200),
]
COMING: dict[str, Any] = READY | {
    "split": "",
    "versions": [
        version("httpbin-0", "starting", "DeploymentNotAvailable", readyEndpoints=0),
        version("httpbin-1", "absent", "DeploymentNotFound", readyEndpoints=0),
    ],
    "conditions": [
        condition("Ready", "NoReadyVersion", "no version is ready", holds=False),
        condition("Degraded", "NoReadyVersion", "no version is ready"),
    ],
}
STARTING = """\
httpbin in default, blue-green: not ready (NoReadyVersion) for 5m
  nothing is routed yet

  httpbin-0  primary, gets 0 % for 3m20s
      starting for 5m (DeploymentNotAvailable): its Deployment has not the condition Available: pods are \
starting, or can't start; none go to it; the ready versions share them
      to mend: mend what `kubectl describe pod` tells of its pods: image, probe, resources
  httpbin-1  candidate, gets 0 % for 3m20s
      absent for 5m (DeploymentNotFound): there is no Deployment of this name in the Routemap's namespace, \
nor a StatefulSet; none go to it; the ready versions share them
      for one to come: create it, or correct the name in `spec.versions` of the Routemap
Conditions
  Ready        False for 5m     NoReadyVersion: no version is ready
  Degraded     True  for 5m     NoReadyVersion: as for Ready
Next
  in 5m (17:51:40 UTC): httpbin-0 is late, and Progressing turns False
  httpbin-0 comes in once that is mended
Events
  they may not be read by this account (get a right to list events)
"""
UNTOLD = """\
httpbin in default, blue-green: nothing is told of it yet
  nothing is routed yet

  httpbin-0  primary, gets 0 %
      absent: nothing is told of it
  httpbin-1  candidate, gets 0 %
      absent: nothing is told of it
Conditions
  none yet: Teal has told nothing; `teal doctor` looks for why
Next
  Teal takes in generation 3 of the Routemap
Events
  none; the API server keeps them for an hour, mostly
"""
DEPLOYMENT: dict[str, Any] = {"metadata": {"labels": {"iter8.tools/watch": "true"}}, "spec": {}}
FULL = {
    "all is well": (Stored(routemap()), ALL_WELL),
    "one leaves": (Stored(routemap(LEAVING), events=PASSED), DRAINING),
    "one comes": (
        Stored(routemap(COMING), events=None, deployments={"httpbin-0": DEPLOYMENT}),
        STARTING,
    ),
    "nothing is told yet": (Stored(routemap({})), UNTOLD),
}


@pytest.mark.parametrize("name", FULL)
def test_an_application_is_told_of_word_for_word(name: str) -> None:
    stored, printed = FULL[name]
    assert spans.plain(views.full(application(stored, NOW), NOW)) == printed


SHORT = """\
Conditions
  Complete     False for 4s     SplitNotAsAsked: httpbin-1: DeletionRequested
  as it has to be: Ready
Next
  in 11s (17:46:51 UTC): httpbin-1 has drained and is let go
Events
  3s ago     Draining: 2
  2s ago     Draining: 3
  1s ago     Draining: 4
"""


def test_in_short_only_what_is_not_as_it_has_to_be_is_told_and_the_last_events() -> None:
    passed = [event("Draining", str(number), 5 - number) for number in range(5)]
    shown = spans.plain(
        views.full(application(Stored(routemap(LEAVING), events=passed), NOW), NOW, short=True)
    )
    assert shown[shown.index("Conditions") :] == SHORT
    shown = spans.plain(views.full(application(Stored(routemap()), NOW), NOW, short=True))
    assert "Conditions\n  as it has to be: Ready, Degraded, Complete\nNext" in shown


def test_applications_stand_in_a_table() -> None:
    apps = [application(Stored(routemap(status)), NOW) for status in (None, LEAVING, {})]
    assert spans.plain(views.many(apps, NOW, everywhere=False)) == (
        "NAME      SPLIT                       READY     FOR   NEXT\n"
        "httpbin   httpbin-0=80 httpbin-1=20   True      5m    -\n"
        "httpbin   httpbin-0=100               True      5m    in 11s: httpbin-1 has drained and is let go\n"
        "httpbin   -                           Unknown   -     Teal takes in generation 3 of the Routemap\n"
    )


def test_a_wide_table_of_all_namespaces_has_more_columns() -> None:
    apps = [application(Stored(routemap(LEAVING)), NOW)]
    assert spans.plain(views.many(apps, NOW, everywhere=True, wide=True)) == (
        "NAMESPACE   NAME      SPLIT           READY   FOR   STRATEGY     OVERRIDE                    "
        "NEXT                                          MESSAGE\n"
        "default     httpbin   httpbin-0=100   True    5m    blue-green   httpbin-0=50 httpbin-1=50   "
        "in 11s: httpbin-1 has drained and is let go   the split is applied\n"
    )


def test_names_are_as_kubectls() -> None:
    (line,) = views.names([application(Stored(routemap()), NOW)])
    assert line.text == "routemap.iter8.tools/httpbin"


def test_all_that_is_told_is_data_too() -> None:
    told = data(application(Stored(routemap(LEAVING), events=PASSED[:1]), NOW))
    assert json.loads(json.dumps(told)) == {
        "namespace": "default",
        "name": "httpbin",
        "strategy": "blue-green",
        "generation": 3,
        "observedGeneration": 3,
        "split": "httpbin-0=100",
        "versions": [
            {
                "name": "httpbin-0",
                "workload": "deployment/httpbin-0",
                "listed": True,
                "state": "ready",
                "reason": "Ready",
                "sentence": "it is as it has to be; it gets its share",
                "remedy": "",
                "pods": "",
                "weight": 100,
                "copies": 0,
                "matched": False,
                "readyEndpoints": 1,
                "stateSince": ago(300),
                "weightSince": ago(4),
                "drainingUntil": None,
            },
            {
                "name": "httpbin-1",
                "workload": "deployment/httpbin-1",
                "listed": True,
                "state": "draining",
                "reason": "DeletionRequested",
                "sentence": (
                    "its Deployment is being deleted; no new ones go to it, those under way end, then it is "
                    "let go"
                ),
                "remedy": "",
                "pods": "",
                "weight": 0,
                "copies": 0,
                "matched": False,
                "readyEndpoints": 1,
                "stateSince": ago(4),
                "weightSince": ago(200),
                "drainingUntil": ago(-11),
            },
        ],
        "override": "httpbin-0=50 httpbin-1=50",
        "overrideFault": "",
        "rollout": None,
        "conditions": LEAVING["conditions"],
        "next": [{"what": "httpbin-1 has drained and is let go", "at": ago(-11)}],
        "events": [
            {
                "type": "Normal",
                "reason": "Draining",
                "message": "httpbin-1 gets no new requests",
                "at": ago(4),
                "count": 2,
            }
        ],
    }


STEPPING = {
    "version": "httpbin-1",
    "phase": "Stepping",
    "step": 2,
    "share": 25,
    "since": ago(60),
    "reason": "Stepping",
    "message": "step 2 of 3: 25 % since then",
    "checks": [
        {"name": "success", "verdict": "open", "good": 99, "total": 100, "message": "99 % of 100 good"}
    ],
    "history": [
        {"time": ago(200), "what": "httpbin-1 has come"},
        {"time": ago(60), "what": "skip: step 2", "by": "eve"},
    ],
}
ROLLOUT = """\
Rollout
  Stepping (Stepping): step 2 of 3: 25 % since then
  open success: 99 % of 100 good
  3m20s ago: httpbin-1 has come
  60s ago: skip: step 2 (by eve)
Conditions
"""


def test_the_data_tell_of_which_kind_a_version_is() -> None:
    of_sets = READY | {"versions": [version("httpbin-0", workload="statefulset/httpbin-0")]}
    told = data(application(Stored(routemap(of_sets)), NOW))
    assert [each["workload"] for each in told["versions"]] == [
        "statefulset/httpbin-0",
        "deployment/httpbin-1",
    ]


def test_a_rollout_is_told_with_its_checks_and_what_has_happened() -> None:
    app = application(Stored(routemap(READY | {"rollout": STEPPING})), NOW)
    assert ROLLOUT in spans.plain(views.full(app, NOW))
    assert data(app)["rollout"]["phase"] == "Stepping"


def test_only_of_versions_on_their_way_in_the_deployment_is_looked_at() -> None:
    assert starting(routemap(COMING)) == ("httpbin-0",)
    assert starting(routemap()) == ()


@pytest.mark.parametrize("reason", VERSIONS)
def test_every_reason_makes_a_sentence(reason: str) -> None:
    told = sentence(VersionStatus("httpbin-1", State.STARTING, reason=reason))
    assert told == f"{VERSIONS[reason].means}; {VERSIONS[reason].requests}"


def test_a_version_that_is_held_is_said_to_keep_its_requests() -> None:
    told = VersionStatus("httpbin-1", State.STARTING, weight=100, reason="ServiceNotFound")
    wanted = "there is no Service of the version's name; requests stay with it for want of another version"
    assert sentence(told) == wanted


def test_what_a_reason_tells_itself_takes_the_place_of_what_it_means() -> None:
    told = VersionStatus("httpbin-1", State.STARTING, reason="NoSuchPort", message="Service lacks port 8080")
    assert sentence(told) == "Service lacks port 8080; none go to it; the ready versions share them"


@pytest.mark.parametrize(
    "odd", [None, 7, [], {"metadata": 3}, {"spec": {"versions": [4, None]}, "status": "x"}]
)
def test_whatever_is_stored_something_is_told(odd: Any) -> None:
    stored = Stored(odd if isinstance(odd, dict) else {"status": odd}, {"status": odd}, [{"count": odd}])
    app = application(stored, NOW)
    assert views.full(app, NOW)
    assert data(app)


def wanted(text: str, app: Application | None) -> str:
    return waiting.lacking(waiting.wanted(text), app)


def test_ready_is_waited_for_until_every_listed_version_has_its_share() -> None:
    ready = application(Stored(routemap()), NOW)
    assert wanted("ready", ready) == ""
    assert wanted("ready", replace(ready, generation=4)) == "Teal has not looked at generation 4 yet"
    assert wanted("ready", application(Stored(routemap(LEAVING)), NOW)) == (
        "Complete is not True: httpbin-1: DeletionRequested"
    )
    assert wanted("ready", None) == "there is no such Routemap"


def test_weights_are_waited_for_as_they_are_applied() -> None:
    ready = application(Stored(routemap()), NOW)
    assert wanted("weight=httpbin-1=20", ready) == ""
    assert wanted("weight=httpbin-0=100,httpbin-1=0", ready) == (
        "httpbin-0 has 80 %, not 100 %; httpbin-1 has 20 %, not 0 %"
    )


def test_gone_is_waited_for() -> None:
    assert wanted("gone", None) == ""
    assert wanted("gone", application(Stored(routemap()), NOW)) == "it is still there"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "redy",
            "'redy' is nothing to wait for; use ready, gone, or weight=VERSION=PERCENT[,VERSION=PERCENT...]",
        ),
        (
            "weight=httpbin-1=101",
            "'httpbin-1=101' is no version and percentage from 0 to 100; use such as httpbin-1=20",
        ),
    ],
)
def test_what_can_not_be_waited_for_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"use") as raised:
        waiting.wanted(text)
    assert str(raised.value) == sentence


@pytest.mark.parametrize("spec", [None, 7, {}, {"renewTime": "now"}, {"renewTime": timestamp(NOW - 60)}])
def test_where_somebody_leads_or_nobody_can_tell_nothing_is_said_of_it(spec: Any) -> None:
    assert leading.unled(None, NOW) == leading.unled({"spec": spec}, NOW) == ""


def test_where_nobody_has_led_for_long_what_is_told_is_said_to_be_of_before() -> None:
    assert leading.unled({"spec": {"holderIdentity": "a", "renewTime": timestamp(NOW - 75)}}, NOW) == (
        "nobody has led Teal for 75 s, so what is told here is what it told last, and nobody puts the split "
        "right; `teal doctor` looks for why"
    )


def test_events_of_one_second_are_told_in_the_order_of_their_writes() -> None:
    written = (("Drained", "9"), ("SplitApplied", "13"), ("Draining", "12"))
    told = [event(reason, reason, 5) | {"metadata": {"resourceVersion": at}} for reason, at in written]
    app = application(Stored(routemap(READY), events=told), NOW)
    assert app.events is not None
    assert [past.reason for past in app.events] == ["Drained", "Draining", "SplitApplied"]


def test_a_version_that_is_late_is_not_told_to_be_late_next() -> None:
    coming = Stored(routemap(COMING), events=None, deployments={"httpbin-0": DEPLOYMENT})
    late = "httpbin-0 is late, and Progressing turns False"
    assert late in [each.what for each in application(coming, NOW).next]
    assert late not in [each.what for each in application(coming, NOW + 301).next]


def test_what_is_no_deployment_is_called_by_its_kind() -> None:
    coming = version("httpbin-1", "starting", "StatefulSetNotAvailable", workload="statefulset/httpbin-1")
    label = version("httpbin-0", "absent", "NotWatched", workload="statefulset/httpbin-0")
    app = application(Stored(routemap({**COMING, "versions": [label, coming]})), NOW)
    text = spans.plain(views.full(app, NOW))
    assert "its StatefulSet is there, and lacks the label" in text
    assert "kubectl label statefulset httpbin-0 iter8.tools/watch=true" in text
    assert "its StatefulSet has fewer available pods than `replicas`" in text


def test_what_keeps_pods_stands_beside_the_version() -> None:
    waiting = {"name": "web", "image": "nginx:1.99", "state": {"waiting": {"reason": "ErrImagePull"}}}
    pods = {"httpbin-0": [{"status": {"containerStatuses": [waiting]}}]}
    app = application(Stored(routemap(COMING), pods=pods), NOW)
    assert "      its pods: web: ErrImagePull of nginx:1.99\n" in spans.plain(views.full(app, NOW))
    assert data(app)["versions"][0]["pods"] == "web: ErrImagePull of nginx:1.99"

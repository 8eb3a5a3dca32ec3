"""A pass as a value: what is written in which order, what is told, and when again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from routing import names
from routing.deciding.unfit import NOT_INSTALLED_SECONDS
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES
from routing.leftovers import plan_left, plan_orphan
from routing.passes import Pass
from routing.plan import (
    LOOK_AGAIN_SECONDS,
    events_of,
    plan,
    plan_failed,
)
from routing.reading.defaults import DEADLINE_SECONDS
from routing.reading.times import timestamp
from routing.routes import ROUTER, shares
from routing.telling.events import Event
from routing.writes import LEFT_SECONDS, Apply, Patch
from tests.unit.routing.cluster import Cluster, cluster
from tests.unit.routing.manifests import changed, weight_override, with_key, without
from tests.unit.routing.worlds import DRAIN, FRESH, NOW, Memory, facts, routemap

if TYPE_CHECKING:
    from routing.reading.status import RoutemapStatus
    from routing.writes import SeenVersion
    from tests.unit.routing.manifests import Manifest

MARK, RELEASE = "iter8.tools/drain", "iter8.tools/release"
ONLY = "the only ready version of Routemap httpbin"
UID = "12ab"
SINCE = f"{timestamp(NOW)} {UID}"
READY = ("ready", FRESH)
OF_NOBODY: Manifest = {
    "metadata": {"namespace": "default", "name": "httpbin", "uid": "x"},
    "spec": {"hosts": ["a.b"]},
}


def at(*versions: tuple[str, Memory]) -> Cluster:
    """Return a cluster of versions in these circumstances, each with what is remembered of it."""
    seen = [facts(f"httpbin-{index}", *kind) for index, kind in enumerate(versions)]
    return cluster(routemap(*[50] * len(versions)), seen)


def settled(*versions: tuple[str, Memory]) -> Cluster:
    """Return the cluster after passes that have nothing left to do."""
    place = at(*versions)
    for _ in range(3):
        place = place.after(plan(place.seen(), NOW))
    return place


def marked(place: Cluster) -> Cluster:
    """Return the cluster after a pass that puts marks on, and does nothing else before it looks again."""
    due = plan(place.seen(), NOW)
    assert due == Pass(before=due.before, again_at=NOW)
    after = place.after(due)
    assert after.marked > place.marked
    return after


def with_routemap(place: Cluster, path: str, value: Any) -> Cluster:
    return replace(place, routemaps={"httpbin": changed(dict(place.routemaps["httpbin"]), path, value)})


def deleted(place: Cluster) -> Cluster:
    return with_routemap(place, "metadata.deletionTimestamp", timestamp(NOW))


def orders(due: Pass) -> list[list[str]]:
    """Return the steps of a pass: of each write what it does to which object."""
    return [sorted(line for write in step for line in lines(write)) for step in due.steps]


def lines(write: Patch | Apply) -> list[str]:
    what = f"{write.resource.kind} {write.manifest['metadata']['name']}"
    if isinstance(write, Apply):
        split = " ".join(f"{name}={share}" for name, share in shares(write.manifest).items())
        return [f"apply {what}: {split}"]
    done = [operation for operation in write.operations if operation["op"] != "test"]
    return [f"{what}: {told(operation)}" for operation in done]


def told(operation: Manifest) -> str:
    path = operation["path"].removeprefix("/metadata/")
    return f"no {path}" if operation["op"] == "remove" else f"{path} = {operation['value']}"


def condition(status: RoutemapStatus | None, kind: str) -> tuple[bool, str, str]:
    assert status is not None
    found = status.condition(kind)
    assert found is not None
    return found.holds, found.reason, found.message


def unfit(due: Pass) -> tuple[str, str]:
    """Return reason and sentence of a pass that serves nobody."""
    assert (due.before, due.route, due.unfit) == ((), (), True)
    holds, reason, message = condition(due.status, "Ready")
    assert not holds
    return reason, message


def test_marks_come_before_the_route_and_go_after_it() -> None:
    place = settled(("ready", FRESH), ("no Deployment, no Service", FRESH))
    both = replace(
        place,
        deployments={**place.deployments, **at(READY, READY).deployments, "httpbin-0": _gone(place)},
        services={**at(READY, READY).services, **place.services},
        endpoints=at(READY, READY).endpoints,
    )
    assert orders(plan(both.seen(), NOW)) == [
        [
            "Deployment httpbin-1: annotations = {}",
            "Deployment httpbin-1: annotations/iter8.tools~1protected = " + ONLY,
            "Deployment httpbin-1: finalizers = ['iter8.tools/drain']",
            *service_of("httpbin-1"),
        ]
    ]
    due = plan(marked(both).seen(), NOW)
    assert orders(due) == [
        ["apply VirtualService httpbin: httpbin-1=100"],
        [
            "Deployment httpbin-0: no annotations/iter8.tools~1protected",
            "Service httpbin-0: no annotations/iter8.tools~1protected",
        ],
    ]
    assert due.again_at == NOW + DRAIN


def service_of(version: str) -> list[str]:
    """Return what is put on a Service that is to be the only one to answer."""
    return [
        f"Service {version}: annotations = {{}}",
        f"Service {version}: annotations/iter8.tools~1protected = {ONLY}",
        f"Service {version}: finalizers = ['iter8.tools/drain']",
    ]


def _gone(place: Cluster, name: str = "httpbin-0") -> Manifest:
    return changed(dict(place.deployments[name]), "metadata.deletionTimestamp", timestamp(NOW - 1))


def test_who_goes_between_the_look_and_the_mark_gets_no_requests() -> None:
    place = marked(at(READY, READY))
    left = {name: item for name, item in place.deployments.items() if name != "httpbin-1"}
    due = plan(replace(place, deployments=left).seen(), NOW)
    assert ["apply VirtualService httpbin: httpbin-0=100"] in orders(due)


def leaving() -> Cluster:
    """Return a settled cluster whose candidate is being deleted: the other is protected, and routed to."""
    place = settled(READY, READY)
    going = changed(dict(place.deployments["httpbin-1"]), "metadata.deletionTimestamp", timestamp(NOW - 1))
    return replace(place, deployments={**place.deployments, "httpbin-1": going})


def test_a_protection_and_the_route_need_no_look_between_them() -> None:
    due = plan(leaving().seen(), NOW)
    assert orders(due) == [
        [
            "Deployment httpbin-0: annotations = {}",
            "Deployment httpbin-0: annotations/iter8.tools~1protected = " + ONLY,
            "Service httpbin-0: annotations = {}",
            "Service httpbin-0: annotations/iter8.tools~1protected = " + ONLY,
        ],
        ["apply VirtualService httpbin: httpbin-0=100"],
    ]


def test_a_mark_that_somebody_has_taken_off_is_put_back_and_who_has_requests_keeps_them() -> None:
    place = settled(READY)
    bare = changed(dict(place.services["httpbin-0"]), "metadata.finalizers", [])
    due = plan(replace(place, services={"httpbin-0": bare}).seen(), NOW)
    assert orders(due) == [["Service httpbin-0: finalizers = ['iter8.tools/drain']"]]
    assert due.again_at is None


def test_a_first_pass_serves_who_is_ready_and_tells_so() -> None:
    assert orders(plan(at(READY).seen(), NOW)) == [
        [
            "Deployment httpbin-0: annotations = {}",
            "Deployment httpbin-0: annotations/iter8.tools~1protected = " + ONLY,
            "Deployment httpbin-0: finalizers = ['iter8.tools/drain']",
            *service_of("httpbin-0"),
        ]
    ]
    due = plan(marked(at(READY)).seen(), NOW)
    assert orders(due) == [["apply VirtualService httpbin: httpbin-0=100"]]
    assert due.status is not None
    assert (due.status.split, due.status.observed_generation) == ("httpbin-0=100", 3)
    assert condition(due.status, "Ready") == (True, "Applied", "the split is applied")
    assert (due.again_at, due.unfit, due.events) == (None, False, ())


def test_where_all_is_as_it_is_to_be_nothing_is_written_and_nothing_told() -> None:
    place = settled(READY, READY)
    assert place.split == {"httpbin-0": 50, "httpbin-1": 50}
    assert plan(place.seen(), NOW + 3600) == Pass()


def test_a_status_that_is_not_as_teal_writes_it_is_written_anew() -> None:
    place = settled(READY)
    odd = with_routemap(place, "status.odd", True)
    due = plan(odd.seen(), NOW)
    assert due.steps == ()
    assert due.status is not None
    assert due.status.manifest() == place.routemaps["httpbin"]["status"]


def test_what_only_others_have_set_on_a_virtual_service_goes_before_it_is_applied() -> None:
    place = settled(READY)
    route = changed(dict(place.routes["httpbin"]), "spec.tcp", [])
    route = changed(route, "spec.exportTo", ["*"])
    edited = replace(place, routes={"httpbin": route})
    due = plan(edited.seen(), NOW)
    assert orders(due) == [
        ["VirtualService httpbin: no /spec/exportTo", "VirtualService httpbin: no /spec/tcp"],
        ["apply VirtualService httpbin: httpbin-0=100"],
    ]
    assert edited.after(due).routes == place.routes


def test_routes_of_another_protocol_come_with_the_going_of_those_before() -> None:
    """Without any route a VirtualService is refused by Istio, and by one that leads nowhere nobody comes."""
    hosts = ["httpbin.default.svc.cluster.local"]  # the name by which sidecars look for connections
    place = with_routemap(with_routemap(settled(READY), "spec.hosts", hosts), "spec.protocol", "TCP")
    due = plan(place.seen(), NOW)
    host = "httpbin-0.default.svc.cluster.local"
    tcp = [{"route": [{"destination": {"host": host, "port": {"number": 80}}}]}]
    assert orders(due) == [
        ["VirtualService httpbin: /spec/tcp = " + str(tcp), "VirtualService httpbin: no /spec/http"],
        ["apply VirtualService httpbin: httpbin-0=100"],
    ]
    after = place.after(due)
    assert after.routes["httpbin"]["spec"]["tcp"] == tcp
    assert plan(after.seen(), NOW).steps == ()


def test_a_virtual_service_that_was_edited_is_put_back() -> None:
    place = settled(READY)
    route = changed(dict(place.routes["httpbin"]), "spec.hosts", ["other.default"])
    due = plan(replace(place, routes={"httpbin": route}).seen(), NOW)
    assert orders(due) == [["apply VirtualService httpbin: httpbin-0=100"]]


def test_a_service_without_the_watch_label_gets_it_before_it_is_routed_to() -> None:
    place = at(READY)
    services = {"httpbin-0": without(dict(place.services["httpbin-0"]), "metadata.labels")}
    due = plan(replace(place, services=services).seen(), NOW)
    assert "Service httpbin-0: labels/iter8.tools~1watch = true" in orders(due)[0]


def test_a_service_that_is_not_there_yet_is_not_looked_for_since_it_comes_with_an_event() -> None:
    due = plan(at(("no Service", FRESH)).seen(), NOW)
    assert orders(due) == []
    assert due.again_at == NOW + 600, "when its Deployment's progress deadline has passed"
    assert condition(due.status, "Ready")[1] == "NoReadyVersion"


@pytest.mark.parametrize(
    ("circumstance", "watched"), [("no Deployment", True), ("watch label removed", False)]
)
def test_the_pods_of_a_version_whose_deployment_is_not_there_yet_are_watched(
    circumstance: str, *, watched: bool
) -> None:
    """No watch tells of a Deployment that comes without the label; its pods do, by the Service."""
    place = at(READY, (circumstance, FRESH))
    bare = without(dict(place.services["httpbin-1"]), "metadata.labels")
    due = plan(replace(place, services={**place.services, "httpbin-1": bare}).seen(), NOW)
    assert ("Service httpbin-1: labels/iter8.tools~1watch = true" in str(orders(due))) is watched


def test_nobody_to_send_requests_to_leaves_the_route_alone() -> None:
    due = plan(at(("not Available", FRESH)).seen(), NOW)
    assert due.route == ()


def test_the_routemap_is_held_before_anything_is_marked_for_it() -> None:
    place = with_routemap(at(READY), "metadata.finalizers", ["other/f"])
    due = plan(place.seen(), NOW)
    held, marks = orders(due)
    assert held == ["Routemap httpbin: finalizers = ['other/f', 'iter8.tools/release']"]
    assert "Service httpbin-0: finalizers = ['iter8.tools/drain']" in marks
    assert (due.route, due.after, due.status, due.again_at) == ((), (), None, NOW)


@pytest.mark.parametrize("place", [marked(at(READY)), at(("not Available", FRESH)), leaving()])
def test_a_routemap_that_needs_no_mark_is_held_and_seen_anew(place: Cluster) -> None:
    due = plan(with_routemap(place, "metadata.finalizers", []).seen(), NOW)
    assert due == Pass(hold=due.hold, again_at=NOW)
    assert orders(due) == [["Routemap httpbin: finalizers = ['iter8.tools/release']"]]


def test_an_override_gives_the_split_and_is_owned_by_its_routemap_from_then_on() -> None:
    override = changed(weight_override(("httpbin-0", 20), ("httpbin-1", 80)), "metadata.uid", "0ver")
    place = marked(replace(at(READY, READY), overrides={"httpbin": override}))
    due = plan(place.seen(), NOW)
    assert orders(due) == [
        ["apply VirtualService httpbin: httpbin-0=20 httpbin-1=80"],
        [
            (
                "WeightOverride httpbin: ownerReferences = [{'apiVersion': 'iter8.tools/v1alpha1', "
                "'kind': 'Routemap', 'name': 'httpbin', 'uid': '12ab'}]"
            )
        ],
    ]


def test_an_override_that_argo_cd_applies_has_no_owner_since_it_deletes_none_that_has_one() -> None:
    override = changed(weight_override(("httpbin-0", 20), ("httpbin-1", 80)), "metadata.uid", "0ver")
    override = with_key(override, "annotations", "argocd.argoproj.io/tracking-id", "shop:iter8.tools/x")
    place = marked(replace(at(READY, READY), overrides={"httpbin": override}))
    assert orders(plan(place.seen(), NOW)) == [["apply VirtualService httpbin: httpbin-0=20 httpbin-1=80"]]


def test_an_override_that_names_a_stranger_is_followed_and_that_is_said() -> None:
    override = changed(weight_override(("httpbin-7", 20)), "metadata.uid", "0ver")
    due = plan(marked(replace(at(READY), overrides={"httpbin": override})).seen(), NOW)
    assert due.status is not None
    assert due.status.override == "httpbin-7=20"
    assert condition(due.status, "Ready") == (
        True,
        "Applied",
        (
            "the split is applied; the WeightOverride httpbin has the say (httpbin-7=20) "
            "and names httpbin-7, which the Routemap does not list"
        ),
    )


def test_an_override_that_is_being_deleted_counts_no_more_and_is_not_adopted() -> None:
    override = changed(weight_override(("httpbin-0", 20), ("httpbin-1", 80)), "metadata.uid", "0ver")
    override = changed(override, "metadata.deletionTimestamp", timestamp(NOW))
    due = plan(marked(replace(at(READY, READY), overrides={"httpbin": override})).seen(), NOW)
    assert orders(due) == [["apply VirtualService httpbin: httpbin-0=50 httpbin-1=50"]]


def test_a_routemap_that_is_malformed_is_refused_with_all_of_its_mistakes() -> None:
    place = with_routemap(with_routemap(at(READY), "spec.port", 0), "spec.strategy", "rainbow")
    assert unfit(plan(place.seen(), NOW)) == (
        "Invalid",
        (
            'spec.strategy: "rainbow" is not a strategy; use blue-green, canary, mirror; '
            "spec.port: 0 is out of range; use an integer from 1 to 65535"
        ),
    )


def test_an_override_that_is_malformed_is_refused_by_its_name() -> None:
    override = changed(weight_override(("httpbin-0", -7)), "metadata.uid", "0ver")
    assert unfit(plan(replace(at(READY), overrides={"httpbin": override}).seen(), NOW)) == (
        "InvalidWeightOverride",
        (
            "WeightOverride httpbin: spec.weights[0].weight: -7 is out of range; "
            "use an integer from 0 to 1000000"
        ),
    )


def test_a_version_of_an_older_routemap_is_refused_until_that_one_changes() -> None:
    seen = replace(at(READY, READY).seen(), senior={"httpbin-1": "first"})
    due = plan(seen, NOW)
    sentence = "version httpbin-1 belongs to Routemap first already; list it in one of the two only"
    assert unfit(due) == ("Conflict", sentence)
    assert condition(due.status, "Conflict") == (True, "Conflict", sentence)
    assert due.again_at is None


def test_a_virtual_service_of_somebody_else_is_left_alone() -> None:
    due = plan(replace(at(READY), routes={"httpbin": OF_NOBODY}).seen(), NOW)
    assert unfit(due) == (
        "Conflict",
        (
            "VirtualService httpbin is there already and is not Teal's; delete it, "
            "or give the Routemap another name"
        ),
    )
    assert due.again_at is None, "its end is an event"


@pytest.mark.parametrize(
    "metadata",
    [{"labels": {names.ROUTEMAP: "httpbin"}}, {"ownerReferences": [{"uid": "12ab"}]}],
    ids=["by its label", "by its owner"],
)
def test_a_virtual_service_of_ours_is_known(metadata: Manifest) -> None:
    route = {**OF_NOBODY, "metadata": {**OF_NOBODY["metadata"], **metadata}}
    due = plan(marked(replace(at(READY), routes={"httpbin": route})).seen(), NOW)
    assert (due.unfit, len(due.route)) == (False, 1)


def test_without_istio_nothing_is_routed_and_that_is_said() -> None:
    due = plan(replace(at(READY).seen(), routable=False), NOW)
    assert unfit(due) == (
        "RouterNotInstalled",
        "the cluster has no VirtualService (networking.istio.io/v1), so nothing is routed; install Istio",
    )
    assert due.again_at == NOW + NOT_INSTALLED_SECONDS


def test_a_routemap_that_is_refused_keeps_what_was_told_of_its_split_and_is_told_once() -> None:
    place = with_routemap(settled(READY), "spec.port", 0)
    due = plan(place.seen(), NOW)
    assert due.status is not None
    assert due.status.split == "httpbin-0=100"
    after = place.after(due)
    assert (after.split, after.marked) == (place.split, place.marked)
    assert plan(after.seen(), NOW).status is None


def test_a_protection_that_somebody_refuses_holds_up_no_requests() -> None:
    place = settled(READY, READY)
    place = replace(place, deployments={**place.deployments, "httpbin-1": _gone(place, "httpbin-1")})
    protects = f"Deployment httpbin-0: annotations/iter8.tools~1protected = {ONLY}"
    first, *_ = orders(plan(place.seen(), NOW))
    assert protects in first
    refused = plan_failed(place.seen(), "frozen until Monday", "frozen until Monday", NOW).status
    assert refused is not None
    place = with_routemap(place, "status", refused.manifest())
    route, last = orders(plan(place.seen(), NOW))
    assert route == ["apply VirtualService httpbin: httpbin-0=100"]
    assert protects in last


def test_a_routemap_that_is_refused_lets_a_deletion_go_after_its_patience() -> None:
    place = with_routemap(settled(READY), "spec.port", 0)
    place = replace(place, deployments={"httpbin-0": _gone(place)})
    seen = replace(place.seen(), failing_since=NOW - 5, patience=60.0)
    waiting = plan(seen, NOW)
    assert (waiting.after, waiting.again_at) == ((), NOW - 1 + 60)
    over = plan(seen, NOW + 60)
    assert orders(over) == [["Deployment httpbin-0: finalizers = []", "Service httpbin-0: finalizers = []"]]
    assert over.events == (
        Event(
            "Warning",
            "DeadlineExceeded",
            "httpbin-0 is let go although it may still get requests: its deletion could not be drained for "
            "60 s (spec.port: 0 is out of range; use an integer from 1 to 65535)",
        ),
    )


def test_a_routemap_that_is_deleted_lets_its_versions_go_at_once_and_itself_last() -> None:
    place = deleted(settled(READY))
    first = plan(place.seen(), NOW)
    assert orders(first) == [
        [
            "Deployment httpbin-0: finalizers = []",
            "Deployment httpbin-0: no annotations/iter8.tools~1protected",
            "Service httpbin-0: finalizers = []",
            "Service httpbin-0: no annotations/iter8.tools~1protected",
        ]
    ]
    assert (first.status, first.again_at) == (None, None)
    last = plan(place.after(first).seen(), NOW)
    assert orders(last) == [
        [
            "VirtualService httpbin: annotations = {}",
            f"VirtualService httpbin: annotations/iter8.tools~1left = {SINCE}",
            "VirtualService httpbin: ownerReferences = []",
        ],
        ["Routemap httpbin: finalizers = []"],
    ]


def test_a_deleted_routemap_whose_route_may_not_be_changed_goes_after_its_patience() -> None:
    place = deleted(settled(READY))
    place = place.after(plan(place.seen(), NOW))
    seen = replace(place.seen(), failing_since=NOW - 100, patience=60.0)
    assert len(plan(seen, NOW + 59).steps) == 2
    assert orders(plan(seen, NOW + 60)) == [["Routemap httpbin: finalizers = []"]]
    later = replace(seen, failing_since=NOW + 10)
    assert len(plan(later, NOW + 60).steps) == 2
    assert len(plan(later, NOW + 70).steps) == 1
    assert len(plan(replace(seen, failing_since=None), NOW + 100).steps) == 2


def parted() -> Cluster:
    """Return a cluster whose Routemap has gone, and what is left of it."""
    place = deleted(settled(READY))
    for _ in range(2):
        place = place.after(plan(place.seen(), NOW))
    assert place.routemaps == {}
    return place


def test_a_route_outlives_its_routemap_and_is_given_back_then() -> None:
    place = parted()
    [route] = place.routes.values()
    for now in (NOW - 0.9, NOW):  # what is written of a time is the next whole second
        assert plan_left(ROUTER, route, now) == Pass(again_at=NOW + LEFT_SECONDS)
    due = plan_left(ROUTER, route, NOW + LEFT_SECONDS)
    [[given_back]] = due.steps
    owner = {"apiVersion": names.API_VERSION, "kind": "Routemap", "name": "httpbin", "uid": UID}
    assert lines(given_back) == [f"VirtualService httpbin: ownerReferences = [{owner}]"]
    assert due.again_at is None
    [owned] = place.written(given_back).routes.values()
    assert plan_left(ROUTER, owned, NOW + LEFT_SECONDS) == Pass()
    assert place.after(due).routes == {}


def test_the_next_routemap_of_the_name_takes_the_route_over_and_the_split_stays() -> None:
    before = settled(READY, READY)
    place = deleted(before)
    for _ in range(2):
        place = place.after(plan(place.seen(), NOW))
    made_anew = without(dict(before.routemaps["httpbin"]), "status")
    place = replace(place, routemaps={"httpbin": changed(made_anew, "metadata.uid", "another")})
    for _ in range(3):
        place = place.after(plan(place.seen(), NOW))
        assert place.split == before.split
    [route] = place.routes.values()
    assert [owner["uid"] for owner in route["metadata"]["ownerReferences"]] == ["another"]
    assert route["metadata"]["annotations"] == {}
    assert place.marked == {"httpbin-0", "httpbin-1"}


def test_a_route_whose_taking_over_was_cut_off_is_left_by_the_next_routemap_too() -> None:
    """Its note was taken off, its new owner had not been put on yet, and then that Routemap was deleted."""
    place = deleted(settled(READY))
    place = place.after(plan(place.seen(), NOW))
    [route] = place.routes.values()
    place = with_routemap(place, "status", {})
    bare = replace(place, routes={"httpbin": changed(dict(route), "metadata.ownerReferences", [])})
    left = bare.after(plan(bare.seen(), NOW))
    assert [plan_left(ROUTER, each, NOW).again_at for each in left.routes.values()] == [NOW + LEFT_SECONDS]


@pytest.mark.parametrize("told", ["", "now", "9998-01-01T00:00:00Z x", "x y z"])
def test_what_a_hand_makes_of_the_time_keeps_no_route(told: str) -> None:
    [route] = parted().routes.values()
    odd = changed(dict(route), "metadata.annotations", {names.LEFT: told})
    assert len(plan_left(ROUTER, odd, NOW).steps) == 1


@pytest.mark.parametrize("told", [None, 5, {}])
def test_a_route_that_no_routemap_has_left_stays_as_it_is(told: object) -> None:
    [route] = parted().routes.values()
    assert plan_left(ROUTER, changed(dict(route), "metadata.annotations", {names.LEFT: told}), NOW) == Pass()


@pytest.mark.parametrize("labels", [None, {}, {names.ROUTEMAP: "other"}])
def test_a_route_of_somebody_else_is_given_back_to_nobody_whatever_it_says(labels: object) -> None:
    [route] = parted().routes.values()
    assert plan_left(ROUTER, changed(dict(route), "metadata.labels", labels), NOW + LEFT_SECONDS) == Pass()


@pytest.mark.parametrize("cascade", ["foregroundDeletion", "orphan"])
def test_where_the_user_says_what_becomes_of_the_route_garbage_collection_does_it(cascade: str) -> None:
    place = deleted(settled(READY))
    place = place.after(plan(place.seen(), NOW))
    place = with_routemap(place, "metadata.finalizers", [cascade, RELEASE])
    assert orders(plan(place.seen(), NOW)) == [[f"Routemap httpbin: finalizers = ['{cascade}']"]]


def test_a_route_that_garbage_collection_has_made_an_orphan_already_stays_as_it_is() -> None:
    place = deleted(settled(READY))
    place = place.after(plan(place.seen(), NOW))
    orphaned = changed(dict(place.routes["httpbin"]), "metadata.ownerReferences", [])
    due = plan(replace(place, routes={"httpbin": orphaned}).seen(), NOW)
    assert orders(due) == [["Routemap httpbin: finalizers = []"]]


def test_the_route_of_somebody_else_is_not_kept() -> None:
    place = deleted(settled(READY))
    place = place.after(plan(place.seen(), NOW))
    another = [{"kind": "Routemap", "name": "other", "uid": "x"}]
    theirs = changed(dict(place.routes["httpbin"]), "metadata.ownerReferences", another)
    for other in (OF_NOBODY, theirs):
        due = plan(replace(place, routes={"httpbin": other}).seen(), NOW)
        assert orders(due) == [["Routemap httpbin: finalizers = []"]]


def test_a_routemap_that_is_deleted_waits_for_a_drain_that_runs() -> None:
    place = deleted(at(READY, ("Deployment being deleted", Memory(marked=True, draining_until=NOW + 4))))
    due = plan(place.seen(), NOW)
    assert orders(due) == []
    assert due.again_at == NOW + 4
    over = plan(place.seen(), NOW + 4)
    assert orders(over) == [["Deployment httpbin-1: finalizers = []", "Service httpbin-1: finalizers = []"]]
    assert over.again_at is None


def test_after_a_failed_pass_marks_stay_and_a_refusal_is_told() -> None:
    place = settled(READY)
    due = plan_failed(place.seen(), "no such host", "PATCH …: no such host", NOW)
    assert due.steps == ()
    assert condition(due.status, "Ready") == (False, "WriteRefused", "no such host")
    assert condition(due.status, "Conflict") == (False, "WriteRefused", "no such host")
    assert plan_failed(place.seen(), None, "no answer", NOW) == Pass()


def test_after_failures_of_its_patience_a_deletion_is_let_go_and_the_rest_stays() -> None:
    place = settled(READY, READY)
    place = replace(place, deployments={**place.deployments, "httpbin-0": _gone(place)})
    seen = replace(place.seen(), failing_since=NOW - DEADLINE_SECONDS - 5)
    assert plan_failed(seen, None, "no answer", NOW - 5).again_at == NOW - 1 + DEADLINE_SECONDS
    due = plan_failed(seen, None, "no answer", NOW + DEADLINE_SECONDS)
    assert orders(due) == [["Deployment httpbin-0: finalizers = []", "Service httpbin-0: finalizers = []"]]
    assert [event.reason for event in due.events] == ["DeadlineExceeded"]
    assert due.again_at is None


def test_the_patience_with_a_deletion_begins_with_the_first_failure_if_that_comes_later() -> None:
    place = settled(READY)
    place = replace(place, deployments={"httpbin-0": _gone(place)})
    first = plan_failed(place.seen(), None, "no answer", NOW + 100)
    assert first.again_at == NOW + 100 + DEADLINE_SECONDS


def orphan(place: Cluster, name: str = "httpbin-0") -> SeenVersion:
    [version] = [item for item in place.seen().versions if item.facts.name == name]
    return version


def test_what_teal_has_put_on_a_version_that_nobody_mentions_goes() -> None:
    due = plan_orphan(orphan(settled(READY)), NOW, routed=False)
    assert orders(due) == [
        [
            "Deployment httpbin-0: finalizers = []",
            "Deployment httpbin-0: no annotations/iter8.tools~1protected",
            "Service httpbin-0: finalizers = []",
            "Service httpbin-0: no annotations/iter8.tools~1protected",
        ]
    ]


def test_a_version_that_nobody_mentions_but_a_route_is_drained_first_by_whose_route_it_is() -> None:
    assert plan_orphan(orphan(settled(READY)), NOW, routed=True) == Pass(again_at=NOW + LOOK_AGAIN_SECONDS)
    assert plan_orphan(orphan(at(READY)), NOW, routed=True) == Pass()
    assert plan_orphan(orphan(at(("no Deployment, no Service", FRESH))), NOW, routed=True) == Pass()


def test_the_status_tells_the_split_as_the_router_has_it_after_all() -> None:
    due = plan(marked(at(READY, READY)).seen(), NOW)
    (apply,) = due.route
    edited = changed(dict(apply.manifest), "spec.http.0.route.0.weight", 100)
    edited = changed(edited, "spec.http.0.route.1", {"destination": {"host": "elsewhere.org"}})
    read = due.read_back(ROUTER.exposures(edited)).status
    assert read is not None
    assert read.split == "httpbin-0=100"
    assert [(version.name, version.weight) for version in read.versions] == [
        ("httpbin-0", 100),
        ("httpbin-1", 0),
    ]
    assert Pass().read_back(ROUTER.exposures(edited)) == Pass()


def test_the_events_of_a_pass_are_what_has_changed_and_then_its_own() -> None:
    seen = marked(at(READY)).seen()
    mine = Event("Warning", "DeadlineExceeded", "let go")
    due = replace(plan(seen, NOW), events=(mine,))
    split = Event("Normal", "SplitApplied", "requests are split httpbin-0=100")
    assert events_of(due, seen.status) == (split, mine)
    assert events_of(replace(due, status=None), seen.status) == (mine,)


def test_steps_are_in_their_order_and_none_is_empty() -> None:
    one, two = Apply(VIRTUAL_SERVICES, {"a": 1}), Apply(VIRTUAL_SERVICES, {"b": 2})
    held, mark, free = Patch(ROUTEMAPS, {}, ()), Patch(DEPLOYMENTS, {}, ()), Patch(SERVICES, {}, ())
    due = Pass(hold=(held,), before=(mark,), route=(one, two), after=(free,))
    assert due.steps == ((held,), (mark,), (one,), (two,), (free,))
    assert Pass(after=(free,)).steps == ((free,),)
    assert Pass().steps == ()

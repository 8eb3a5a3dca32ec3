"""What once took a site down in a second, or said Ready while requests failed: where each is replayed.

A row names what is done, what is right, and the scenario of tools/bench/traffic that plays it under load (0
failed, unless it says otherwise), or the scene of tests/api/bringing_about.py, or the test.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.bench.traffic.scenario import scenarios

ROOT = Path(__file__).parents[2]
ALL = scenarios()
UNREACHABLE, ONLY = "scenario unreachable", "scenario only-version-deleted"

REPLAYS = (
    # Traffic never moves to what cannot answer.
    ("the Routemap applied again with shop-00 in place of shop-0", "Held", "scenario mistyped"),
    ("a Routemap for a live Service, its versions not there yet", "no route", "scenario not-there-yet"),
    ("kubectl delete service shop-0", "refused", ONLY),
    ("kubectl delete deployment/shop-0 service/shop-0", "both refused", ONLY),
    ("the Service first, then the Deployment", "each refused", ONLY),
    ("the watch label taken from the only ready version", "Held", "scenario only-version-unwatched"),
    ("kubectl replace --force of a Routemap", "split as before", "scenario replace-routing"),
    ("a candidate that crashes every 12 s", "counted: it waits longer each time", "scenario flapping"),
    ("kubectl delete -f folder, helm uninstall", "one go, or told", "tests/api/test_whole_application.py"),
    # Ready means that requests arrive.
    ("spec.port that a Service lacks, live", "Held", UNREACHABLE),
    ("spec.port that a Service lacks", "NoSuchPort", "scene another_port"),
    ("a candidate's Service at another port than the primary's", "NoSuchPort", UNREACHABLE),
    ("Services at 9080 and no port given, in the mesh", "PortNotGiven", "scene a_port_that_is_not_given"),
    ("several ports and none given", "counted: PortNotGiven", "scenario ports-not-given"),
    ("a headless candidate Service", "Headless", UNREACHABLE),
    ("gateways: [nope]", "GatewayNotFound", "scene a_gateway_that_is_not_there"),
    ("a host that no Service has", "HostNotFound", "scene the_applications_service_goes"),
    ("another, older VirtualService with the host", "HostTaken", "scene an_older_route_has_the_host"),
    (
        "another Routemap with the host",
        "HostTaken",
        "tests/api/test_routable_served.py::test_of_two_routemaps_with_one_host_the_younger_is_told",
    ),
    ("two versions' Services that select each other's pods", "SharedPods", UNREACHABLE),
    ("the application's own Service with a port named tcp-…", "NotHTTP", "scene a_service_for_tcp"),
    ("a gRPC version beside one for HTTP", "OtherProtocol", "scene a_service_for_grpc_beside_one_for_http"),
    ("no Service of the application's name", "HostNotFound", "scene the_applications_service_goes"),
    ("hosts: [web.a] from namespace b", "refused", "tests/unit/routing/examples.py"),
    ("a write that a policy refuses with 422", "WriteRefused", "scene a_policy_refuses_the_route"),
    ("several ports, targetPort by name, appProtocol", "split", "scenario ports"),
    # What happens is seen where people look.
    (
        "a WeightOverride that names a stranger, or has no Routemap",
        "Applied is False, and says why",
        "tests/api/test_seen_by_kubectl.py::test_an_override_says_what_is_wrong_with_it_and_when_it_is_mended",
    ),
    (
        "a leftover override gives the next candidate its share",
        "an Event when it comes",
        (
            "tests/unit/routing/test_events.py::"
            "test_a_candidate_that_comes_in_by_an_override_that_was_there_before_it_is_told_of"
        ),
    ),
    ("a Deployment without the label", "NotWatched", "scene a_deployment_without_the_label"),
    (
        "the label on a DaemonSet, iter8.tools/weight, Iter8's ConfigMap",
        "a warning each",
        (
            "tests/api/test_refusals.py::"
            "test_teals_words_on_what_it_does_not_read_are_told_and_refused_to_nobody"
        ),
    ),
    (
        "a watched Deployment that no Routemap lists",
        "an Event, once",
        "tests/unit/routing/test_listed_by_nobody.py::test_it_is_told_once_it_has_been_alone_for_a_while",
    ),
    (
        "an ordinary start",
        "no Warning",
        "tests/unit/routing/test_events.py::test_an_ordinary_start_is_no_warning",
    ),
    (
        "the built-in roles view, edit and admin",
        "each may what its name says",
        "tests/api/test_builtin_roles.py::test_a_user_of_a_built_in_role_may_what_its_name_says",
    ),
    (
        "initialize with appName equal to a live Service",
        "refused",
        "tests/api/test_running_application.py::test_helm_refuses_where_it_asks_the_cluster",
    ),
    # One object's oddity stops nobody else.
    (
        "a status without state, a condition without lastTransitionTime, any other by hand",
        "nobody waits",
        "tests/api/test_odd_objects.py::test_no_status_that_a_hand_has_written_keeps_anybody_waiting",
    ),
    (
        "a root thread that ends",
        "ends the process",
        "tests/unit/reconciler/test_threads.py::test_a_root_thread_that_ends_however_ends_the_process",
    ),
    (
        "writes that are refused for ever, while versions are deleted",
        "let go at the deadline",
        "tests/api/test_never_stuck.py::test_a_deletion_that_cannot_be_drained_is_let_go_after_the_deadline",
    ),
    (
        "lint: 2024 and on as keys, typed lists, JSON one after the other, unknown tags",
        "read as kubectl reads them",
        "tests/charts/test_kubectl_reads.py::test_kubectl_reads_what_lint_reads_in_the_same_way",
    ),
    (
        "lint: nothing at all is given",
        "exit code 2",
        "tests/unit/cli/test_lint.py::test_input_without_any_object_exits_with_2",
    ),
    (
        "lint: objects that name no namespace",
        "--namespace says which",
        "tests/unit/cli/test_lint.py::test_a_namespace_is_where_objects_are_that_name_none",
    ),
    (
        "condition: teal.enabled of an umbrella chart",
        "taken",
        "tests/charts/test_umbrella.py::test_a_parent_chart_switches_each_on_and_off",
    ),
    (
        "Iter8's own values file",
        "taken",
        "tests/charts/test_routing_checks.py::test_iter8s_own_values_file_is_taken_as_it_is",
    ),
    (
        "a value that admission would refuse",
        "refused when it is rendered",
        (
            "tests/charts/test_routing_checks.py::"
            "test_a_value_is_refused_at_render_exactly_if_admission_would_refuse_it"
        ),
    ),
    (
        "the commands of NOTES",
        "work as printed",
        "tests/api/test_printed_commands.py::test_every_command_that_the_chart_routing_actions_prints_works",
    ),
    (
        "Kustomize's namePrefix",
        "versions follow",
        "tests/charts/test_kustomize.py::test_versions_are_renamed_as_their_deployments_and_services_are",
    ),
    (
        "generateName",
        "hosts once it has a name",
        (
            "tests/unit/webhook/test_admission.py::"
            "test_a_routemap_whose_name_is_still_to_be_made_gets_its_hosts_when_it_has_one"
        ),
    ),
    (
        "a cluster domain other than cluster.local",
        "routed",
        "tests/api/test_domain_routed.py",
    ),
)


@pytest.mark.parametrize(("what", "right", "where"), REPLAYS, ids=lambda value: value)
def test_every_replay_is_kept(what: str, right: str, where: str) -> None:
    kind, _, name = where.partition(" ")
    if kind == "scenario":
        [played] = [each for each in ALL if each.name == name]
        assert played.compared == right.startswith("counted"), what
    elif kind == "scene":
        source = (ROOT / "tests" / "api" / "bringing_about.py").read_text("utf-8")
        assert re.search(rf"Scene\(\s*{name},[^)]*\"{right}\"", source), what
    else:
        path, _, test = where.partition("::")
        assert f"def {test}" in (ROOT / path).read_text("utf-8"), what

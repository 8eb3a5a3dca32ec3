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
    ("no Service of the application's name", "HostNotFound", "scene the_applications_service_goes"),
    ("hosts: [web.a] from namespace b", "refused", "tests/unit/routing/examples.py"),
    ("a write that a policy refuses with 422", "WriteRefused", "scene a_policy_refuses_the_route"),
    ("several ports, targetPort by name, appProtocol", "split", "scenario ports"),
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

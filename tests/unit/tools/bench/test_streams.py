"""What is told of streams is counted, and what a drain should have kept is found."""

from __future__ import annotations

import pytest

from routing.deciding.protocols import unlike
from routing.reading.parse import parse_routemap
from routing.rules.review import Review
from routing.rules.rulebook import review
from tools.bench.streams.__main__ import ASK, HELD
from tools.bench.streams.manifests import (
    APP,
    ASKING,
    CANDIDATE,
    CLIENTS,
    GATEWAY,
    PRIMARY,
    SERVER,
    routemap,
    speaking,
    version,
)
from tools.bench.streams.protocols import CASES, PORTS, Case
from tools.bench.streams.told import SPLIT, Account, Told, parse, summed, unfair

CUT = Told(107.5, "ws", 3, "cut", CANDIDATE, "code 1001")


def account(*lines: str) -> Account:
    told = Account()
    for line in lines:
        told.add(line)
    return told


def test_a_line_tells_when_what_happened_at_which_version_and_by_whom() -> None:
    assert parse("107.500 ws 3 cut streams-1 code 1001\n") == CUT
    assert parse("1.000 ask 7 answered streams-0 \n") == Told(1.0, "ask", 7, "answered", PRIMARY)


@pytest.mark.parametrize(
    "line", ["", "error: no such container", "x ws 3 cut streams-1 end", "1.0 ws 3 shut streams-1 end"]
)
def test_what_is_no_client_s_is_kept_as_it_is(line: str) -> None:
    assert parse(line) is None
    assert account(line).other == [line]


def test_a_stream_is_held_from_its_opening_until_it_is_cut() -> None:
    told = account("1.0 ws 3 opened streams-1 ", "1.0 ws 4 opened streams-0 ", "1.1 grpc 3 opened streams-0 ")
    assert told.at() == {"ws": {CANDIDATE: 1, PRIMARY: 1}, "grpc": {PRIMARY: 1}}
    told.add("107.500 ws 3 cut streams-1 code 1001")
    assert told.at() == {"ws": {PRIMARY: 1}, "grpc": {PRIMARY: 1}}
    assert told.cuts == [CUT]


def test_calls_and_openings_that_fail_are_told_apart_from_those_answered() -> None:
    told = account(
        "1.0 ask 1 answered streams-0 ", "1.0 ask 2 failed - UNAVAILABLE: x", "1.0 ws 1 failed - end"
    )
    assert [each.number for each in told.answered] == [1]
    assert [(each.kind, each.words) for each in told.failed] == [("ask", "UNAVAILABLE: x"), ("ws", "end")]


def test_a_cut_is_fair_at_the_version_that_leaves_when_its_drain_is_over() -> None:
    assert unfair([CUT], CANDIDATE, 107.5) == []


@pytest.mark.parametrize(("leaving", "since", "late"), [(CANDIDATE, 108.0, "-0.5"), (PRIMARY, 107.0, "+0.5")])
def test_a_cut_is_unfair_at_another_version_and_before_the_drain_is_over(
    leaving: str, since: float, late: str
) -> None:
    assert unfair([CUT], leaving, since) == [
        f"ws 3 at streams-1 was cut {late} s from the drain's end: code 1001"
    ]


def test_cuts_are_summed_up_by_kind_and_by_who_ended_them() -> None:
    cuts = [
        CUT,
        Told(108.0, "ws", 4, "cut", CANDIDATE, "code 1001"),
        Told(109, "tcp", 1, "cut", CANDIDATE, "end"),
    ]
    assert summed(cuts, 100.0) == [
        "1 tcp at streams-1, 9.0 to 9.0 s: end",
        "2 ws at streams-1, 7.5 to 8.0 s: code 1001",
    ]


@pytest.mark.parametrize(("router", "protocol"), HELD)
def test_admission_takes_the_application(router: str, protocol: str) -> None:
    map_ = routemap(router, protocol=protocol)
    map_["metadata"]["namespace"] = "default"
    for manifest in (map_, *version(CANDIDATE, 0), *version(PRIMARY, 10)):
        assert review(Review("CREATE", manifest)).violations == ()


def test_what_is_asked_beside_is_what_is_split() -> None:
    for router, protocol in HELD:
        assert {"ask", ASK[protocol]} <= {*SPLIT[protocol]}
        assert ASK[protocol] in HELD[router, protocol]


@pytest.mark.parametrize("program", [SERVER, CLIENTS])
def test_what_runs_in_pods_is_a_program(program: str) -> None:
    compile(program, "program", "exec")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_told_of_protocols_is_what_calls_are_sent_to_show(case: Case) -> None:
    gateways = [GATEWAY, "mesh"] if case.by_gateway else ["mesh"]
    port = PORTS[case.kind]
    said = dict(zip((APP, PRIMARY, CANDIDATE), case.said, strict=True))
    services = {name: speaking(name, port, word) for name, word in said.items()}
    manifest = routemap(case.router, port=port, gateways=gateways)
    manifest["metadata"]["namespace"] = "default"
    assert any(unlike(parse_routemap(manifest), services)) == case.told


def test_the_client_that_asks_is_python() -> None:
    compile(ASKING, "ask.py", "exec")

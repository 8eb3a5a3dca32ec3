"""Which requests were good, by the statuses that metrics tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.asking.statuses import STATUSES, Judged, good, judged

BY, CODE = ("service",), "code"


def count(number: float, code: str = "", call: str = "", service: str = "a") -> tuple[dict[str, str], float]:
    told = {"service": service, "code": code, "grpc": call}
    return {label: value for label, value in told.items() if value}, number


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *(("200", True), ("101", True), ("301", True), ("404", True), ("499", True), ("500", False)),
        *(("503", False), ("599", False), ("0", False), ("", False), ("x", False), ("-200", False)),
    ],
)
def test_answers_below_500_are_good_and_none_is_not(status: str, expected: bool) -> None:  # noqa: FBT001
    assert good({CODE: status}, CODE) == expected


def test_the_faults_of_a_server_by_grpcs_status_are_those_with_an_http_status_of_500_and_above() -> None:
    """OpenTelemetry's conventions for a server name the same."""
    assert {status for status in STATUSES if not good({CODE: "200", "grpc": f"{status}/-"}, CODE)} == {
        *("2", "4", "12", "13", "14", "15")
    }


def test_a_call_that_never_came_to_a_version_is_not_good() -> None:
    assert not good({CODE: "200", "grpc": "14/UH"}, CODE)
    assert not good({CODE: "503", "grpc": "0/-"}, CODE)


@pytest.mark.parametrize("flags", ["DC", "DR", "DC,UR"])
def test_a_stream_that_its_client_ends_is_good_and_one_that_breaks_off_is_not(flags: str) -> None:
    assert good({CODE: "200", "grpc": f"2/{flags}"}, CODE)
    for other in ("UC", "UR", "-", "", "UDC"):
        assert not good({CODE: "200", "grpc": f"2/{other}"}, CODE)
    assert not good({CODE: "200", "grpc": f"14/{flags}"}, CODE), "a status that was told"
    assert not good({CODE: "0", "grpc": f"2/{flags}"}, CODE), "before any answer"


def test_calls_are_judged_by_grpcs_status_beside_https() -> None:
    told = [count(90, "200", "0/-"), count(5, "200", "14/-"), count(3, "200", "5/-"), count(2, "503")]
    assert judged(told, BY, CODE) == Judged(93, 100, 98)


def test_a_failure_that_both_statuses_tell_of_counts_once() -> None:
    """Envoy's own answer to a call for nobody: 503 of the cluster, and UNAVAILABLE of the call."""
    told = [count(80, "200"), count(20, "503"), count(70, call="0"), count(30, call="14")]
    assert judged(told, BY, CODE) == Judged(70, 100, 100)


def test_a_port_of_calls_does_not_hide_the_failures_of_another_port() -> None:
    told = [count(90, "200"), count(10, "503"), count(90, "200", service="b")]
    told += [count(80, call="0", service="b"), count(10, call="13", service="b")]
    assert judged(told, BY, CODE) == Judged(170, 190, 90)


def test_streams_that_were_counted_when_they_began_may_fail_later() -> None:
    assert judged([count(1, "200"), count(3, call="14")], BY, CODE) == Judged(0, 1, 3)


def test_nothing_counted_is_nothing() -> None:
    assert judged([], BY, CODE) == Judged()


COUNTED = st.lists(
    st.builds(
        count,
        st.integers(0, 1000),
        st.sampled_from(["", "0", "200", "404", "503"]),
        st.sampled_from(["", "/-", *(f"{status}/-" for status in STATUSES), *STATUSES]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=30,
)


@given(COUNTED)
def test_of_all_requests_a_part_is_good(told: list[tuple[dict[str, str], float]]) -> None:
    found = judged(told, BY, CODE)
    assert 0 <= found.good <= found.total

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from tools.demo.answers import Answer, Tally
from tools.demo.summary import Effect, Results, clients_table, effects_table, failure_lines, verdict

VERSIONS = ("httpbin-0", "httpbin-1")
HALVES = {"httpbin-0": 50, "httpbin-1": 50}


def tally(counts: dict[str, int], begin: float = 0.0, status: int = 200) -> Tally:
    """Return a tally of requests that were sent 10 ms apart."""
    made, at = Tally(), begin
    for version, count in counts.items():
        for _ in range(count):
            made.add(Answer(at, 0.004, status, version, ""))
            at += 0.01
    return made


def printed(table: object) -> list[str]:
    console = Console(file=StringIO(), width=120, color_system=None)
    console.print(table)
    assert isinstance(console.file, StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_the_verdict_of_a_good_play() -> None:
    results = Results(tallies={"inside": tally({"httpbin-0": 10}), "outside": tally({"httpbin-1": 5})})
    assert verdict(results) == "15 requests, none failed."


def test_the_verdict_tells_how_many_failed() -> None:
    results = Results(tallies={"inside": tally({"httpbin-0": 190}), "outside": tally({"-": 10}, status=503)})
    assert verdict(results) == "200 requests, 10 failed (5 %)."


def test_the_verdict_tells_apart_what_the_bad_candidate_failed_itself() -> None:
    bad = Tally(bad="httpbin-1")
    for status in (200, 500, 500):
        bad.add(Answer(0.0, 0.1, status, "httpbin-1", ""))
    results = Results(tallies={"inside": bad, "outside": tally({"httpbin-0": 5})})
    assert verdict(results) == (
        "8 requests, none failed; 2 more were failed by the bad candidate itself, until it was found out."
    )
    assert results.failures == []


def test_a_split_that_teal_changes_by_itself_ends_when_it_does() -> None:
    effects = [
        Effect("Deploy", HALVES, 0.0, 1.0, 1.0),
        Effect("Wait", {"httpbin-0": 100}, 4.0, 3.0, 7.0, began=7.0),
    ]
    results = Results(effects, tallies={"inside": tally({"httpbin-0": 1000})})
    assert results.answers(0) == {"httpbin-0": 400}  # from 1 + 2 s to 7 s


def test_answers_count_once_the_proxies_have_heard_and_until_the_next_command() -> None:
    results = Results(
        effects=[Effect("a", HALVES, 0.0, 1.0, 1.0), Effect("b", {"httpbin-0": 100}, 5.0)],
        tallies={"inside": tally({"httpbin-0": 1000})},
    )
    assert results.answers(0) == {"httpbin-0": 200}  # sent from 1 + 2 s to 5 s, 100 a second
    assert results.answers(1) == {}  # never right


def test_shares_that_chance_does_not_explain_are_told() -> None:
    effect = Effect("Deploy a candidate", HALVES, 0.0, 0.5, -2.0)
    results = Results(effects=[effect], tallies={"inside": tally({"httpbin-0": 300, "httpbin-1": 100})})
    assert results.shares_off() == [
        "After “Deploy a candidate”, httpbin-0 answered 75.0 % of 400 requests; its weight is 50 %.",
        "After “Deploy a candidate”, httpbin-1 answered 25.0 % of 400 requests; its weight is 50 %.",
    ]


def test_requests_and_failures_since_a_time() -> None:
    good, bad = tally({"httpbin-0": 10}, begin=1.0), tally({"-": 2}, begin=0.995, status=503)
    assert Results(tallies={"inside": good, "outside": bad}).since(1.0) == (11, 1)


def test_clients_beside_each_other() -> None:
    results = Results(tallies={"inside": tally({"httpbin-0": 3, "httpbin-1": 1})})
    header, _, row = printed(clients_table(results, VERSIONS))
    assert header == "requests failed httpbin-0 httpbin-1 median 99 % in"
    assert row == "inside 4 0 3 1 4 ms 4 ms"


def test_shares_stand_beside_weights_with_what_chance_allows() -> None:
    results = Results(
        effects=[
            Effect("Modify the weights", {"httpbin-0": 20, "httpbin-1": 80}, 10.0, 0.3, 10.25),
            Effect("Delete the routing", {}, 30.0, 0.4, None),
        ],
        tallies={"inside": tally({"httpbin-0": 84, "httpbin-1": 316}, begin=12.25)},
    )
    header, _, first, second = printed(effects_table(results, VERSIONS, wide=True))
    assert header == "right after took weights answered ± chance requests"
    assert first == "Modify the weights 0.25 s 0.3 s 20 : 80 21.0 : 79.0 ± 4.0 400"
    assert second == "Delete the routing never 0.4 s - - -"


def test_without_traffic_there_is_no_column_for_it() -> None:
    table = effects_table(Results(effects=[Effect("a", HALVES, 1.0, 0.5, 1.5)]), VERSIONS, wide=True)
    assert printed(table)[0] == "right after took weights"


def test_each_failure_is_told_with_the_step_in_which_it_was_sent() -> None:
    results = Results(
        entered=[(0.0, "Deploy a candidate"), (10.0, "Modify the weights")],
        tallies={"outside": tally({"httpbin-1": 1}, begin=11.5, status=503)},
    )
    (line,) = failure_lines(results, 0.0)
    assert line.endswith(":11.500, 1.5 s into “Modify the weights”, outside: status 503, httpbin-1")


@pytest.mark.parametrize(("failures", "lines", "last"), [(10, 10, "status 503"), (12, 11, "… and 2 more")])
def test_ten_failures_are_listed_and_the_rest_counted(failures: int, lines: int, last: str) -> None:
    results = Results(entered=[(0.0, "a")], tallies={"inside": tally({"-": failures}, status=503)})
    told = list(failure_lines(results, 0.0))
    assert len(told) == lines
    assert last in told[-1]


def test_a_narrow_terminal_shows_shares_rather_than_how_many() -> None:
    results = Results([Effect("a", HALVES, 1.0, 0.5, 1.5)], tallies={"inside": tally({})})
    assert printed(effects_table(results, VERSIONS, wide=False))[0].endswith("answered ± chance")

"""Counts by a real Prometheus, from series of Istio's and Envoy's own names: exact, whatever a proxy does.

Proxies are read every 15 s, three seconds after an interval's end; what they counted is written as
Prometheus' past. Steps begin at BEGIN, so what is counted begins at BEGIN + 30.
"""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

import pytest

from reconciler.asking import promql
from reconciler.asking.asker import Asker, Sources
from reconciler.asking.presets import ENVOY, ISTIO, preset
from reconciler.asking.prometheus import Place, Prometheus
from reconciler.asking.readings import NoAnswerError
from reconciler.asking.tallies import Grid
from reconciler.serving.metrics import Metrics
from routing.stepping.rollout import Answer, Check, Counts, Measure, Question, Unknown
from tests.contracts.evidence import CONTRACT
from tests.contracts.evidence import Place as Known
from tests.prometheus.real import Past, prometheus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from reconciler.watching.mentions import RoutemapKey

SECONDS = 15
BEGIN = (int(time.time()) - 7200) // SECONDS * SECONDS + 1
FIRST = BEGIN - 1 + 2 * SECONDS
"""Where counting begins; what is read last before that is read at FIRST - 12."""
SUCCESS = Check("success", Measure.SUCCESS, least=99.0)


def istio(version: str, status: int) -> str:
    return (
        f'istio_requests_total{{reporter="source",destination_service_namespace="shop",'
        f'destination_service_name="{version}",response_code="{status}"}}'
    )


def envoy(version: str, status: int) -> str:
    cluster = f"outbound|80||{version}.shop.svc.cluster.local"
    return f'envoy_cluster_upstream_rq{{cluster_name="{cluster}",response_code="{status}"}}'


def istio_call(version: str, status: str, flags: str = "-", code: int = 200) -> str:
    """Return the series of gRPC's calls: Istio gives all others an empty status, which is none."""
    told = f'grpc_response_status="{status}",response_flags="{flags}",request_protocol="grpc"'
    return istio(version, code).replace("}", f",{told}}}")


def envoy_call(version: str, status: int) -> str:
    return f'envoy_cluster_grpc_{status}{{cluster_name="outbound|80||{version}.shop.svc.cluster.local"}}'


def within(version: str, limit: str) -> str:
    return (
        f'istio_request_duration_milliseconds_bucket{{reporter="source",destination_service_namespace="shop",'
        f'destination_service_name="{version}",le="{limit}"}}'
    )


def gotten(series: str) -> str:
    """Return a series as the sidecar tells it that gets the requests."""
    return series.replace('reporter="source"', 'reporter="destination"')


def readings(past: Past, target: str, told: Mapping[str, Mapping[int, float]], rounds: int = 12) -> None:
    """Have a target read `rounds` times, from a minute before FIRST on.

    `told`: what each series says from a round on (0: at FIRST + 3), until it says something else; a negative
    number ends it.
    """
    for each in range(-4, rounds):
        counters = {}
        for name, changes in told.items():
            since = [begin for begin in changes if begin <= each]
            if since and changes[max(since)] >= 0:
                counters[name] = changes[max(since)]
        past.read(target, FIRST + each * SECONDS + 3, counters)


class Scene:
    """A Prometheus with a past, asked at moments that the test chooses."""

    def __init__(self, url: str, which: str = ISTIO) -> None:
        self.now = 0.0
        source = Prometheus(Place(url))
        self._asker: Asker[str] = Asker(
            Sources(source, preset(which), source), Grid(SECONDS), Metrics(), lambda: 0.0, lambda: self.now
        )

    def after(self, intervals: int, *questions: Question) -> list[Answer]:
        """Return what is answered when so many intervals have been counted."""
        self.now = FIRST + intervals * SECONDS + 11.0
        self._asker.answers("key", questions)
        self._asker.once(lambda _: None)
        told = self._asker.answers("key", questions)
        return [told[question] for question in questions]


def of(version: str, check: Check = SUCCESS, *, copies: bool = False, grpc: bool = False) -> Question:
    return Question(check, "shop", version, float(BEGIN), copies, grpc)


LATENCY = Check("slow", Measure.LATENCY, least=99.0, under_ms=250)
BETWEEN = Check("between", Measure.LATENCY, least=99.0, under_ms=300)


def _past() -> Past:
    """Return the past of one Prometheus with a version for each test."""
    past = Past()
    steady = {-4: 1000, 0: 1010, 1: 1020, 2: 1030, 3: 1040, 4: 1050}
    readings(past, "one:15020", {istio("steady", 200): steady, envoy("steady", 200): steady})
    readings(past, "two:15020", {istio("steady", 200): {-4: 5, 2: 7}, envoy("steady", 404): {-4: 5, 2: 7}})
    # Errors that begin in the second interval, with 7 at once: there was no such counter before.
    readings(past, "a:1", {istio("failing", 200): {-4: 500, 0: 520}, istio("failing", 503): {1: 7, 3: 9}})
    # A sidecar that starts again at 3, with the same name.
    readings(past, "b:1", {istio("restarted", 200): {-4: 100, 1: 130, 3: 4, 4: 10}})
    # Two readings fail (up is 0), and four are missing; what was counted meanwhile is counted after.
    for each in range(-4, 12):
        moment = FIRST + each * SECONDS + 3
        if each in (2, 3):
            past.failed("c:1", moment)
        elif each not in (5, 6, 7, 8):
            past.read("c:1", moment, {istio("gaps", 200): 100 + 10 * each})
    # A client that goes at 3, and one that comes at 4 with what it has counted since yesterday.
    readings(past, "d:1", {istio("coming", 200): {-4: 50, 0: 60, 3: -1}}, 3)
    for each in range(4, 12):
        past.read("e:1", FIRST + each * SECONDS + 3, {istio("coming", 200): 10_000 + 10 * (each - 4)})
    # Nothing was known of any target before the fourth interval, as after Prometheus has lost its disk.
    for each in range(4, 12):
        past.read(
            "f:1", FIRST + each * SECONDS + 3, {istio("lost", 200): 1e6 + each, istio("lost", 500): 1e3}
        )
    buckets = {
        within("slow", "250"): {-4: 10, 1: 18},
        within("slow", "500.0"): {-4: 10, 1: 19},
        within("slow", "+Inf"): {-4: 10, 1: 20},
    }
    readings(past, "g:1", buckets)
    for each in range(-4, 12):
        summed = {istio("summed", 200): float(each + 4 if each < 5 else each - 3), istio("summed", 500): 1.0}
        past.summed(FIRST + each * SECONDS + 3, summed if each > 1 else {istio("summed", 200): each + 4.0})
    for server in ("destination", "waypoint"):
        readings(past, "h:1", {istio("steady", 200).replace("source", server): {-4: 0, 1: 999}})
    readings(past, "i:1", {istio("ended", 200): {-4: 90, 1: 97, 2: -1}})
    # Copies are told by who gets them, and by nobody else; all other requests by both sides.
    asks = {istio("original", 200): {-4: 50, 1: 90}, istio("original", 503): {-4: 0, 1: 3}}
    readings(past, "j:1", asks)
    gets = {gotten(istio("original", 200)): {-4: 50, 1: 90}}
    readings(past, "k:1", gets)
    gets = {gotten(istio("copied", 200)): {-4: 5, 1: 21}, gotten(istio("copied", 500)): {-4: 0, 1: 4}}
    gets |= {
        gotten(within("copied", limit)): {-4: 5, 1: after} for limit, after in (("250", 23), ("+Inf", 25))
    }
    readings(past, "l:1", gets)
    _calls(past)
    return past


def _calls(past: Past) -> None:
    """Add the past of versions that are called by gRPC: HTTP's status is 200, whatever comes of a call."""
    named = {
        # 30 calls, 7 of them failed: the version told of 4, its clients' proxies of 2, and one broke off.
        istio_call("called", "0"): {-4: 50, 1: 70},
        istio_call("called", "5"): {-4: 0, 1: 3},
        istio_call("called", "14"): {1: 4},
        istio_call("called", "14", "UH"): {1: 2},
        istio_call("called", "2", "UC"): {1: 1},
        # Streams without a status: their clients have ended them. And other requests, of a version beside.
        istio_call("watched", "2", "DC"): {-4: 0, 1: 8},
        istio_call("watched", "2", "DR"): {-4: 0, 1: 9},
        istio("beside", 200).replace("}", ',grpc_response_status="",response_flags="-"}'): {-4: 0, 1: 10},
        istio("beside", 503).replace("}", ',grpc_response_status="",response_flags="UF"}'): {1: 1},
        # Proxies that were told to leave gRPC's status out.
        istio("unheard", 200).replace("}", ',request_protocol="grpc"}'): {-4: 0, 1: 10},
        istio("broken", 503).replace("}", ',request_protocol="grpc"}'): {-4: 0, 1: 10},
    }
    readings(past, "m:1", named)
    # Of the called 28 answers have 200, and to 2 calls Envoy itself said 503, and UNAVAILABLE.
    by_cluster = {
        envoy("called", 200): {-4: 50, 1: 78},
        envoy("called", 503): {1: 2},
        envoy_call("called", 0): {-4: 50, 1: 70},
        envoy_call("called", 5): {-4: 0, 1: 3},
        envoy_call("called", 14): {1: 6},
        envoy_call("called", 13): {1: 1},
        envoy("unheard", 200): {-4: 0, 1: 10},
        envoy("broken", 503): {-4: 0, 1: 10},
    }
    readings(past, "n:1", by_cluster)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prometheus(tmp_path_factory.mktemp("prometheus"), _past()) as running:
        yield running


@pytest.mark.parametrize("which", [ISTIO, ENVOY])
def test_requests_of_several_sidecars_add_up_from_the_step_on(url: str, which: str) -> None:
    scene = Scene(url, which)
    assert scene.after(1, of("steady")) == [Counts(10, 10)]
    assert scene.after(3, of("steady")) == [Counts(32, 32)]
    assert scene.after(8, of("steady")) == [Counts(52, 52)]


@pytest.mark.parametrize("which", [ISTIO, ENVOY])
def test_calls_of_grpc_count_by_their_own_status(url: str, which: str) -> None:
    assert Scene(url, which).after(3, of("called"), of("called", grpc=True)) == [Counts(23, 30)] * 2


def test_streams_that_their_clients_end_are_good_and_other_requests_count_as_ever(url: str) -> None:
    assert Scene(url).after(3, of("watched", grpc=True), of("beside")) == [Counts(17, 17), Counts(10, 11)]


@pytest.mark.parametrize("which", [ISTIO, ENVOY])
def test_calls_whose_status_nobody_tells_are_not_taken_for_good_ones(url: str, which: str) -> None:
    silent, failed, none = Scene(url, which).after(3, *(of(name, grpc=True) for name in UNTOLD))
    assert isinstance(silent, Unknown)
    assert silent.reason.startswith(
        "these are calls of gRPC, which fail with HTTP status 200, and Prometheus"
    )
    assert (failed, none) == (Counts(0, 10), Counts(0, 0)), "what has failed is known to have"


UNTOLD = ("unheard", "broken", "nobody")


def test_a_versions_first_errors_are_counted_all(url: str) -> None:
    scene = Scene(url)
    assert scene.after(1, of("failing")) == [Counts(20, 20)]
    assert scene.after(2, of("failing")) == [Counts(20, 27)]
    assert scene.after(6, of("failing")) == [Counts(20, 29)]


def test_a_sidecar_that_starts_again_goes_on_from_nothing(url: str) -> None:
    scene = Scene(url)
    assert scene.after(3, of("restarted")) == [Counts(30, 30)]
    assert scene.after(5, of("restarted")) == [Counts(40, 40)]


def test_a_gap_neither_loses_nor_repeats_requests(url: str) -> None:
    scene = Scene(url)
    assert scene.after(2, of("gaps")) == [Counts(20, 20)]
    assert scene.after(4, of("gaps")) == [Counts(20, 20)]
    assert scene.after(12, of("gaps")) == [Counts(120, 120)]


def test_what_a_client_has_counted_before_prometheus_knew_it_is_left_out(url: str) -> None:
    scene = Scene(url)
    assert scene.after(5, of("coming")) == [Counts(10, 10)]
    assert scene.after(12, of("coming")) == [Counts(80, 80)]


def test_a_prometheus_that_has_lost_its_memory_invents_no_requests(url: str) -> None:
    assert Scene(url).after(12, of("lost")) == [Counts(7, 7)]


def test_the_last_requests_of_a_series_that_ends_are_counted_once(url: str) -> None:
    scene = Scene(url)
    assert [scene.after(each, of("ended"))[0] for each in (1, 2, 3, 12)] == [
        Counts(0, 0),
        *[Counts(7, 7)] * 3,
    ]


def test_series_without_a_target_are_counted_but_for_their_first_requests(url: str) -> None:
    assert Scene(url).after(12, of("summed")) == [Counts(5 + 8, 5 + 8)]


def test_a_new_leader_counts_the_same(url: str) -> None:
    versions = [of(name) for name in ("steady", "failing", "restarted", "gaps", "coming", "lost", "ended")]
    old = Scene(url)
    for each in range(1, 12):
        old.after(each, *versions)
    assert Scene(url).after(12, *versions) == old.after(12, *versions)


def test_answers_within_a_limit_are_counted_by_bucket_however_it_is_written(url: str) -> None:
    half = Check("half", Measure.LATENCY, least=99.0, under_ms=500)
    assert Scene(url).after(3, of("slow", LATENCY), of("slow", half)) == [Counts(8, 10), Counts(9, 10)]


def test_copies_are_counted_by_who_gets_them_and_what_they_are_compared_with_too(url: str) -> None:
    """Requests and copies are asked for beside each other, and each is counted as its own."""
    scene = Scene(url)
    asked = [of("copied"), of("original"), of("copied", LATENCY)]
    copies = [of("copied", copies=True), of("original", copies=True), of("copied", LATENCY, copies=True)]
    assert scene.after(3, *asked, *copies) == [
        *(Counts(0, 0), Counts(40, 43), Counts(0, 0)),
        *(Counts(16, 20), Counts(40, 40), Counts(18, 20)),
    ]


def test_a_limit_between_two_buckets_is_told(url: str) -> None:
    (told,) = Scene(url).after(3, of("slow", BETWEEN))
    assert isinstance(told, Unknown)
    assert told.reason.startswith("Prometheus has no bucket of 300 ms")


def test_a_version_that_nobody_calls_has_no_requests(url: str) -> None:
    assert Scene(url).after(3, of("nobody")) == [Counts(0, 0)]


def test_users_own_queries_count_since_the_step_began(url: str) -> None:
    series = 'istio_requests_total{destination_service_name="$version",response_code="200"}'
    good = f"sum(increase({series}[$window]))"
    total = good.replace(',response_code="200"', "")
    (told,) = Scene(url).after(6, of("failing", Check("own", Measure.QUERY, 99.0, good=good, total=total)))
    assert isinstance(told, Counts)
    assert told.good == pytest.approx(20, rel=0.2), "extrapolated, as increase does"
    assert told.total < 29, "of the first errors increase sees none"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("up", "the query has"),
        ("sum(no_such_metric)", "the query has no result: its metric or its labels match nothing"),
        ("vector(0)/0", "the query results in nan, which is no count"),
        ('"text"', "the query results in a string; a number is wanted, or one series"),
        ("up[5m]", "the query results in a matrix; a number is wanted, or one series"),
        ("sum(", "Prometheus refused the query (invalid parameter"),
    ],
)
def test_users_queries_that_say_no_number_are_told(url: str, query: str, reason: str) -> None:
    own = Check("own", Measure.QUERY, 99.0, good=query, total=query)
    (told,) = Scene(url).after(6, of("steady", own))
    assert isinstance(told, Unknown)
    assert told.reason.startswith(reason)


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda rule: rule.__name__)
def test_a_real_prometheus_keeps_the_contract_of_evidence(url: str, holds: Callable[[Known], None]) -> None:
    now = FIRST + 6 * SECONDS + 11.0
    source = Prometheus(Place(url))
    asker: Asker[RoutemapKey] = Asker(
        Sources(source, preset(ISTIO), source), Grid(SECONDS), Metrics(), lambda: 0.0, lambda: now
    )
    nonsense = of("failing", Check("own", Measure.QUERY, 99.0, good="sum(", total="1"))

    def settle() -> None:
        asker.once(lambda _: None)

    holds(Known(asker, settle, of("failing"), nonsense))


ODD = ['a"b', "a\\b", 'x"} or up{a="', "a\nb", "a.b|c", "\u00e9\u2028", "^$", "(?i)a", "a'b`c", "\\"]


@pytest.mark.parametrize("name", ODD)
def test_prometheus_reads_each_name_as_that_name_and_as_nothing_else(url: str, name: str) -> None:
    """As a literal, which label_replace writes, and as a regular expression, by which it is found."""
    text, pattern = promql.quoted(name.replace("$", "$$")), promql.quoted(promql.one_of([name]))
    made = f'label_replace(vector(1), "made", {text}, "", "")'
    (found,) = Prometheus(Place(url)).growth(
        f'label_replace({made}, "found", "yes", "made", {pattern})', FIRST, FIRST, 1
    )
    assert found.labels == {"made": name, "found": "yes"}


def test_a_query_of_a_thousand_versions_is_taken(url: str) -> None:
    scene = Scene(url)
    questions = [of(f"version-with-a-long-name-{each}") for each in range(1000)]
    assert scene.after(3, *questions, of("steady"))[-1] == Counts(32, 32)


def test_random_lives_of_sidecars_are_counted_as_they_were(tmp_path: Path) -> None:
    """Requests, errors, restarts, failed readings: what is counted is what grew between two readings."""
    chance, past = Random(7), Past()  # noqa: S311 - for tests
    for sidecar in range(20):
        counters = {200: chance.randrange(1000), 503: 0}
        for each in range(-4, 40):
            if chance.random() < 0.05:
                counters = {200: 0, 503: 0}
            grown = {200: chance.randrange(20), 503: chance.choice([0, 0, 0, 1])}
            lost = each > -4 and chance.random() < 0.1
            counters = {status: counters[status] + grown[status] for status in counters}
            if lost:
                past.failed(f"s{sidecar}:1", FIRST + each * SECONDS + 3)
                continue
            told = {istio("v", status): value for status, value in counters.items() if value}
            past.read(f"s{sidecar}:1", FIRST + each * SECONDS + 3, told)
    with prometheus(tmp_path, past) as url:
        scene = Scene(url)
        for each in range(1, 40, 3):
            scene.after(each, of("v"))
        assert scene.after(40, of("v")) == [counted_by_hand(past)]


def counted_by_hand(past: Past) -> Counts:
    """Return what grew between readings from FIRST on: after a fall all that is there."""
    sums = {"200": 0.0, "503": 0.0}
    for name, found in past.series.items():
        for status in sums:
            if f'response_code="{status}"' in name:
                before = 0.0
                for moment, value in found:
                    if moment > FIRST:
                        sums[status] += value - before if value >= before else value
                    before = value
    return Counts(sums["200"], sums["200"] + sums["503"])


def test_a_prometheus_that_is_away_is_told(tmp_path: Path) -> None:
    with prometheus(tmp_path) as url:
        pass
    with pytest.raises(NoAnswerError, match=r"^Prometheus is out of reach: "):
        Prometheus(Place(url)).number("up", 1.0, "shop")

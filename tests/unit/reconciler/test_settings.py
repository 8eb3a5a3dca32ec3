"""What a process of the reconciler is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from certs.lifecycle import Lifetimes
from reconciler.asking.prometheus import Place, header
from reconciler.notifying import receiver
from reconciler.notifying.bodies import Form
from reconciler.settings import Asking, Notifying, parse
from routing.reading.defaults import DEADLINE_SECONDS

LEAST = ["--namespace", "teal-system", "--identity", "teal-1"]


def test_what_is_not_told_has_a_default() -> None:
    given = parse(LEAST)
    assert (given.namespace, given.release, given.identity) == ("teal-system", "teal", "teal-1")
    assert (given.certificates, given.watch_namespace, given.kubeconfig) == (None, None, None)
    assert (given.port, given.patience, given.log_level) == (8080, DEADLINE_SECONDS, "info")
    assert given.lifetimes == Lifetimes()


def test_the_certificate_is_for_the_service_however_it_is_called_and_for_other_names() -> None:
    subject = parse(
        [*LEAST, "--release", "blue", "--serving-name", "a.org", "--serving-name", "b.org"]
    ).subject
    assert subject.names == (
        "blue.teal-system.svc",
        "blue.teal-system",
        "blue.teal-system.svc.cluster.local",
        "a.org",
        "b.org",
    )


def test_all_that_can_be_told() -> None:
    given = parse(
        [
            *LEAST,
            *("--certificates", "/certificates", "--watch-namespace", "shop", "--kubeconfig", "k"),
            *(
                "--authority-lifetime",
                "60",
                "--serving-lifetime",
                "30",
                "--port",
                "1",
                "--log-level",
                "debug",
            ),
            *("--deletion-deadline", "5", "--cluster-domain", "k8s.example"),
        ]
    )
    assert given.domain == "k8s.example"
    assert "teal.teal-system.svc.k8s.example" in given.subject.names
    assert (given.certificates, given.watch_namespace, given.kubeconfig) == (
        Path("/certificates"),
        "shop",
        "k",
    )
    assert given.lifetimes == Lifetimes(timedelta(seconds=60), timedelta(seconds=30))
    assert (given.port, given.log_level, given.patience) == (1, "debug", 5.0)


def test_without_an_address_nobody_is_asked() -> None:
    assert parse(LEAST).asking is None
    assert parse([*LEAST, "--prometheus-url", "", "--prometheus-custom-queries"]).asking is None


def test_with_no_more_than_an_address_istios_metrics_are_asked_for() -> None:
    place = Place("http://prometheus:9090")
    assert parse([*LEAST, "--prometheus-url", place.url]).asking == Asking(place, "istio", 15, None)


def test_all_that_can_be_told_of_prometheus() -> None:
    given = parse(
        [
            *LEAST,
            *("--prometheus-url", "https://mimir/prometheus", "--prometheus-preset", "envoy"),
            *("--prometheus-interval", "30", "--prometheus-timeout", "5", "--prometheus-token", "/t"),
            *("--prometheus-authorities", "/ca", "--prometheus-header", "X-Scope-OrgID: shop"),
            *("--prometheus-custom-queries", "--prometheus-custom-url", "https://proxy"),
        ]
    )
    place = Place("https://mimir/prometheus", 5.0, Path("/t"), Path("/ca"), {"X-Scope-OrgID": "shop"})
    assert given.asking == Asking(place, "envoy", 30, replace(place, url="https://proxy"))


def test_without_an_address_nobody_is_told() -> None:
    assert parse(LEAST).notifying is None
    assert parse([*LEAST, "--notify-url", "", "--notify-form", "slack"]).notifying is None


def test_whom_to_tell_of_rollouts() -> None:
    told = parse([*LEAST, "--notify-url", "https://hooks/teal?a=b"]).notifying
    assert told == Notifying(receiver.Place("https://hooks/teal?a=b"), Form.CLOUD_EVENTS)
    given = parse(
        [
            *LEAST,
            *("--notify-url-file", "/u", "--notify-form", "slack", "--notify-key", "/k"),
            *("--notify-authorities", "/ca", "--notify-timeout", "3"),
        ]
    )
    place = receiver.Place("", Path("/u"), Path("/k"), Path("/ca"), 3.0)
    assert given.notifying == Notifying(place, Form.SLACK)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("hooks:80", "it begins with http:// or https:// and a host"),
        ("http://me:secret@hooks", "credentials are in a Secret, not in it"),
        ("http://hooks/#a", "nothing follows its path"),
    ],
)
def test_what_nothing_can_be_sent_to_is_refused(
    url: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse([*LEAST, "--notify-url", url])
    assert f"argument --notify-url: {url!r} is no address to send to: {reason}" in capsys.readouterr().err


def test_users_own_queries_go_where_all_others_go_if_nothing_else_is_told() -> None:
    given = parse([*LEAST, "--prometheus-url", "http://p", "--prometheus-custom-queries"])
    assert given.asking is not None
    assert given.asking.custom == given.asking.place


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("prometheus:9090", "it begins with http:// or https:// and a host"),
        ("ftp://prometheus", "it begins with http:// or https:// and a host"),
        ("http://", "it begins with http:// or https:// and a host"),
        ("http://p:0", "it begins with http:// or https:// and a host"),
        ("http://p:x", "Port could not be cast to integer value as 'x'"),
        ("http://me:secret@p", "credentials are in a Secret, not in it"),
        ("http://p/?a=b", "nothing follows its path"),
        ("http://p/#a", "nothing follows its path"),
    ],
)
def test_what_is_no_address_of_prometheus_is_refused(
    url: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for flag in ("--prometheus-url", "--prometheus-custom-url"):
        with pytest.raises(SystemExit):
            parse([*LEAST, flag, url])
        assert f"argument {flag}: {url!r} is no address of Prometheus: {reason}" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["X-Scope-OrgID", ": a", "a b: c", "a: b\r\nc: d", "a: \u00e9"])
def test_what_is_no_header_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a header; use NAME: VALUE$"):
        header(text)


@pytest.mark.parametrize("wrong", [[], ["--namespace", "a"], [*LEAST, "--log-level", "loud"]])
def test_a_malformed_command_line_ends_with_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(wrong)
    assert ended.value.code == 2
    assert "usage: python -m reconciler" in capsys.readouterr().err

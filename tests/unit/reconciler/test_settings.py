"""What a process of the reconciler is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from certs.lifecycle import Lifetimes
from reconciler.settings import parse
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


@pytest.mark.parametrize("wrong", [[], ["--namespace", "a"], [*LEAST, "--log-level", "loud"]])
def test_a_malformed_command_line_ends_with_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(wrong)
    assert ended.value.code == 2
    assert "usage: python -m reconciler" in capsys.readouterr().err

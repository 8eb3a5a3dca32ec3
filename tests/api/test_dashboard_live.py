"""`teal dashboard` on a real API server, with exactly the rights that docs/dashboard.md tells of."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml

from cli.rights import RIGHTS
from routing.kinds import ROUTEMAPS
from tests.api.command_rights import account

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cli.rights import Right
    from tests.api.command_line import Bench

pytestmark = pytest.mark.usefixtures("controller")
NEEDS = RIGHTS["dashboard"]
SECONDS = 60.0


@dataclass
class Served:
    """A dashboard that runs."""

    process: subprocess.Popen[str]
    address: str
    told: str
    namespace: str

    def get(self, path: str) -> tuple[int, Any]:
        """Return the status of an answer, and what its JSON says."""
        answer = self._ask(path)
        return answer.status, json.loads(answer.read())

    def stream(self) -> Iterator[dict[str, Any]]:
        """Yield what a page hears."""
        answer = self._ask("api/stream")
        end = time.monotonic() + SECONDS
        while line := answer.readline():
            assert time.monotonic() < end, "what was to come has not come"
            if line.startswith(b"data: "):
                yield json.loads(line.removeprefix(b"data: "))

    def _ask(self, path: str) -> http.client.HTTPResponse:
        at = urlsplit(self.address)
        connection = http.client.HTTPConnection(str(at.hostname), at.port, timeout=SECONDS)
        connection.request("GET", f"{at.path}{path}")
        return connection.getresponse()


@contextmanager
def dashboard(bench: Bench, rights: Sequence[Right], *arguments: str) -> Iterator[Served]:
    """Serve the page as a user does, with these rights in the namespace of the bench."""
    kubeconfig = account(bench.kubectl, bench.stage.namespace, "user", rights, bench.folder)
    config = yaml.safe_load(Path(kubeconfig).read_text("utf-8"))
    config["contexts"][0]["context"]["namespace"] = bench.stage.namespace
    Path(kubeconfig).write_text(yaml.safe_dump(config), "utf-8")
    command = [
        sys.executable,
        "-m",
        "cli",
        "dashboard",
        "--no-open",
        f"--kubeconfig={kubeconfig}",
        *arguments,
    ]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            address, told = process.stdout.readline().strip(), process.stdout.readline().strip()
            yield Served(process, address, told, bench.stage.namespace)
        finally:
            process.send_signal(signal.SIGTERM)


def rows_until(stream: Iterator[dict[str, Any]], split: list[int]) -> dict[str, Any]:
    """Return the row that has this split; it comes, or the stream's timeout ends the test."""
    for message in stream:
        for row in message["rows"]:
            if [version["weight"] for version in row["versions"]] == split:
                found: dict[str, Any] = row
                return found
    raise AssertionError("the stream has ended")


def test_with_the_rights_of_the_page_a_change_arrives_as_it_happens(bench: Bench) -> None:
    with dashboard(bench, NEEDS.needed, f"--namespace={bench.stage.namespace}") as served:
        stream = served.stream()
        row = rows_until(stream, [50, 50])
        assert (row["id"], row["state"]) == (f"{served.namespace}/httpbin", "ready")
        bench.stage.override(20, 80)
        row = rows_until(stream, [20, 80])
        assert row["override"] == "httpbin-0=20 httpbin-1=80"
        bench.stage.delete(ROUTEMAPS, "httpbin")
        assert next(each for each in stream if each["gone"])["gone"] == [f"{served.namespace}/httpbin"]


def test_who_may_not_list_all_namespaces_gets_that_of_the_context(bench: Bench) -> None:
    with dashboard(bench, NEEDS.needed) as served:
        assert served.told == f"Serving until Ctrl-C, of namespace {served.namespace}."
        assert rows_until(served.stream(), [50, 50])["id"] == f"{served.namespace}/httpbin"
        assert served.get("api/about")[1]["namespace"] == served.namespace


def test_with_all_rights_of_the_page_all_details_are_told(bench: Bench) -> None:
    bench.stage.override(20, 80)
    bench.stage.until({"httpbin-0": 20, "httpbin-1": 80}, bench.stage.split)
    bench.stage.until(True, lambda: any("httpbin-0=20" in said for _, said in bench.stage.events()))
    with dashboard(bench, [*NEEDS.needed, *NEEDS.more]) as served:
        rows_until(served.stream(), [20, 80])
        status, told = served.get(f"api/applications/{served.namespace}/httpbin")
        assert (status, told["split"], told["state"]) == (200, "httpbin-0=20 httpbin-1=80", "ready")
        assert "SplitApplied" in [event["reason"] for event in told["events"]]
        what = [change["what"] for change in told["changes"]]
        assert any("WeightOverride httpbin: spec.weights" in each for each in what)
        assert any("Routemap httpbin: " in each for each in what)
        assert told["splits"][-1]["shares"] == [["httpbin-0", 20], ["httpbin-1", 80]]
        assert served.get("api/applications/default/none")[0] in (404, 502)


@pytest.mark.parametrize("right", NEEDS.more)
def test_with_one_right_less_less_is_told_and_said_so(bench: Bench, right: Right) -> None:
    rights = [*NEEDS.needed, *(each for each in NEEDS.more if each != right)]
    with dashboard(bench, rights) as served:
        rows_until(served.stream(), [50, 50])
        status, told = served.get(f"api/applications/{served.namespace}/httpbin")
        if right[1:] == ("routemaps", "get"):
            assert status == 502
            assert 'cannot get resource "routemaps"' in told["error"]
        else:
            assert (status, told["events"] is None) == (200, right[1] == "events")


@pytest.mark.parametrize("right", NEEDS.needed)
def test_without_a_right_that_it_needs_the_page_says_which(bench: Bench, right: Right) -> None:
    rights = [each for each in NEEDS.needed if each != right]
    with dashboard(bench, rights, f"--namespace={bench.stage.namespace}") as served:
        told = next(each["watch"] for each in served.stream() if each["watch"] and each["watch"]["why"])
        assert told["live"] is False
        assert f'cannot {right[2]} resource "routemaps"' in told["why"]
        assert "name a namespace in which it may (-n), or get the right" in told["why"]


def test_teals_health_is_unknown_to_who_may_not_look(bench: Bench) -> None:
    with dashboard(bench, NEEDS.needed) as served:
        status, told = served.get("api/health")
        assert status == 200
        assert [each["judged"] for each in told["verdicts"]] == ["unknown", "unknown"]


def test_it_listens_on_loopback_only_and_ends_when_it_is_told_to(bench: Bench) -> None:
    with dashboard(bench, NEEDS.needed) as served:
        at = urlsplit(served.address)
        assert (at.hostname, len(at.path)) == ("127.0.0.1", 24)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", at.port or 0), timeout=5)
        # An interrupt is ignored by what a shell has started in the background, tests among it.
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(SECONDS) == 0


def test_a_port_that_is_taken_is_said_to_be(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = bench.teal(["dashboard", "--no-open", f"--port={port}"])
    assert (ended.code, ended.out) == (2, "")
    assert (
        ended.err.splitlines()[-1] == f"teal: port {port} of 127.0.0.1 can't be had; name another by --port"
    )

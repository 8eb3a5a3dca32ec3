from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

from tools.demo.clients import PROGRAM, Client, inside


def printing(*lines: str) -> Any:
    """Return a process that prints this and ends."""
    return SimpleNamespace(stdout=io.StringIO("".join(f"{line}\n" for line in lines)))


def test_requests_are_counted_and_what_else_is_said_is_kept() -> None:
    client = Client("inside")
    client.read(
        printing(
            "1.0 0.0 0.1 200 httpbin-0 ",
            "error: container not found",
            "2.0 0.0 0.1 503 - no healthy upstream",
        )
    )
    assert len(client.tally) == 2
    assert [each.error for each in client.tally.failures] == ["no healthy upstream"]
    assert client.complaint == "The load from inside ended early. error: container not found"


def test_an_end_that_was_asked_for_is_no_complaint() -> None:
    client = Client("outside", over=True)
    client.read(printing("1.0 0.0 0.1 200 httpbin-0 "))
    assert client.ended
    assert client.complaint == ""


def test_the_load_in_a_pod_is_one_command_of_kubectl() -> None:
    command = inside(["pod/sleep-1", "-c", "sleep"], "http://httpbin.default/get", "httpbin.default", 25)
    assert command[:6] == ["kubectl", "exec", "--stdin", "pod/sleep-1", "-c", "sleep"]
    assert command[6:] == [
        "--",
        "python3",
        "-c",
        PROGRAM,
        "http://httpbin.default/get",
        "httpbin.default",
        "25",
    ]

"""How steps of a promotion are carried out: what is told, what is tried again, what ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cli.failures import NoError
from cli.promoting import play
from kube.errors import RefusedError, StaleError, UnavailableError
from routing.kinds import DEPLOYMENTS
from routing.promoting.steps import Delete, Do, Done, Step, Stop, Wait
from tests.unit.routing.promotion import deployed

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITE = Do(Delete(DEPLOYMENTS, deployed("httpbin-1")), "httpbin-1 goes")
LAST = Do(WRITE.write, "httpbin-1 goes for good", last=True)
DONE = Done("all is done")


class Server:
    """Notes what is written; `faults`: what is raised in place of the next writes."""

    def __init__(self, *faults: Exception | None) -> None:
        self.written: list[str] = []
        self._faults = [*faults]

    def request(self, method: str, path: str, *_: Any) -> dict[str, Any]:
        fault = self._faults.pop(0) if self._faults else None
        if fault is not None:
            raise fault
        self.written.append(f"{method} {path}")
        return {}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "AGAIN_SECONDS", 0.0)


def played(server: Server, *steps: Step | Exception, seconds: float = 0.0) -> None:
    left: Iterator[Step | Exception] = iter(steps)

    def step() -> Step:
        due = next(left)
        if isinstance(due, Exception):
            raise due
        return due

    play.play(server, step, seconds)  # type: ignore[arg-type]
    assert next(left, None) is None, "it has ended too soon"


def test_each_write_is_told_and_each_wait_once(capsys: pytest.CaptureFixture[str]) -> None:
    server = Server()
    played(server, WRITE, Wait("it drains"), Wait("it drains"), Wait("it goes"), LAST)
    assert capsys.readouterr().out.splitlines() == [
        "✓ httpbin-1 goes",
        "  … it drains",
        "  … it goes",
        "✓ httpbin-1 goes for good",
    ]
    assert server.written == ["DELETE /apis/apps/v1/namespaces/default/deployments/httpbin-1"] * 2


def test_where_nothing_is_left_to_do_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    played(Server(), DONE)
    assert capsys.readouterr().out == "✓ all is done\n"


def test_what_is_not_as_it_was_seen_is_looked_at_again() -> None:
    server = Server(StaleError("another generation"))
    played(server, WRITE, StaleError("gone"), LAST)
    assert len(server.written) == 1


def test_an_api_server_that_does_not_answer_is_waited_for_once_it_has_begun(
    capsys: pytest.CaptureFixture[str],
) -> None:
    away = UnavailableError("GET /x: nobody answers")
    with pytest.raises(UnavailableError):
        played(Server(), away)
    played(Server(), Wait("it drains"), away, LAST)
    assert capsys.readouterr().out.splitlines() == [
        "  … it drains",
        "  … GET /x: nobody answers",
        "✓ httpbin-1 goes for good",
    ]


@pytest.mark.parametrize(
    ("server", "step", "wanted"),
    [
        (Server(), Stop(("it is not ready", "it has no pods")), "it is not ready\nit has no pods"),
        (
            Server(RefusedError("DELETE /apis/x: not by you", 403)),
            WRITE,
            "httpbin-1 goes: refused: not by you",
        ),
    ],
)
def test_what_is_in_the_way_ends_it(server: Server, step: Step, wanted: str) -> None:
    with pytest.raises(NoError) as raised:
        played(server, step)
    assert raised.value.message == wanted


def test_it_ends_when_its_time_is_over() -> None:
    with pytest.raises(NoError) as raised:
        played(Server(), Wait("it drains"), Wait("it drains"), seconds=1e-9)
    assert raised.value.message == (
        "it has not ended within 1e-09 s: it drains. Run it again, and it goes on"
    )

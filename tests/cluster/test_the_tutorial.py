"""The tutorial, step by step, every command as written, under load: not one request fails."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.cluster.conftest import Load, Shell, clean, load
from tools.local.controlplane import free_port
from tools.tutorial import Place, Step, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = {step.name: step for step in steps()}
PORT = "8080"
"""The tutorial's; another is typed where this one is taken."""


def _is_free(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


class Play:
    """The tutorial in progress: terminals that stay open, and the load."""

    def __init__(self, shell: Shell, sleep: str, stack: ExitStack) -> None:
        self.shell = shell
        self.stack = stack
        self.load = Load({})
        self._sleep = sleep
        self._opened = ""
        self._port = PORT if _is_free(int(PORT)) else str(free_port())
        self.entered: list[tuple[float, str]] = []

    def type(self, step: Step) -> str:
        """Type a step's command where the tutorial says; return what it prints."""
        command = step.command(self.shell.charts).replace(PORT, self._port)
        self.entered.append((time.monotonic(), step.name))
        if step.online:
            return ""  # the fixture `sleep` has made what it fetches
        if step.interactive:
            self._opened = command
            return ""
        if step.place is Place.POD:
            return self._type_in_pod(command)
        if step.place is Place.BACKGROUND:
            self._keep_running(command)
            return ""
        if step.until is not None:
            until = step.until
            self.shell.until(True, lambda: until.holds(self.shell.run(command)), seconds=180)
        return self.shell.run(command)

    def _type_in_pod(self, command: str) -> str:
        # A user types slower than names and routes reach DNS and proxies.
        typed = f"{command}\n"
        self.shell.until(0, lambda: self.shell.attempt(self._opened, given=typed).returncode)
        return self.shell.run(self._opened, given=typed)

    def failures(self) -> list[str]:
        """Return each failed request: after which step, how many seconds, and what came."""
        told = []
        for answer in self.load.failures:
            entered, name = max(step for step in self.entered if step[0] <= answer.sent)
            told.append(f"{name} + {answer.sent - entered:.2f} s: {answer.what}")
        return told

    def start_load(self) -> None:
        self.load = self.stack.enter_context(load(self.shell, self._sleep))

    def _keep_running(self, command: str) -> None:
        process = self.stack.enter_context(
            subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                env=self.shell.environment,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        self.stack.callback(process.terminate)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Forwarding from")


@pytest.fixture(scope="module")
def play(shell: Shell, sleep: str) -> Iterator[Play]:
    clean(shell)
    with ExitStack() as stack:
        yield Play(shell, sleep, stack)


@pytest.mark.parametrize("name", STEPS)
def test_step(play: Play, name: str) -> None:
    step = STEPS[name]
    if name == "cleanup-candidate":
        done = play.shell.attempt(step.command(play.shell.charts))
        assert 'deployments.apps "httpbin-1" not found' in done.stderr
        return
    if name == "cleanup-routing":
        play.stack.close()
    printed = play.type(step)
    play.shell.until(dict(step.split), play.shell.split)
    if name.startswith("request-"):
        assert "200 OK" in printed
        assert "app-version: httpbin-0" in printed
    if name == "request-outside":
        play.start_load()


def test_every_request_was_answered_and_by_both_versions(play: Play) -> None:
    print(f"{play.load.requests} requests, {len(play.load.failures)} failed")
    assert play.failures() == []
    assert play.load.versions == {"httpbin-0", "httpbin-1"}
    assert play.load.requests > 500

"""Types what a user types, and judges what comes of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from routing.names import VERSION_HEADER
from tools.demo.script import HOST, Mistake, beginning, entries, excerpt
from tools.demo.shell import DemoError
from tools.tutorial import Place, Step

if TYPE_CHECKING:
    from contextlib import ExitStack

    from tools.demo.grounds import Ground
    from tools.demo.panel import Board
    from tools.demo.screen import Screen
    from tools.demo.shell import Outcome, Shell
    from tools.tutorial import Until

UNTIL_SECONDS = 180.0
ANSWER_SECONDS = 20.0
_AGAIN_SECONDS = 0.5
_NO_TTY = "Unable to use a TTY"
_LONG = ("helm install ", "kubectl get virtualservice")
"""What these print is shown in parts."""
_LINES_OF_AN_ANSWER = 2


class Typist:
    """At the keyboard, with a second terminal in which commands go on until `background` is closed."""

    def __init__(self, ground: Ground, screen: Screen, board: Board, background: ExitStack) -> None:
        self._ground, self._screen, self._board = ground, screen, board
        self._shell: Shell = ground.shell
        self._background = background
        self._opened = ""

    def type(self, step: Step) -> None:
        """Type a step's command where the tutorial says. Raises DemoError if it fails."""
        if step.online:
            self._screen.note(f"In place of the tutorial's script from the internet, {self._ground.client}:")
            self._enter(f"kubectl apply -f {self._ground.client}")
            self._enter("kubectl rollout status deployment/sleep --timeout=180s")
        elif step.interactive:
            self._opened = step.command(self._ground.charts)
            self._screen.command(self._opened)
        elif step.place is Place.POD or step.name == "request-outside":
            self._request(step)
        elif step.place is Place.BACKGROUND:
            self._keep_running(self._ground.fitted(step))
        elif step.after_done is not None:
            self._find_done(step)
        else:
            for entry in entries(self._ground.fitted(step)):
                self._enter(entry, step.until)

    def _enter(self, command: str, until: Until | None = None) -> Outcome:
        """Type one command that has to succeed, again and again until it prints what is waited for."""
        self._screen.command(command)
        in_parts = until is not None or command.startswith(_LONG)
        end = time.monotonic() + UNTIL_SECONDS
        hear = (lambda _: None) if in_parts else self._screen.output
        with self._board.busy(command.partition("\n")[0]):
            done = self._shell.run(command, hear)
            while until and not done.code and not until.holds(done.printed) and time.monotonic() < end:
                time.sleep(_AGAIN_SECONDS)
                done = self._shell.run(command)
        if in_parts:
            self._print(excerpt(done.printed))
        if done.code:
            raise DemoError(f"This should have succeeded, and ended with exit code {done.code}: {command}")
        if until and not until.holds(done.printed):
            raise DemoError(
                f"{until.column} did not become {until.value} within {UNTIL_SECONDS:.0f} s: {command}"
            )
        return done

    def _request(self, step: Step) -> None:
        """Send a request by hand, again for a while if a proxy has not heard of the routing yet."""
        command = self._ground.fitted(step)
        in_pod = step.place is Place.POD
        typed, given = (self._opened, f"{command}\n") if in_pod else (command, "")
        self._screen.command(command, "/ $" if in_pod else "$")
        end = time.monotonic() + ANSWER_SECONDS
        with self._board.busy("waiting for an answer"):
            while not _answered(done := self._shell.run(typed, given=given)) and time.monotonic() < end:
                time.sleep(_AGAIN_SECONDS)
        lines = [line for line in done.printed.splitlines() if _NO_TTY not in line]
        self._print(beginning(lines, _LINES_OF_AN_ANSWER))
        if not _answered(done):
            raise DemoError(f"No version of {HOST} answered within {ANSWER_SECONDS:.0f} s.")

    def _find_done(self, step: Step) -> None:
        """Type what has been done already: it finds nothing."""
        command = self._ground.fitted(step)
        self._screen.command(command)
        done = self._shell.run(command, self._screen.output)
        if done.code == 0 or "NotFound" not in done.printed:
            raise DemoError(f"This should have found nothing: {command}")

    def mistake(self, mistake: Mistake) -> None:
        """Type what has to be refused. Raises DemoError if it is not, or without the right words."""
        self._screen.command(mistake.command)
        with self._board.busy("asking"):
            done = self._shell.run(mistake.command)
        for line in done.printed.splitlines():
            self._screen.refused(line)
        if done.code == 0:
            raise DemoError(f"Teal accepted what it should have refused: {mistake.title}.")
        if mistake.says not in done.printed:
            raise DemoError(f"Teal's refusal should have said “{mistake.says}”.")

    def _keep_running(self, command: str) -> None:
        self._screen.command(command)
        process = self._background.enter_context(self._shell.start(["bash", "-c", f"exec {command}"]))
        line = process.stdout.readline().strip() if process.stdout else ""
        self._screen.output(line)
        if not line.startswith("Forwarding from"):
            raise DemoError(f"This did not begin to forward: {command}")

    def _print(self, lines: list[str]) -> None:
        for line in lines:
            self._screen.output(line)


def _answered(done: Outcome) -> bool:
    return "200 OK" in done.printed and f"{VERSION_HEADER}: " in done.printed

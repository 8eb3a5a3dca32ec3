"""Chromium, led over a pipe by the DevTools protocol: no port, no driver, no library.

https://chromedevtools.github.io/devtools-protocol/: messages are JSON, ended by NUL, on descriptors 3 and 4.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from tools.local.debian import install

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PACKAGE = "chromium-headless-shell"
SECONDS = 60.0
"""Until an answer has to be there, on whatever busy machine."""
FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",  # which root can't have; only our own pages are opened
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
)


class PageError(Exception):
    """The browser said no, or a script threw."""


def chromium() -> str:
    """Return the browser's path; Debian's package is installed where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or install({PACKAGE: PACKAGE})[PACKAGE]


@contextmanager
def browser(*flags: str) -> Iterator[Browser]:
    """Run a browser with a profile of its own, which goes with it."""
    # Its helpers may write for a moment after it has ended.
    with tempfile.TemporaryDirectory(prefix="teal-chromium-", ignore_cleanup_errors=True) as profile:
        to_it, ours_out = os.pipe()
        ours_in, from_it = os.pipe()
        command = [chromium(), *FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"]
        # Only a shell gives descriptors the numbers that they have to have.
        shell = ["bash", "-c", f'exec "$@" 3<&{to_it} 4>&{from_it}', "chromium", *command]
        process = subprocess.Popen(shell, pass_fds=(to_it, from_it), stderr=subprocess.DEVNULL)
        os.close(to_it)
        os.close(from_it)
        made = Browser(ours_in, ours_out, process.pid)
        try:
            yield made
        finally:
            with suppress(PageError, OSError):
                made.call("Browser.close")
            process.terminate()
            process.wait(SECONDS)
            for descriptor in (ours_in, ours_out):
                with suppress(OSError):
                    os.close(descriptor)


class Browser:
    """A running browser. One thread leads it."""

    def __init__(self, incoming: int, outgoing: int, pid: int) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._rest = b""
        self._last = 0
        self.pid = pid
        self.events: list[dict[str, Any]] = []
        """What it told without being asked, oldest first."""

    def call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """Ask for something and return the answer. Raises PageError."""
        self._last += 1
        asked = {"id": self._last, "method": method, "params": params}
        if session:
            asked["sessionId"] = session
        os.write(self._outgoing, json.dumps(asked).encode() + b"\0")
        end = time.monotonic() + SECONDS
        while True:
            told = self._next(end)
            if told.get("id") == self._last:
                if "error" in told:
                    raise PageError(f"{method}: {told['error']}")
                answer: dict[str, Any] = told["result"]
                return answer
            self.events.append(told)

    def _next(self, end: float) -> dict[str, Any]:
        """Return the next message. Raises PageError where none comes in time."""
        while b"\0" not in self._rest:
            if not select.select([self._incoming], [], [], max(end - time.monotonic(), 0))[0]:
                raise PageError(f"Chromium did not answer for {SECONDS:.0f} s")
            part = os.read(self._incoming, 1 << 20)
            if not part:
                raise PageError("Chromium has ended")
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        told: dict[str, Any] = json.loads(message)
        return told

    def open(self, url: str, *, width: int = 1440, height: int = 900, dark: bool = False) -> Page:
        """Open a page in a tab of its own."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        page.call("Emulation.setEmulatedMedia", features=scheme)
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        page.call("Page.navigate", url=url)
        return page


class Page:
    """A tab."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self.session = session

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask for something of this tab."""
        return self._browser.call(method, self.session, **params)

    def run(self, script: str) -> Any:
        """Return what an expression is, awaited. Raises PageError if it throws."""
        told = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            raise PageError(json.dumps(told["exceptionDetails"])[:2000])
        return told["result"].get("value")

    def until(self, script: str, seconds: float = SECONDS) -> Any:
        """Return an expression's value once it is true. Raises PageError with the page's text."""
        end = time.monotonic() + seconds
        while not (value := self.run(script)):
            if time.monotonic() > end:
                raise PageError(f"not so: {script}\n{self.run('document.body.innerText')[:4000]}")
            time.sleep(0.05)
        return value

    def press(self, key: str) -> None:
        """Press a key: a letter, or such as ArrowDown."""
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40}
        code = codes.get(key, ord(key[0].upper()))
        for kind in ("keyDown", "keyUp"):
            given = text if kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **given)

    def close(self) -> None:
        """Close the tab."""
        target = self.call("Target.getTargetInfo")["targetInfo"]["targetId"]
        self._browser.call("Target.closeTarget", targetId=target)

    def shoot(self, file: Path) -> None:
        """Write a picture of what is in the window."""
        picture = self.call("Page.captureScreenshot", format="png")["data"]
        file.write_bytes(base64.b64decode(picture))

    @property
    def complaints(self) -> list[str]:
        """What the browser's console has said of this tab so far: errors, and what its policy has stopped."""
        self.run("0")  # what was said before has come by now
        told = [each for each in self._browser.events if each.get("sessionId") == self.session]
        entries = [each["params"]["entry"]["text"] for each in told if each["method"] == "Log.entryAdded"]
        thrown = [
            json.dumps(each["params"]["exceptionDetails"])
            for each in told
            if each["method"] == "Runtime.exceptionThrown"
        ]
        return entries + thrown

"""An open-loop client, also run inside a pod: standard library only, this file is all that it needs.

`python3 load.py URL HOST RATE [NAME VALUE]` sends RATE requests a second to URL (with a header, where one is
given), whatever becomes of those before, every other one on a new connection, and prints a line for each as
it ends: when it was due (seconds since the epoch), the seconds from then to its being sent and to its end,
its status (0: none came), the version that answered, and an error's text or page. It ends with its standard
input, once what is under way has ended: a process in a pod does not hear of it otherwise when the `kubectl
exec` that started it ends.
"""

import http.client
import itertools
import sys
import threading
import time
from urllib.parse import urlsplit

THREADS = 64
"""As many requests may be under way at a time; more are late, and the seconds printed tell."""
TIMEOUT_SECONDS = 10.0
_ERROR = 400
_LONGEST = 200


class Client:
    """Sends requests, its own connection kept alive between some of them."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._path = parts.path or "/"
        self._headers = headers
        self._kept = self._connect()

    def send(self, *, fresh: bool) -> str:
        """Send a request; return status, version and error, between blanks."""
        connection = self._connect() if fresh else self._kept
        try:
            connection.request("GET", self._path, headers=self._headers)
            answer = connection.getresponse()
            page = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()  # a kept one opens again by itself
            return f"0 - {error!r}"
        if fresh:
            connection.close()
        # An error's page is a proxy's sentence about what went wrong.
        told = " ".join(page[:_LONGEST].decode(errors="replace").split()) if answer.status >= _ERROR else ""
        return f"{answer.status} {answer.getheader('app-version') or '-'} {told}"

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self._address, timeout=TIMEOUT_SECONDS)


def main() -> None:
    """Send until standard input is over, or nobody reads any more."""
    url, host, rate = sys.argv[1], sys.argv[2], float(sys.argv[3])
    headers = {"Host": host} | dict([sys.argv[4:6]] if sys.argv[4:] else [])
    begin, since_epoch = time.monotonic(), time.time()
    numbers, lock, over = itertools.count(), threading.Lock(), threading.Event()

    def work() -> None:
        client = Client(url, headers)
        while True:
            with lock:
                number = next(numbers)
            due = number / rate
            if over.wait(max(begin + due - time.monotonic(), 0.0)):
                return
            late = time.monotonic() - begin - due
            told = client.send(fresh=number % 2 == 0)
            seconds = time.monotonic() - begin - due
            try:
                with lock:
                    print(f"{since_epoch + due:.3f} {late:.4f} {seconds:.4f} {told}", flush=True)
            except BrokenPipeError:
                over.set()

    for _ in range(THREADS):
        threading.Thread(target=work).start()
    sys.stdin.read()
    over.set()


if __name__ == "__main__":
    main()

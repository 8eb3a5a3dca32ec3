"""An open-loop client, also run inside a pod: standard library only, this file is all that it needs.

`python3 load.py URL HOST RATE SECONDS` sends so many requests a second, every other one on a new connection,
and prints a line for each as it ends: the time it was sent (seconds since the epoch), its status (0: none
came), the version that answered, and an error's text. It ends with its standard input, too: a process in a
pod does not hear of it when the `kubectl exec` that started it ends.
"""

import http.client
import itertools
import sys
import threading
import time
from urllib.parse import urlsplit

THREADS = 32
TIMEOUT_SECONDS = 10.0


class Client:
    """Sends requests, its own connection kept alive between some of them."""

    def __init__(self, url: str, host: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._path = parts.path or "/"
        self._host = host
        self._kept: http.client.HTTPConnection | None = None

    def send(self, *, fresh: bool) -> tuple[int, str, str]:
        """Return status, version and error of one request."""
        connection = self._kept if self._kept and not fresh else self._connect()
        try:
            connection.request("GET", self._path, headers={"Host": self._host})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self._kept = None
            return 0, "-", repr(error)
        if fresh:
            connection.close()
        else:
            self._kept = connection
        return answer.status, answer.getheader("app-version") or "-", ""

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self._address, timeout=TIMEOUT_SECONDS)


def main() -> None:
    """Send until the time or standard input is over."""
    url, host, rate, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
    begin, numbers, lock = time.monotonic(), itertools.count(), threading.Lock()
    over = threading.Event()

    def work() -> None:
        client = Client(url, host)
        while not over.is_set():
            number = next(numbers)
            due = begin + number / rate
            if due > begin + seconds:
                return
            time.sleep(max(due - time.monotonic(), 0.0))
            sent = time.time()
            status, version, error = client.send(fresh=number % 2 == 0)
            with lock:
                print(f"{sent:.3f} {status} {version} {error}", flush=True)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    threading.Thread(target=lambda: sys.stdin.read() or over.set(), daemon=True).start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()

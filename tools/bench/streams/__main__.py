"""`python -m tools.bench.streams N [ROUTER [PROTOCOL]]`: N streams of each kind in a candidate's life.

A candidate comes, weights are changed, it is deleted; it comes again and is promoted, and the old primary is
deleted. gRPC calls are sent meanwhile; with protocol TCP connections are made for a line each. It says which
streams were cut, when and by whom, and fails where a call or the opening of a stream fails, or a stream is
cut that a drain should have kept. The local cluster has to run, with Teal.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import IO, TYPE_CHECKING

from routing import names
from tools.bench.streams.manifests import (
    APP,
    CANDIDATE,
    CLIENT,
    CLIENTS,
    DRAIN_SECONDS,
    PRIMARY,
    called,
    client,
    routemap,
    version,
)
from tools.bench.streams.shell import apply, run
from tools.bench.streams.told import SPLIT, Account, summed, unfair
from tools.local import cluster
from tools.local.cluster_images import streams_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

RATE = 100
"""gRPC calls, or connections, a second."""
HELD = {
    (names.VIRTUAL_SERVICE, names.HTTP): ("grpc", "ws", "tcp"),
    (names.VIRTUAL_SERVICE, names.TCP): ("tcp",),
    (names.HTTP_ROUTE, names.HTTP): ("grpc", "tcp"),
}
"""What is held. An HTTPRoute has a port, and what is called at another would be sent to it, too."""
ASK = {names.HTTP: "grpc", names.TCP: "tcp"}
"""By what it is asked meanwhile which version answers."""
LINGER_SECONDS = {PRIMARY: 10, CANDIDATE: 0}
"""How long a version goes on after it has been told to end: one ends its streams at once, one does not."""
HEARD_SECONDS = 3.0
"""From what the status tells to the proxies having heard."""
DEADLINE_SECONDS = 120.0
END_SECONDS = 15.0


class StreamsError(Exception):
    """Something failed that should not have."""


@dataclass
class Clients:
    """The clients in the pod: what they have told, and how they are told to open more."""

    kinds: Sequence[str]
    account: Account = field(default_factory=Account)
    count: int = 0
    more: Callable[[int], None] = print

    def open(self, count: int) -> None:
        """Have so many streams of each kind opened, and wait until they are."""
        self.more(count)
        self.count += count
        self.until("all streams are open", lambda: self._open() == self.count)
        print(f"held: {self.spread()}", flush=True)

    def spread(self) -> dict[str, dict[str, int]]:
        """Return by kind how many streams each version holds."""
        return {kind: dict(sorted(found.items())) for kind, found in sorted(self.account.at().items())}

    def until(self, what: str, seen: Callable[[], bool]) -> None:
        """Wait until something is seen. Raises StreamsError with what the clients have told."""
        end = time.monotonic() + DEADLINE_SECONDS
        while not seen():
            if time.monotonic() > end:
                raise StreamsError(f"not so: {what}; held {self.spread()}; {self.account.failed[-3:]}")
            time.sleep(0.2)

    def _open(self) -> int:
        """Return how many streams are open of the kind that has the fewest."""
        return min(self.account.at().get(kind, Counter()).total() for kind in self.kinds)

    def nothing_cut(self, what: str) -> None:
        """Raise StreamsError if a stream has been cut since the last look."""
        print(f"{what}: {len(self.account.cuts)} cut", flush=True)
        if self.account.cuts:
            raise StreamsError(f"{what}: {self.account.cuts[:5]}")

    def left(self, name: str, begin: float) -> None:
        """Wait until no stream is at a version that has left since `begin`; tell when each was cut."""
        self.until(f"no stream is at {name}", lambda: name not in [*self.account.held.values()])
        cuts, self.account.cuts = self.account.cuts, []
        print("\n".join(summed(cuts, begin)), flush=True)
        wrong = unfair(cuts, name, begin + DRAIN_SECONDS)
        if wrong:
            raise StreamsError("; ".join(wrong[:5]))


def main() -> int:
    """Play it; return 1 if something failed."""
    router, protocol = [*sys.argv[2:], *(names.VIRTUAL_SERVICE, names.HTTP)[len(sys.argv) - 2 :]]
    wanted = partial(routemap, router, protocol=protocol)
    cluster.bring(streams_image())
    _remove()  # what a run left that was cut short
    try:
        apply(called(), client(protocol), *version(PRIMARY, LINGER_SECONDS[PRIMARY]), wanted())
        run(f"kubectl rollout status deployment/{CLIENT} deployment/{PRIMARY} --timeout=120s")
        run(f"kubectl wait --for=condition=Ready routemap/{APP} --timeout=120s")
        time.sleep(HEARD_SECONDS)
        with _clients(HELD[router, protocol], ASK[protocol]) as clients:
            _story(clients, int(sys.argv[1]), wanted)
        _judge(clients.account, SPLIT[protocol])
    except StreamsError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        _remove()
    return 0


def _story(clients: Clients, count: int, wanted: Callable[..., Mapping[str, object]]) -> None:
    """Play it. `wanted` gives the Routemap by weights."""
    clients.open(count)
    _comes(50)
    clients.open(count)
    clients.nothing_cut("a candidate has come")
    apply(wanted((20, 80)))
    _weight(1, 80)
    time.sleep(HEARD_SECONDS)
    clients.nothing_cut("weights of 20 and 80")
    deleted = f"kubectl delete deployment/{CANDIDATE} service/{CANDIDATE}"
    _goes(clients, CANDIDATE, deleted, "the candidate is deleted")
    _comes(80)
    clients.open(count)
    clients.nothing_cut("it has come again")
    promoted = f"{sys.executable} -m cli promote {APP} --by-order --delete"
    _goes(clients, PRIMARY, promoted, "it is promoted, and the old primary deleted")
    time.sleep(HEARD_SECONDS)


def _goes(clients: Clients, version: str, command: str, told: str) -> None:
    """Have a version go, and wait until its streams have ended."""
    begin = time.time()
    run(command)
    print(f"{told}, which takes {time.time() - begin:.1f} s:")
    clients.left(version, begin)


def _judge(account: Account, split: Sequence[str]) -> None:
    """Say what became of the calls. Raises StreamsError if one failed, or a stream could not be opened."""
    failed = [each for each in account.failed if each.kind in split]
    print(f"{len(account.answered)} calls answered, {len(failed)} calls and openings failed")
    if failed:
        words = Counter(each.words for each in failed)
        raise StreamsError(f"failed: {words.most_common(5)}; {failed[:5]}")


def _comes(weight: int) -> None:
    """Deploy the candidate, and wait until it has its share."""
    apply(*version(CANDIDATE, LINGER_SECONDS[CANDIDATE]))
    _weight(1, weight)
    time.sleep(HEARD_SECONDS)


def _weight(place: int, weight: int) -> None:
    path = f"jsonpath='{{.status.versions[{place}].weight}}'={weight}"
    run(f"kubectl wait --for={path} routemap/{APP} --timeout=120s")


@contextmanager
def _clients(kinds: Sequence[str], ask: str) -> Iterator[Clients]:
    """Run the clients of some kinds, and those that ask, in their pod until the context ends."""
    pod = ["kubectl", "exec", "--stdin", f"deployment/{CLIENT}", f"--container={APP}", "--"]
    command = [*pod, "python3", "-c", CLIENTS, f"{APP}.default", str(RATE), ask, *kinds]
    clients = Clients(kinds)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    ) as process:
        given, said = _pipes(process)
        clients.more = lambda count: print(count, file=given, flush=True)
        reader = threading.Thread(target=lambda: [*map(clients.account.add, said)], daemon=True)
        reader.start()
        try:
            yield clients
        finally:
            given.close()
            reader.join(END_SECONDS)
            process.kill()  # what is left in the pod goes with the pod


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None  # noqa: S101 - asked for
    assert process.stdout is not None  # noqa: S101
    return process.stdin, process.stdout


def _remove() -> None:
    objects = f"deployment/{CLIENT} service/{APP}"
    for name in (PRIMARY, CANDIDATE):
        objects += f" deployment/{name} service/{name}"
    run(f"kubectl delete routemap {APP} --ignore-not-found --timeout=120s")
    run(f"kubectl delete {objects} --ignore-not-found --timeout=120s")


if __name__ == "__main__":
    sys.exit(main())

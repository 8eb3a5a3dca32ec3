"""Cookie jars and `affinity`: `python -m tools.bench.traffic.jars N [--promote] [ADDRESS PORT]`.

N clients ask before and after a change of weights, and when the candidate is deleted or promoted: from the
pod of Deployment sleep, or from here, at the address of a proxy. It says who has moved, and fails where
anybody has who should not. The split is 50 and 50 before.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

from tools.demo.answers import off

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEARD_SECONDS = 3.0
"""From what the status tells to the proxies having heard."""
PRIMARY, CANDIDATE = "httpbin-0", "httpbin-1"
_PROMOTE = "--promote"
_ENDS = {
    CANDIDATE: f"kubectl delete deployment/{CANDIDATE} service/{CANDIDATE} --wait=false",
    PRIMARY: f"{sys.executable} -m cli promote httpbin --by-order --delete",
}
"""By who leaves the split: what has it do so."""
_WAIT = "kubectl wait --for=jsonpath='{.status.versions[0].weight}'=%d routemap/httpbin --timeout=120s"
_WEIGHTS = {"spec": {"versions": [{"name": PRIMARY, "weight": 20}, {"name": CANDIDATE, "weight": 80}]}}
_IN_POD = ("kubectl", "exec", "--stdin", "deployment/sleep", "--container=sleep", "--", "python3")
_HOST = "httpbin.default"
_PROGRAM = """
import concurrent.futures, http.client, json, sys
def ask(jar):
    connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=30)
    connection.request("GET", "/get", headers={"Host": "httpbin.default", "Cookie": jar})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheader("app-version"), answer.headers.get_all("set-cookie") or []
with concurrent.futures.ThreadPoolExecutor(32) as clients:
    print(json.dumps([*clients.map(ask, json.loads(sys.stdin.readline()))]))
"""


class MovedError(Exception):
    """Clients were not where they should be."""


@dataclass
class Clients:
    """Clients by number, each with its cookies, and the version that answered it last.

    `command`: the program in which they ask.
    """

    count: int
    command: Sequence[str]
    jars: dict[int, dict[str, str]] = field(default_factory=dict)
    at: dict[int, str] = field(default_factory=dict)

    def ask(self) -> Counter[tuple[str, str]]:
        """Have each ask once; count from where to where they have moved, "" for nowhere yet."""
        numbers = range(self.count)
        sent = [_header({"first": "1", **self.jars.get(each, {}), "last": "2"}) for each in numbers]
        moves: Counter[tuple[str, str]] = Counter()
        for number, (status, version, cookies) in zip(numbers, _asked(self.command, sent), strict=True):
            if status != 200 or version is None:  # noqa: PLR2004
                raise MovedError(f"client {number} got status {status} of {version}")
            if self.at.get(number) != version:
                moves[self.at.get(number, ""), version] += 1
            self.at[number] = version
            self._keep(number, cookies)
        return moves

    def _keep(self, number: int, cookies: Sequence[str]) -> None:
        jar = self.jars.setdefault(number, {})
        for morsel in (morsel for text in cookies for morsel in SimpleCookie(text).values()):
            if morsel["max-age"] == "0":
                jar.pop(morsel.key, None)
            else:
                jar[morsel.key] = morsel.value


def main() -> int:
    """Play it; return 1 if clients were not where they should be."""
    count, *place = (each for each in sys.argv[1:] if each != _PROMOTE)
    try:
        _story(int(count), place, PRIMARY if _PROMOTE in sys.argv else CANDIDATE)
    except MovedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _story(count: int, place: Sequence[str], leaves: str) -> None:
    start, where = ([sys.executable], place) if place else (_IN_POD, (_HOST, "80"))
    command = [*start, "-c", _PROGRAM, *where]
    old = Clients(count, command)
    _shared("clients from before the split", old.ask(), {PRIMARY: 50, CANDIDATE: 50})
    _moved("their next request", old.ask(), {})
    _run(f"kubectl patch routemap httpbin --type=merge --patch '{json.dumps(_WEIGHTS)}'", 20)
    _moved("weights of 20 and 80", old.ask(), {})
    new = Clients(count, command)
    _shared("new clients", new.ask(), {PRIMARY: 20, CANDIDATE: 80})
    stays = CANDIDATE if leaves == PRIMARY else PRIMARY
    leaving = [[*clients.at.values()].count(leaves) for clients in (old, new)]
    _run(_ENDS[leaves], 100)
    for clients, gone in zip((old, new), leaving, strict=True):
        _moved(f"{leaves} has left the split", clients.ask(), {(leaves, stays): gone})
        if any(clients.jars.values()):
            raise MovedError(f"{sum(map(bool, clients.jars.values()))} clients have kept the cookie")
        _moved("their next request", clients.ask(), {})


def _run(command: str, weight: int) -> None:
    """Run a command, and wait until the primary has this weight, and proxies have heard of it."""
    for each in (command, _WAIT % weight):
        subprocess.run(["bash", "-c", each], check=True)
    time.sleep(HEARD_SECONDS)


def _asked(command: Sequence[str], jars: Sequence[str]) -> list[tuple[int, str | None, list[str]]]:
    line = f"{json.dumps(jars)}\n"
    done = subprocess.run(command, input=line, text=True, capture_output=True, check=True)
    return [(status, version, cookies) for status, version, cookies in json.loads(done.stdout)]


def _header(jar: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in jar.items())


def _shared(what: str, moves: Counter[tuple[str, str]], split: Mapping[str, int]) -> None:
    counts = {version: moves["", version] for version in split}
    print(f"{what}: {counts}")
    if off(split, counts):
        raise MovedError(f"{what}: {counts} at {split}")


def _moved(what: str, moves: Counter[tuple[str, str]], wanted: Mapping[tuple[str, str], int]) -> None:
    print(f"{what}: {moves.total()} moved")
    if moves != Counter(wanted):
        raise MovedError(f"{what}: {dict(moves)} moved, not {dict(wanted)}")


if __name__ == "__main__":
    sys.exit(main())

"""What the explorer goes through: the cluster, its proxies and a reconciler as one hashable value.

There is no clock. A time is what it means for the next decision: running or over, just now or long ago.
`manifests.py` turns that into seconds around a `NOW` that stands still.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from routing.routes.exposure import Exposure

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

T = TypeVar("T", bound="Hashable")

Route = tuple[Exposure, ...]
"""The router's object: each version that it names, and how."""

NO, JUST_NOW, LONG_AGO = range(3)
"""A deletion: not requested, requested, waiting for longer than the deadline. Of a ready endpoint: not
known, settling, settled. Of failing passes: none, some, for longer than the deadline."""
NONE, SOME, AVAILABLE = range(3)
"""Of the pods of a version are ready."""
OPEN, GOOD, BAD = range(3)
"""What evidence says of a rollout's step."""
NOTHING = -1
FAILED, RELEASED = 1, 2
"""Why requests to a version may fail without any fault of Teal's: see `promises.py`."""


class Deployment(NamedTuple):
    marked: bool = False
    protected: bool = False
    deleting: int = NO
    watched: bool = True
    stopped: bool = False
    template: int = 0


class Service(NamedTuple):
    marked: bool = False
    protected: bool = False
    deleting: int = NO


class Version(NamedTuple):
    """`heard`: proxies know a ready endpoint.

    `since` and `unready`: what the reconciler remembers of `ready_since` and `was_unready`.
    """

    deployment: Deployment | None = None
    service: Service | None = None
    pods: int = NONE
    heard: bool = False
    since: int = NO
    excused: int = NO
    unready: bool = False

    def with_part(self, part: Deployment | Service | None, kind: str) -> Version:
        """Return the version with another Deployment or Service, as `kind` says, or with none."""
        if kind == "deployment":
            return self._replace(deployment=part if isinstance(part, Deployment) else None)
        return self._replace(service=part if isinstance(part, Service) else None)

    @property
    def ready(self) -> bool:
        """Whether the cluster has a ready endpoint."""
        return self.pods != NONE and self.service is not None

    @property
    def deleting(self) -> int:
        """How long its deletion has been waiting, counted from the later of its parts' deletions."""
        parts = (self.deployment, self.service)
        return min((part.deleting for part in parts if part and part.deleting != NO), default=NO)


class Routemap(NamedTuple):
    """`spec` and `status` are numbers of the world's; `noted`: what a promotion has noted on it."""

    spec: int
    status: int
    held: bool = True
    deleting: bool = False
    wish: str = ""
    noted: str = ""


class Run(NamedTuple):
    """A pass in the middle: its steps that are left, each of writes by their numbers.

    `fallback`: what is done after a failure; `failed`: one of this step's writes has failed;
    `unfit`: nothing can be served, or a pass has failed before.
    """

    what: str
    steps: tuple[tuple[int, ...], ...]
    fallback: tuple[tuple[int, ...], ...] = ()
    failed: bool = False
    unfit: bool = False


class Late(NamedTuple):
    """An object as the reconciler still sees it. `lost`: another has been made under its name since."""

    kind: str
    version: int
    value: Hashable
    lost: bool = False


class Left(NamedTuple):
    """How much may still happen that ends by itself never."""

    users: int
    pods: int
    crashes: int
    news: int


class State(NamedTuple):
    """`owned`: the route goes when its Routemap goes; `leaving`: since when it stays without it.

    `evidence`: what Prometheus says of the step that is under way. `override`: the number of what a
    WeightOverride says, -1 for none. `promoted`: the versions that have become the primary by themselves with
    the template that they have, and nobody has asked for that again.
    """

    versions: tuple[Version, ...]
    routemap: Routemap | None
    route: Route | None
    heard: Route | None
    left: Left
    run: Run | None = None
    failing: int = NO
    late: Late | None = None
    owned: bool = True
    leaving: int = NO
    evidence: int = OPEN
    override: int = NOTHING
    promoted: frozenset[int] = frozenset()

    def without_route(self) -> State:
        """Return the state after garbage collection of the router's object."""
        return self._replace(route=None, owned=True, leaving=NO)

    def exposes(self, index: int) -> bool:
        """Tell whether the router's object sends requests, or copies, to a version."""
        return index in exposed(self.route)

    def asks(self, index: int) -> bool:
        """Tell whether the router's object has a version answer requests."""
        return index in asked(self.route)

    def sends(self, index: int) -> bool:
        """Tell whether a proxy has a version answer requests. A copy that nobody takes hurts nobody."""
        return index in asked(self.heard)

    def with_version(self, index: int, version: Version) -> State:
        """Return the state with a version in place of that of its place."""
        return self._replace(versions=(*self.versions[:index], version, *self.versions[index + 1 :]))


class Table(Generic[T]):
    """Values by number, each once: small keys for large values."""

    def __init__(self) -> None:
        self._values: list[T] = []
        self._numbers: dict[T, int] = {}

    def __getitem__(self, number: int) -> T:
        return self._values[number]

    def __iter__(self) -> Iterator[T]:
        return iter(self._values)

    def number(self, value: T) -> int:
        """Return the number of a value."""
        found = self._numbers.setdefault(value, len(self._values))
        if found == len(self._values):
            self._values.append(value)
        return found


def name(index: int) -> str:
    """Return the name of a version."""
    return f"httpbin-{index}"


def place(version: str) -> int:
    """Return the place of a version, by its name."""
    return int(version.rsplit("-", 1)[1])


@cache
def exposed(route: Route | None) -> frozenset[int]:
    """Return the versions, by their place, to which requests or copies go."""
    return frozenset(place(exposure.version) for exposure in route or () if exposure.exposed)


@cache
def asked(route: Route | None) -> frozenset[int]:
    """Return the versions, by their place, that answer requests."""
    return frozenset(place(each.version) for each in route or () if each.share or each.matched)


def of(route: Route | None, index: int) -> Exposure:
    """Return how a version is reached."""
    return next((each for each in route or () if each.version == name(index)), Exposure(name(index)))

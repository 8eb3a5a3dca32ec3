"""The values that the core works on. A value that exists is valid: only `parse` makes them from manifests."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from routing import names
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.stepping.rollout import Rollout


class State(StrEnum):
    """Where a version stands in its life.

    ABSENT: neither there nor held. STARTING: on its way in, gets no request yet. READY: shares in the
    requests. DRAINING: on its way out, its deletion held by the mark. `deciding.life` has the table that
    gives them.
    """

    ABSENT = "absent"
    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


@dataclass(frozen=True, slots=True)
class Version:
    """A version as the Routemap lists it: the name of a Deployment and its Service, and its share.

    `weight` is from 0 to 1,000,000 and counts in proportion to the others'; 0 is a value, not a gap. With
    strategy mirror it is the percentage of requests of which a candidate gets copies. `match`: the requests
    that go to a candidate alone, with strategy canary; as JSON (`reading.matches`), "" for none.
    """

    name: str
    weight: int
    match: str = ""


@dataclass(frozen=True, slots=True)
class RouteSettings:
    """What is done to requests on their way, whichever version they go to; "" for what is not.

    `timeout` is a duration as Istio writes it, the others are objects of Istio's HTTPRoute as JSON, keys
    sorted (`reading.settings` has what they may hold). The fields' names are those of the Routemap.
    """

    timeout: str = ""
    retries: str = ""
    headers: str = ""
    rewrite: str = ""
    cors: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """Requests with settings of their own, which share the split with all others.

    `match`: which requests, as JSON (`reading.named_routes`); "" for those that no other route takes.
    """

    name: str
    match: str
    settings: RouteSettings


@dataclass(frozen=True, slots=True)
class Affinity:
    """How a client keeps the version that has answered it: by a cookie that bears the version's name.

    `cookie` is its name (`cookies.NAME`); it lives for `ttl_seconds`, None for the client's session.
    `secure`: it is sent by HTTPS only.
    """

    cookie: str
    ttl_seconds: int | None = None
    secure: bool = False


@dataclass(frozen=True, slots=True)
class Routemap:
    """The routing config of one application. `versions` has 1 to 8 entries; the first is the primary.

    `settle_seconds` is None where it is left to what the pods tell of themselves.

    `hosts` and `gateways` have 1 to 16 entries each, a delegate's none. `port` is None where the Services'
    only one is meant. `drain_seconds` is from 0 to 300, `settle_seconds` from 0 to 60. `uid` is "" and
    `generation` 0 in a manifest that the API server has not stored yet. `routes` has at most 8 entries, of
    which the first that matches has the say; `settings` are of all other requests. `domain` is the
    cluster's, `router` one of `names.ROUTERS`, `protocol` one of `names.PROTOCOLS`. `affinity` is None where
    clients keep no version. `rollout`: the steps in which a candidate comes in, None for all at once, by its
    weight.
    """

    namespace: str
    name: str
    uid: str
    generation: int
    strategy: str
    versions: tuple[Version, ...]
    hosts: tuple[str, ...]
    gateways: tuple[str, ...]
    port: int | None
    settle_seconds: int | None
    drain_seconds: int
    settings: RouteSettings = RouteSettings()
    routes: tuple[Route, ...] = ()
    domain: str = names.DOMAIN
    router: str = names.VIRTUAL_SERVICE
    protocol: str = names.HTTP
    affinity: Affinity | None = None
    rollout: Rollout | None = None

    @property
    def primary(self) -> Version:
        """The version that gets the traffic which no other version gets."""
        return self.versions[0]


@dataclass(frozen=True, slots=True)
class WeightOverride:
    """Weights by version name that count instead of the Routemap's own; others stay as they are."""

    weights: Mapping[str, int]

"""Up to where is explored: small bounds for `make test`, large ones for `make explore`."""

from __future__ import annotations

from tests.explorer.rollouts import PROMOTED, SPEC
from tests.explorer.state import Left, name
from tests.explorer.world import Bounds, Shares

BOTH: Shares = ((name(0), 50), (name(1), 50))
FIRST: Shares = ((name(0), 50),)
SECOND: Shares = ((name(1), 100),)
MISTYPED: Shares = ((name(0), 50), ("httpbin-l", 50))
NOTHING_FOR_THE_FIRST: Shares = ((name(0), 0), (name(1), 100))
THREE: Shares = ((name(0), 50), (name(1), 50), (name(2), 50))
LAST: Shares = ((name(2), 100),)
TESTERS: Shares = ((name(0), 100), (name(1), 0))
BY_HAND: Shares = ((name(0), 100), (name(1), 0))
COPIES: Shares = ((name(0), 100), (name(1), 100))

SMALL = {
    "a command, a crash": Bounds(2, (BOTH, SECOND), Left(users=1, pods=0, crashes=1, news=0)),
    "a command, late news": Bounds(2, (BOTH, SECOND), Left(users=1, pods=0, crashes=0, news=1)),
    "pods that fail, a crash": Bounds(2, (BOTH,), Left(users=0, pods=1, crashes=1, news=0)),
    "two commands": Bounds(
        2, (BOTH, SECOND), Left(users=2, pods=0, crashes=0, news=0), starts=1, kinds=("delete",)
    ),
    "the routing goes and comes, a crash": Bounds(
        2, (BOTH,), Left(users=3, pods=0, crashes=1, news=0), starts=1, kinds=("routemap",)
    ),
    "three versions, a command": Bounds(
        3, (THREE, LAST), Left(users=1, pods=0, crashes=0, news=0), starts=2, kinds=("spec",)
    ),
    "a canary, a command, a crash": Bounds(
        2, (TESTERS, BOTH), Left(users=1, pods=0, crashes=1, news=0), strategy="canary"
    ),
    "clients that come back, a command, a crash": Bounds(
        2, (BOTH, SECOND), Left(users=1, pods=0, crashes=1, news=0), starts=1, affinity=True
    ),
    "a mirror, a command, a crash": Bounds(
        2, (COPIES, FIRST), Left(users=1, pods=0, crashes=1, news=0), strategy="mirror"
    ),
    "a rollout, a command": Bounds(
        2,
        (BOTH,),
        Left(users=1, pods=0, crashes=0, news=0),
        starts=2,
        kinds=("delete", "template", "wish"),
        rollout=SPEC,
    ),
    "a rollout, a crash": Bounds(
        2, (BOTH,), Left(users=0, pods=0, crashes=1, news=0), starts=2, rollout=SPEC
    ),
    "a promotion, a command": Bounds(
        2,
        (BOTH,),
        Left(users=1, pods=0, crashes=0, news=0),
        starts=2,
        kinds=("spec", "override"),
        rollout=PROMOTED,
        overrides=(BY_HAND,),
    ),
    "a promotion, a crash": Bounds(
        2, (BOTH,), Left(users=0, pods=0, crashes=1, news=0), starts=2, rollout=PROMOTED
    ),
}
"""In 40 seconds of one core."""

LARGE = {
    "two commands, a crash": Bounds(
        2, (BOTH, FIRST, SECOND, MISTYPED), Left(users=2, pods=0, crashes=1, news=0)
    ),
    "two commands, late news": Bounds(2, (BOTH, SECOND), Left(users=2, pods=0, crashes=0, news=1), starts=2),
    "two commands, pods that fail": Bounds(
        2, (BOTH, SECOND), Left(users=2, pods=1, crashes=0, news=0), starts=1, kinds=("delete", "spec")
    ),
    "a command, two failures of pods": Bounds(
        2, (BOTH, SECOND), Left(users=1, pods=2, crashes=0, news=0), starts=1
    ),
    "a command, pods that fail, late news": Bounds(
        2, (BOTH, MISTYPED, NOTHING_FOR_THE_FIRST), Left(users=1, pods=1, crashes=0, news=1)
    ),
    "a command, two crashes, any order of writes": Bounds(
        2,
        (BOTH, FIRST, SECOND, MISTYPED, NOTHING_FOR_THE_FIRST),
        Left(users=1, pods=0, crashes=2, news=0),
        orders=True,
    ),
    "three commands": Bounds(
        2,
        (BOTH, SECOND),
        Left(users=3, pods=0, crashes=0, news=0),
        starts=1,
        kinds=("create", "delete", "spec"),
    ),
    "the routing goes and comes, a crash, late news": Bounds(
        2, (BOTH, SECOND), Left(users=3, pods=0, crashes=1, news=1), starts=1, kinds=("routemap", "delete")
    ),
    "three versions, a command, a crash, late news": Bounds(
        3, (THREE, LAST), Left(users=1, pods=0, crashes=1, news=1)
    ),
    "three versions, two commands": Bounds(
        3, (THREE, LAST), Left(users=2, pods=0, crashes=0, news=0), starts=1, kinds=("delete", "spec")
    ),
    "a canary, a command, pods that fail, late news": Bounds(
        2, (TESTERS, BOTH), Left(users=1, pods=1, crashes=0, news=1), strategy="canary"
    ),
    "clients that come back, a command, pods that fail, late news": Bounds(
        2, (BOTH, SECOND, NOTHING_FOR_THE_FIRST), Left(users=1, pods=1, crashes=0, news=1), affinity=True
    ),
    "a mirror, a command, pods that fail, late news": Bounds(
        2, (COPIES, FIRST), Left(users=1, pods=1, crashes=0, news=1), strategy="mirror"
    ),
    "a rollout, a command, a crash, late news": Bounds(
        2,
        (BOTH, SECOND),
        Left(users=1, pods=0, crashes=1, news=1),
        starts=2,
        kinds=("delete", "watch", "spec", "template", "wish", "routemap"),
        rollout=SPEC,
    ),
    "a rollout, two commands, pods that fail": Bounds(
        2,
        (BOTH,),
        Left(users=2, pods=1, crashes=0, news=0),
        starts=2,
        kinds=("template", "wish"),
        rollout=SPEC,
    ),
    "a promotion, a command, a crash": Bounds(
        2,
        (BOTH,),
        Left(users=1, pods=0, crashes=1, news=0),
        starts=2,
        kinds=("spec", "template", "wish", "override"),
        rollout=PROMOTED,
        overrides=(BY_HAND,),
    ),
    "a promotion, pods that fail, a crash": Bounds(
        2, (BOTH,), Left(users=0, pods=1, crashes=1, news=0), starts=2, rollout=PROMOTED
    ),
    "a promotion, two commands": Bounds(
        2,
        (BOTH,),
        Left(users=2, pods=0, crashes=0, news=0),
        starts=2,
        kinds=("spec", "wish"),
        rollout=PROMOTED,
    ),
}
"""In 33 minutes of one core, of which the rollout with two commands takes a third, and two GiB."""

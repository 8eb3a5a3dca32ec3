"""Bringing an application in and out: each step, from what is seen to the next write."""

from __future__ import annotations

from typing import Any

import pytest

from routing.adopting.bring_in import next_step
from routing.adopting.scene import Scene, Wish
from routing.promoting.steps import Do, Done
from tests.unit.routing.brought import (
    applied,
    deployed,
    exposed,
    of_connections,
    played,
    scene,
    virtual_service,
)

PLAIN = scene()
OWN = scene(virtual_service("pay"))
NAMED = scene(
    virtual_service(
        "pay", name="shop-routes", labels={"app.kubernetes.io/managed-by": "Helm", "team": "pay"}
    ),
    name="shop-routes",
    deployments=(deployed("pay-v1", app="pay"),),
)
TWO = scene(
    virtual_service("pay", "pay-v2.shop.svc.cluster.local"),
    services={"pay": exposed("pay"), "pay-v2": exposed("pay-v2")},
    deployments=(deployed("pay"), deployed("pay-v2")),
)
CONNECTIONS = scene(of_connections("pay"))
IN = {
    "plain": (PLAIN, ["Deployment pay is watched", "Routemap pay is made (pay pay-next)"]),
    "a VirtualService of its name": (
        OWN,
        [
            "Deployment pay is watched",
            "Routemap pay is made (pay pay-next)",
            "VirtualService pay becomes the Routemap's; what it was is noted on it",
        ],
    ),
    "a VirtualService and a Deployment of other names": (
        NAMED,
        [
            "Deployment pay-v1 is watched",
            "Service pay-v1 is made, for the pods of pay-v1 alone",
            "Routemap shop-routes is made (pay-v1 pay-next)",
            "VirtualService shop-routes becomes the Routemap's; what it was is noted on it",
        ],
    ),
    "a VirtualService of connections": (
        CONNECTIONS,
        [
            "Deployment pay is watched",
            "Routemap pay is made (pay pay-next)",
            "VirtualService pay becomes the Routemap's; what it was is noted on it",
        ],
    ),
    "two versions": (
        TWO,
        [
            "Deployment pay is watched",
            "Deployment pay-v2 is watched",
            "Routemap pay is made (pay pay-v2)",
            "VirtualService pay becomes the Routemap's; what it was is noted on it",
        ],
    ),
}
OUT = {
    "plain": ["Routemap pay is deleted", "Deployment pay is watched no more"],
    "a VirtualService of its name": [
        "VirtualService pay is what it was before",
        "Routemap pay is deleted",
        "the note on VirtualService pay is taken off",
        "Deployment pay is watched no more",
    ],
    "a VirtualService of connections": [
        "VirtualService pay is what it was before",
        "Routemap pay is deleted",
        "the note on VirtualService pay is taken off",
        "Deployment pay is watched no more",
    ],
    "a VirtualService and a Deployment of other names": [
        "VirtualService shop-routes is what it was before",
        "Routemap shop-routes is deleted",
        "the note on VirtualService shop-routes is taken off",
        "… proxies are given time to hear of it, before Services go that they may still send to",
        "Service pay-v1, which was made for Teal, is deleted",
        "Deployment pay-v1 is watched no more",
    ],
    "two versions": [
        "VirtualService pay is what it was before",
        "Routemap pay is deleted",
        "the note on VirtualService pay is taken off",
        "Deployment pay is watched no more",
        "Deployment pay-v2 is watched no more",
    ],
}


@pytest.mark.parametrize("case", IN)
def test_it_is_brought_in_step_by_step(case: str) -> None:
    seen, steps = IN[case]
    told, _, last = played(seen, Wish())
    assert told == steps
    assert last == Done("pay is Teal's to share: pay=100. Out again: teal init pay --undo")


@pytest.mark.parametrize("case", IN)
def test_it_is_taken_out_again_and_all_is_as_it_was(case: str) -> None:
    seen, _ = IN[case]
    _, inside, _ = played(seen, Wish())
    told, outside, last = played(inside, None)
    assert told == OUT[case]
    assert last == Done("pay is as it was before teal init")
    assert _bare(outside) == _bare(seen)


@pytest.mark.parametrize("case", IN)
def test_wherever_it_is_ended_it_goes_on_and_comes_back(case: str) -> None:
    seen, steps = IN[case]
    for _ in steps:
        due = next_step(seen, Wish())
        assert isinstance(due, Do)
        _, outside, _ = played(seen, None)
        assert _bare(outside) == _bare(IN[case][0])
        seen = applied(seen, due.write)


def _bare(seen: Scene) -> Any:
    """Return what a user would compare: services, deployments and routes without empty labels and lists."""
    parts = [*seen.services.values(), *seen.deployments, *seen.routes]
    return [
        {
            **part,
            "metadata": {key: item for key, item in part["metadata"].items() if item or key == "name"},
        }
        for part in parts
    ]

"""What is said beside the objects that take Iter8's applications over: in which order, and how back. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.spans import harmless
from routing import names
from routing.migrating.scene import FINALIZER, WEIGHT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from routing.migrating.scene import Migrated

_KEEP = "Keep what Iter8 has, for the way back:"
_STOP = """Iter8 stops writing. Its StatefulSet bears the name of its Helm release; the routes of applications
that stay with it stand still for as long:"""
_RELEASE = """Nobody takes Iter8's finalizer off now, and what bears it would stay when it is deleted. Take it
off (where this fails, there is none):"""
_ANNOTATED = "Teal knows no such annotation, and refuses it where it is new:"
_APPLY = """With Teal installed (teal doctor), look at what is printed here, and apply it. The Routemap stands
back (condition Conflict), and Iter8's {routes} goes on as it is:"""
_TAKE = """Teal takes the {routes} over; requests go where they went before. First it loses its owner, Iter8's
ConfigMap, with which it would go:"""
_CLEAN = """Clean up, and no more than this: deleting all that Iter8's chart has rendered would take the
Gateway, the Service and the {routes} along:"""
_GO_ON = "Where others stay with Iter8, it goes on:"
_BACK = "Back, as long as Iter8 is installed:"
_WEIGHTS = "Apply it when its Routemap is there: it changes the weights, as Iter8's annotations did."

_INDENT = "     "
_NEW = "grep -vE '^ +(uid|resourceVersion|creationTimestamp): '"
"""What only stored objects have: the API server makes none anew that bears it."""
_HELD = (
    f'[{{"op":"test","path":"/metadata/finalizers/0","value":"{FINALIZER}"}},'
    '{"op":"remove","path":"/metadata/finalizers/0"}]'
)
_STARTED = "kubectl -n ITER8 scale statefulset iter8 --replicas=1"
_DISOWNED = '{"metadata":{"ownerReferences":null}}'
_GIVEN_BACK = f'{{"metadata":{{"labels":{{"{names.ROUTEMAP}":null}},"ownerReferences":null}}}}'


def objects(found: Sequence[Migrated]) -> list[Any]:
    """Return the objects to be applied; of one that was given twice the last."""
    made = {
        (one["kind"], one["metadata"]["namespace"], one["metadata"]["name"]): one
        for each in found
        for one in each.made
    }
    return [*made.values()]


def told(each: Migrated, source: str) -> Iterator[str]:
    """Yield what a routemap's objects can't say, and what else is to be known of it."""
    if each.left:
        yield f"{source}: {each.name} is taken over, but for:"
        yield from (f"  {harmless(text)}" for text in each.left)
    yield from (f"{source}: {harmless(text)}" for text in each.remarks)


def notes(found: Sequence[Migrated]) -> Iterator[str]:
    """Yield the steps by which applications go from Iter8 to Teal without a lost request, and those back.

    The order is what matters: one writer at a time, and one router's object throughout. Weights that alone
    are changed need none of it.
    """
    moved = [each for each in found if each.routemap is not None]
    if not moved:
        yield _WEIGHTS
        return
    routes = " or ".join(dict.fromkeys(each.route for each in moved))
    steps = [(text.format(routes=routes), commands) for text, commands in _steps(moved) if commands]
    for number, (text, commands) in enumerate(steps, start=1):
        yield f"{number}. " + text.replace("\n", "\n   ")
        yield from (f"{_INDENT}{command}" for command in commands)
    yield _BACK
    yield from (f"{_INDENT}{command}" for command in _back(moved))


def _steps(moved: Sequence[Migrated]) -> Iterator[tuple[str, list[str]]]:
    """Yield what each step is for, and its commands; without any it is none."""
    yield _KEEP, [f"{_config_maps(each, 'get')} -o yaml | {_NEW} > {_saved(each)}" for each in moved]
    yield (
        _STOP,
        [
            "kubectl -n ITER8 scale statefulset iter8 --replicas=0",
            "kubectl -n ITER8 wait --for=delete pod/iter8-0 --timeout=60s",
        ],
    )
    yield _RELEASE, [_released(each) for each in moved]
    yield (
        _ANNOTATED,
        [
            f"{_kubectl(each)} annotate {kind.lower()}/{name} {WEIGHT}-"
            for each in moved
            for kind, name in each.annotated
        ],
    )
    yield _APPLY, ["teal lint FILE && teal diff -f FILE", "kubectl apply -f FILE"]
    yield _TAKE, [command for each in moved for command in _taken(each)]
    yield _CLEAN, [_config_maps(each, "delete") for each in moved]
    yield _GO_ON, [_STARTED]


def _released(each: Migrated) -> str:
    """Return the command that takes Iter8's finalizer off what it watches.

    Before Teal's mark comes, Iter8's is the first, if it is there; the patch tests that it is.
    """
    listed = " ".join(f"{kind.lower()}/{name}" for kind, name in each.objects)
    return f"for each in {listed}; do {_kubectl(each)} patch $each --type=json -p '{_HELD}'; done"


def _taken(each: Migrated) -> Iterator[str]:
    """Yield how the router's object becomes Teal's.

    Newer Iter8 makes its ConfigMap the owner, by the kind `configmap`, which there is not; garbage collection
    deletes the object with the ConfigMap all the same (seen with Kubernetes 1.37). So that is taken off
    first, then the label put on: from then on Teal writes it.
    """
    yield f"{_kubectl(each)} patch {_route(each)} --type=merge -p '{_DISOWNED}'"
    yield f"{_kubectl(each)} label {_route(each)} {names.ROUTEMAP}={each.name}"
    yield f"{_kubectl(each)} wait routemap/{each.name} --for=condition=Ready --timeout=60s"


def _back(moved: Sequence[Migrated]) -> Iterator[str]:
    """Yield the commands by which Iter8 has everything again, in this order.

    Label and owner go in one write: with the label alone gone the object would go along with the Routemap.
    """
    for each in moved:
        yield f"{_kubectl(each)} apply -f {_saved(each)}"
        yield f"{_kubectl(each)} patch {_route(each)} --type=merge -p '{_GIVEN_BACK}'"
        yield f"{_kubectl(each)} delete routemap {each.name}"
    yield _STARTED


def _kubectl(each: Migrated) -> str:
    return f"kubectl -n {each.namespace}"


def _config_maps(each: Migrated, verb: str) -> str:
    """Return a command about what Iter8 has of an application, some of which may not be there."""
    return f"{_kubectl(each)} {verb} configmap {' '.join(each.config_maps)} --ignore-not-found"


def _route(each: Migrated) -> str:
    return f"{each.route.lower()}/{each.name}"


def _saved(each: Migrated) -> str:
    """Return the file in which the ConfigMaps of an application are kept for the way back."""
    return f"iter8-{each.name}.yaml"

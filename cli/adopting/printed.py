"""What takes an application over, as YAML to be read, kept in Git, or played by hand. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.spans import harmless
from routing import names
from routing.adopting.scene import name_of
from routing.kinds import resource_of
from routing.promoting.promote import bare
from routing.reading.raw import section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.adopting.finding import Found
    from routing.adopting.scene import Manifest


def objects(found: Found) -> list[dict[str, Any]]:
    """Return the objects that are to be made, Services first. What only `--undo` looks for is left out."""
    return [_plain(each) for each in (*found.services, found.routemap)]


def words(found: Found, app: str) -> Iterator[str]:
    """Yield lines on what the objects do, and how they are played by hand."""
    name = name_of(found.routemap)
    versions = ", ".join(section(item)["name"] for item in found.routemap["spec"]["versions"])
    yield f"Routemap {name} shares the requests for {app} among {versions}."
    if found.left:
        yield f"It can't say all that VirtualService {name} does; left out is:"
        yield from (f"  {harmless(text)}" for text in found.left)
    drop = " --drop" if found.left else ""
    yield f"Play it: teal init {app} --apply{drop}. Or by hand, in this order:"
    for deployment in found.deployments:
        if section(deployment, "metadata", "labels").get(names.WATCH) != "true":
            kind = resource_of(deployment).kind.lower()
            yield f"  kubectl label {kind} {name_of(deployment)} {names.WATCH}=true"
    yield "  kubectl apply -f <this>"
    if found.route is not None:
        yield f"  kubectl label virtualservice {name} {names.ROUTEMAP}={name}    # from now on it is Teal's"


def _plain(manifest: Manifest) -> dict[str, Any]:
    """Return an object without annotations and what only a cluster gives it."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "annotations"}
    return bare({**manifest, "metadata": metadata})

"""What a router has to be able to do: a kind of object that sends requests to versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.kinds import Resource
    from routing.model import Routemap
    from routing.routes.exposure import Exposure
    from routing.routes.word import Word

    Manifest = Mapping[str, Any]


class Router(Protocol):
    """Renders exposures into one object of the Routemap's name, and reads them back. Pure."""

    @property
    def resource(self) -> Resource:
        """The kind of its object."""

    def render(self, routemap: Routemap, exposures: Sequence[Exposure]) -> Manifest:
        """Return the object that exposes each version as told."""

    def same(self, current: Manifest, wanted: Manifest) -> bool:
        """Tell whether an object is as wanted, so that applying it again would change nothing."""

    def port(self, current: Manifest) -> int | None:
        """Return the port of the versions that requests go to by an object, None for their only one."""

    def exposures(self, current: Manifest) -> Sequence[Exposure]:
        """Return whom an object exposes, however it was edited; each version that it names, once, bounded."""

    def word(self, current: Manifest) -> Word | None:
        """Return what those who follow an object say of it as it is, None where nobody tells of its kind."""

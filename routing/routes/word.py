"""What is said of a route by those who are to follow it, and what keeps requests from coming to it."""

from __future__ import annotations

from routing.values import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Why requests do not come, or go astray: a word, the field, and a sentence with value and remedy."""

    reason: str
    path: str
    detail: str

    def __str__(self) -> str:
        """Return the line that a user reads."""
        return f"{self.path}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Word:
    """What the controllers that follow a router's object say of it as it is now.

    `taken`: all whom it is for have taken it, so that what it no longer names gets no new request soon.
    `faults`: what they have against it; also where it is taken, part of it may lead nowhere.
    """

    taken: bool
    faults: tuple[Fault, ...] = ()

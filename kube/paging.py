"""How many objects to ask for at once, so that the memory of a list does not follow the size of its objects.

An object in memory takes up to 24 times its JSON (empty objects in an array: 3 bytes, and 72). A page of at
most 4 MiB, or one object of the 1.5 MiB that etcd takes, stays below 100 MiB at the worst; a page of ordinary
ones, of 2 to 5 KB each, takes some 5 MiB. The count alone bounds nothing: 100 objects of 1.5 MiB are 150 MiB
of JSON.
"""

from __future__ import annotations

FIRST = 100
"""Objects in the first page, of whose size nothing is known."""
MOST = 500
"""As client-go and kubectl ask for."""
AIM_BYTES = 1 << 19
MOST_BYTES = 1 << 22
"""Of a page: what is larger is read no further, and asked for again in smaller pages."""


def following(limit: int, size: int) -> int:
    """Return how many objects to ask for after a page of at most `limit` took `size` bytes.

    It grows no faster than twofold, since large objects may follow small ones.
    """
    return max(1, min(limit * AIM_BYTES // max(size, 1), 2 * limit, MOST))


def smaller(limit: int) -> int:
    """Return how many objects to ask for where `limit` were too large: 100, 12, 1."""
    return max(1, limit // 8)

"""How many objects to ask for at once, so that the memory of a list does not follow the size of its objects.

An object in memory takes up to 24 times its JSON (empty objects in an array: 3 bytes, and 72). A page of at
most 4 MiB, or one object of the 1.5 MiB that etcd takes, stays below 100 MiB at the worst; a page of ordinary
ones, of 2 to 5 KB each, takes some 3 MiB. The count alone bounds nothing: 100 objects of 1.5 MiB are 150 MiB
of JSON.
"""

from __future__ import annotations

MOST = 100
"""Of objects: pages of 500 left a process 40 % larger, since what is read lies between what is kept."""
AIM_BYTES = 1 << 19
MOST_BYTES = 1 << 22
"""Of a page: what is larger is read no further, and asked for again in smaller pages."""


def following(limit: int, size: int) -> int:
    """Return how many objects to ask for after a page of at most `limit` took `size` bytes.

    It grows no faster than twofold: large objects may follow small ones, and a page read in vain costs the
    API server as much as any.
    """
    return max(1, min(limit * AIM_BYTES // max(size, 1), 2 * limit, MOST))


def smaller(limit: int) -> int:
    """Return how many objects to ask for where `limit` were too large: 100, 12, 1."""
    return max(1, limit // 8)

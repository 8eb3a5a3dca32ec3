"""Reviews spoilt at random: always answered, and nothing is kept of them. `make fuzz` sends 100,000."""

from __future__ import annotations

import gc
import os
import random
import tracemalloc

from tests.unit.routing.examples import ACCEPTED, REFUSED, WARNED
from tests.unit.webhook.reviews import body
from tests.unit.webhook.test_endpoints import ENDPOINTS, answered

ROUNDS = int(os.environ.get("TEAL_FUZZ_ROUNDS", "100"))
MOST_GROWTH_BYTES = 256 * 1024
GOOD = [
    *(body(manifest) for manifest in ACCEPTED),
    *(body(example.review.manifest, example.review.old) for example in (*REFUSED, *WARNED)),
]
PIECES = [
    *(b"null", b"true", b"1e400", b"-0", b"[]", b"{}", b'""', b'"\\ud800"', b"NaN", b"99999999999999999999"),
    *(b'"metadata"', b'"labels"', b'"iter8.tools/watch"', b'"spec"', b'"versions"', b'"name"', b'"weight"'),
    *(b"[" * 50, b'{"a":' * 50, b"\xff", b"\x00", b",", b":", b"}", b"]", b'"'),
]


def spoilt(chance: random.Random) -> bytes:
    """Return a review in which a few places hold something else."""
    text = bytearray(chance.choice(GOOD))
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(text))
        text[start : start + chance.choice((0, 1, 2, 8, 40))] = chance.choice(PIECES)
    return bytes(text)


def swapped(chance: random.Random) -> bytes:
    """Return a review in which a whole value is another one, so that it often stays JSON."""
    text = chance.choice(GOOD)
    values = [part for part in text.split(b'"') if part.strip(b' ,:{}[]"')]
    value = b'"' + chance.choice(values) + b'"'
    return text.replace(value, chance.choice(PIECES), 1)


def test_spoilt_reviews_get_a_4xx_or_a_review_and_memory_stays_flat() -> None:
    chance, held = random.Random(20261123), []  # noqa: S311 -- the same each time
    tracemalloc.start()
    try:
        for number in range(ROUNDS):
            make = spoilt if number % 2 else swapped
            answered(chance.choice(ENDPOINTS), make(chance))
            if number % (ROUNDS // 4) == ROUNDS // 4 - 1:
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    print(f"{ROUNDS} reviews; bytes held after each quarter: {held}")
    assert held[-1] - held[1] < MOST_GROWTH_BYTES

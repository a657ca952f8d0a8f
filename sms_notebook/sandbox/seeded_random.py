"""Seeded random: it depends on the seed and the thing, never on the order of the questions."""

import random
from collections.abc import Callable
from hashlib import blake2b
from struct import Struct

INTEGERS = 65_536
"""How many values a drawn integer can have."""

_EIGHT = Struct("<8H")


def seeded_integers(seed: int) -> Callable[[str], tuple[int, ...]]:
    """Return a function that draws eight integers (0..65535 each) for the name of a thing.

    A digest takes a tenth of the time of a `random.Random`, and the market has 100,000 things.
    """
    start = blake2b(f"{seed}:".encode(), digest_size=16)

    def integers(thing: str) -> tuple[int, ...]:
        digest = start.copy()
        digest.update(thing.encode())
        return _EIGHT.unpack(digest.digest())

    return integers


def random_for(seed: int, thing: str) -> random.Random:
    """Return the generator of one thing."""
    return random.Random(f"{seed}:{thing}")


def happens(percent: int, integer: int) -> bool:
    """Read a drawn integer as a yes, so many times of a hundred."""
    return integer * 100 < percent * INTEGERS


def between(low: int, high: int, integer: int) -> int:
    """Read a drawn integer as a whole number from `low` to `high`, both included."""
    return low + integer * (high - low + 1) // INTEGERS

"""Chance that can be repeated: it depends on the seed and the thing, never on the order."""

import random
from collections.abc import Callable
from hashlib import blake2b
from struct import Struct

FACES = 65_536

_EIGHT = Struct("<8H")


def dice_for(seed: int) -> Callable[[str], tuple[int, ...]]:
    """Return a function that throws eight dice (0..65535 each) for the name of a thing.

    A digest takes a tenth of the time of a `random.Random`, and the market has 100,000 things.
    """
    start = blake2b(f"{seed}:".encode(), digest_size=16)

    def throw(thing: str) -> tuple[int, ...]:
        digest = start.copy()
        digest.update(thing.encode())
        return _EIGHT.unpack(digest.digest())

    return throw


def random_for(seed: int, thing: str) -> random.Random:
    """Return the source of chance of one thing."""
    return random.Random(f"{seed}:{thing}")


def happens(percent: int, die: int) -> bool:
    """Read one die as a yes, so many times of a hundred."""
    return die * 100 < percent * FACES


def between(low: int, high: int, die: int) -> int:
    """Read one die as a whole number from `low` to `high`, both included."""
    return low + die * (high - low + 1) // FACES

"""The countries as the sandbox sees them: how big, how dear, which operators and abilities."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

from sms_notebook.protocol.catalogue import Country, countries
from sms_notebook.sandbox.dice import between, dice_for, happens

KAZAKHSTAN = 2
"""The country of an order that names none, as documented for rent."""

BIG = (2, 6, 0, 22, 4, 16, 187, 73, 10, 1, 12, 33, 43, 36, 78, 54, 52, 62, 15, 56)
"""Countries with the most numbers, biggest first; they have every ability."""

DEAR = (187, 16, 43, 78, 36, 182, 173, 174, 175, 172, 46, 50, 82, 190, 13, 95, 196, 165, 163, 67)
"""Countries where numbers cost more."""


@dataclass(frozen=True, slots=True)
class Land:
    """A country of the market.

    Attributes
    ----------
    size
        How much of the world's numbers it has, 1..100.
    level
        Its price level in percent.
    retry
        A number there may get a second message.
    """

    country: Country
    size: int
    level: int
    visible: bool
    retry: bool
    rent: bool
    multi_service: bool
    operators: tuple[str, ...]

    @property
    def id(self) -> int:
        """The protocol's own number of the country."""
        return self.country.id

    def matching(self, wanted: tuple[str, ...]) -> tuple[str, ...]:
        """Return the operators that match a wish, in the order of the wish."""
        if not wanted or "any" in wanted:
            return self.operators
        return tuple(name for name in wanted if name in self.operators)


def lands(seed: int) -> dict[int, Land]:
    """Draw what the catalogue does not say about each country."""
    throw = dice_for(seed)
    operators = _operators()
    found = {}
    for country in countries():
        big = country.id in BIG
        size, level, visible, retry, rent, multi, _, _ = throw(f"land:{country.id}")
        found[country.id] = Land(
            country=country,
            size=100 - 3 * BIG.index(country.id) if big else between(5, 40, size),
            level=between(150, 260, level) if country.id in DEAR else between(60, 140, level),
            visible=big or happens(96, visible),
            retry=big or happens(85, retry),
            rent=big or happens(35, rent),
            multi_service=big or happens(30, multi),
            operators=operators.get(country.id, ()),
        )
    return found


@cache
def _operators() -> dict[int, tuple[str, ...]]:
    source = resources.files(__package__).joinpath("data", "operators.csv")
    found: dict[int, list[str]] = {}
    with source.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(int(row["country"]), []).append(row["operator"])
    return {country: tuple(names) for country, names in found.items()}

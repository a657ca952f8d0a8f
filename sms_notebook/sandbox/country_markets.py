"""The countries as the sandbox sees them: how big, how dear, and with which phone numbers."""

import csv
import random
from dataclasses import dataclass
from functools import cache
from importlib import resources

import phonenumbers
from phonenumbers import PhoneNumberType

from sms_notebook.protocol.catalogue import Country, countries
from sms_notebook.sandbox.simulation import between, happens, seeded_integers

BIG = (2, 6, 0, 22, 4, 16, 187, 73, 10, 1, 12, 33, 43, 36, 78, 54, 52, 62, 15, 56)
"""Countries with the most numbers, biggest first; they have every ability."""

DEAR = (187, 16, 43, 78, 36, 182, 173, 174, 175, 172, 46, 50, 82, 190, 13, 95, 196, 165, 163, 67)
"""Countries where numbers cost more."""

SILENT, SLOW, TWICE, EMPTY = "silent", "slow", "twice", "empty"
OPERATORS = {
    SILENT: "its numbers never get a code",
    SLOW: "its codes come after 60 to 90 seconds",
    TWICE: "another code comes after the first, though nobody asked for it",
    EMPTY: "it has no numbers: NO_NUMBERS",
}
"""Operators of no country, which no list has, for whoever tests what then happens."""

# Sparse numbering plans need many tries; each takes some 20 microseconds.
_TRIES = 60
_SAMPLES = 12


@dataclass(frozen=True, slots=True)
class CountryMarket:
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

    def matching(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the operators that are among the wanted ones, in their order."""
        if not names or "any" in names:
            return self.operators
        return tuple(name for name in names if name in self.operators or name in OPERATORS)


def draw_country_markets(seed: int, *, is_real: bool = True) -> dict[int, CountryMarket]:
    """Draw what the catalogue does not say about each country.

    Where it need not be as on a real market, numbers of each get a second message.
    """
    integers = seeded_integers(seed)
    operators = _operators()
    markets = {}
    for country in countries():
        big = country.id in BIG
        size, level, visible, retry, rent, multi, _, _ = integers(f"land:{country.id}")
        markets[country.id] = CountryMarket(
            country=country,
            size=100 - 3 * BIG.index(country.id) if big else between(5, 40, size),
            level=between(150, 260, level) if country.id in DEAR else between(60, 140, level),
            visible=big or happens(96, visible),
            retry=big or not is_real or happens(85, retry),
            rent=big or happens(35, rent),
            multi_service=big or happens(30, multi),
            operators=operators.get(country.id, ()),
        )
    return markets


@cache
def _operators() -> dict[int, tuple[str, ...]]:
    source = resources.files(__package__).joinpath("data", "operators.csv")
    operators: dict[int, list[str]] = {}
    with source.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            operators.setdefault(int(row["country"]), []).append(row["operator"])
    return {country: tuple(names) for country, names in operators.items()}


class PhoneNumbers:
    """Hands out numbers that nobody had before."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def fresh(
        self, country: Country, chance: random.Random, avoid: tuple[str, ...] = ()
    ) -> str | None:
        """Draw a new number that begins with none of the prefixes in `avoid`.

        None when there seems to be none.
        """
        prefix, length = _shape(country.iso, country.dial)
        for _ in range(_TRIES):
            phone = prefix + "".join(chance.choices("0123456789", k=length))
            if phone in self._given or phone.startswith(avoid):
                continue
            if not _is_valid(phone, country.iso):
                continue
            self._given.add(phone)
            return phone
        return None


def random_sender(chance: random.Random, country: Country) -> str:
    """Draw a number that calls or writes to ours."""
    prefix, length = _shape(country.iso, country.dial)
    return prefix + "".join(chance.choices("0123456789", k=length))


def _is_valid(phone: str, iso: str) -> bool:
    return phonenumbers.is_valid_number_for_region(phonenumbers.parse(f"+{phone}"), iso)


@cache
def _shape(iso: str, dial: str) -> tuple[str, int]:
    """Return the fixed beginning of a country's mobile numbers and how many digits follow.

    The example number of `phonenumbers` is valid; of its digits as many as possible are set free,
    as long as most of what comes out is valid too.
    """
    example = phonenumbers.example_number_for_type(iso, PhoneNumberType.MOBILE)
    if example is None:
        example = phonenumbers.example_number(iso)
    if example is None:
        return f"{dial}9", 8
    code = str(example.country_code)
    digits = phonenumbers.national_significant_number(example)
    chance = random.Random(iso)
    for kept in range(1, len(digits)):
        free = len(digits) - kept
        prefix = code + digits[:kept]
        drawn = ("".join(chance.choices("0123456789", k=free)) for _ in range(_SAMPLES))
        if sum(_is_valid(prefix + rest, iso) for rest in drawn) * 2 >= _SAMPLES:
            return prefix, free
    return code + digits[:-2], 2

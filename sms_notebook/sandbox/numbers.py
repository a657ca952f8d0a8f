"""Phone numbers of the right shape for each country: digits only, no one twice."""

import random
from functools import cache

import phonenumbers
from phonenumbers import PhoneNumberType

from sms_notebook.protocol.catalogue import Country

# Sparse numbering plans need many throws; each takes some 20 microseconds.
_TRIES = 60
_SAMPLES = 12


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


def stranger(chance: random.Random, country: Country) -> str:
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

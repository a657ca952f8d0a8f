"""The protocol's own catalogue: country ids and service codes that all providers share; ISO codes.

The tables are data files beside this module, read when first asked for: of the protocol its
countries and services, of ISO 3166 the territories (their English names are those of Unicode CLDR,
and what else they are called), of ISO 4217 the currencies.
"""

import csv
import unicodedata
from functools import cache
from pathlib import Path

import msgspec


class Country(msgspec.Struct, frozen=True):
    """A country as the protocol numbers it (``getCountries``)."""

    id: int
    iso: str
    dial: str
    eng: str
    rus: str
    chn: str


class Service(msgspec.Struct, frozen=True):
    """A service as the protocol names it (``getServicesList``)."""

    code: str
    name: str


_DATA = Path(__file__).parent / "data"

_BY_PURCHASES = (
    "tg wa go fb ig vk ot vi ds am tw lf mt ub oi dr acz wb mm wx ka me uu av ya ew kt ts mb nf "
    "aon aor re fu bw tn tx hb vz xd"
)
POPULAR = tuple(_BY_PURCHASES.split())
"""Services most people ask for, first the one with the most purchases."""

ALSO_CALLED = {
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "uae": "AE",
    "emirates": "AE",
    "holland": "NL",
    "czech": "CZ",
    "czech republic": "CZ",
    "ivory coast": "CI",
    "america": "US",
    "korea": "KR",
    "burma": "MM",
    "macedonia": "MK",
    "deutschland": "DE",
    "congo (dem. republic)": "CD",
}
"""What people call countries beside the names of ISO 3166."""


@cache
def countries() -> tuple[Country, ...]:
    """All countries of the protocol, in the order of their ids."""
    return tuple(Country(int(number), *names) for number, *names in _rows("countries.csv"))


@cache
def services() -> tuple[Service, ...]:
    """All services of the protocol that are known here, in the order of their codes."""
    return tuple(Service(*row) for row in _rows("services.csv"))


def iso_code(name: str) -> str | None:
    """Return the ISO code of a country by any of its names, or by its three letters.

    Examples
    --------
    >>> iso_code("United States"), iso_code("deu"), iso_code("UK"), iso_code("Atlantis")
    ('US', 'DE', 'GB', None)
    """
    return ALSO_CALLED.get(name.casefold()) or _territories().get(_bare(name))


@cache
def _territories() -> dict[str, str]:
    """Return the ISO codes of territories by codes and names."""
    codes: dict[str, str] = {}
    for iso, iso3, names in _rows("territories.csv"):
        for name in (iso, iso3, *names.split("|")):
            codes[_bare(name)] = iso
    return codes


def _bare(name: str) -> str:
    """Return a name without what people leave out, or write in several ways."""
    letters = unicodedata.normalize("NFKD", name.strip())
    text = "".join(sign for sign in letters if not unicodedata.combining(sign)).casefold()
    text = text.replace("\u2019", "'").replace(" & ", " and ")
    return f"saint {text[4:]}" if text.startswith("st. ") else text


@cache
def currency_text(code: str) -> str | None:
    """Return the ISO 4217 alphabetic code for a numeric or alphabetic one.

    The wire says 840, people say USD.

    Examples
    --------
    >>> currency_text("840"), currency_text("usd"), currency_text("0")
    ('USD', 'USD', None)
    """
    code = code.strip().upper()
    if code.isascii() and code.isdigit():
        return _currencies().get(code.zfill(3))
    return code if code in _currencies().values() else None


@cache
def _currencies() -> dict[str, str]:
    """Return the currencies by their number."""
    return dict(_rows("currencies.csv"))


def _rows(name: str) -> list[list[str]]:
    """Read one of the data files, without the line that names its columns."""
    _, *rows = csv.reader((_DATA / name).read_text(encoding="utf-8").splitlines())
    return rows

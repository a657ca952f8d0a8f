"""The protocol's own catalogue: country ids and service codes that all providers share.

The two tables are data files beside this module. They are read when first asked for.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Country:
    """A country as the protocol numbers it (``getCountries``)."""

    id: int
    iso: str
    dial: str
    eng: str
    rus: str
    chn: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service as the protocol names it (``getServicesList``)."""

    code: str
    name: str


@cache
def countries() -> tuple[Country, ...]:
    """All countries of the protocol, in the order of their ids."""
    return tuple(
        Country(int(row["id"]), row["iso"], row["dial"], row["eng"], row["rus"], row["chn"])
        for row in _rows("countries.csv")
    )


@cache
def services() -> tuple[Service, ...]:
    """All services of the protocol that are known here, in the order of their codes."""
    return tuple(Service(row["code"], row["name"]) for row in _rows("services.csv"))


def _rows(name: str) -> list[dict[str, str]]:
    """Read one of the data files."""
    source = resources.files(__package__).joinpath("data", name)
    return list(csv.DictReader(source.read_text(encoding="utf-8").splitlines()))

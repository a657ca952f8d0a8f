"""The wire as the provider sees it: parameters of a request, texts and JSON of an answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

Params = Mapping[str, str]

API_PATH: Final = "/stubs/handler_api.php"
"""Where nearly all providers answer."""


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """A request as it came in: query and form together, and what HTTP says beside them."""

    params: Params
    method: str = "GET"
    path: str = API_PATH
    headers: Mapping[str, str] = field(default_factory=dict)
    """By their names in small letters."""

    @property
    def action(self) -> str:
        """The action that is asked for; empty where none is named."""
        return self.params.get("action", "")


DEFAULT_COUNTRY = 2
"""Kazakhstan: the country of an order that names none (getRentNumber in the API documentation)."""


def text(params: Params, name: str) -> str | None:
    """Return a parameter; None when it is missing or empty."""
    return params.get(name, "").strip() or None


def integer(params: Params, name: str) -> int | None:
    """Return a parameter as a whole number; None when it is missing or something else."""
    value = params.get(name, "").strip()
    return int(value) if _is_integer(value) else None


def at_least(params: Params, name: str, least: int, default: int) -> int:
    """Return a whole number that is not below `least`; anything else is read as the default."""
    value = integer(params, name)
    return default if value is None or value < least else value


def names(params: Params, name: str) -> tuple[str, ...]:
    """Return the parts of a comma list, each once."""
    parts = (part.strip() for part in params.get(name, "").split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def integers(params: Params, name: str) -> tuple[int, ...]:
    """Return the whole numbers of a comma list; what is something else is left out."""
    return tuple(int(part) for part in names(params, name) if _is_integer(part))


def flag(params: Params, name: str) -> bool:
    """Whether a switch is on: ``true`` or ``1``."""
    return params.get(name, "").strip().lower() in ("true", "1")


def id_of(params: Params, name: str) -> int:
    """Return the id of an activation or a rent; -1, which nothing has, for what is not a number."""
    value = integer(params, name)
    return -1 if value is None else value


def country_of(params: Params) -> int:
    """Return the country that is meant; -1, which no country is, for what is not a number."""
    if text(params, "country") is None:
        return DEFAULT_COUNTRY
    country = integer(params, "country")
    return -1 if country is None else country


def _is_integer(value: str) -> bool:
    digits = value.removeprefix("-")
    # Longer than any id or timestamp: int() of a megabyte of digits is an attack.
    return digits.isascii() and digits.isdigit() and len(digits) <= 19  # noqa: PLR2004 - int64


USD = 840
"""ISO 4217 number of the currency of the account."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An honest reply of the provider."""

    text: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """An action ends with a documented error.

    Attributes
    ----------
    answer
        The reference's own words for it.
    code, rest, info
        What other dialects make their words of: the code, what followed its colon, and figures.
    """

    def __init__(
        self, answer: Answer, code: str, rest: str = "", info: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(answer.text)
        self.answer = answer
        self.code = code
        self.rest = rest
        self.info = info


def as_json(value: Any) -> str:
    """Write compact JSON that keeps every script readable."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def in_json(value: Any) -> Answer:
    """Answer with JSON."""
    return Answer(as_json(value))


def refused(code: str) -> RefusedError:
    """Refuse in plain text, as the activation actions do."""
    word, _, rest = code.partition(":")
    return RefusedError(Answer(code), word, rest)


def refused_in_json(message: str, info: Mapping[str, Any] | None = None) -> RefusedError:
    """Refuse in JSON, as the rent actions do."""
    body: dict[str, Any] = {"status": "error", "message": message}
    if info is not None:
        body["info"] = dict(info)
    return RefusedError(in_json(body), message, info=info)


@cache
def dollars(cents: int) -> Decimal:
    """Turn cents into an amount with two decimals."""
    return Decimal(cents).scaleb(-2)


def timestamp(moment: datetime) -> str:
    """Write a time as most actions do: UTC, without saying so."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"

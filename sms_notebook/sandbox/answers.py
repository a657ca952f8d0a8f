"""What the provider says: a text of the protocol or JSON, and the refusals in both forms."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

USD = 840
"""ISO 4217 number of the currency of the account."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An honest reply of the provider."""

    text: str
    status: int = 200


class RefusedError(Exception):
    """An action ends with a documented error: `answer` says which."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer


def as_json(value: Any) -> str:
    """Write compact JSON that keeps every script readable."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def in_json(value: Any) -> Answer:
    """Answer with JSON."""
    return Answer(as_json(value))


def refused(code: str) -> RefusedError:
    """Refuse in plain text, as the activation actions do."""
    return RefusedError(Answer(code))


def refused_in_json(message: str, info: dict[str, Any] | None = None) -> RefusedError:
    """Refuse in JSON, as the rent actions do."""
    body: dict[str, Any] = {"status": "error", "message": message}
    if info is not None:
        body["info"] = info
    return RefusedError(in_json(body))


@cache
def dollars(cents: int) -> Decimal:
    """Turn cents into an amount with two decimals."""
    return Decimal(cents).scaleb(-2)


def number(amount: Decimal) -> float:
    """Turn an amount into the number that JSON carries; nothing is calculated with it."""
    return float(amount)


def wire_time(moment: datetime) -> str:
    """Write a time as most actions do: UTC, without saying so."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"

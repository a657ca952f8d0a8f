"""From what a person passes to what the wire takes, or one clear line why not.

``None`` is not sent; ``0`` and ``False`` are. Values out of a DataFrame (numpy and pandas scalars)
are as good as Python's own.
"""

import operator
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sms_notebook.protocol.errors import UsageProblem

CountryLike = int | str
"""A country: its id, its ISO code or its English name."""
Identifier = int | str
"""An id, as text or as a number."""
Texts = str | Iterable[str]
"""Several texts: a list, or one text with commas."""
Price = Decimal | float | str
"""An amount of money in the provider's currency."""
Moment = datetime | float | str
"""A time: a datetime with a zone, the same as text (ISO 8601), or a Unix timestamp in seconds."""

_LONGEST = 200
_SHOWN = 60
_LARGEST = 2**64
_MOMENTS = (
    "Give a datetime with a zone, a text such as '2026-11-01T00:00+00:00', or seconds since 1970."
)
_LATEST = 300_000_000_000  # after the year 9999: whoever says more means milliseconds
_WHOLE = re.compile(r"[+-]?\d{1,20}")


def one(name: str, value: object) -> str | None:
    """Return one text: a service, a name, an address."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if not text:
            raise UsageProblem(f"{name} is empty.")
        if len(text) > _LONGEST or not text.isprintable():
            raise UsageProblem(f"{name} is not a name or code: {text[:40]!r}….")
        return text
    if isinstance(value, Iterable):
        raise UsageProblem(
            f"{name} takes one value, not {type(value).__name__}. "
            f"Pick one, as in frame.loc[0, {name!r}]."
        )
    raise UsageProblem(f"{name} takes a text, not {_shown(value)}.")


def identifier(name: str, value: object) -> str | None:
    """Return an id: of an activation, a rent, a country or a product."""
    if value is None or isinstance(value, str):
        return one(name, value)
    if isinstance(value, Iterable):
        return one(name, value)
    return str(_whole(name, value))


def required(name: str, value: str | None) -> str:
    """Insist on a value."""
    if value is None:
        raise UsageProblem(f"{name} is missing.")
    return value


def activation_id(value: object) -> str:
    """Return the id of an activation."""
    return required("activation_id", identifier("activation_id", value))


def rent_id(value: object) -> str:
    """Return the id of a rent."""
    return required("rent_id", identifier("rent_id", value))


def whole(
    name: str,
    value: object,
    minimum: int | None = None,
    maximum: int | None = None,
    *,
    such_as: str = "",
) -> str | None:
    """Return a whole number within bounds."""
    if value is None:
        return None
    number = _whole(name, value, such_as)
    if minimum is not None and number < minimum:
        raise UsageProblem(f"{name} is {minimum} or more, not {number}.")
    if maximum is not None and number > maximum:
        raise UsageProblem(f"{name} is {maximum} at most, not {number}.")
    return str(number)


def _whole(name: str, value: Any, such_as: str = "") -> int:
    """Read a whole number; True is none."""
    number: int | None = None
    if isinstance(value, str):
        number = int(value) if _WHOLE.fullmatch(value.strip()) else None
    elif not isinstance(value, bool) and type(value).__name__ not in ("bool", "bool_"):
        try:
            number = operator.index(value)
        except TypeError:
            if isinstance(value, float) and value.is_integer():
                number = int(value)
    if number is not None and abs(number) <= _LARGEST:
        return number
    known = f": {such_as}" if such_as else ""
    raise UsageProblem(f"{name} takes a whole number{known}, not {_shown(value)}.")


def price(name: str, value: object) -> str | None:
    """Return an amount of money above zero, written without an exponent."""
    if value is None:
        return None
    problem = UsageProblem(f"{name} takes an amount above zero, such as 0.25, not {_shown(value)}.")
    if isinstance(value, bool):
        raise problem
    try:
        amount = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):  # also of a number too long to be written out
        raise problem from None
    if not amount.is_finite() or not 0 < amount < Decimal(10) ** 9 or amount.adjusted() < -9:  # noqa: PLR2004 - a billionth
        raise problem
    return f"{amount:f}"


def flag(name: str, value: object) -> str | None:
    """Return ``true`` or ``false``."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):  # may be too long to be written out
        raise UsageProblem(f"{name} takes True or False, not a number.")
    if str(value) not in ("True", "False"):
        raise UsageProblem(f"{name} takes True or False, not {_shown(value)}.")
    return str(value).lower()


def joined(name: str, value: object, each: Callable[[str, object], str | None] = one) -> str | None:
    """Return several texts with commas between them, each read by itself."""
    if value is None:
        return None
    if isinstance(value, str):
        items: list[object] = [*value.split(",")]
    elif isinstance(value, Iterable):
        items = list(value)
    else:
        raise UsageProblem(f"{name} takes a list or a text with commas, not {_shown(value)}.")
    if not items:
        raise UsageProblem(f"{name} is an empty list.")
    return ",".join(required(name, each(name, item)) for item in items)


def moment(name: str, value: object) -> str | None:
    """Return a Unix timestamp."""
    if isinstance(value, str) and not _WHOLE.fullmatch(value.strip()):
        value = _datetime(name, value.strip())
    if isinstance(value, date) and not isinstance(value, datetime):
        raise UsageProblem(f"{name} is a date without a time and zone. {_MOMENTS}")
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise UsageProblem(f"{name} has no time zone. {_MOMENTS}")
        return whole(name, int(value.timestamp()), 0)
    seconds = int(value) if isinstance(value, float) and abs(value) < _LARGEST else value
    if isinstance(seconds, int) and seconds > _LATEST:
        raise UsageProblem(f"{name} is in seconds since 1970, not {_shown(value)}.")
    return whole(name, seconds, 0)


def _datetime(name: str, text: str) -> datetime:
    """Read a time as text, ISO 8601."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise UsageProblem(f"{name} is no time: {_shown(text)}. {_MOMENTS}") from None


def _shown(value: object) -> str:
    """Show a wrong value, shortly and on one line."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:
        text = f"{type(value).__name__} of that size"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

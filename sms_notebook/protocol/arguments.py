"""From what a person passes to what the wire takes, or one clear line why not.

``None`` is not sent; ``0`` and ``False`` are. Values out of a DataFrame (numpy and pandas scalars)
are as good as Python's own.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import pandas as pd

from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.sms_error import Hint, Parameter, Phrase

CountryLike = int | str
"""A country: its id, its ISO code or its English name."""
Countries = CountryLike | Iterable[CountryLike]
"""A country or several: a list, one text with commas, or a frame with a column ``country``."""
Identifier = int | str
"""An id, as text or as a number."""
if TYPE_CHECKING:
    OneNumber = Identifier | pd.DataFrame | pd.Series[Any] | Mapping[str, Any]
else:  # pandas has types that only a type checker may ask for
    OneNumber = Identifier | pd.DataFrame | pd.Series | Mapping
"""A number: its id, or the frame of one row, or the row, that an order or a rent returned."""
Texts = str | Iterable[str]
"""Several texts: a list, or one text with commas."""
ActivationType = int | str
"""How a code comes: ``sms``, ``call`` or ``voice``, or the protocol's number for it."""
ACTIVATION_TYPES = {"sms": 0, "call": 1, "voice": 2}
"""Those words, and their numbers (``activationType``)."""
Price = Decimal | float | str
"""An amount of money in the provider's currency."""
Moment = datetime | float | str
"""A time: a datetime with a zone, the same as text (ISO 8601), or a Unix timestamp in seconds."""

_LONGEST = 200
_LONGEST_EXCERPT = 60
_LARGEST = 2**64
_MOMENTS = Hint(
    "give a datetime with a zone, a text such as '2026-11-01T00:00+00:00', or seconds since 1970"
)
_LATEST = 300_000_000_000  # after the year 9999: whoever says more means milliseconds
_WHOLE = re.compile(r"[+-]?\d{1,20}")


def text(name: str, value: object) -> str | None:
    """Return one text: a service, a name, an address."""
    if value is None:
        return None
    if isinstance(value, str):
        stripped = value.strip()
        if not stripped:
            raise _wrong(name, "is empty")
        if len(stripped) > _LONGEST or not stripped.isprintable():
            raise _wrong(name, "is not a name or code: {text!r}…", text=stripped[:40])
        return stripped
    if isinstance(value, Iterable):
        raise _wrong(
            name,
            "takes one value, not {kind}",
            Hint("pick one, as in frame.loc[0, {column!r}]", column=name),
            kind=type(value).__name__,
        )
    raise _wrong(name, "takes a text, not {value}", value=_abbreviated(value))


def identifier(name: str, value: object) -> str | None:
    """Return an id: of an activation, a rent, a country or a product."""
    if value is None or isinstance(value, str):
        return text(name, value)
    if isinstance(value, Iterable):
        return text(name, value)
    return str(_whole(name, value))


def required(name: str, value: str | None) -> str:
    """Insist on a value."""
    if value is None:
        raise _wrong(name, "is missing")
    return value


def activation_id(value: object) -> str:
    """Return the id of an activation."""
    return required("activation_id", identifier("activation_id", _in_row("activation_id", value)))


def rent_id(value: object) -> str:
    """Return the id of a rent."""
    return required("rent_id", identifier("rent_id", _in_row("rent_id", value)))


def _in_row(name: str, value: object) -> object:
    """Return what a row has in a column; what is no row stands for itself."""
    if isinstance(value, pd.DataFrame):
        if len(value) != 1:
            raise _wrong(
                name,
                "stands for one number, and this frame has {rows} rows",
                Hint("pick one, as in frame.iloc[[0]]"),
                rows=len(value),
            )
        value = value.iloc[0]
    elif isinstance(value, pd.Series) and len(value) == 1 and value.name == name:
        return value.iloc[0]  # the column of such a frame
    if isinstance(value, tuple) and hasattr(value, "_asdict"):  # of itertuples()
        value = value._asdict()
    if not isinstance(value, pd.Series | Mapping):
        return value
    if name not in value:
        has = ", ".join(column for column in map(str, value.keys()) if column.endswith("_id"))
        raise _wrong(name, "is not in this row, which has {has}", has=has or "no id")
    cell = value[name]
    if cell is None or cell is pd.NA:
        raise _wrong(name, "is not known in this row")
    return cell


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
        raise _wrong(name, "is {minimum} or more, not {number}", minimum=minimum, number=number)
    if maximum is not None and number > maximum:
        raise _wrong(name, "is {maximum} at most, not {number}", maximum=maximum, number=number)
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
    raise _wrong(
        name, "takes a whole number{known}, not {value}", known=known, value=_abbreviated(value)
    )


def activation_type(value: object) -> str | None:
    """Return the number of how a code comes.

    Examples
    --------
    >>> activation_type("voice"), activation_type(1), activation_type(None)
    ('2', '1', None)
    """
    word = value.strip().lower() if isinstance(value, str) else value
    if isinstance(word, str) and word in ACTIVATION_TYPES:
        return str(ACTIVATION_TYPES[word])
    such_as = "0 (sms), 1 (call) or 2 (voice)"
    if isinstance(word, str) and not _WHOLE.fullmatch(word):
        raise _wrong(
            "activation_type", "takes sms, call or voice, not {value}", value=_abbreviated(value)
        )
    return whole("activation_type", value, 0, max(ACTIVATION_TYPES.values()), such_as=such_as)


def price(name: str, value: object) -> str | None:
    """Return an amount of money above zero, written without an exponent."""
    if value is None:
        return None
    problem = _wrong(
        name, "takes an amount above zero, such as 0.25, not {value}", value=_abbreviated(value)
    )
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
        raise _wrong(name, "takes True or False, not a number")
    if str(value) not in ("True", "False"):
        raise _wrong(name, "takes True or False, not {value}", value=_abbreviated(value))
    return str(value).lower()


def joined(
    name: str, value: object, each: Callable[[str, object], str | None] = text
) -> str | None:
    """Return several texts with commas between them, each read by itself."""
    if value is None:
        return None
    _refuse_bytes(name, value)
    if isinstance(value, str):
        items: list[object] = [*value.split(",")]
    elif isinstance(value, Iterable):
        items = list(value)
    else:
        raise _wrong(
            name, "takes a list or a text with commas, not {value}", value=_abbreviated(value)
        )
    if not items:
        raise _wrong(name, "is an empty list")
    return ",".join(required(name, each(name, item)) for item in items)


def _refuse_bytes(name: str, value: object) -> None:
    """Refuse bytes: as a list they are numbers, and b"KZ" would be the countries 75 and 90."""
    if isinstance(value, bytes | bytearray | memoryview):
        kind = type(value).__name__
        raise _wrong(name, "takes text, not {kind}", Hint("decode it first"), kind=kind)


def places(name: str, value: Any, *, in_order: bool = False) -> list[str]:
    """Return one country or several, or services, each once: as they were written.

    Parameters
    ----------
    name : str
        Of the parameter.
    value : object
        One, a list, a text with commas, or a frame with such a column.
    in_order : bool
        Whether it matters which comes first.
    """
    _refuse_bytes(name, value)
    if in_order and isinstance(value, set | frozenset):
        raise _wrong(name, "takes a list: a set has no order, and the first counts")
    if isinstance(value, str):
        given: list[object] = [*value.split(",")]
    elif isinstance(value, pd.DataFrame):
        if name not in value.columns:
            raise _wrong(name, "is not a column of this frame")
        given = [*value[name]]
    elif isinstance(value, Mapping):
        raise _wrong(name, "takes one or a list, not {kind}", kind=type(value).__name__)
    else:
        given = [*value] if isinstance(value, Iterable) else [value]
    if not given:
        raise _wrong(name, "is an empty list")
    return list(dict.fromkeys(required(name, identifier(name, item)) for item in given))


def ids(name: str, column: str, given: Any) -> list[str]:
    """Return one id or several as a list; rows of a frame have them in a column."""
    _refuse_bytes(name, given)
    if isinstance(given, str | int) and not isinstance(given, bool):
        given = [given]
    if isinstance(given, pd.DataFrame):
        given = [row for _, row in given.iterrows()]
    elif _is_row(column, given):
        given = [given]
    if not isinstance(given, Iterable):
        raise _wrong(name, "takes an id or several, not {given}", given=f"{given!r:.60}")
    return [required(name, identifier(name, _in_row(column, item))) for item in given]


def _is_row(column: str, value: object) -> bool:
    """Tell whether a value is one row of a frame, in whatever shape."""
    if isinstance(value, pd.Series):
        return column in value.index
    return isinstance(value, Mapping) or column in getattr(value, "_fields", ())


def interval(every: Any) -> float:
    """Return the seconds between two polls."""
    between = seconds("every", every)
    if between is None:
        raise _wrong("every", "takes seconds")
    return between


def seconds(name: str, value: Any) -> float | None:
    """Return seconds above zero, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 10**9:
        raise _wrong(name, "takes seconds above zero, not {value}", value=f"{value!r:.60}")
    return float(value)


def moment(name: str, value: object) -> str | None:
    """Return a Unix timestamp."""
    if isinstance(value, str) and not _WHOLE.fullmatch(value.strip()):
        value = _datetime(name, value.strip())
    if isinstance(value, date) and not isinstance(value, datetime):
        raise _wrong(name, "is a date without a time and zone", _MOMENTS)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise _wrong(name, "has no time zone", _MOMENTS)
        return whole(name, int(value.timestamp()), 0)
    seconds = int(value) if isinstance(value, float) and abs(value) < _LARGEST else value
    if isinstance(seconds, int) and seconds > _LATEST:
        raise _wrong(name, "is in seconds since 1970, not {value}", value=_abbreviated(value))
    return whole(name, seconds, 0)


def _datetime(name: str, text: str) -> datetime:
    """Read a time as text, ISO 8601."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(name, "is no time: {text}", _MOMENTS, text=_abbreviated(text)) from None


def _wrong(name: str, what: str, *hints: Hint, **parts: object) -> UsageProblem:
    """Make the error for a parameter; each face calls it by its own name."""
    return UsageProblem(Phrase(f"{{name}} {what}", name=Parameter(name), **parts), hints=hints)


def _abbreviated(value: object) -> str:
    """Show a wrong value, shortly and on one line."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:
        text = f"{type(value).__name__} of that size"
    return text if len(text) <= _LONGEST_EXCERPT else text[: _LONGEST_EXCERPT - 1] + "…"

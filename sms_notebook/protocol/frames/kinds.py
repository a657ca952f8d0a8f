"""Logical types of columns: from what the wire says to an array of one exact dtype.

Providers send numbers as text and text as numbers, mixed within one reply. Each kind here reads
all of them to the same dtype. A value that is absent becomes NA; one that cannot be read is
reported by its position, for the schema to decide about.
"""

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from enum import Enum
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from sms_notebook.forking import once
from sms_notebook.protocol.catalogue import currency_text
from sms_notebook.protocol.frames.times import read_time

_DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_LONGEST = 64  # characters of a number; a longer text is none
_INT64 = 2**63
_DIGITS = 18  # of a whole number that is surely smaller than that
_ABSENT = ("", "null", "None")
_FLAGS = {"1": True, "0": False, "true": True, "false": False}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Array = ExtensionArray | np.ndarray[Any, Any]
Values = Sequence[Any] | np.ndarray[Any, Any]


class ReadColumn(NamedTuple):
    """What became of a column.

    Attributes
    ----------
    array : array
        The values, NA where there is none.
    is_complete : bool
        Whether there is a value everywhere.
    unreadable : list of int
        Where there was one that cannot be read.
    """

    array: Array
    is_complete: bool = True
    unreadable: Sequence[int] = ()


class Secret(Enum):
    """What a column tells that is not for everybody's eyes."""

    PHONE = "phone"
    """A number of ours."""
    CALLER = "caller"
    """The number of somebody who called or wrote; its last digits may be a code."""
    CODE = "code"
    """A code, or several."""
    WORDS = "words"
    """A message, or several: there is a code in it, and perhaps a number."""
    LINK = "link"
    """Where a recording can be heard by whoever knows the address."""
    LICENCE = "licence"
    """A licence key, and how to use it."""
    REMARK = "remark"
    """A sentence of this package; it may quote a reply."""


class Kind(msgspec.Struct, frozen=True, dict=True):
    """A logical type.

    Attributes
    ----------
    name : str
        The dtype's name, as the documentation shows it.
    dtype : object
        The pandas dtype.
    read : callable
        From wire values and the provider's zone to a column.
    secret : Secret or None
        What must not be seen of it where somebody looks on.
    digits : int or None
        Decimals that people see at least, as of money; 0 where they see whole numbers; None where
        it is pandas' affair.
    """

    name: str
    dtype: Any
    read: Callable[[Values, tzinfo], ReadColumn]
    secret: Secret | None = None
    digits: int | None = None

    def absent(self, length: int) -> ReadColumn:
        """Return a column in which there is nothing."""
        if self.dtype == object:  # each row has a list of its own
            return self.read([None] * length, UTC)
        return ReadColumn(self._nothing.repeat(length), not length)

    @once
    def _nothing(self) -> Array:
        return self.read([None], UTC).array


def _read_each(
    values: Values, read: Callable[[Any], Any], blank: object
) -> tuple[list[Any], list[bool], list[int]]:
    """Read value by value: what was read, where it is NA, and where it was unreadable."""
    result: list[Any] = []
    absent: list[bool] = []
    unreadable: list[int] = []
    for position, value in enumerate(values):
        try:
            item = read(value)
        except (ValueError, OverflowError):
            unreadable.append(position)
            item = None
        result.append(blank if item is None else item)
        absent.append(item is None)
    return result, absent, unreadable


def _decimal(value: object) -> float | int | None:
    """Read a number, or text that is one."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if text in _ABSENT:
            return None
        if len(text) > _LONGEST or not _DECIMAL.fullmatch(text):
            raise ValueError(text[:_LONGEST])
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise ValueError(type(value).__name__)


def is_decimal(value: object) -> bool:
    """Tell whether this is a number, or text that is one."""
    try:
        return _decimal(value) is not None
    except ValueError:
        return False


def _float(value: object) -> float | None:
    number = _decimal(value)
    if number is None:
        return None
    number = float(number)
    if not math.isfinite(number):
        raise ValueError(number)
    return number


def _int(value: object) -> int | None:
    number = _decimal(value)
    if number is None:
        return None
    if number != int(number) or not -_INT64 <= number < _INT64:
        raise ValueError(number)
    return int(number)


def _floats(values: Values) -> np.ndarray[Any, Any] | None:
    """Read plain numbers at once, or texts that are; None where each must be looked at."""
    kinds = {float} if isinstance(values, np.ndarray) else set(map(type, values))
    if kinds == {str}:
        texts = "".join(values)
        if not texts.isascii() or "_" in texts:  # numpy takes these for digits, as Python does
            return None
    elif not kinds <= {int, float}:
        return None
    try:
        floats = np.array(values, dtype=np.float64)
    except (ValueError, OverflowError):
        return None
    return floats if np.isfinite(floats).all() else None


def _read_floats(values: Values, _zone: tzinfo) -> ReadColumn:
    floats = _floats(values)
    if floats is not None:
        return ReadColumn(pd.arrays.FloatingArray(floats, np.zeros(len(floats), dtype=bool)))
    read, absent, unreadable = _read_each(values, _float, 0.0)
    array = pd.arrays.FloatingArray(np.array(read, dtype=np.float64), np.array(absent, dtype=bool))
    return ReadColumn(array, not any(absent), unreadable)


def _wholes(values: Sequence[Any]) -> np.ndarray[Any, Any] | None:
    """Read whole numbers at once, or texts that are; None where each must be looked at."""
    kinds = set(map(type, values))
    if kinds == {str} and "" not in values and len(max(values, key=len)) <= _DIGITS:
        texts = "".join(values)
        if texts.isascii() and texts.isdigit():
            return np.array(list(map(int, values)), dtype=np.int64)
    if not kinds <= {int}:
        return None
    try:
        return np.array(values, dtype=np.int64)
    except OverflowError:
        return None


def _read_ints(values: Values, _zone: tzinfo) -> ReadColumn:
    whole = values if isinstance(values, np.ndarray) else _wholes(values)
    if whole is not None:
        return ReadColumn(pd.arrays.IntegerArray(whole, np.zeros(len(whole), dtype=bool)))
    read, absent, unreadable = _read_each(values, _int, 0)
    array = pd.arrays.IntegerArray(np.array(read, dtype=np.int64), np.array(absent, dtype=bool))
    return ReadColumn(array, not any(absent), unreadable)


def _flag(value: object) -> bool | None:
    if value is None or (isinstance(value, str) and value.strip() in _ABSENT):
        return None
    flag = _FLAGS.get(str(value).strip().lower()) if isinstance(value, str | int) else None
    if flag is None:
        raise ValueError("neither true nor false")
    return flag


def _read_flags(values: Values, _zone: tzinfo) -> ReadColumn:
    read, absent, unreadable = _read_each(values, _flag, blank=False)
    array = pd.arrays.BooleanArray(np.array(read, dtype=bool), np.array(absent, dtype=bool))
    return ReadColumn(array, not any(absent), unreadable)


def _text(value: object) -> str | None:
    """Read text as it came; numbers are written out, and an empty text is none."""
    if value is None or value is False or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and value is not True:
        return str(int(value)) if value == int(value) else str(value)
    raise ValueError(type(value).__name__)


def _name(value: object) -> str | None:
    text = _text(value)
    return (text.strip() or None) if text is not None else None


def read_phone(value: object) -> str | None:
    """Read a phone number: digits alone, however they were written.

    Examples
    --------
    >>> read_phone("+7 (999) 123-45-67"), read_phone(79991234567), read_phone("")
    ('79991234567', '79991234567', None)

    Raises
    ------
    ValueError
        If it is something else, such as the words of a web page.
    """
    text = _name(value)
    if text is None:
        return None
    digits = _BETWEEN_DIGITS.sub("", text.removeprefix("+"))
    if not digits:
        return None
    plain = digits.replace("*", "0")  # some hide a part
    if not (plain.isascii() and plain.isdigit()) or len(digits) > _LONGEST_PHONE:
        raise ValueError("no phone number")
    return digits


_BETWEEN_DIGITS = re.compile(r"[\s().-]+")
_LONGEST_PHONE = 20


def _caller(value: object) -> str | None:
    text = _name(value)
    return (text.removeprefix("+").strip() or None) if text is not None else None


def read_code(value: object) -> str | None:
    """Read a code; quotes around it are none of it, and a picture that says "wait" is no code.

    Examples
    --------
    >>> read_code('"0417"'), read_code("<img src='wait.gif'>"), read_code(" ")
    ('0417', None, None)
    """
    text = _text(value)
    if text is None or _MARKUP.search(text):
        return None
    return text.strip(_QUOTES) or None


_QUOTES = "'\" "
_MARKUP = re.compile(r"<[a-zA-Z!/][^<]*>")


def _currency(value: object) -> str | None:
    """Read a currency, by number or letters, to ISO 4217 letters."""
    if value is None or value == "":
        return None
    known = isinstance(value, str | int) and not isinstance(value, bool)
    code = currency_text(str(value)[:8]) if known else None
    if code is None:
        raise ValueError("no such currency")
    return code


def _texts(read: Callable[[Any], str | None]) -> Callable[[Values, tzinfo], ReadColumn]:
    def read_texts(values: Values, _zone: tzinfo) -> ReadColumn:
        texts, absent, unreadable = _read_each(values, read, pd.NA)
        return ReadColumn(string_array(texts), not any(absent), unreadable)

    return read_texts


def _read_as_it_came(values: Values, zone: tzinfo) -> ReadColumn:
    if set(map(type, values)) <= {str} and "" not in values:
        return ReadColumn(string_array(values))
    return _texts(_text)(values, zone)


def string_array(values: Values) -> Array:
    """Make a ``string`` array of texts and NA."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return pd.array(array, dtype=STRING_DTYPE)


def _read_times(values: Values, zone: tzinfo) -> ReadColumn:
    read, absent, unreadable = _read_each(values, lambda v: read_time(v, zone), _EPOCH)
    naive = [moment.replace(tzinfo=None) for moment in read]
    array = np.array(naive, dtype="datetime64[us]")
    array[np.array(absent, dtype=bool)] = np.datetime64("NaT", "us")
    times = pd.DatetimeIndex(array, dtype=TIME_DTYPE).array  # in a third of the time of pd.array
    return ReadColumn(times, not any(absent), unreadable)


def _list(value: object, read: Callable[[Any], str | None] = _text) -> list[str]:
    """Read a list of texts; a bare text is a list of one."""
    items = value if isinstance(value, list) else [value]
    return [text for item in items if (text := read(item)) is not None]


def _lists(read_item: Callable[[Any], str | None]) -> Callable[[Values, tzinfo], ReadColumn]:
    def read_lists(values: Values, _zone: tzinfo) -> ReadColumn:
        read, _, unreadable = _read_each(values, lambda value: _list(value, read_item), None)
        array = np.empty(len(read), dtype=object)
        for position, item in enumerate(read):
            array[position] = item or []
        return ReadColumn(array, unreadable=unreadable)

    return read_lists


TIME_DTYPE = pd.DatetimeTZDtype("us", "UTC")
STRING_DTYPE = pd.StringDtype("python")

_READ_NAME = _texts(_name)

TEXT = Kind("string", STRING_DTYPE, _read_as_it_came)
"""Text as it came: words of the protocol, names of things inside maps."""
NAME = Kind("string", STRING_DTYPE, _READ_NAME)
"""Ids and names, without stray blanks."""
PHONE = Kind("string", STRING_DTYPE, _texts(read_phone), Secret.PHONE)
"""A phone number: its digits alone."""
CALLER = Kind("string", STRING_DTYPE, _texts(_caller), Secret.CALLER)
"""The number, or the name, of who called or wrote."""
CODE = Kind("string", STRING_DTYPE, _texts(read_code), Secret.CODE)
WORDS = Kind("string", STRING_DTYPE, _read_as_it_came, Secret.WORDS)
"""A message as it came."""
LINK = Kind("string", STRING_DTYPE, _read_as_it_came, Secret.LINK)
"""The address of a recording."""
LICENCE = Kind("string", STRING_DTYPE, _read_as_it_came, Secret.LICENCE)
REMARK = Kind("string", STRING_DTYPE, _read_as_it_came, Secret.REMARK)
CURRENCY = Kind("string", STRING_DTYPE, _texts(_currency))
"""A currency as ISO 4217 letters; the wire mostly has the number."""
COUNT = Kind("Int64", pd.Int64Dtype(), _read_ints)
MONEY = Kind("Float64", pd.Float64Dtype(), _read_floats, digits=2)
SECONDS = Kind("Float64", pd.Float64Dtype(), _read_floats, digits=0)
REAL = Kind("Float64", pd.Float64Dtype(), _read_floats)
"""A number that is neither: percent."""
FLAG = Kind("boolean", pd.BooleanDtype(), _read_flags)
TIME = Kind("datetime64[us, UTC]", TIME_DTYPE, _read_times)
CODES = Kind("object", np.dtype(object), _lists(read_code), Secret.CODE)
"""A list of codes in each row."""
LINES = Kind("object", np.dtype(object), _lists(_text), Secret.WORDS)
"""A list of messages in each row."""
NAMES = Kind("object", np.dtype(object), _lists(_name))
"""A list of ids in each row."""
PHONES = Kind(
    "object", np.dtype(object), _lists(lambda value: read_phone(value) or ""), Secret.PHONE
)
"""A list of phone numbers in each row; an empty one where none is known."""

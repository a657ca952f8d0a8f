"""What the reply of a purchase says of ids and numbers, whatever else cannot be read of it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sms_notebook.protocol.broken_json import decode_broken
from sms_notebook.protocol.errors import ApiError, Found, MalformedReply
from sms_notebook.protocol.frames.kinds import read_phone
from sms_notebook.protocol.replies import word

SURE_IDS = (
    *("activationId", "activation_id", "act_id", "activation", "actId", "numberid", "numberId"),
    *("rentId", "rent_id"),
)
"""Fields that hold the id of a number and nothing else."""
PHONES = ("phoneNumber", "phone_number", "phone", "number", "msisdn")
"""Fields that hold a number."""

_FEWEST = 5  # digits of a number where no field names it
_LEVELS = 8
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_TEXT = re.compile(r"[A-Za-z_]+:\s*(\d{1,19}):\s*\+?(\d{5,20})(?![\w.])", re.ASCII)
_ANSWER = re.compile(r"(?:ACCESS|ASLEEP|NUMBER|OK|SUCCESS)\w*:\s*(\d{1,19})(?=:)", re.ASCII)
_OF_WORDS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
_FIELD = re.compile(r'"(\w+)"\s*:\s*(?:"([^"\\]{1,64})"|(\d{1,20})(?=[,}\]\s]))', re.ASCII)


def found_in(content: bytes) -> tuple[Found, ...]:
    """Find the ids and numbers in a reply.

    Parameters
    ----------
    content : bytes
        The reply, which may be cut short, or of another action's shape.

    Examples
    --------
    >>> found_in(b"ASLEEP:6:79991234567:1893456000")
    (Found(activation_id='6', phone_number='79991234567'),)
    >>> found_in(b'{"status":"success","phone":{"id":7,"number":"79991234567","end')
    (Found(activation_id='7', phone_number='79991234567'),)
    """
    try:
        value = decode_broken(content)
    except (ValueError, RecursionError):
        text = content[:65536].decode("utf-8", "replace").strip().strip('"')
        if text[:1] in ("{", "["):
            return _unique(_in_fields(text))
        if match := _TEXT.match(text):
            return (Found(match[1], match[2]),)
        match = _ANSWER.match(text)
        return (Found(match[1], None),) if match else ()
    if isinstance(value, str):
        return found_in(value.encode("utf-8", "replace"))
    return _unique(_in_json(value, _LEVELS))


def found_in_part(content: bytes) -> tuple[Found, ...]:
    """Find the ids and numbers in a reply that broke off; its last word may not be whole.

    Examples
    --------
    >>> found_in_part(b"ACCESS_NUMBER:700:62811"), found_in_part(b"ACCESS_NUMBER:700")
    ((Found(activation_id='700', phone_number=None),), ())
    """
    return found_in(content.rstrip(_OF_WORDS))


def keep_found(error: ApiError | MalformedReply, content: bytes) -> None:
    """Keep with the error of a purchase what its reply says of ids and numbers."""
    error.found = found_in(content)
    if error.found and type(error) is ApiError:
        error.is_definite = False  # a word that nobody knows, beside a number


def _unique(items: Iterator[Found]) -> tuple[Found, ...]:
    return tuple(dict.fromkeys(items))


def _in_json(value: Any, levels: int) -> Iterator[Found]:
    """Walk through a reply."""
    if levels and isinstance(value, list):
        for item in value:
            yield from _in_json(item, levels - 1)
    elif levels and isinstance(value, dict):
        if pair := _in_record(value):
            yield pair
        for item in value.values():
            if isinstance(item, str) and (match := _TEXT.fullmatch(item)):
                yield Found(match[1], match[2])
            yield from _in_json(item, levels - 1)


def _in_record(record: Mapping[str, Any]) -> Found | None:
    """Read the id and the number of a record; an ``id`` alone may be another thing's."""
    phone = next(filter(None, (_phone(record.get(name)) for name in PHONES)), None)
    names = (*SURE_IDS, "id") if phone else SURE_IDS
    ref = next(filter(None, (_ref(record.get(name)) for name in names)), None)
    return Found(ref, phone) if ref or phone else None


def _in_fields(text: str) -> Iterator[Found]:
    """Read the fields of JSON that is broken, in their order."""
    record: dict[str, str] = {}
    for name, quoted, bare in _FIELD.findall(text):
        if name in record and (pair := _in_record(record)):
            yield pair
            record = {}
        record[name] = quoted or bare
    if pair := _in_record(record):
        yield pair


def _ref(value: object) -> str | None:
    text = word(value) if not isinstance(value, bool) and value is not None else ""
    return text if _ID.fullmatch(text) else None


def _phone(value: object) -> str | None:
    try:
        text = read_phone(value)
    except ValueError:
        return None
    return text if text and len(text) >= _FEWEST else None

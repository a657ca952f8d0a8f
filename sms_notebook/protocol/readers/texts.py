"""Codes and messages within a record, under whichever names and in whichever shape."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sms_notebook.protocol.frames.kinds import read_code
from sms_notebook.protocol.frames.tables import CODE_FIELDS, TEXT_FIELDS
from sms_notebook.protocol.replies import word

_CODES = ("code", "smsCode", "sms_code", "otp")
_TEXTS = ("text", "smsText", "sms_text", "fullText", "message")
_LEVELS = 4


class Texts(NamedTuple):
    """What a record says of messages, in its order."""

    codes: list[str]
    words: list[str]


def texts_of(record: Mapping[str, Any]) -> Texts:
    """Read the codes and messages of a record.

    Examples
    --------
    >>> texts_of({"sms": [{"code": "0417", "text": "code 0417"}], "smsCode": None})
    Texts(codes=['0417'], words=['code 0417'])
    """
    found = Texts([], [])
    for name in CODE_FIELDS:
        plain: list[str] = []
        _collect(record.get(name), found, _LEVELS, plain)
        for text in plain:  # "sms" may be either
            (found.words if name == "sms" and " " in text else found.codes).append(text)
    for name in TEXT_FIELDS:
        _collect(record.get(name), found, _LEVELS, found.words)
    codes = list(dict.fromkeys(found.codes)) if _is_doubled(record) else found.codes
    return Texts(codes, found.words)


def codeless(
    records: Sequence[Mapping[str, Any]], found: Sequence[Texts], ids: Sequence[str]
) -> list[str]:
    """Return the ids of records that neither show a code nor say that none has come."""
    return [
        word(next((record[name] for name in ids if record.get(name)), ""))
        for record, texts in zip(records, found, strict=True)
        if not texts.codes and _hides_its_code(record)
    ]


def _hides_its_code(record: Mapping[str, Any]) -> bool:
    there = [record[name] for name in CODE_FIELDS if name in record]
    return not there or any(there)


def _is_doubled(record: Mapping[str, Any]) -> bool:
    """Tell whether the same codes may stand under several names."""
    return sum(bool(record.get(name)) for name in CODE_FIELDS) > 1


def _collect(value: Any, found: Texts, levels: int, plain: list[str]) -> None:
    """Add what a value says: plain values to one list, records of messages to both."""
    if isinstance(value, dict) and levels:
        if not any(name in value for name in (*_CODES, *_TEXTS)):
            value = list(value.values())
        else:
            for names, into in ((_CODES, found.codes), (_TEXTS, found.words)):
                first = next((value[name] for name in names if value.get(name)), None)
                _collect(first, found, levels - 1, into)
            return
    if isinstance(value, list):
        for item in value if levels else ():
            _collect(item, found, levels - 1, plain)
    elif (text := _text(value, is_code=plain is not found.words)) is not None:
        plain.append(text)


def _text(value: object, *, is_code: bool) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return read_code(value) if is_code else str(value) or None
    except (ValueError, OverflowError):
        return None

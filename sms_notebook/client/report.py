"""What a bug report may hold of a reply: its shape and its words, and none of its values."""

import json
import re
from collections.abc import Iterator
from typing import Any

from sms_notebook.protocol.broken_json import decode_broken
from sms_notebook.protocol.errors.refusals import is_error_code

_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z_]{0,39}", re.ASCII)
_SHAPES = 3  # different shapes of rows that are shown of a list
_LEVELS = 6
_FIELDS = 40  # of a record; a map with more is one of many things
_LONGEST_WORD = 40


def shape_of(body: bytes) -> Any:
    """Describe how a reply is made: names and kinds of values, and none of the values.

    Examples
    --------
    >>> shape_of(b'{"status":"success","data":[{"id":"7001","cost":0.5}]}')
    {'status': 'success', 'data': [{'id': 'digits', 'cost': 'number'}]}
    >>> shape_of(b"ACCESS_NUMBER:7001:79991234567")
    'ACCESS_NUMBER:…'
    """
    content = body.strip()
    if content[:1] in b"{[" and content:
        try:
            return _shape(decode_broken(content), _LEVELS)
        except (ValueError, RecursionError):
            return "broken JSON"
    if content[:1] == b"<":
        return "a web page"
    word, colon, _ = content[:200].decode("utf-8", "replace").partition(":")
    if not content:
        return "nothing"
    return (word + (":…" if colon else "")) if _is_word(word) else "text"


_OUTCOMES = frozenset(("success", "ok", "true", "error", "fail", "failed", "false"))
_ENVELOPE = ("status", "title", "error", "msg", "message", "details", "errorCode", "error_code")
"""Fields whose words say how an answer went."""


def _shape(value: Any, levels: int) -> Any:
    if isinstance(value, dict):
        return _shape_of_map(value, levels) if levels else "map"
    if isinstance(value, list):
        shapes = _different(_shape(item, levels - 1) for item in value[:200]) if levels else []
        return shapes if value else "empty list"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, str):
        return "digits" if value.isdecimal() else "text" if value.strip() else "blank"
    return "number"


def _shape_of_map(value: dict[str, Any], levels: int) -> Any:
    if not value:
        return "empty map"
    if all(map(_PLAIN_NAME.fullmatch, value)) and len(value) <= _FIELDS:
        return {
            name: item if name in _ENVELOPE and _is_word(item) else _shape(item, levels - 1)
            for name, item in value.items()
        }
    kind = "digits" if all(key.isdecimal() for key in value) else "key"
    shapes = _different(_shape(item, levels - 1) for item in list(value.values())[:200])
    blank = {"blank key": True} if "" in value else {}
    return {f"{kind}, {len(value)} times": shapes, **blank}


def _different(shapes: Iterator[Any]) -> list[Any]:
    distinct: list[Any] = []
    for shape in shapes:
        if shape not in distinct:
            distinct.append(shape)
        if len(distinct) == _SHAPES:
            break
    return distinct


def _is_word(value: object) -> bool:
    """Tell whether a value is a word of the protocol, such as NO_NUMBERS or success."""
    if not isinstance(value, str) or len(value) > _LONGEST_WORD:
        return False
    is_known = value.casefold() in _OUTCOMES or is_error_code(value)
    return is_known or re.fullmatch(r"[A-Z]+(?:_[A-Z]+)+", value) is not None

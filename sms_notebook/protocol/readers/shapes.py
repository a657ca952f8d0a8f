"""Shapes of replies, read by rule: a map or a list, full or empty, bare or in an envelope."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple

import pandas as pd

from sms_notebook.protocol.frames.kinds import read_code
from sms_notebook.protocol.frames.tables import CODE_FIELDS, TEXT_FIELDS
from sms_notebook.protocol.replies import Body, Context, Text, is_success, malformed, word

Reader = Callable[[Body, Context], pd.DataFrame]
Record = Mapping[str, Any]

NOTHING = ("NO_ACTIVATION", "no_activation", "NO_DATA", "no_data", "NO_HISTORY", "NO_METRICS")
"""How texts begin that say of a list that there is nothing in it."""

_ENVELOPES = (
    *("data", "activeActivations", "activations", "array", "rows", "row", "values", "services"),
    *("countries", "countryOperators", "operators", "history", "list", "items", "result"),
    *("results", "response", "numbers", "rents"),
)
"""Keys under which rows may stand, also one within another."""
_BESIDE = frozenset(
    (
        *("status", "success", "message", "msg", "error", "meta", "total", "quantity", "quant"),
        *("count", "time", "page", "limit", "offset", "size", "currency", "start"),
    )
)
"""Keys that stand beside rows."""
_LEVELS = 6
_A_RENT = "2"  # the subtype of a rent
_DIGITS = 18  # no more rows than fit into a whole number


def as_json(body: Body, context: Context) -> dict[str, Any] | list[Any]:
    """Return the JSON value of a reply."""
    if isinstance(body, Text):
        raise malformed("a text where JSON was expected", context, body.code)
    return body


def as_record(body: Body, context: Context, *within: str) -> dict[str, Any]:
    """Return the one record of a reply, also where it stands in an envelope or a list of one."""
    value: Any = as_json(body, context)
    for _ in range(_LEVELS):
        names = (name for name in within if isinstance(value, dict))
        inner = next((value[name] for name in names if _is_full(value.get(name))), None)
        if inner is None:
            inner = value[0] if isinstance(value, list) and len(value) == 1 else None
        if inner is None:
            break
        value = inner
    if not isinstance(value, dict) or not value:
        raise malformed("a reply without a record", context, value)
    return {
        name: item
        for name, item in value.items()
        if not (name in ("status", "success") and is_success(item))
    }


def _is_full(value: object) -> bool:
    return isinstance(value, dict | list) and bool(value)


def as_map(value: object, context: Context) -> Mapping[str, Any]:
    """Return a map; PHP writes an empty one as ``[]`` and one with keys 0, 1, … as a list."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {str(position): item for position, item in enumerate(value)}
    if value is None:
        return {}
    raise malformed("a reply of another shape", context, value)


def as_items(value: object, context: Context) -> list[Any]:
    """Return a list; providers also send it as a map with keys 0, 1, …."""
    return value if isinstance(value, list) else list(as_map(value, context).values())


class Rows(NamedTuple):
    """The rows of a list.

    Attributes
    ----------
    records : list of dict
        Those that are records.
    keys : list of str or None
        The key of each, where they stand in a map that is no list.
    skipped : int
        How many are none.
    total : int or None
        How many there are in all, where the reply says it.
    left_out : int
        How many are of another kind: rents among activations, or the reverse.
    """

    records: list[dict[str, Any]]
    keys: list[str | None]
    skipped: int = 0
    total: int | None = None
    left_out: int = 0

    def rents(self, context: Context, *, wanted: bool) -> "Rows":
        """Return only rents, or all others, where a list of activations holds both."""
        if not context.rents_among:
            return self
        keep = [(word(record.get("subtype")) == _A_RENT) is wanted for record in self.records]
        return self._replace(
            records=list(compress(self.records, keep)),
            keys=list(compress(self.keys, keep)),
            left_out=keep.count(False),
        )

    @property
    def facts(self) -> dict[str, Any]:
        """What a frame of them needs to know."""
        total = {} if self.total is None else {"total": self.total}
        return {"skipped": self.skipped, "left_out": self.left_out, **total}

    def named(self, *fields: str) -> "Rows":
        """Return them with the key as the first field where none of the fields has a value."""
        records = [
            {**record, fields[0]: key}
            if key is not None and all(record.get(field) in (None, "") for field in fields)
            else record
            for record, key in zip(self.records, self.keys, strict=True)
        ]
        return self._replace(records=records)


def as_rows(body: Body, context: Context, *ids: str) -> Rows:
    """Return the records of a list: the envelope that holds rows wins.

    Parameters
    ----------
    body : Body
        A list or map of records, bare or within envelopes.
    context : Context
        Who was asked what.
    *ids : str
        Fields that a record is known by, for a list of one that is no list.

    Raises
    ------
    MalformedReply
        If there is no list, or no record in one that is not empty.
    """
    value = as_json(body, context)
    items = _items(value, ids, _LEVELS)
    if items is None:
        raise malformed("a reply without its records", context, value)
    good = [(key, item) for key, item in items if isinstance(item, dict) and item]
    if items and not good:
        raise malformed("records of another shape", context, [item for _, item in items[:2]])
    is_list = [key for key, _ in items] == [str(position) for position in range(len(items))]
    keys = [None if is_list else key for key, _ in good]
    return Rows([item for _, item in good], keys, len(items) - len(good), total_in(value))


def _items(value: Any, ids: Sequence[str], levels: int) -> list[tuple[str | None, Any]] | None:
    """Open envelopes until there are rows; None where there is no list."""
    if isinstance(value, list):
        return [(None, item) for item in value]
    if not isinstance(value, dict) or not levels:
        return [] if value is None else None
    held = [_items(value[name], ids, levels - 1) for name in _ENVELOPES if name in value]
    known = [items for items in held if items is not None]
    if known:
        return max(known, key=_weight)
    if any(value.get(name) not in (None, "") for name in ids):
        return [(None, value)]
    return _by_key(value)


def _weight(items: list[tuple[str | None, Any]]) -> int:
    """Rate a list among others of the same reply: records, then anything, then nothing."""
    return 2 if any(isinstance(item, dict) for _, item in items) else bool(items)


def _by_key(value: dict[str, Any]) -> list[tuple[str | None, Any]] | None:
    """Return the items of a map of records; None where it is none."""
    rest = {key: item for key, item in value.items() if key not in _BESIDE}
    if len(rest) < len(value) and not (rest and all(key.isdigit() for key in rest)):
        return None
    if rest and not any(isinstance(item, dict) for item in rest.values()):
        return None
    return list(rest.items())


def total_in(value: object) -> int | None:
    """Return how many rows there are in all, where a reply says it."""
    if not isinstance(value, dict):
        return None
    meta = value.get("meta")
    for holder in (value, meta if isinstance(meta, dict) else {}):
        if (total := whole_number(holder.get("total"))) is not None:
            return total
    return None


def whole_number(value: object) -> int | None:
    """Read a count of rows; None for what is none."""
    text = "" if isinstance(value, bool) else word(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


class Nested(NamedTuple):
    """A map of maps of records, flattened.

    Attributes
    ----------
    outer : list of str
        The outer keys.
    sizes : list of int
        How many records are in each.
    inner : list of str
        The key of each record.
    records : list
        The records.
    """

    outer: list[str]
    sizes: list[int]
    inner: list[str]
    records: list[Any]


def nested(value: Mapping[str, Any]) -> Nested:
    """Flatten a map of maps: each outer key with how many are in it, then the inner."""
    sizes: list[int] = []
    outer: list[str] = []
    inner: list[str] = []
    records: list[Any] = []
    for key, within in value.items():
        outer.append(key)
        sizes.append(len(within))
        inner.extend(within)
        records.extend(within.values())
    return Nested(outer, sizes, inner, records)


def repeated(keys: Iterable[Any], sizes: Iterable[int]) -> list[Any]:
    """Repeat each key for all that is within it."""
    return [key for key, size in zip(keys, sizes, strict=True) for _ in range(size)]


# Codes and messages within a record, under whichever names --------------------------------------

_CODES = ("code", "smsCode", "sms_code", "otp")
_TEXTS = ("text", "smsText", "sms_text", "fullText", "message")
_MESSAGE_LEVELS = 4


class MessageTexts(NamedTuple):
    """What a record says of messages, in its order."""

    codes: list[str]
    words: list[str]


def texts_of(record: Mapping[str, Any]) -> MessageTexts:
    """Read the codes and messages of a record.

    Examples
    --------
    >>> texts_of({"sms": [{"code": "0417", "text": "code 0417"}], "smsCode": None})
    MessageTexts(codes=['0417'], words=['code 0417'])
    """
    texts = MessageTexts([], [])
    for name in CODE_FIELDS:
        plain: list[str] = []
        _collect(record.get(name), texts, _MESSAGE_LEVELS, plain)
        for text in plain:  # "sms" may be either
            (texts.words if name == "sms" and " " in text else texts.codes).append(text)
    for name in TEXT_FIELDS:
        _collect(record.get(name), texts, _MESSAGE_LEVELS, texts.words)
    codes = list(dict.fromkeys(texts.codes)) if _is_doubled(record) else texts.codes
    return MessageTexts(codes, texts.words)


def codeless(
    records: Sequence[Mapping[str, Any]], row_texts: Sequence[MessageTexts], ids: Sequence[str]
) -> list[str]:
    """Return the ids of records that neither show a code nor say that none has come."""
    return [
        word(next((record[name] for name in ids if record.get(name)), ""))
        for record, texts in zip(records, row_texts, strict=True)
        if not texts.codes and _hides_its_code(record)
    ]


def _hides_its_code(record: Mapping[str, Any]) -> bool:
    there = [record[name] for name in CODE_FIELDS if name in record]
    return not there or any(there)


def _is_doubled(record: Mapping[str, Any]) -> bool:
    """Tell whether the same codes may stand under several names."""
    return sum(bool(record.get(name)) for name in CODE_FIELDS) > 1


def _collect(value: Any, texts: MessageTexts, levels: int, plain: list[str]) -> None:
    """Add what a value says: plain values to one list, records of messages to both."""
    if isinstance(value, dict) and levels:
        if not any(name in value for name in (*_CODES, *_TEXTS)):
            value = list(value.values())
        else:
            for names, into in ((_CODES, texts.codes), (_TEXTS, texts.words)):
                first = next((value[name] for name in names if value.get(name)), None)
                _collect(first, texts, levels - 1, into)
            return
    if isinstance(value, list):
        for item in value if levels else ():
            _collect(item, texts, levels - 1, plain)
    elif (text := _text(value, is_code=plain is not texts.words)) is not None:
        plain.append(text)


def _text(value: object, *, is_code: bool) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return read_code(value) if is_code else str(value) or None
    except (ValueError, OverflowError):
        return None

"""Shapes of replies, read by rule: a map or a list, full or empty, bare or in an envelope."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from sms_notebook.protocol.context import Context
from sms_notebook.protocol.replies import Body, Text, malformed

Reader = Callable[[Body, Context], pd.DataFrame]
Record = Mapping[str, Any]


def as_json(body: Body, context: Context) -> dict[str, Any] | list[Any]:
    """Return the JSON value of a reply."""
    if isinstance(body, Text):
        raise malformed("a text where JSON was expected", context, body.code)
    return body


def as_record(body: Body, context: Context, within: str = "") -> dict[str, Any]:
    """Return the one record of a reply, also where it stands in an envelope or a list of one."""
    value: Any = as_json(body, context)
    if isinstance(value, dict) and isinstance(value.get(within), dict | list):
        value = value[within]
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict) or not value:
        raise malformed("a reply without a record", context, value)
    return {name: item for name, item in value.items() if (name, item) != ("status", "success")}


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


def as_rows(body: Body, context: Context, *envelopes: str) -> list[dict[str, Any]]:
    """Return the records of a reply.

    Parameters
    ----------
    body : Body
        A list or map of records, bare or within envelopes.
    context : Context
        Who was asked what.
    *envelopes : str
        Keys under which the records may stand, also one within another.
    """
    value: Any = as_json(body, context)
    opened = False
    while isinstance(value, dict) and (key := next((k for k in envelopes if k in value), None)):
        value, opened = value[key], True
    if not opened and isinstance(value, dict) and "status" in value and envelopes:
        raise malformed("a reply without its records", context, value)
    rows = as_items(value, context)
    if not all(isinstance(row, dict) for row in rows):
        raise malformed("records of another shape", context, rows[:2])
    return rows


class Nested(NamedTuple):
    """A map of maps of records, flattened."""

    outer: list[str]
    sizes: list[int]
    inner: list[str]
    records: list[Any]


def nested(value: object, context: Context, kind: type = dict) -> Nested:
    """Flatten a map of maps of records: each outer key with how many are in it, then the inner."""
    sizes: list[int] = []
    outer: list[str] = []
    inner: list[str] = []
    records: list[Any] = []
    for key, items in as_map(value, context).items():
        within = as_map(items, context)
        outer.append(key)
        sizes.append(len(within))
        inner.extend(within)
        records.extend(within.values())
    if set(map(type, records)) not in ({dict}, {kind}, set()):
        raise malformed("records of another shape", context, records[:2])
    return Nested(outer, sizes, inner, records)


def tiers(rows: Sequence[Record], context: Context) -> tuple[list[int], list[Any], list[Any]]:
    """Spread records over their FreePrice tiers.

    Returns
    -------
    tuple of three lists
        For each row of the result: the position of its record, the tier's price, its count. A
        record without tiers gives one row without them.
    """
    positions: list[int] = []
    prices: list[Any] = []
    counts: list[Any] = []
    for position, row in enumerate(rows):
        ladder = row.get("freePriceMap") or {}
        if not isinstance(ladder, dict):
            raise malformed("FreePrice tiers of another shape", context, ladder)
        for price, count in ladder.items() or [(None, None)]:
            positions.append(position)
            prices.append(price)
            counts.append(count)
    return positions, prices, counts

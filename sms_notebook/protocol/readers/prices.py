"""Price lists: the longest replies, up to 200 countries by 1,000 services.

Nearly always each offer is plain: a cost and two counts. Such a list is decoded straight to
structs, which is quicker than to dicts and notices by itself when a field is there that nobody
knows; then, as for anything odd, the list is decoded again to dicts.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from sms_notebook.protocol.context import Context
from sms_notebook.protocol.frames import Schema
from sms_notebook.protocol.frames.kinds import Values
from sms_notebook.protocol.readers.shapes import Reader, as_json, nested, tiers
from sms_notebook.protocol.replies import Body

_INT64 = 2**63
_Number = int | float | str | None


class Offer(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A plain offer."""

    cost: _Number = None
    count: _Number = None
    physicalCount: _Number = None  # noqa: N815 - as on the wire


_NOTHING = Offer()
_PLAIN = msgspec.json.Decoder(dict[str, dict[str, Offer]])


def decode_prices(content: bytes) -> Any:
    """Decode a price list, to plain offers where it has no others."""
    try:
        plain = _PLAIN.decode(content)
    except msgspec.ValidationError:
        return msgspec.json.decode(content)
    if any(offer != _NOTHING for offers in plain.values() for offer in offers.values()):
        return plain
    return msgspec.json.decode(content)


def _columns(offers: Sequence[Offer]) -> dict[str, list[_Number]]:
    """Return the columns of plain offers."""
    fields = {"cost": "cost", "count": "count", "physical_count": "physicalCount"}
    return {name: list(map(attrgetter(field), offers)) for name, field in fields.items()}


def prices(schema: Schema, *, service_first: bool = False) -> Reader:
    """Make the reader of a price list: a map of maps, or a bare list of records."""

    def read(body: Body, context: Context) -> pd.DataFrame:
        value = as_json(body, context)
        if isinstance(value, list) and all(
            isinstance(row, dict) and "service" in row and "country" in row for row in value
        ):
            return with_tiers(schema, value, {}, context)
        outer, sizes, inner, rows = nested(value, context, Offer)
        outer_ids = outer if service_first else _whole(outer)
        inner_ids = _whole(inner) if service_first else inner
        given = dict(zip(order, (_repeated(outer_ids, sizes), inner_ids), strict=True))
        if rows and isinstance(rows[0], Offer):
            return schema.frame({**given, **_columns(rows)}, context)
        return with_tiers(schema, rows, given, context)

    order = ("service", "country") if service_first else ("country", "service")
    return read


def _whole(texts: Sequence[str]) -> Sequence[Any]:
    """Turn ids in a map's keys to whole numbers, where they are that."""
    short = (text for text in set(texts) if len(text) <= len(str(_INT64)))
    known = {text: int(text) for text in short if text.isascii() and text.isdigit()}
    return [known.get(text, text) for text in texts]


def _repeated(keys: Sequence[Any], sizes: Sequence[int]) -> Values:
    """Repeat each outer key for all that is within it."""
    if set(map(type, keys)) == {int} and max(keys) < _INT64:
        return np.repeat(np.array(keys, dtype=np.int64), sizes)
    return [key for key, size in zip(keys, sizes, strict=True) for _ in range(size)]


def with_tiers(
    schema: Schema,
    rows: Sequence[dict[str, Any]],
    given: dict[str, Values],
    context: Context,
) -> pd.DataFrame:
    """Build a frame of prices, one row per FreePrice tier where schema and reply have them."""
    has_tiers = any(column.name == "free_price" for column in schema.columns)
    if not has_tiers or not any("freePriceMap" in row for row in rows):
        return schema.from_rows(rows, context, given)
    positions, free_prices, free_counts = tiers(rows, context)
    spread = [
        {name: value for name, value in rows[position].items() if name != "freePriceMap"}
        for position in positions
    ]
    columns = {name: _taken(column, positions) for name, column in given.items()}
    return schema.from_rows(
        spread,
        context,
        {**columns, "free_price": free_prices, "free_price_count": free_counts},
    )


def _taken(column: Values, positions: list[int]) -> Values:
    """Return the values at the positions."""
    if isinstance(column, np.ndarray):
        return column[positions]
    return [column[position] for position in positions]

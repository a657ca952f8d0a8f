"""Readers of numbers that were bought, or that can be used again."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pandas as pd

from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.frames.times import read_time
from sms_notebook.protocol.readers.rent import chosen, options_in
from sms_notebook.protocol.readers.shapes import (
    as_record,
    as_rows,
    whole_number,
)
from sms_notebook.protocol.replies import (
    Body,
    Context,
    Text,
    malformed,
)

_UNTIL = next(c.wire for c in tables.NUMBER_V2.columns if c.name == "activation_end_time")
_SINCE = next(c.wire for c in tables.NUMBER_V2.columns if c.name == "activation_time")


def ends_of(rows: Sequence[Mapping[str, Any]], context: Context) -> dict[str, list[Any]]:
    """Return until when activations live, where that is told as seconds since they were bought."""
    if not any(isinstance(row.get("timer"), int | str) for row in rows):
        return {}
    return {"activation_end_time": [_end(row, context) for row in rows]}


def _end(row: Mapping[str, Any], context: Context) -> object:
    named = next((row[name] for name in _UNTIL if row.get(name)), None)
    seconds = whole_number(row.get("timer"))
    if named is not None or not seconds or seconds > _LONGEST_LIFE:
        return named
    since = next((row[name] for name in _SINCE if row.get(name)), None)
    try:
        begun = read_time(since, context.zone) or context.fetched_at
    except ValueError:
        begun = context.fetched_at
    return (begun + timedelta(seconds=seconds)).isoformat()


_LONGEST_LIFE = 400 * 24 * 3600


def number(body: Body, context: Context) -> pd.DataFrame:
    """Read ``ACCESS_NUMBER:id:phone``, and its price where that follows or a header has it.

    ``ASLEEP:id:phone:time`` is a number that is ready at that time: ``attrs["ready_at"]``.
    """
    if isinstance(body, Text):
        activation_id, _, rest = body.rest.partition(":")
        phone, _, more = rest.partition(":")
        if _ID.fullmatch(activation_id.strip()) is None:
            raise malformed("a number without a readable id", context, body.rest)
        row: dict[str, Any] = {"activationId": activation_id, "phoneNumber": phone}
        attrs: dict[str, Any] = {}
        if body.code == "ASLEEP":
            attrs = {"ready_at": _moment(more, context)}
        else:
            row["activationCost"] = more or None
        row = _priced(row, context)
        return tables.NUMBER.from_rows([row], context, **attrs)
    return tables.NUMBER.from_rows([_bought(body, context)], context)


_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def _moment(text: str, context: Context) -> str | None:
    """Read a time as attrs keep it."""
    try:
        moment = read_time(text, context.zone)
    except ValueError:
        return None
    return moment.isoformat() if moment else None


def _bought(body: Body, context: Context) -> dict[str, Any]:
    """Return the record of a purchase, with its real price where a header has that."""
    row = as_record(body, context, "data", "activation", "phone", "result", "response")
    return _priced(
        {name: item for name, item in row.items() if name != "price"} | _price(row), context
    )


def _price(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a price that is a number: some put a description there."""
    price = row.get("price")
    return {"price": price} if isinstance(price, int | float | str) else {}


def _priced(row: dict[str, Any], context: Context) -> dict[str, Any]:
    """Return a purchase with what it really cost, which a header may say."""
    price = context.headers.get("x-price")
    return {**row, "activationCost": price.strip()} if price else row


def number_v2(body: Body, context: Context) -> pd.DataFrame:
    """Read the record of a number; some providers answer as getNumber does."""
    if isinstance(body, Text):
        bought = number(body, context)
        names = [column.name for column in tables.NUMBER.columns]
        return tables.NUMBER_V2.from_rows(
            [], context, {name: [_or_none(bought.loc[0, name])] for name in names}
        )
    row = _bought(body, context)
    return tables.NUMBER_V2.from_rows([row], context, ends_of([row], context))


def _or_none(value: Any) -> Any:
    return None if value is pd.NA else value


def multi_service(body: Body, context: Context) -> pd.DataFrame:
    """Read one record per service of a number."""
    rows = as_rows(body, context)
    if not rows.records or rows.skipped:  # each was bought
        raise malformed("a number without an activation", context)
    return tables.MULTI_SERVICE.from_rows(rows.records, context)


def extra_check(body: Body, context: Context) -> pd.DataFrame:
    """Read the price of using a number again."""
    row = as_record(body, context, "data")
    if (options := options_in(row)) is not None:
        row = {"price": chosen(options, context, "rent_time")}
    return tables.EXTRA_CHECK.from_rows(
        [row], context, {"activation_id": [context.params.get("activationId")]}
    )

"""Readers of rents, and of the partner's shop."""

from typing import Any

import pandas as pd

from sms_notebook.protocol.context import Context
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.readers.shapes import (
    as_items,
    as_json,
    as_map,
    as_record,
    as_rows,
)
from sms_notebook.protocol.replies import SUCCESS, Body, Text, malformed, word

_DIGITS = 18  # no more messages than fit into a whole number


def rent_offers(body: Body, context: Context) -> pd.DataFrame:
    """Read what can be rented: one row per service."""
    record = as_record(body, context)
    if "services" not in record:
        raise malformed("a reply without services", context, body)
    offers = as_map(record["services"], context)
    rows = list(offers.values())
    if not all(isinstance(row, dict) for row in rows):
        raise malformed("offers of another shape", context, rows[:2])
    return tables.RENT_OFFERS.from_rows(
        rows,
        context,
        {"service": list(offers), "currency": [record.get("currency")] * len(rows)},
        countries=as_items(record.get("countries"), context),
        operators=as_items(record.get("operators"), context),
    )


def rent(body: Body, context: Context) -> pd.DataFrame:
    """Read the number that was rented or extended."""
    return tables.RENT.from_rows([as_record(body, context, "phone")], context)


def rent_messages(body: Body, context: Context) -> pd.DataFrame:
    """Read the messages of a rent, newest first; none yet is an empty frame."""
    if isinstance(body, Text):
        return tables.RENT_MESSAGES.empty(context, status=body.code, quantity=0)
    record = as_map(as_json(body, context), context)
    if "values" not in record:
        raise malformed("a reply without messages", context, body)
    rows = as_rows(body, context, "values")
    return tables.RENT_MESSAGES.from_rows(
        rows,
        context,
        {"rent_id": [context.params.get("id")] * len(rows)},
        status="STATUS_OK" if rows else "STATUS_WAIT_CODE",
        quantity=_quantity(record.get("quantity"), len(rows)),
    )


def _quantity(value: object, shown: int) -> int:
    """Return how many messages there are in all; at least those shown."""
    text = word(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else shown


def rent_status(body: Body, context: Context) -> pd.DataFrame:
    """Read that a rent was finished or cancelled."""
    record = {} if isinstance(body, Text) else as_map(as_json(body, context), context)
    said = body.code if isinstance(body, Text) else word(record.get("status"))
    if said not in (*SUCCESS, "NO_CONTENT"):
        raise malformed("a reply without a status", context, body)
    return tables.RENT_STATUS.frame(
        {"rent_id": [context.params.get("id")], "status": ["success"]}, context
    )


def rent_list(body: Body, context: Context) -> pd.DataFrame:
    """Read the rents of the account; ``NO_NUMBERS`` is an empty frame."""
    if isinstance(body, Text):
        return tables.RENT_LIST.empty(context)
    return tables.RENT_LIST.from_rows(as_rows(body, context, "values", "data"), context)


def rent_price(body: Body, context: Context) -> pd.DataFrame:
    """Read what an extension costs."""
    return tables.RENT_PRICE.from_rows(
        [as_record(body, context)], context, {"rent_id": [context.params.get("id")]}
    )


def rent_info(body: Body, context: Context) -> pd.DataFrame:
    """Read what an extension costs, and the extensions so far."""
    row = as_record(body, context)
    past: list[Any] = as_items(row.pop("history", None), context)
    return tables.RENT_INFO.from_rows(
        [row],
        context,
        {"rent_id": [context.params.get("id")]},
        history=past,
    )


def partner_product(body: Body, context: Context) -> pd.DataFrame:
    """Read the licence key that was bought."""
    row = as_record(body, context)
    return tables.PARTNER_PRODUCT.from_rows(
        [row], context, {"product_id": [context.params.get("productId")]}
    )

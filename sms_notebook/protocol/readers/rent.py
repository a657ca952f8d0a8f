"""Readers of rents, of prices by duration, and of the partner's shop."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from sms_notebook.protocol.errors import SmsError
from sms_notebook.protocol.errors.refusals import refusal
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.readers.shapes import (
    as_items,
    as_json,
    as_map,
    as_record,
    as_rows,
    whole_number,
)
from sms_notebook.protocol.replies import Body, Context, Status, Text, is_success, malformed, word


class Option(NamedTuple):
    """A duration that can be had, and its price."""

    minutes: int
    price: object


_MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60, "week": 7 * 24 * 60}
_AN_HOUR = 60
_DIGITS = 6


def options_in(record: Mapping[str, Any]) -> list[Option] | None:
    """Return the durations that a reply offers, the shortest first; None where it names none."""
    listed = record.get("options")
    if not isinstance(listed, list):
        return None
    options = [_option(item) for item in listed if isinstance(item, dict)]
    return sorted((option for option in options if option is not None), key=lambda o: o.minutes)


def _option(item: Mapping[str, Any]) -> Option | None:
    duration = item.get("duration")
    named = duration if isinstance(duration, dict) else {"unit": "hour", "value": duration}
    unit = _MINUTES.get(word(named.get("unit")).lower().removesuffix("s"))
    value = word(named.get("value"))
    if unit is None or not value.isdecimal() or len(value) > _DIGITS:
        return None
    return Option(int(value) * unit, item.get("price", item.get("cost")))


def chosen(options: Sequence[Option], context: Context, name: str) -> object:
    """Return the price of the hours that were asked for; of the shortest where none were.

    Parameters
    ----------
    options : sequence of Option
        What can be had, the shortest first.
    context : Context
        Who was asked what.
    name : str
        The parameter that holds the hours.

    Raises
    ------
    BadRentTime
        If those hours are not offered; it names what can be had.
    """
    param = context.params.get(name)
    fit = (o for o in options if param is None or word(o.minutes) == word(int(param) * _AN_HOUR))
    if (option := next(fit, None)) is None:
        raise not_offered(options, context)
    return option.price


def not_offered(options: Sequence[Option], context: Context) -> SmsError:
    """Make the error for hours that are not offered."""
    hours = [o.minutes // _AN_HOUR for o in options if not o.minutes % _AN_HOUR]
    return refusal(Text("BAD_DURATION", info={"available_durations": hours}), context)


def rent_offers(body: Body, context: Context) -> pd.DataFrame:
    """Read what can be rented: one row per service."""
    record = as_record(body, context, "data")
    if "services" not in record:
        raise malformed("a reply without services", context, body)
    listed = as_map(record["services"], context)
    offers = {code: row for code, row in listed.items() if isinstance(row, dict) and row and code}
    rows = list(offers.values())
    if listed and not rows:
        raise malformed("offers of another shape", context, listed)
    return tables.RENT_OFFERS.from_rows(
        rows,
        context,
        {
            "service": list(offers),
            "currency": [
                row.get("currency", record.get("currency")) or context.currency for row in rows
            ],
        },
        skipped=len(listed) - len(rows),
        countries=as_items(record.get("countries"), context),
        operators=as_items(record.get("operators"), context),
    )


def rent(body: Body, context: Context) -> pd.DataFrame:
    """Read the number that was rented or extended."""
    return tables.RENT.from_rows([as_record(body, context, "data", "phone")], context)


def rent_messages(body: Body, context: Context) -> pd.DataFrame:
    """Read the messages of a rent, newest first; none yet is an empty frame."""
    if isinstance(body, Text):
        return tables.RENT_MESSAGES.empty(context, status=body.code, quantity=0)
    record = as_map(as_json(body, context), context)
    rows = as_rows(body, context)
    in_all = next(
        (n for n in (whole_number(record.get("quantity")), rows.total) if n is not None), None
    )
    return tables.RENT_MESSAGES.from_rows(
        rows.records,
        context,
        {"rent_id": [context.params.get("id")] * len(rows.records)},
        **rows.facts,
        status=(Status.OK if rows.records else Status.WAIT_CODE).value,
        quantity=len(rows.records) if in_all is None else in_all,
    )


def rent_status(body: Body, context: Context) -> pd.DataFrame:
    """Read that a rent was finished or cancelled."""
    record = {} if isinstance(body, Text) else as_map(as_json(body, context), context)
    answer = body.code if isinstance(body, Text) else word(record.get("status"))
    if answer != "NO_CONTENT" and not is_success(answer):
        raise malformed("a reply without a status", context, body)
    return tables.RENT_STATUS.frame(
        {"rent_id": [context.params.get("id")], "status": ["success"]}, context
    )


def rent_list(body: Body, context: Context) -> pd.DataFrame:
    """Read the rents of the account; ``NO_NUMBERS`` is an empty frame."""
    if isinstance(body, Text):
        return tables.RENT_LIST.empty(context)
    names = ("id", "rentId", "activationId")
    rows = as_rows(body, context, *names).named(*names).rents(context, wanted=True)
    return tables.RENT_LIST.from_rows(rows.records, context, **rows.facts)


def rent_price(body: Body, context: Context) -> pd.DataFrame:
    """Read what an extension costs."""
    row = as_record(body, context, "data")
    if (options := options_in(row)) is not None:
        price = chosen(options, context, "rent_time")
        row = {"price": price, "currency": row.get("currency") or context.currency}
    return tables.RENT_PRICE.from_rows([row], context, {"rent_id": [context.params.get("id")]})


def rent_extensions(body: Body, context: Context) -> pd.DataFrame:
    """Read the extensions of a rent, one row each."""
    rows = as_rows(body, context, "hours")
    return tables.RENT_EXTENSIONS.from_rows(
        rows.records,
        context,
        {"rent_id": [context.params.get("id")] * len(rows.records)},
        **rows.facts,
    )


def rent_counts(body: Body, context: Context) -> pd.DataFrame:
    """Read what can be rented of one service: country, hours, then price and count."""
    value = as_map(as_json(body, context), context)
    hours, service = context.params.get("rent_time", ""), context.params.get("service")
    here = value.get(context.params.get("country", ""))
    offer = as_map(here, context).get(hours)
    if offer is not None and not isinstance(offer, dict):
        raise malformed("offers of another shape", context, value)
    return tables.RENT_OFFERS.from_rows(
        [offer] if offer else [], context, {"service": [service]} if offer else {}, skipped=0
    )


def rent_info(body: Body, context: Context) -> pd.DataFrame:
    """Read what an extension costs, and the extensions so far."""
    row = as_record(body, context, "data")
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

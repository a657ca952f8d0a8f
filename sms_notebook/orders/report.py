"""What the ledger says, as frames."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Row, select

from sms_notebook.orders import frames
from sms_notebook.orders.books import Books
from sms_notebook.orders.bought import Bought
from sms_notebook.orders.schema import NUMBERS, ORDERS
from sms_notebook.orders.states import OrderState
from sms_notebook.protocol.calls import Buys
from sms_notebook.protocol.context import Context
from sms_notebook.protocol.frames import Schema

_RENTED = (Buys.RENT.value, Buys.EXTENSION.value)
_ACTIVATED = (Buys.NUMBER.value, Buys.NUMBERS.value, Buys.AGAIN.value)


def ledger_frame(books: Books, *, everywhere: bool = False) -> pd.DataFrame:
    """Return one row for everything bought, and for every order that brought nothing.

    Parameters
    ----------
    books : Books
        Whose orders are meant.
    everywhere : bool
        True for all providers and accounts of the ledger.
    """
    ledger, account = books.ledger, books.account
    joined = (
        select(ORDERS, NUMBERS)
        .select_from(ORDERS.outerjoin(NUMBERS))
        .order_by(ORDERS.c.id, NUMBERS.c.id)
    )
    if not everywhere:
        mine = (ORDERS.c.provider == account.provider, ORDERS.c.account == account.name)
        joined = joined.where(*mine)
    rows = ledger.database.read(lambda connection: connection.execute(joined).mappings().all())
    spoken = _messages(books, rows)
    records = [
        _record(row, spoken.get((row[ORDERS.c.provider], row[NUMBERS.c.ref]))) for row in rows
    ]
    return made(frames.LEDGER, records, books, "ledger")


def made(
    schema: Schema, records: Sequence[Mapping[str, Any]], books: Books, name: str
) -> pd.DataFrame:
    """Build a frame of records by column; times are datetimes, amounts are decimals."""
    values = {
        column.name: [_plain(record.get(column.name)) for record in records]
        for column in schema.columns
    }
    return schema.frame(values, Context(name, {}, books.account.provider))


def order_frame(
    books: Books, schema: Schema, order: Any, number: Row[Any] | Bought, *, is_new: bool
) -> pd.DataFrame:
    """Return an order and what it bought, as one row."""
    record = {
        "activation_id": number.ref,
        "rent_id": number.ref,
        "phone_number": number.phone_number,
        "service": number.service,
        "country": number.country,
        "operator": number.operator,
        "hours": order.hours,
        "end_date": number.ends_at,
        "cost": number.cost,
        "currency": number.currency,
        "bought_at": books.now() if isinstance(number, Bought) else number.bought_at,
        "key": order.key,
        "order_id": order.order_id,
        "is_new": is_new,
    }
    return made(schema, [record], books, order.action)


def settled_frame(books: Books, results: Iterable[tuple[Row[Any], str]]) -> pd.DataFrame:
    """Return what became of orders, with what they brought."""
    records: list[dict[str, Any]] = []
    for order, result in results:
        about = {name: getattr(order, name) for name in ("order_id", "key", "action")}
        about |= {"service": order.service, "country": order.country, "result": result}
        brought = books.ledger.numbers(books.account, NUMBERS.c.order == order.id)
        found = result == OrderState.BOUGHT
        records += [about | _of_number(row) for row in brought if found]
        records += [] if found and brought else [about]
    return made(frames.SETTLED, records, books, "reconcile")


def _of_number(number: Row[Any]) -> dict[str, Any]:
    return {
        "activation_id": number.ref if number.buys in _ACTIVATED else None,
        "rent_id": number.ref if number.buys in _RENTED else None,
        "phone_number": number.phone_number,
        "cost": number.cost,
        "currency": number.currency,
    }


def _messages(
    books: Books, rows: Iterable[Mapping[Any, Any]]
) -> dict[tuple[str, str], list[Row[Any]]]:
    refs: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row[NUMBERS.c.ref] is not None:
            refs[row[ORDERS.c.provider]].add(row[NUMBERS.c.ref])
    spoken: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    for provider, wanted in refs.items():
        for message in books.ledger.messages.of(provider, wanted):
            spoken[provider, message.ref].append(message)
    return spoken


def _record(row: Mapping[Any, Any], messages: list[Row[Any]] | None) -> dict[str, Any]:
    order, number = ORDERS.c, NUMBERS.c
    buys, ref = row[order.buys], row[number.ref]
    messages = messages if messages and buys != Buys.EXTENSION.value else []
    first = messages[0] if messages and buys in _ACTIVATED else None
    bought = row[order.state] == OrderState.BOUGHT and ref is not None
    return {
        "key": row[order.key],
        "order_id": row[order.order_id],
        "action": row[order.action],
        "provider": row[order.provider],
        "service": row[number.service] or row[order.service],
        "country": row[order.country] if row[number.country] is None else row[number.country],
        "operator": row[number.operator] or row[order.operator],
        "activation_id": ref if buys in _ACTIVATED else None,
        "rent_id": (ref or row[order.target]) if buys in _RENTED else None,
        "phone_number": row[number.phone_number],
        "cost": row[number.cost],
        "currency": row[number.currency] or row[order.currency],
        "state": row[number.state] if bought else row[order.state],
        "bought_at": row[number.bought_at],
        "first_code_at": _came_at(first),
        "seconds_to_code": _seconds(row, first),
        "refunded": row[number.refunded],
        "codes": [message.code for message in messages if message.code],
        "texts": [message.text for message in messages if message.text],
        "begun_at": row[order.begun_at],
        "error": row[order.error],
    }


def _came_at(message: Row[Any] | None) -> datetime | None:
    return None if message is None else message.received_at or message.seen_at


def _seconds(row: Mapping[Any, Any], first: Row[Any] | None) -> float | None:
    """Return how long the first code took; by one clock, never by two that may disagree."""
    if first is None:
        return None
    if first.received_at is not None and row[NUMBERS.c.since] is not None:
        return float((first.received_at - row[NUMBERS.c.since]).total_seconds())
    return float((first.seen_at - row[NUMBERS.c.bought_at]).total_seconds())


def _plain(value: Any) -> Any:
    """Write a value as a frame's columns read it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | bool | int | str) or value is None:
        return value
    return float(value)

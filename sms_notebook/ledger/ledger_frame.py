"""The frame of the ledger: read by column, so that a long one comes as quickly as a short one.

What narrows it is a part of the query; no record is made of a row.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    case,
    func,
    select,
    type_coerce,
)

from sms_notebook.ledger.frame_schemas import LEDGER
from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.messages import batches
from sms_notebook.ledger.schema import BILLION, MESSAGES, NUMBERS, ORDERS, NumberState, OrderState
from sms_notebook.protocol.calls import ACTIVATIONS, RENTALS, PurchaseKind
from sms_notebook.protocol.frames import kinds
from sms_notebook.protocol.frames.kinds import Array
from sms_notebook.protocol.replies import Context

KINDS: dict[str, tuple[PurchaseKind, ...]] = {
    "activation": ACTIVATIONS,
    "rent": (PurchaseKind.RENT,),
    "extension": (PurchaseKind.EXTENSION,),
    "product": (PurchaseKind.PRODUCT,),
}
"""What people call what was ordered."""

Raw = np.ndarray[Any, Any]
ColumnValues = dict[str, Sequence[Any]]

_LISTS = ("codes", "texts")
_MILLION = 1e6
_FEW = 10_000  # numbers whose messages are asked for by their ids


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Which rows are wanted; what is not said narrows nothing.

    Attributes
    ----------
    everywhere : bool
        Of all providers and accounts.
    since : datetime or None
        Orders begun then or later.
    limit : int or None
        The latest so many rows.
    service, country, key : optional
        Of what was bought, else of what was ordered.
    states : tuple of str
        Words of the column ``state``.
    kinds : tuple of str
        Words of `KINDS`.
    """

    everywhere: bool = False
    since: datetime | None = None
    limit: int | None = None
    service: str | None = None
    country: int | None = None
    key: str | None = None
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


def _text(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(column, String)  # as it is kept


def _money(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(column, BigInteger)


def _of_number(name: str) -> ColumnElement[Any]:
    """Return what was bought, else what was ordered."""
    return func.coalesce(func.nullif(NUMBERS.c[name], ""), ORDERS.c[name])


_STATE = case(
    (
        and_(NUMBERS.c.id.is_not(None), ORDERS.c.state == OrderState.BOUGHT),
        _text(NUMBERS.c.state),
    ),
    else_=_text(ORDERS.c.state),
)
_COUNTRY: ColumnElement[Any] = func.coalesce(NUMBERS.c.country, ORDERS.c.country)
_SERVICE: ColumnElement[Any] = _of_number("service")
_RENTED = case(
    (NUMBERS.c.id.is_(None), case((ORDERS.c.buys.in_(RENTALS), ORDERS.c.target))),
    (NUMBERS.c.buys.in_(RENTALS), NUMBERS.c.ref),
)
_COLUMNS: dict[str, ColumnElement[Any]] = {
    "key": ORDERS.c.key,
    "order_id": ORDERS.c.order_id,
    "action": ORDERS.c.action,
    "provider": ORDERS.c.provider,
    "service": _SERVICE,
    "country": _COUNTRY,
    "operator": _of_number("operator"),
    "activation_id": case((NUMBERS.c.buys.in_(ACTIVATIONS), NUMBERS.c.ref)),
    "rent_id": _RENTED,
    "phone_number": NUMBERS.c.phone_number,
    "cost": _money(NUMBERS.c.cost),
    "currency": _of_number("currency"),
    "is_quote": NUMBERS.c.is_quote,
    "state": _STATE,
    "bought_at": _text(NUMBERS.c.bought_at),
    "refunded": _money(NUMBERS.c.refunded),
    "begun_at": _text(ORDERS.c.begun_at),
    "error": ORDERS.c.error,
    "certainty": _text(NUMBERS.c.certainty),
    # What no column shows.
    "ref": NUMBERS.c.ref,
    "since": _text(NUMBERS.c.since),
    "buys": _text(ORDERS.c.buys),
}


STATES = (*(state.value for state in OrderState), *(state.value for state in NumberState))
"""What the column ``state`` can say."""


def ledger_frame(account_ledger: AccountLedger, selection: LedgerFilter) -> pd.DataFrame:
    """Return one row for everything bought, and for every order that brought nothing."""
    query = _query(account_ledger, selection)
    rows = account_ledger.database.read(partial(_all, query))
    if selection.limit is not None:
        rows = rows[::-1]  # the latest were asked for first
    values: ColumnValues = dict(
        zip(_COLUMNS, zip(*rows, strict=True) if rows else [()] * len(_COLUMNS), strict=True)
    )
    arrays = {
        column.name: _MAKERS[column.kind](values[column.name])
        for column in LEDGER.columns
        if column.name in values
    }
    arrays |= _message_columns(account_ledger, values)
    return LEDGER.assembled(arrays, Context("ledger", {}, account_ledger.provider.name))


def _query(account_ledger: AccountLedger, selection: LedgerFilter) -> Select[Any]:
    columns = (column.label(name) for name, column in _COLUMNS.items())
    query = select(*columns).select_from(ORDERS.outerjoin(NUMBERS))
    conditions: list[Any] = []
    if not selection.everywhere:
        conditions.append(account_ledger.owns(ORDERS.c))
    if selection.since is not None:
        conditions.append(ORDERS.c.begun_at >= selection.since)
    if selection.service is not None:
        conditions.append(selection.service == _SERVICE)
    if selection.country is not None:
        conditions.append(selection.country == _COUNTRY)
    if selection.key is not None:
        conditions.append(ORDERS.c.key == selection.key)
    if selection.states:
        conditions.append(_STATE.in_(selection.states))
    if selection.kinds:
        bought = [kind for word in selection.kinds for kind in KINDS[word]]
        conditions.append(func.coalesce(NUMBERS.c.buys, ORDERS.c.buys).in_(bought))
    query = query.where(*conditions)
    if selection.limit is None:
        return query.order_by(ORDERS.c.id, NUMBERS.c.id)
    return query.order_by(ORDERS.c.id.desc(), NUMBERS.c.id.desc()).limit(selection.limit)


# Columns ----------------------------------------------------------------------------------------


def _names(values: Sequence[Any]) -> Array:
    return _texts([value.strip() if value else None for value in values])


def _texts(values: Sequence[Any]) -> Array:
    return kinds.string_array([value or pd.NA for value in values])


def _numbers(values: Sequence[Any]) -> tuple[Raw, Raw]:
    numbers = np.array(values, dtype="float64")
    missing = np.isnan(numbers)
    return np.where(missing, 0.0, numbers), missing


def _amounts(values: Sequence[Any]) -> Array:
    numbers, missing = _numbers(values)
    return pd.arrays.FloatingArray(numbers / BILLION, missing)


def _counts(values: Sequence[Any]) -> Array:
    numbers, missing = _numbers(values)
    return pd.arrays.IntegerArray(numbers.astype("int64"), missing)


def _flags(values: Sequence[Any]) -> Array:
    numbers, missing = _numbers(values)
    return pd.arrays.BooleanArray(numbers.astype(bool), missing)


def _times(values: Sequence[Any] | Raw) -> Array:
    return pd.array(_moments(values), dtype=kinds.TIME_DTYPE)


def _moments(values: Sequence[Any] | Raw) -> Raw:
    return np.array(values, dtype="datetime64[us]")


_MAKERS: dict[kinds.Kind, Callable[[Sequence[Any]], Array]] = {
    kinds.NAME: _names,
    kinds.TEXT: _texts,
    kinds.PHONE: _texts,
    kinds.CURRENCY: _texts,
    kinds.REMARK: _texts,
    kinds.MONEY: _amounts,
    kinds.COUNT: _counts,
    kinds.FLAG: _flags,
    kinds.TIME: _times,
}


# Messages ---------------------------------------------------------------------------------------


class _MessageRow(NamedTuple):
    """What came to a number."""

    code: str | None
    text: str | None
    received_at: Any
    seen_at: Any


_MESSAGE_QUERY = select(
    MESSAGES.c.provider,
    MESSAGES.c.ref,
    MESSAGES.c.code,
    MESSAGES.c.text,
    _text(MESSAGES.c.received_at),
    _text(MESSAGES.c.seen_at),
).order_by(MESSAGES.c.id)


def _message_columns(account_ledger: AccountLedger, values: ColumnValues) -> dict[str, Array]:
    """Return the columns that messages make: codes, texts, and when the first one came."""
    length = len(values["ref"])
    columns: dict[str, Array] = {name: np.empty(length, dtype=object) for name in _LISTS}
    first = {name: [None] * length for name in ("received_at", "seen_at")}
    by_ref = _messages_by_ref(account_ledger, values)
    about = zip(values["provider"], values["ref"], values["buys"], strict=True)
    for place, (provider, ref, buys) in enumerate(about):
        # Those of an extension are those of its rent.
        messages = by_ref.get((provider, ref), ()) if buys != PurchaseKind.EXTENSION else ()
        for name in _LISTS:
            columns[name][place] = []
        for message in messages:
            if code := kinds.read_code(message.code):
                columns["codes"][place].append(code)
            if message.text:
                columns["texts"][place].append(message.text)
        if messages and buys in ACTIVATIONS:
            first["received_at"][place] = messages[0].received_at
            first["seen_at"][place] = messages[0].seen_at
    received_at, seen_at = _moments(first["received_at"]), _moments(first["seen_at"])
    since, bought_at = _moments(values["since"]), _moments(values["bought_at"])
    # By one clock, never by two that may disagree.
    is_theirs = ~np.isnat(received_at) & ~np.isnat(since)
    took = np.where(is_theirs, received_at - since, seen_at - bought_at)
    seconds = np.where(np.isnat(took), np.nan, took.astype("int64") / _MILLION)
    first_code_at = np.where(np.isnat(received_at), seen_at, received_at)
    return columns | {"first_code_at": _times(first_code_at), "seconds_to_code": _seconds(seconds)}


def _seconds(seconds: Raw) -> Array:
    missing = np.isnan(seconds)
    return pd.arrays.FloatingArray(np.where(missing, 0.0, seconds), missing)


def _messages_by_ref(
    account_ledger: AccountLedger, values: ColumnValues
) -> Mapping[tuple[str, str], list[_MessageRow]]:
    """Return the messages of all numbers, the oldest first."""
    refs: dict[str, set[str]] = defaultdict(set)
    for provider, ref in zip(values["provider"], values["ref"], strict=True):
        if ref is not None:
            refs[provider].add(ref)
    by_ref: dict[tuple[str, str], list[_MessageRow]] = defaultdict(list)
    for provider, ids in refs.items():
        at_provider = _MESSAGE_QUERY.where(MESSAGES.c.provider == provider)
        queries = [at_provider]
        if len(ids) <= _FEW:
            queries = [at_provider.where(MESSAGES.c.ref.in_(part)) for part in batches(ids)]
        for query in queries:
            for _, ref, *row in account_ledger.database.read(partial(_all, query)):
                by_ref[provider, ref].append(_MessageRow(*row))
    return by_ref


def _all(query: Select[Any], connection: Connection) -> Sequence[Any]:
    return connection.execute(query).all()

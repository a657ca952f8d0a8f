"""The schemas of frames of orders: what was ordered, what the ledger holds, what was reconciled."""

from collections.abc import Iterable
from typing import Any

import pandas as pd
from sqlalchemy import func, select

from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.reconciliation import Settlement
from sms_notebook.ledger.schema import (
    NUMBERS,
    OPEN,
    ORDERS,
    NumberRecord,
    OrderState,
)
from sms_notebook.protocol.frames import kinds
from sms_notebook.protocol.frames.schema import Column, Schema

_KEY = Column("key", kinds.TEXT, "your own name for the order; NA where none was given")
_ORDER_ID = Column("order_id", kinds.NAME, "id of the order, sent along where the action takes it")
_ACTION = Column("action", kinds.NAME, "the API's name of the action")
_ACTIVATION_ID = Column("activation_id", kinds.NAME, "id of the activation; NA for a rent")
_RENT_ID = Column("rent_id", kinds.NAME, "id of the rent; NA for an activation")
_PHONE = Column("phone_number", kinds.PHONE, "number with country code, without +")
_SERVICE = Column("service", kinds.TEXT, "code of the service")
_COUNTRY = Column("country", kinds.COUNT, "id of the country")
_OPERATOR = Column("operator", kinds.NAME, "operator of the number, or the one that was wished for")
_COST = Column("cost", kinds.MONEY, "what it cost, in currency; NA where nobody said")
_CURRENCY = Column("currency", kinds.CURRENCY, "ISO 4217, for example USD")
_BOUGHT_AT = Column("bought_at", kinds.TIME, "when it was bought, by our clock")
_CERTAINTY = Column(
    "certainty",
    kinds.NAME,
    "read: a reply says that it is this order's; inferred: it is the only purchase that fits; "
    "claimed: a person says so",
)
_NEW = Column("is_new", kinds.FLAG, "whether this call bought it; False: it was there already")
_END = Column("end_date", kinds.TIME, "when the rent ends, by the provider's clock")
_HOURS = Column("hours", kinds.COUNT, "hours that were paid for")

_NUMBER = (_PHONE, _SERVICE, _COUNTRY)
_PRICE = (_COST, _CURRENCY)
_PURCHASE = (_BOUGHT_AT, _NEW, _CERTAINTY, _KEY)

ORDER = Schema(
    *(*_NUMBER, _OPERATOR, *_PRICE, *_PURCHASE),
    Column("activation_id", kinds.NAME, "id of the activation"),
    _ORDER_ID,
)
"""One activation, one row."""

RENT = Schema(
    *(*_NUMBER, *_PRICE, _HOURS, _END, *_PURCHASE),
    Column("rent_id", kinds.NAME, "id of the rent"),
    _ORDER_ID,
)
"""One rent, or one extension of it."""

LEDGER = Schema(
    *(*_NUMBER, _OPERATOR, *_PRICE),
    Column(
        "state",
        kinds.NAME,
        "intent, uncertain, refused, not bought, dismissed; of what was bought: active, "
        "finished, cancelled, over",
    ),
    Column("codes", kinds.CODES, "all codes, the latest last"),
    Column("bought_at", kinds.TIME, "when it was bought, by our clock; NA where it was not"),
    Column("seconds_to_code", kinds.SECONDS, "seconds from buying to the first code"),
    Column("first_code_at", kinds.TIME, "when its first code came"),
    Column("texts", kinds.LINES, "all messages, the latest last"),
    Column("refunded", kinds.MONEY, "what came back, in currency"),
    Column("is_quote", kinds.FLAG, "whether the cost is a price that was named beforehand"),
    Column("begun_at", kinds.TIME, "when the order was begun, by our clock"),
    Column("error", kinds.REMARK, "why nothing was bought, or why nobody knows"),
    _CERTAINTY,
    _ACTION,
    Column("provider", kinds.NAME, "name of the provider"),
    *(_KEY, _ACTIVATION_ID, _RENT_ID, _ORDER_ID),
)
"""Everything that was bought, and every order that brought nothing."""

SETTLED = Schema(
    *(*_NUMBER, *_PRICE),
    Column(
        "result",
        kinds.NAME,
        "bought, not bought, dismissed, open (look again in some seconds) or unknown (see why)",
    ),
    Column("why", kinds.REMARK, "why it is not known: absence alone proves nothing"),
    _CERTAINTY,
    Column("candidates", kinds.NAMES, "ids of what may be its own, where that is not known"),
    Column("candidate_numbers", kinds.PHONES, "their phone numbers; empty where none is known"),
    *(_ACTION, _KEY, _ACTIVATION_ID, _RENT_ID, _ORDER_ID),
)
"""What became of each order that waited to be settled."""

REOPENED = Schema(
    Column("ledger", kinds.TEXT, "where it is"),
    Column("is_new", kinds.FLAG, "whether it has just begun"),
    Column("orders", kinds.COUNT, "how many orders it has, of all providers and accounts"),
    Column("unsettled", kinds.COUNT, "how many of these wait to be settled"),
)
"""A ledger that was opened again."""

BUDGET = Schema(
    Column("budget", kinds.MONEY, "the day's limit; NA where there is none"),
    Column("spent_today", kinds.MONEY, "what today's orders cost or may cost"),
    Column("left", kinds.MONEY, "what may still be spent; NA where that is not known"),
    Column("unknown", kinds.COUNT, "purchases of today that nobody knows the cost of"),
)
"""What may be spent today (UTC), in the provider's currency."""

_ABOUT = ("order_id", "key", "action", "service", "country")

# Making them ------------------------------------------------------------------------------------


def reopened_frame(account_ledger: AccountLedger, *, is_new: bool) -> pd.DataFrame:
    """Return what a ledger has that was opened again."""
    database = account_ledger.database
    counted = select(func.count(), func.count().filter(ORDERS.c.state.in_(OPEN))).select_from(
        ORDERS
    )
    orders, unsettled = database.read(lambda connection: connection.execute(counted).one())
    row = {"ledger": database.where, "is_new": is_new, "orders": orders, "unsettled": unsettled}
    return account_ledger.frame(REOPENED, [row], "reopen_ledger")


def settled_frame(account_ledger: AccountLedger, results: Iterable[Settlement]) -> pd.DataFrame:
    """Return what became of orders, with what they brought."""
    rows: list[dict[str, Any]] = []
    for order, result, why, candidates in results:
        about = {name: getattr(order, name) for name in _ABOUT} | {"result": result, "why": why}
        about["candidates"] = [listed.ref for listed in candidates]
        about["candidate_numbers"] = [listed.phone_number or "" for listed in candidates]
        brought = []
        if result == OrderState.BOUGHT:
            brought = account_ledger.numbers(NUMBERS.c.order == order.id)
        rows += [about | _of_number(number) for number in brought] or [about]
    return account_ledger.frame(SETTLED, rows, "reconcile")


def _of_number(number: NumberRecord) -> dict[str, Any]:
    return {
        "activation_id": number.ref if number.buys.is_activation else None,
        "rent_id": number.ref if number.buys.is_rental else None,
        "phone_number": number.phone_number,
        "cost": number.cost,
        "currency": number.currency,
        "certainty": number.certainty,
    }

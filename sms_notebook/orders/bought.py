"""What a purchase brought, read from the frame of its reply or from a list of the provider."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pandas as pd

from sms_notebook.orders.quotes import Quote
from sms_notebook.orders.records import Record, moment, money, records, text, whole
from sms_notebook.orders.wishes import Wish
from sms_notebook.protocol.calls import Buys


@dataclass(frozen=True, slots=True)
class Bought:
    """One activation, rent, extension or product.

    Attributes
    ----------
    ref : str
        Its id.
    cost : Decimal or None
        What it cost, where that is known.
    since, ends_at : datetime or None
        By the provider's clock.
    channel : str
        How its code comes: ``sms``, ``call`` or ``voice``.
    is_quote : bool
        Whether the cost is a price that was named beforehand.
    secret : str or None
        A licence key: it comes once, so the ledger keeps it.
    """

    ref: str
    phone_number: str | None = None
    service: str | None = None
    country: int | None = None
    operator: str | None = None
    cost: Decimal | None = None
    currency: str | None = None
    since: datetime | None = None
    ends_at: datetime | None = None
    channel: str = "sms"
    is_quote: bool = False
    secret: str | None = None


def bought(wish: Wish, frame: pd.DataFrame, quote: Quote | None) -> list[Bought]:
    """Read what a purchase brought.

    Parameters
    ----------
    wish : Wish
        What was asked for: it says what the reply does not.
    frame : DataFrame
        The reply.
    quote : Quote or None
        The price named beforehand, where the reply has none.
    """
    rows = records(frame)
    prices = quote.parts(wish) if quote is not None and wish.max_price is None else {}
    currency = quote.currency if quote is not None else None
    return [_one(wish, row, prices, currency) for row in rows]


def _one(
    wish: Wish, row: Record, prices: dict[str | None, Decimal], currency: str | None
) -> Bought:
    service = text(row, "service") or (wish.service if wish.buys is not Buys.NUMBERS else None)
    cost = money(row, "activation_cost")
    return Bought(
        ref=_ref(wish, row),
        phone_number=text(row, "phone_number"),
        service=service,
        country=whole(row, "country") if whole(row, "country") is not None else wish.country,
        operator=text(row, "activation_operator") or wish.operator,
        cost=prices.get(service) if cost is None else cost,
        currency=text(row, "currency") or currency,
        since=moment(row, "activation_time"),
        ends_at=moment(row, "end_date"),
        channel=wish.channel,
        is_quote=cost is None and prices.get(service) is not None,
        secret=text(row, "key"),
    )


def _ref(wish: Wish, row: Record) -> str:
    """Return the id; a reply without one would have been malformed."""
    found = text(row, "activation_id") or text(row, "rent_id") or text(row, "product_id")
    return found or wish.target or ""

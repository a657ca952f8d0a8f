"""What is known of an open order: what it can have brought, and when that can have been made."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.matching import OpenOrder
from sms_notebook.ledger.schema import OrderRecord
from sms_notebook.protocol.calls import PurchaseKind

_LONGEST_LIFE = 3 * 3600.0  # seconds that no activation outlives

PastOrders = Sequence[tuple[datetime, datetime, int]]
"""When other orders were begun and ended, and the ids that they brought."""


def open_orders(
    account_ledger: AccountLedger, orders: Iterable[OrderRecord], kinds: Iterable[PurchaseKind]
) -> list[OpenOrder]:
    """Say what is looked for, with all that is known of when it was made.

    Parameters
    ----------
    account_ledger : AccountLedger
        Whose orders they are.
    orders : iterable of OrderRecord
        The open orders.
    kinds : iterable of PurchaseKind
        Whose ids the provider counts together.
    """
    known = account_ledger.sequence(*kinds)
    offset = account_ledger.clock_offset() if account_ledger.clock_agrees else None
    return [_open_order(account_ledger, order, known, offset) for order in orders]


def _open_order(
    account_ledger: AccountLedger, order: OrderRecord, known: PastOrders, offset: timedelta | None
) -> OpenOrder:
    services = tuple((order.service or "").split(",")) if order.service else ()
    phone = None
    if order.buys in (PurchaseKind.AGAIN, PurchaseKind.EXTENSION):
        parent = account_ledger.number(order.target or "")
        phone = parent.phone_number if parent is not None else None
        services = (parent.service,) if parent is not None and parent.service else ()
    params = json.loads(order.params)
    # A quote is no ceiling: only what was sent as one is.
    has_ceiling = order.buys is PurchaseKind.NUMBER and "maxPrice" in params
    latest = latest_of(account_ledger, order)
    return OpenOrder(
        order=order.id,
        buys=order.buys,
        services=services,
        country=order.country,
        most=order.most if has_ceiling else None,
        phone_number=phone,
        target=order.target,
        begun_at=order.begun_at,
        latest=latest,
        own_countries=account_ledger.provider.own_countries,
        offset=offset,
        clock_agrees=account_ledger.clock_agrees,
        is_past=not is_younger(order, _LONGEST_LIFE + 3600.0 * (order.hours or 0)),
        above=max((ref for _, ended, ref in known if ended <= order.begun_at), default=None),
        below=min((ref for begun, _, ref in known if begun >= latest), default=None),
        prefixes=tuple(filter(None, params.get("phoneException", "").split(","))),
        has_key=order.key is not None,
    )


def latest_of(
    account_ledger: AccountLedger, order: OrderRecord, ended_at: datetime | None = None
) -> datetime:
    """Return until when an order can have been made: whoever sent it waits no longer."""
    ended_at = ended_at or min(order.ended_at or order.open_until, order.open_until)
    return ended_at + timedelta(seconds=account_ledger.grace)


def seconds_early(account_ledger: AccountLedger, order: OrderRecord, now: datetime) -> float:
    """Return after how many seconds all that an order can have made is listed."""
    left = (latest_of(account_ledger, order) - now).total_seconds()
    return left if 0 < left <= account_ledger.grace else 0.0  # more: the clock was set back


def is_younger(order: OrderRecord, seconds: float) -> bool:
    """Tell whether what an order made cannot be over yet: nobody knows its id to end it."""
    age = datetime.now(UTC) - (order.ended_at or order.begun_at)
    return timedelta(0) <= age < timedelta(seconds=seconds)

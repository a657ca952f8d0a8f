"""Reconciliation: what became of orders that nobody heard the outcome of. It never buys.

Absence proves nothing, unless all of a list was read at a provider that lists at once; nor does
presence, where somebody else can have bought what is there.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sms_notebook.ledger.kept_replies import write_kept
from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.looks import Look
from sms_notebook.ledger.matching import ListedPurchase
from sms_notebook.ledger.open_orders import seconds_early
from sms_notebook.ledger.outcomes import save_purchase
from sms_notebook.ledger.purchases import Purchase
from sms_notebook.ledger.schema import OPEN, Certainty, OrderRecord, OrderState
from sms_notebook.protocol.errors.sms_error import Hint
from sms_notebook.protocol.steps import Activity, Ask, Pause, Steps

UNKNOWN = "unknown"
_STILL_OPEN = "open"
_NO_ANSWER = "the kernel ended before the answer came"
_NEVER_SENT = "the kernel ended before it was sent"


class Settlement(NamedTuple):
    """An order that was open, and what became of it.

    Attributes
    ----------
    order : OrderRecord
        The order as it is now.
    result : str
        ``bought``, ``not bought``, ``dismissed``, ``open`` (a later look may tell) or ``unknown``.
    why : str or None
        Why that is not known.
    candidates : sequence of ListedPurchase
        What may be its own, where that is not known.
    """

    order: OrderRecord
    result: str
    why: str | None = None
    candidates: Sequence[ListedPurchase] = ()


def settle(
    account_ledger: AccountLedger,
    ask: Ask,
    *,
    only: int | None = None,
    wait: bool = True,
    just_made: bool = False,
) -> Steps[list[Settlement]]:
    """Find out what became of the open orders.

    An order counts as not made when two looks at all that there is, some seconds apart, both show
    nothing: a provider may still be at work when nobody waits any more. Where no look can prove
    that, it stays open until it shows, or a person says so. What fits is an order's own where
    nothing else fits, nobody else buys the same, and so many seconds have passed that its own would
    be listed; where any of that is not so, it stays open with what may be its own.

    Parameters
    ----------
    account_ledger : AccountLedger
        Whose orders are meant.
    ask : callable
        Performs calls that only read.
    only : int, optional
        Only this order.
    wait : bool
        False for one look: what it does not show stays open.
    just_made : bool
        True where it was sent a moment ago, and so cannot be over: looks again only where the one
        purchase that fits must be its own, if nothing else shows.

    Returns
    -------
    list of Settlement
        Each order that was open, and what became of it.
    """
    write_kept(account_ledger)
    results: dict[int, Settlement] = {}
    requested_ids = []
    for order in _open(account_ledger):
        if only in (None, order.id):
            requested_ids.append(order.id)
            results[order.id] = _as_it_is(_ended(account_ledger, order))
    while True:
        # All open orders are looked for, since one may not take what is another's.
        ended = (_ended(account_ledger, order) for order in _open(account_ledger))
        orders = [order for order in ended if order.state in OPEN]
        left = [order for order in orders if order.id in requested_ids]
        if not left:
            break
        in_flight = filter(account_ledger.ledger.is_in_flight, account_ledger.open_orders())
        under_way = {order.id: order for order in in_flight}
        look = Look(account_ledger, ask, set(under_way), just_made=just_made)
        yield from look.run([*under_way.values(), *orders])
        for order in orders:
            if order.id in look.purchases or order.id in requested_ids:
                results[order.id] = _settled(account_ledger, order, look)
        again = [
            order
            for order in left
            if results[order.id].result == _STILL_OPEN and (wait or order.id in look.waiting)
        ]
        if not again or not (wait or just_made):
            break
        seconds = max(_seconds_left(account_ledger, order.id) for order in again)
        yield Pause(seconds, _another_look(account_ledger.provider.title))
    return [results[id_] for id_ in requested_ids if id_ in results]


def _another_look(provider: str) -> Activity:
    """Say what is waited for between two looks."""
    return Activity(
        f"another look at what {provider} lists",
        stop="leaves open what is open",
        hints=(Hint("{reconcile()} goes on"),),
    )


def open_orders_noted(account_ledger: AccountLedger) -> list[OrderRecord]:
    """Return the open orders; of those that nobody waits for any more, note that it is so.

    The sooner that is noted, the less can have been made by them.
    """
    orders = account_ledger.open_orders()
    in_flight = account_ledger.ledger.is_in_flight
    noted = (order if in_flight(order) else _ended(account_ledger, order) for order in orders)
    return [order for order in noted if order.state in OPEN]


def _open(account_ledger: AccountLedger) -> list[OrderRecord]:
    orders = account_ledger.open_orders()
    return [order for order in orders if not account_ledger.ledger.is_in_flight(order)]


def _ended(account_ledger: AccountLedger, order: OrderRecord) -> OrderRecord:
    """Note that nobody waits for the answer of an order any more.

    One that was never sent was not made: nothing that is listed is its own.
    """
    if order.state != OrderState.INTENT:
        return order
    if order.is_unsent:
        return account_ledger.end_as_it_was(order, OrderState.NOT_BOUGHT, _NEVER_SENT)
    return account_ledger.end_as_it_was(order, OrderState.UNCERTAIN, _NO_ANSWER)


def _as_it_is(order: OrderRecord) -> Settlement:
    """Say what became of an order as the ledger has it."""
    return Settlement(order, _STILL_OPEN if order.state in OPEN else order.state.value)


def _seconds_left(account_ledger: AccountLedger, order: int) -> float:
    now, record = datetime.now(UTC), account_ledger.order(order)
    if record.looked_at is None:
        return seconds_early(account_ledger, record, now) + 0.05
    left = account_ledger.grace - (now - record.looked_at).total_seconds()
    return min(max(left, 0.0), account_ledger.grace) + 0.05


def _settled(account_ledger: AccountLedger, order: OrderRecord, look: Look) -> Settlement:
    """Write what a look showed of an order, and say it."""
    if (purchases := look.purchases.get(order.id)) is not None:
        # Another kernel may have been quicker with the same inference: then it is looked for again.
        is_saved = save_listed(account_ledger, order, purchases)
        result = OrderState.BOUGHT.value if is_saved else _STILL_OPEN
        return Settlement(account_ledger.order(order.id), result)
    if order.id not in look.candidates and order.id not in look.blind:
        account_ledger.note_missed(order.id)
    if order.id in look.unproven:
        # More may be listed a little later, where there is a list.
        is_early = seconds_early(account_ledger, order, look.begun_at) > 0
        result = _STILL_OPEN if is_early and order.id not in look.blind else UNKNOWN
        why, candidates = look.unproven[order.id], look.candidates.get(order.id, ())
        return Settlement(account_ledger.order(order.id), result, why, candidates)
    account_ledger.looked_in_vain(order.id)
    looked = account_ledger.order(order.id)
    grace = timedelta(seconds=account_ledger.grace)
    # The look must have begun so late: one that took long is still one. Whoever has just made an
    # order is told that it waits, so it does.
    if look.just_made or looked.looked_at is None or look.begun_at < looked.looked_at + grace:
        return Settlement(looked, _STILL_OPEN)
    return _as_it_is(account_ledger.end_as_it_was(looked, OrderState.NOT_BOUGHT, order.error))


def save_listed(
    account_ledger: AccountLedger,
    order: OrderRecord,
    listed_purchases: Sequence[ListedPurchase],
    certainty: Certainty = Certainty.INFERRED,
) -> bool:
    """Write down what was found in a list."""
    price = None if order.quoted is None else order.quoted / len(listed_purchases)
    purchases = [
        Purchase(
            ref=listed.ref,
            phone_number=listed.phone_number,
            service=listed.service or order.service,
            country=order.country if listed.country is None else listed.country,
            operator=order.operator,
            cost=listed.cost if listed.cost is not None else price,
            currency=listed.currency or order.currency or account_ledger.provider.currency or None,
            since=listed.since,
            ends_at=listed.ends_at,
            is_quote=listed.cost is None and price is not None,
        )
        for listed in listed_purchases
    ]
    when = order.begun_at if account_ledger.clock_agrees else account_ledger.now()
    return save_purchase(account_ledger, order.id, purchases, when, certainty=certainty)

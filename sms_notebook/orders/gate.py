"""The gate: every purchase passes it, through whichever door it came.

1. budget: reserved in one transaction, before anything is sent;
2. intent: a row in the ledger with an order id of its own;
3. the request, once;
4. outcome: what was bought, the refusal, or that nobody knows.
"""

import hashlib
import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import pandas as pd
from sqlalchemy import Row

from sms_notebook.orders.books import Books
from sms_notebook.orders.bought import Bought, bought
from sms_notebook.orders.budget import unknown_costs
from sms_notebook.orders.completing import complete
from sms_notebook.orders.ledger import Entry
from sms_notebook.orders.quotes import Ask, Quote, most_of, quote
from sms_notebook.orders.recording import record
from sms_notebook.orders.states import OrderState
from sms_notebook.orders.wishes import Wish
from sms_notebook.protocol.calls import Buys, Call
from sms_notebook.protocol.errors import (
    LedgerProblem,
    OrderAlreadyExists,
    PurchaseUncertain,
    SmsError,
    UsageProblem,
)

T = TypeVar("T")

Buy = Callable[[Call], Generator[Any, Any, tuple[T, pd.DataFrame]]]
"""Sends a purchase once; returns the answer, and the same as a frame."""

LOG = logging.getLogger("sms_notebook")


def purchase(books: Books, wish: Wish, ask: Ask, buy: Buy[T]) -> Generator[Any, Any, T]:
    """Make one purchase.

    Parameters
    ----------
    books : Books
        Where it is written.
    wish : Wish
        What is wanted.
    ask : callable
        Performs calls that only read, where the price must be known.
    buy : callable
        Sends the purchase.

    Raises
    ------
    BudgetExceeded, LedgerProblem
        Nothing was sent.
    PurchaseUncertain
        It was sent, and nobody knows what came of it; the ledger knows that.
    SmsError
        The provider refused, or was not reached.
    """
    quoted = None
    if books.budget is not None:
        yield from know_costs(books, ask)
        if wish.max_price is None:
            quoted = yield from quote(wish, ask)
            wish = at_that_price(books, wish, quoted)
    entry = reserve(books, wish, quoted)
    answer, _ = yield from make(books, wish, entry, buy, quoted)
    return answer


def reserve(books: Books, wish: Wish, quoted: Quote | None, again: Row[Any] | None = None) -> Entry:
    """Write the intent, and reserve its price; from here on it may be sent.

    Raises
    ------
    BudgetExceeded, LedgerProblem, KeyTakenError
        Nothing may be sent.
    """
    return books.ledger.begin(
        wish,
        books.account,
        most=most_of(wish, quoted),
        quoted=quoted.total if quoted is not None else None,
        currency=quoted.currency if quoted is not None else None,
        budget=books.budget,
        patience=books.patience,
        written=books.hide(wish.written),
        again=again,
        stamp=books.stamp(_said(wish)),
    )


def _said(wish: Wish) -> str:
    """Say in a few words what is ordered; a key, which may be anything, is told by its digest."""
    about = (wish.call.action.name, wish.service, wish.country, wish.target, wish.hours)
    words = [str(one) for one in about if one is not None]
    if wish.key is not None:
        words.append(
            hashlib.blake2s(wish.key.encode("utf-8", "replace"), digest_size=4).hexdigest()
        )
    return " ".join(words)


def at_that_price(books: Books, wish: Wish, quoted: Quote | None) -> Wish:
    """Within a budget, take care that a number is not bought for more than was quoted."""
    if books.budget is None or quoted is None or wish.buys is not Buys.NUMBER:
        return wish
    params = {**wish.params, "maxPrice": f"{quoted.total:f}"}
    return Wish(Call(wish.call.action, params), wish.key)


def know_costs(books: Books, ask: Ask) -> Generator[Any, Any, None]:
    """Look up what today's purchases cost, where nobody said so: a budget must count them.

    Raises
    ------
    UsageProblem
        If a price stays unknown.
    """
    if not _unknown_costs(books):
        return
    yield from complete(books, ask)
    if unknown := _unknown_costs(books):
        raise UsageProblem(
            f"the budget cannot be kept: nobody knows what {unknown} of today's purchases cost. "
            "sms.ledger() shows them. Buy with sms.order, sms.rent and sms.extend, which know.",
            provider=books.account.provider,
        )


def _unknown_costs(books: Books) -> int:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    return books.ledger.database.read(
        lambda connection: unknown_costs(connection, books.account.provider, today)
    )


def make(
    books: Books, wish: Wish, entry: Entry, buy: Buy[T], quoted: Quote | None
) -> Generator[Any, Any, tuple[T, list[Bought]]]:
    """Send what was reserved, once, and write what became of it."""
    try:
        books.ledger.takes_off(entry)
        answer, frame = yield from buy(_with_order_id(wish.call, entry.order_id))
    except SmsError as failure:
        # An order id of ours that is used already: it was sent before, and made after all.
        exists = isinstance(failure, OrderAlreadyExists) and _order_id(wish) is None
        is_open = exists or isinstance(failure, PurchaseUncertain)
        _end(books, entry, OrderState.UNCERTAIN if is_open else OrderState.REFUSED, str(failure))
        raise
    except BaseException as interrupt:
        _end(books, entry, OrderState.UNCERTAIN, f"stopped by {type(interrupt).__name__}")
        raise
    else:
        things = bought(wish, frame, quoted)
        _record(books, entry, things)
        return answer, things
    finally:
        books.ledger.landed(entry)


def _order_id(wish: Wish) -> str | None:
    """Return the order id that the person chose."""
    return wish.params.get(wish.call.action.order_param) if wish.call.action.order_param else None


def _with_order_id(call: Call, order_id: str) -> Call:
    """Send the order id along, where the action takes one."""
    name = call.action.order_param
    if not name or name in call.params:
        return call
    params: Mapping[str, str] = {**call.params, name: order_id}
    return Call(call.action, params)


def _end(books: Books, entry: Entry, state: OrderState, error: str) -> None:
    """Write that nothing was bought, or that nobody knows; a failing ledger changes nothing."""
    try:
        books.ledger.end(entry.id, state, books.hide(error))
    except LedgerProblem as problem:
        LOG.error(  # noqa: TRY400 - one line, not a traceback
            "Order %s is %s, but %s", entry.order_id, state, problem
        )


def _record(books: Books, entry: Entry, things: Sequence[Bought]) -> None:
    """Write what was bought; where that fails the person must still get it."""
    try:
        record(books, entry.id, things, books.now())
    except LedgerProblem as problem:
        names = ", ".join(f"{thing.ref} ({thing.phone_number or 'no number'})" for thing in things)
        LOG.error(  # noqa: TRY400 - one line, not a traceback
            "Bought %s, but it could not be written down: %s Then sms.reconcile() adds it.",
            names,
            problem,
        )

"""Ordering: one key, one purchase, whoever asks and however often."""

from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Row

from sms_notebook.orders.books import Books
from sms_notebook.orders.bought import Bought
from sms_notebook.orders.gate import LOG, Buy, at_that_price, know_costs, make, reserve
from sms_notebook.orders.ledger import Entry, KeyTakenError
from sms_notebook.orders.lists import active
from sms_notebook.orders.quotes import Ask, Quote, quote
from sms_notebook.orders.recording import take_a_guess_back
from sms_notebook.orders.report import order_frame
from sms_notebook.orders.schema import NUMBERS
from sms_notebook.orders.settling import Rest, settle
from sms_notebook.orders.sightings import sight
from sms_notebook.orders.states import OrderState
from sms_notebook.orders.wishes import Wish
from sms_notebook.protocol.errors import (
    BadAction,
    LedgerProblem,
    OrderAlreadyExists,
    PurchaseUncertain,
    SmsError,
    UsageProblem,
)
from sms_notebook.protocol.frames import Schema

_LOOK_AGAIN = 0.2  # seconds between looks at an order that another kernel is making

Kept = tuple[Any, Row[Any] | Bought]
"""An order, and what it bought."""


@dataclass(frozen=True, slots=True)
class Means:
    """How a client does what an order needs.

    Attributes
    ----------
    ask : callable
        Performs calls that only read.
    buy : callable
        Sends a purchase once.
    rest : callable
        Waits some seconds.
    """

    ask: Ask
    buy: Buy[pd.DataFrame]
    rest: Rest


def order(
    books: Books, means: Means, wishes: list[Wish], schema: Schema, *, priced: bool = False
) -> Generator[Any, Any, pd.DataFrame]:
    """Return what a key stands for, or buy it.

    Parameters
    ----------
    books : Books
        Where orders are kept.
    means : Means
        How calls are performed.
    wishes : list of Wish
        The same purchase in the ways that providers may have, the best first.
    schema : Schema
        Of the frame.
    priced : bool
        Whether the price must be asked for, since no reply tells it.
    """
    wish = wishes[0]
    kept = yield from _kept(books, means, wish)
    is_new = kept is None
    while kept is None:
        try:
            kept = yield from _bought(books, means, wishes, priced=priced)
        except KeyTakenError:  # by another kernel, just now
            kept = yield from _kept(books, means, wish)
            is_new = kept is None
    ordered, number = kept
    return order_frame(books, schema, ordered, number, is_new=is_new)


def _kept(books: Books, means: Means, wish: Wish) -> Generator[Any, Any, Kept | None]:
    """Return what a key stands for already; an open order is settled first."""
    if wish.key is None:
        return None
    told = False
    while (found := _same(books, wish)) is not None and found.state != OrderState.BOUGHT:
        if books.ledger.is_in_flight(found):
            if not told:
                LOG.warning("Another call is making the order %r; waiting for it.", wish.key)
            told = True
            yield from means.rest(_LOOK_AGAIN)
            continue
        results = yield from settle(books, means.ask, means.rest, only=found.id)
        if any(result == "unknown" for _, result in results):
            raise _uncertain(wish, found.provider, found.order_id, error=found.error or "")
    return None if found is None else _brought(books, found, None)


def _same(books: Books, wish: Wish) -> Row[Any] | None:
    """Return the order of a key; it must be about the same thing."""
    found = books.ledger.by_key(books.account, wish)
    if found is None:
        return None
    asked = (wish.service, wish.country, wish.target, wish.hours)
    before = (found.service, found.country, found.target, found.hours)
    if asked != before:
        raise UsageProblem(
            f"the key {wish.key!r} stands for an order of {_said(*before)} already, not of "
            f"{_said(*asked)}. Take another key.",
            action=wish.call.action.name,
        )
    return found


def _said(service: str | None, country: int | None, target: str | None, hours: int | None) -> str:
    named = service or f"rent {target}"
    named += "" if country is None else f" in country {country}"
    return named if hours is None else f"{named} for {hours} hours"


def _bought(
    books: Books, means: Means, wishes: list[Wish], *, priced: bool
) -> Generator[Any, Any, Kept]:
    """Buy, in the first way that the provider has."""
    for wish in wishes:
        if wish.call.action.name in books.lacks and wish is not wishes[-1]:
            continue
        try:
            return (yield from _one(books, means, wish, priced=priced))
        except BadAction as refusal:
            if wish is wishes[-1] or not refusal.is_definite:
                raise
    raise AssertionError("unreachable")


def _one(books: Books, means: Means, wish: Wish, *, priced: bool) -> Generator[Any, Any, Kept]:
    takes_id = bool(wish.call.action.order_param)
    quoted: Quote | None = None
    if wish.max_price is None and (priced or books.budget is not None or not takes_id):
        quoted = yield from quote(wish, means.ask)
    if books.budget is not None:
        yield from know_costs(books, means.ask)
    wish = at_that_price(books, wish, quoted)
    yield from _see_others(books, means)
    # The same order id again: should it have been made after all, the provider will say so.
    again = books.ledger.not_made(books.account, wish) if wish.key and takes_id else None
    entry = reserve(books, wish, quoted, again)
    try:
        _, things = yield from make(books, wish, entry, means.buy, quoted)
    except (PurchaseUncertain, OrderAlreadyExists) as failure:
        return (yield from _looked_up(books, means, wish, entry, failure))
    try:
        return _brought(books, books.ledger.order(entry.id), things[0])
    except LedgerProblem:  # it is bought, whether or not the ledger can be read
        return Made(entry.order_id, wish.key, wish.call.action.name, wish.hours), things[0]


@dataclass(frozen=True, slots=True)
class Made:
    """An order that the ledger cannot show."""

    order_id: str
    key: str | None
    action: str
    hours: int | None


def _looked_up(
    books: Books, means: Means, wish: Wish, entry: Entry, failure: SmsError
) -> Generator[Any, Any, Kept]:
    """Look for an order whose answer was lost: it may be listed already.

    Raises
    ------
    PurchaseUncertain
        If it is not, or nobody can be asked.
    """
    settled = None
    with suppress(SmsError):  # whatever else fails: that the purchase is open comes first
        yield from settle(books, means.ask, means.rest, only=entry.id, wait=False, just_made=True)
        settled = books.ledger.order(entry.id)
        surely_made = isinstance(failure, OrderAlreadyExists)
        if surely_made and settled.state != OrderState.BOUGHT and take_a_guess_back(books, settled):
            settled = books.ledger.order(entry.id)
    if settled is None or settled.state != OrderState.BOUGHT:
        raise _uncertain(wish, books.account.provider, entry.order_id, failure) from failure
    return _brought(books, settled, None)


def _see_others(books: Books, means: Means) -> Generator[Any, Any, None]:
    """Before the first order of an account, see what is there: none of it can be ours."""
    if books.ledger.has_orders(books.account):
        return
    with suppress(SmsError):  # then a guess is just less good
        rows = yield from active(books, means.ask)
        sight(books, (row["activation_id"] for row in rows or ()))


def _brought(books: Books, order: Row[Any], thing: Bought | None) -> Kept:
    """Return an order with what it bought, as the ledger has it, else as the reply said."""
    numbers = books.ledger.numbers(books.account, NUMBERS.c.order == order.id)
    if numbers:
        return order, numbers[0]
    if thing is not None:
        return order, thing
    raise PurchaseUncertain(
        f"{order.action}: the provider gave an activation that another order has. "
        "sms.ledger() shows both.",
        action=order.action,
        provider=order.provider,
    )


def _uncertain(
    wish: Wish, provider: str, order_id: str, failure: SmsError | None = None, error: str = ""
) -> PurchaseUncertain:
    """Say that an order is open, and what to do."""
    action = wish.call.action.name
    what = str(failure).removeprefix(f"{action} at {provider}: ") if failure else error
    what = (what or "the kernel ended before the answer came").partition(". ")[0]
    uncertain = PurchaseUncertain(
        f"{action} at {provider}: {what}. The order {order_id} waits in the ledger: "
        "sms.reconcile() finds out what became of it, and never buys.",
        action=action,
        provider=provider,
    )
    uncertain.order = failure.order if isinstance(failure, PurchaseUncertain) else None
    return uncertain

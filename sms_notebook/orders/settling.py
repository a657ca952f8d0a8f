"""Settling: what became of orders that nobody heard the outcome of. It never buys."""

import json
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from sms_notebook.orders import lists
from sms_notebook.orders.books import Books
from sms_notebook.orders.bought import Bought
from sms_notebook.orders.matching import Candidate, Sought, match
from sms_notebook.orders.owner import this_process
from sms_notebook.orders.quotes import Ask
from sms_notebook.orders.recording import record
from sms_notebook.orders.records import Record
from sms_notebook.orders.schema import NUMBERS
from sms_notebook.orders.sightings import known_ids, sight
from sms_notebook.orders.states import OrderState
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import Buys
from sms_notebook.protocol.errors import BadAction, MaxHoursExceeded, RentError

Rest = Callable[[float], Generator[Any, Any, None]]
"""How some seconds are waited."""

_CALLS = Calls()
_ACTIVATIONS = (Buys.NUMBER.value, Buys.NUMBERS.value, Buys.AGAIN.value)
_UNKNOWN = "unknown"
_STILL_OPEN = "open"
_LEAST_HOURS = 2


@dataclass
class _Look:
    """One look at the provider's lists."""

    found: dict[int, list[Candidate]] = field(default_factory=dict)
    blind: set[int] = field(default_factory=set)
    """Orders for which there is no list to look in."""


def settle(
    books: Books,
    ask: Ask,
    rest: Rest,
    *,
    only: int | None = None,
    wait: bool = True,
    just_made: bool = False,
) -> Generator[Any, Any, list[tuple[Row[Any], str]]]:
    """Find out what became of the open orders.

    An order counts as not made when two looks, some seconds apart, both show nothing: a provider
    may still be at work when nobody waits any more.

    Parameters
    ----------
    books : Books
        Whose orders are meant.
    ask : callable
        Performs calls that only read.
    rest : callable
        Waits between two looks.
    only : int, optional
        Only this order.
    wait : bool
        False for one look: what it does not show stays open.
    just_made : bool
        True where it can only have been made a moment ago, and so cannot be over.

    Returns
    -------
    list
        Each order that was open, and what became of it.
    """
    asked_for = [order.id for order in _open(books) if only in (None, order.id)]
    results: dict[int, str] = {}
    while True:
        # All open orders are looked for, since one may not take what is another's. What was looked
        # for in vain before is not what appears just now.
        orders = [
            order
            for order in _open(books)
            if order.id in asked_for or not (just_made and order.looked_at)
        ]
        orders.sort(key=lambda order: (order.id != only, order.looked_at is not None))
        left = [order for order in orders if order.id in asked_for]
        if not left:
            break
        # Those whose answer may still come go first: what is theirs is not taken by a guess.
        flying = [one for one in _unsettled(books) if books.ledger.is_in_flight(one)]
        look = yield from _look(books, [*flying, *orders], ask, just_made=just_made)
        for order in orders:
            if order.id in look.found or order.id in asked_for:
                results[order.id] = _settled(books, order, look)
        still_open = [order.id for order in left if results[order.id] == _STILL_OPEN]
        if not still_open or not wait:
            break
        yield from rest(max(_seconds_left(books, order) for order in still_open))
    return [(books.ledger.order(order), results[order]) for order in asked_for if order in results]


def dismiss(books: Books, order_ids: Iterable[str]) -> list[tuple[Row[Any], str]]:
    """Settle orders on the word of a person that there is nothing to find."""
    wanted = set(order_ids)
    found = [order for order in _open(books) if order.order_id in wanted]
    for order in found:
        books.ledger.end(order.id, OrderState.DISMISSED)
    return [(books.ledger.order(order.id), OrderState.DISMISSED.value) for order in found]


def _unsettled(books: Books) -> list[Row[Any]]:
    return books.ledger.open_orders(books.account)


def _open(books: Books) -> list[Row[Any]]:
    return [order for order in _unsettled(books) if not books.ledger.is_in_flight(order)]


def _seconds_left(books: Books, order: int) -> float:
    looked_at = books.ledger.order(order).looked_at
    ready = (looked_at or datetime.now(UTC)) + timedelta(seconds=books.grace)
    left = (ready - datetime.now(UTC)).total_seconds()
    return min(max(left, 0.0), books.grace) + 0.05


def _settled(books: Books, order: Row[Any], look: _Look) -> str:
    """Write what a look showed of an order, and say it in a word."""
    ledger = books.ledger
    if (found := look.found.get(order.id)) is not None:
        # Another kernel may have been quicker with the same guess: then it is looked for again.
        return OrderState.BOUGHT.value if _record(books, order, found) else _STILL_OPEN
    if order.id in look.blind:
        if order.state != OrderState.UNCERTAIN:
            ledger.end(order.id, OrderState.UNCERTAIN, "the kernel ended before the answer came")
        return _UNKNOWN
    ledger.looked_in_vain([order.id])
    looked_at = ledger.order(order.id).looked_at
    if datetime.now(UTC) < looked_at + timedelta(seconds=books.grace):
        return _STILL_OPEN
    ledger.end(order.id, OrderState.NOT_BOUGHT, order.error)
    return OrderState.NOT_BOUGHT.value


def _look(
    books: Books, orders: Sequence[Row[Any]], ask: Ask, *, just_made: bool
) -> Generator[Any, Any, _Look]:
    look = _Look()
    activations = [order for order in orders if order.buys in _ACTIVATIONS]
    if activations:
        yield from _look_for_activations(books, activations, ask, look, just_made=just_made)
    # Rents and extensions are listed without a time, so what was most likely made comes first.
    likely_first = sorted(orders, key=_was_answered, reverse=True)
    rents = [order for order in likely_first if order.buys == Buys.RENT.value]
    extensions = [order for order in likely_first if order.buys == Buys.EXTENSION.value]
    for order in extensions:
        yield from _look_for_extension(books, order, ask, look)
    rents += [order for order in extensions if order.id not in look.found]
    if rents:
        yield from _look_for_rents(books, rents, ask, look)
    look.blind.update(order.id for order in orders if order.buys == Buys.PRODUCT.value)
    return look


def _was_answered(order: Row[Any]) -> bool:
    """Tell whether an order of this process had an answer that could not be written down.

    Whatever else comes of an order here is written, so nothing else leaves an intent behind.
    """
    return bool(order.state == OrderState.INTENT and order.owner == this_process())


def _look_for_activations(
    books: Books, orders: Sequence[Row[Any]], ask: Ask, look: _Look, *, just_made: bool
) -> Generator[Any, Any, None]:
    """Look among the active ones first, which say most, then in the history."""
    sought = _all_sought(books, orders, Buys.NUMBER, Buys.NUMBERS, Buys.AGAIN)
    rows = yield from lists.active(books, ask)
    if rows is not None:
        candidates = _candidates(books, rows, "activation_id", lists.from_active)
        look.found |= match(sought, candidates, newest_first=just_made)
        _note_others(books, candidates, look)
    alive = {row["activation_id"] for row in rows or ()}
    left = [order for order in sought if order.order not in look.found]
    if not left or (just_made and rows is not None):
        return
    past = yield from lists.history(books, ask, min(order.begun_at for order in left))
    if past is not None:
        gone = [row for row in past if row["activation_id"] not in alive or rows is None]
        look.found |= match(left, _candidates(books, gone, "activation_id", lists.from_history))
    if rows is None and past is None:
        look.blind.update(order.order for order in left)


def _look_for_rents(
    books: Books, orders: Sequence[Row[Any]], ask: Ask, look: _Look
) -> Generator[Any, Any, None]:
    rows = yield from lists.rents(books, ask)
    if rows is None:
        look.blind.update(order.id for order in orders)
        return
    sought = _all_sought(books, orders, Buys.RENT)
    candidates = _candidates(books, rows, "rent_id", lists.from_rent)
    look.found |= match(sought, candidates)
    _note_others(books, candidates, look)


def _note_others(books: Books, candidates: Sequence[Candidate], look: _Look) -> None:
    """Remember what no open order has: it cannot be that of a later one either."""
    taken = {one.ref for found in look.found.values() for one in found}
    others = (one.ref for one in candidates if one.first_seen is None and one.ref not in taken)
    sight(books, others)


def _look_for_extension(
    books: Books, order: Row[Any], ask: Ask, look: _Look
) -> Generator[Any, Any, None]:
    """Look at the history of the rent: an extension of these hours that no order has."""
    hours = order.hours or _LEAST_HOURS
    info = None
    for tried in (hours, None):
        try:
            wanted = tried or hours
            info = yield from ask(
                _CALLS.continue_rent_info(order.target, wanted, need_history=True)
            )
        except MaxHoursExceeded as exceeded:
            hours = exceeded.maximum or _LEAST_HOURS
            continue
        except (BadAction, RentError):
            pass
        break
    if info is None:
        return
    ordered = order.hours or _LEAST_HOURS
    there = Counter(hours for hours, _ in lists.extensions(info))
    ours = books.ledger.numbers(
        books.account, NUMBERS.c.ref == order.target, NUMBERS.c.buys == Buys.EXTENSION.value
    )
    known = [books.ledger.order(number.order).hours or _LEAST_HOURS for number in ours]
    claimed = sum(len(found) for found in look.found.values() if found[0].ref == order.target)
    if there[ordered] > known.count(ordered) + claimed:
        rent = books.ledger.number(books.account, order.target, Buys.RENT)
        phone = rent.phone_number if rent is not None else None
        look.found[order.id] = [Candidate(order.target, phone, service=rent and rent.service)]


def _candidates(
    books: Books,
    rows: Sequence[Record],
    id_name: str,
    read: Callable[[Record, datetime | None], Candidate],
) -> list[Candidate]:
    """Return what is listed and no order has."""
    known = known_ids(books, (row[id_name] for row in rows))
    ours = {ref for ref, seen in known.items() if seen is None}
    return [read(row, known.get(row[id_name])) for row in rows if row[id_name] not in ours]


def _all_sought(books: Books, orders: Sequence[Row[Any]], *kinds: Buys) -> list[Sought]:
    """Say what is looked for, with all that is known of when it was made."""
    known = books.ledger.sequence(books.account, *kinds)
    offset = books.ledger.clock_offset(books.account) if books.clock_agrees else None
    return [_sought(books, order, known, offset) for order in orders]


def _sought(
    books: Books,
    order: Row[Any],
    known: Sequence[tuple[datetime, datetime, int]],
    offset: timedelta | None,
) -> Sought:
    buys = Buys(order.buys)
    services = tuple((order.service or "").split(",")) if order.service else ()
    phone = None
    if buys in (Buys.AGAIN, Buys.EXTENSION):
        parent = books.ledger.number(books.account, order.target)
        phone = parent.phone_number if parent is not None else None
        services = (parent.service,) if parent is not None and parent.service else ()
    # A quote is no ceiling: only what was sent as one is.
    has_ceiling = buys is Buys.NUMBER and "maxPrice" in json.loads(order.params)
    return Sought(
        order=order.id,
        buys=buys,
        services=services,
        country=order.country,
        most=order.most if has_ceiling else None,
        phone_number=phone,
        target=order.target,
        begun_at=order.begun_at,
        offset=offset,
        clock_agrees=books.clock_agrees,
        ended_at=order.ended_at,
        above=max((ref for _, ended, ref in known if ended <= order.begun_at), default=None),
        below=min(
            (ref for begun, _, ref in known if order.ended_at and begun >= order.ended_at),
            default=None,
        ),
    )


def _record(books: Books, order: Row[Any], found: Sequence[Candidate]) -> bool:
    """Write down what was found; of what is over already, also how it ended."""
    price = None if order.quoted is None else order.quoted / len(found)
    things = [
        Bought(
            ref=one.ref,
            phone_number=one.phone_number,
            service=one.service or order.service,
            country=order.country if one.country is None else one.country,
            operator=order.operator,
            cost=one.cost if one.cost is not None else price,
            currency=one.currency or order.currency,
            since=one.since,
            is_quote=one.cost is None and price is not None,
        )
        for one in found
    ]
    when = order.begun_at if books.clock_agrees else books.now()
    return record(books, order.id, things, when, is_guess=True)

"""Recording: what an order brought, each activation and rent once only."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from sms_notebook.orders.books import Books
from sms_notebook.orders.bought import Bought
from sms_notebook.orders.ledger import ONCE, of_account
from sms_notebook.orders.schema import NUMBERS, ORDERS
from sms_notebook.orders.states import NumberState, OrderState
from sms_notebook.orders.wishes import Account
from sms_notebook.protocol.calls import Buys

_LIFE = timedelta(hours=1)
"""After so long an id that comes again is another purchase: a sandbox began anew."""


def record(
    books: Books,
    order: int,
    things: Sequence[Bought],
    bought_at: datetime,
    *,
    is_guess: bool = False,
) -> bool:
    """Write what an order brought.

    Parameters
    ----------
    books : Books
        Where it is written.
    order : int
        The order.
    things : sequence of Bought
        What it brought.
    bought_at : datetime
        When, by the clock of the books.
    is_guess : bool
        Whether nobody told that it is this order's: then it never takes what another order has.

    Returns
    -------
    bool
        Whether it was written; a guess that came too late is not, and the order stays open.
    """
    account = books.account

    def change(connection: Connection) -> bool:
        ordered = connection.execute(select(ORDERS).where(ORDERS.c.id == order)).one()
        held = None if ordered.most is None else ordered.most / max(len(things), 1)
        written = False
        for thing in things:
            kind = _kind(ordered, thing)
            only = _only(kind, thing)
            old = _same(connection, account, only)
            if old is not None and not _makes_way(connection, old, thing, bought_at, is_guess):
                continue
            values = _values(account, order, kind, thing)
            values |= {"held": held, "only_ref": only, "bought_at": bought_at}
            connection.execute(insert(NUMBERS).values(**values, is_guess=is_guess))
            written = True
            if thing.secret is not None:
                books.ledger.messages.keep_secret(connection, account.provider, thing, bought_at)
        if written or not is_guess:
            ended: dict[str, Any] = {
                "state": OrderState.BOUGHT,
                "error": None,
                "ended_at": datetime.now(UTC),
            }
            if not written:  # the provider gave what it had given before: nothing new was bought
                ended |= {"state": OrderState.REFUSED, "live_key": None, "error": _GIVEN_BEFORE}
            connection.execute(update(ORDERS).where(ORDERS.c.id == order).values(ended))
        return written

    written = books.ledger.database.write(change)
    books.ledger.changes += 1
    return written


_GIVEN_BEFORE = "the provider gave an activation that another order has"


def take_a_guess_back(books: Books, order: Row[Any]) -> bool:
    """Give an order, which surely was made, what a like one has only by a guess.

    The other one is open again.
    """
    account = books.account

    def change(connection: Connection) -> bool:
        guessed = (
            select(NUMBERS.c.id, ORDERS.c.id.label("other"))
            .join_from(NUMBERS, ORDERS)
            .where(of_account(NUMBERS.c, account), NUMBERS.c.is_guess, ORDERS.c.id != order.id)
            .where(ORDERS.c.buys == order.buys, NUMBERS.c.service == order.service)
            .where(NUMBERS.c.country == order.country)
            .order_by(NUMBERS.c.id.desc())
            .limit(1)
        )
        found = connection.execute(guessed).first()
        if found is None:
            return False
        moved = update(NUMBERS).where(NUMBERS.c.id == found.id)
        connection.execute(moved.values(order=order.id))
        _reopen(connection, found.other)
        values = {"state": OrderState.BOUGHT, "error": None, "ended_at": datetime.now(UTC)}
        connection.execute(update(ORDERS).where(ORDERS.c.id == order.id).values(values))
        return True

    return books.ledger.database.write(change)


def _kind(ordered: Row[Any], thing: Bought) -> Buys:
    """Return what it is: a rent that had ended is ordered again by its extension."""
    buys = Buys(ordered.buys)
    anew = buys is Buys.EXTENSION and thing.ref != ordered.target
    return Buys.RENT if anew else buys


def _only(kind: Buys, thing: Bought) -> str | None:
    if kind not in ONCE:
        return None
    return f"{'rent' if kind is Buys.RENT else 'activation'}:{thing.ref}"


def _same(connection: Connection, account: Account, only: str | None) -> Row[Any] | None:
    if only is None:
        return None
    found = select(NUMBERS).where(of_account(NUMBERS.c, account), NUMBERS.c.only_ref == only)
    return connection.execute(found).first()


def _makes_way(
    connection: Connection, old: Row[Any], thing: Bought, now: datetime, is_guess: bool
) -> bool:
    """Tell whether what is written already makes way: a guess, or a sandbox before its restart."""
    if old.is_guess and not is_guess:
        connection.execute(NUMBERS.delete().where(NUMBERS.c.id == old.id))
        _reopen(connection, old.order)
        return True
    another = thing.since is not None and old.since is not None and thing.since != old.since
    if is_guess or (not another and now < (old.ends_at or old.bought_at) + _LIFE):
        return False
    connection.execute(update(NUMBERS).where(NUMBERS.c.id == old.id).values(only_ref=None))
    return True


def _reopen(connection: Connection, order: int) -> None:
    """Leave an order open again: what was taken for its own was another's."""
    left = select(NUMBERS.c.id).where(NUMBERS.c.order == order)
    if connection.execute(left).first() is None:
        values = {"state": OrderState.UNCERTAIN, "looked_at": None}
        connection.execute(update(ORDERS).where(ORDERS.c.id == order).values(values))


def _values(account: Account, order: int, kind: Buys, thing: Bought) -> dict[str, Any]:
    return {
        "order": order,
        "provider": account.provider,
        "account": account.name,
        "buys": kind.value,
        "ref": thing.ref,
        "phone_number": thing.phone_number,
        "service": thing.service,
        "country": thing.country,
        "operator": thing.operator,
        "cost": thing.cost,
        "is_quote": thing.is_quote,
        "currency": thing.currency,
        "since": thing.since,
        "ends_at": thing.ends_at,
        "channel": thing.channel,
        "state": NumberState.ACTIVE if kind in ONCE else NumberState.FINISHED,
    }

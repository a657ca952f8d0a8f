"""What became of orders, written once: each number is that of one order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Connection, insert, select, update

from sms_notebook.ledger.ledger import WITH_OWN_ID, AccountLedger
from sms_notebook.ledger.messages import write_message
from sms_notebook.ledger.purchases import Purchase
from sms_notebook.ledger.schema import (
    NUMBERS,
    ORDERS,
    Certainty,
    NumberRecord,
    NumberState,
    OrderRecord,
    OrderState,
)
from sms_notebook.protocol.calls import PurchaseKind
from sms_notebook.protocol.incoming_messages import IncomingMessage

_ID_REUSE = timedelta(hours=1)
"""After so long an id that comes again is another purchase: a sandbox began anew."""

_GIVEN_BEFORE = "the provider gave an activation that another order has"

_STRENGTH = (Certainty.INFERRED, Certainty.CLAIMED, Certainty.READ)
"""What is weaker makes way."""


def save_purchase(
    account_ledger: AccountLedger,
    order: int,
    purchases: Sequence[Purchase],
    bought_at: datetime,
    *,
    certainty: Certainty = Certainty.READ,
) -> bool:
    """Write what an order brought; once more changes nothing.

    Parameters
    ----------
    account_ledger : AccountLedger
        Where it is written.
    order : int
        The order.
    purchases : sequence of Purchase
        What it brought.
    bought_at : datetime
        When, by the clock of the ledger.
    certainty : Certainty
        How sure that is: what another order has makes way only to what is surer.

    Returns
    -------
    bool
        Whether it is written; where it is not, and no reply said it, the order stays open.
    """

    def change(connection: Connection) -> bool:
        refs = [purchase.ref for purchase in purchases]
        ordered, numbers = account_ledger.order_with_numbers(order, refs, connection)
        held = None if ordered.most is None else ordered.most / max(len(purchases), 1)
        written, all_values = False, [_values(ordered, purchase) for purchase in purchases]
        known: list[NumberRecord] = []
        for number in numbers:
            if number.order == order and _is_weaker(number.certainty, certainty):
                connection.execute(NUMBERS.delete().where(NUMBERS.c.id == number.id))
            else:
                known.append(number)
        for purchase, values in zip(purchases, all_values, strict=True):
            same = [number for number in known if _is_same(number, values)]
            if same and same[0].order == order:
                written = True
                continue
            if same and not _makes_way(connection, same[0], purchase, bought_at, certainty):
                continue
            values |= {"held": held, "bought_at": bought_at, "certainty": certainty}
            connection.execute(insert(NUMBERS).inline(), values)  # nobody waits for its id
            written = True
            if purchase.secret is not None:  # a licence key: it comes once
                secret = IncomingMessage(purchase.ref, code=purchase.secret)
                write_message(
                    connection, ordered.provider, secret, place=1, via="call", seen_at=bought_at
                )
        if written:
            key = _key_of(connection, account_ledger, ordered)
            _end(connection, order, state=OrderState.BOUGHT, error=None, idempotency_key=key)
        elif certainty is Certainty.READ:  # given before: nothing new was bought
            refused = {"state": OrderState.REFUSED, "error": _GIVEN_BEFORE}
            _end(connection, order, **refused, idempotency_key=None)
        return written

    written = account_ledger.database.write(change)
    account_ledger.ledger.changes += 1
    return written


def withdraw(account_ledger: AccountLedger, order: int) -> None:
    """Take back what nobody read of an order: it is open again."""

    def change(connection: Connection) -> None:
        unread = (NUMBERS.c.order == order, NUMBERS.c.certainty != Certainty.READ)
        connection.execute(NUMBERS.delete().where(*unread))
        _reopen(connection, order)

    account_ledger.database.write(change)
    account_ledger.ledger.changes += 1


def inferred_like(account_ledger: AccountLedger, order: OrderRecord) -> list[int]:
    """Return the orders of the same thing whose purchase was only inferred."""
    numbers = account_ledger.numbers(
        NUMBERS.c.certainty == Certainty.INFERRED,
        NUMBERS.c.buys == order.buys,
        NUMBERS.c.service == order.service,
        NUMBERS.c.country == order.country,
        NUMBERS.c.order != order.id,
    )
    return [number.order for number in numbers]


def inferred_line(number: NumberRecord) -> str:
    """Say in one line that nobody read whose a number is."""
    return (
        f"{number.ref} is inferred: no reply says that it is this order's, it is only the one "
        "purchase that fits."
    )


def _end(connection: Connection, order: int, **values: Any) -> None:
    ended = values | {"ended_at": datetime.now(UTC)}
    connection.execute(update(ORDERS).where(ORDERS.c.id == order), ended)


def _key_of(
    connection: Connection, account_ledger: AccountLedger, ordered: OrderRecord
) -> str | None:
    """Return the key that an order stands for from now on, also where it was given up before."""
    if ordered.key is None or ordered.idempotency_key is not None:
        return ordered.idempotency_key
    other = account_ledger.by_key(ordered.buys, ordered.key, connection)
    return ordered.key if other is None else None


def _is_same(number: NumberRecord, values: dict[str, Any]) -> bool:
    """Tell whether a number is what is to be written."""
    if values["only_ref"]:
        return bool(number.only_ref == values["only_ref"])
    return (number.order, number.ref) == (values["order"], values["ref"])


def _is_weaker(old: Certainty, new: Certainty) -> bool:
    return _STRENGTH.index(old) < _STRENGTH.index(new)


def _makes_way(
    connection: Connection,
    old: NumberRecord,
    purchase: Purchase,
    now: datetime,
    certainty: Certainty,
) -> bool:
    """Tell whether what is written makes way: not as sure, or of a sandbox before its restart."""
    if _is_weaker(old.certainty, certainty):
        connection.execute(NUMBERS.delete().where(NUMBERS.c.id == old.id))
        _reopen(connection, old.order)
        return True
    another = purchase.since is not None and old.since is not None and purchase.since != old.since
    is_same = not another and now < (old.ends_at or old.bought_at) + _ID_REUSE
    if certainty is not Certainty.READ or is_same:
        return False
    connection.execute(update(NUMBERS).where(NUMBERS.c.id == old.id).values(only_ref=None))
    return True


def _reopen(connection: Connection, order: int) -> None:
    """Leave an order open again: what was taken for its own was another's."""
    left = select(NUMBERS.c.id).where(NUMBERS.c.order == order)
    if connection.execute(left).first() is None:
        values = {"state": OrderState.UNCERTAIN, "looked_at": None, "missed_at": None}
        connection.execute(update(ORDERS).where(ORDERS.c.id == order), values)


def _values(ordered: OrderRecord, purchase: Purchase) -> dict[str, Any]:
    # A rent that had ended is ordered again by its extension.
    anew = ordered.buys is PurchaseKind.EXTENSION and purchase.ref != ordered.target
    kind = PurchaseKind.RENT if anew else ordered.buys
    values = asdict(purchase) | {
        "order": ordered.id,
        "provider": ordered.provider,
        "account": ordered.account,
        "buys": kind,
        "only_ref": None,
        # A product is had at once; an extension ends with its rent.
        "state": NumberState.FINISHED if kind is PurchaseKind.PRODUCT else NumberState.ACTIVE,
    }
    del values["secret"]
    if kind in WITH_OWN_ID:
        what = "rent" if kind is PurchaseKind.RENT else "activation"
        values |= {"only_ref": f"{what}:{purchase.ref}"}
    return values

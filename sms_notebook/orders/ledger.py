"""The ledger: every purchase as it was meant, and what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from sms_notebook.orders.budget import check_budget
from sms_notebook.orders.database import Database
from sms_notebook.orders.messages import MessageBook
from sms_notebook.orders.owner import may_be_alive, this_process
from sms_notebook.orders.schema import NUMBERS, ORDERS
from sms_notebook.orders.states import LIVE, OPEN, NumberState, OrderState
from sms_notebook.orders.wishes import Account, Wish
from sms_notebook.protocol.calls import Buys

ONCE = (Buys.NUMBER, Buys.NUMBERS, Buys.AGAIN, Buys.RENT)
"""What has an id of its own; an extension has that of its rent."""

_ABOUT = ("service", "country", "target", "hours")
"""What two orders of the same thing have alike."""

_LONGEST_ID = 19

_A_MOMENT = timedelta(milliseconds=200)
"""Between writing an order down and sending it."""

_COMPARED = 15  # purchases that tell how far two clocks are apart


class KeyTakenError(Exception):
    """An order with this key is there already, or is just being made."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An order that was written down and may be sent.

    Attributes
    ----------
    id : int
        Of the row.
    order_id : str
        Sent along where the action takes it.
    """

    id: int
    order_id: str


class Ledger:
    """All orders of all kernels that share a database.

    Parameters
    ----------
    database : Database
        Where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.messages = MessageBook(database)
        self.changes = 0
        """Goes up whenever this process changes what is written of a number."""
        self._in_flight: set[int] = set()

    # Making an order ----------------------------------------------------------------------------

    def begin(
        self,
        wish: Wish,
        account: Account,
        *,
        most: Decimal | None,
        quoted: Decimal | None,
        currency: str | None,
        budget: Decimal | None,
        patience: float,
        written: str,
        stamp: tuple[str, datetime],
        again: Row[Any] | None = None,
    ) -> Entry:
        """Write an intent, and reserve its price, in one transaction.

        Parameters
        ----------
        wish, account
            What is bought, and for whom.
        most, quoted, currency
            The most it may cost, and the price named beforehand.
        budget : Decimal or None
            The day's limit.
        patience : float
            Seconds after which no answer can come any more.
        written : str
            The parameters as they are kept.
        stamp : tuple of str and datetime
            The id that the order gets, and when it is begun.
        again : Row, optional
            The order that was not made before, to be made under the same order id.

        Raises
        ------
        BudgetExceeded, LedgerProblem, KeyTakenError
            Nothing is written then, and nothing may be sent.
        """
        now = datetime.now(UTC)
        order_id = str(again.order_id) if again else _own_id(wish) or stamp[0]
        day = f"{now:%Y-%m-%d}"
        values = {
            "order_id": order_id,
            "key": wish.key,
            "live_key": wish.key,
            "provider": account.provider,
            "account": account.name,
            "action": wish.call.action.name,
            "buys": wish.buys.value,
            "service": wish.service,
            "country": wish.country,
            "operator": wish.operator,
            "target": wish.target,
            "hours": wish.hours,
            "params": written,
            "most": most,
            "quoted": quoted,
            "currency": currency,
            "state": OrderState.INTENT,
            "error": None,
            "owner": this_process(),
            "day": day,
            "begun_at": again.begun_at if again else stamp[1],
            "open_until": now + timedelta(seconds=patience),
            "ended_at": None,
            "looked_at": None,
        }

        def change(connection: Connection) -> int:
            if wish.key is not None and _by_key(connection, account, wish) is not None:
                raise KeyTakenError
            if budget is not None:
                check_budget(
                    connection,
                    wish,
                    provider=account.provider,
                    day=day,
                    limit=budget,
                    asked=most,
                )
            if again is not None:
                connection.execute(update(ORDERS).where(ORDERS.c.id == again.id).values(values))
                return int(again.id)
            made = connection.execute(insert(ORDERS).values(values)).inserted_primary_key
            assert made is not None  # noqa: S101 - an insert of one row has one
            return int(made[0])

        return Entry(self.database.write(change), order_id)

    def takes_off(self, entry: Entry) -> None:
        """Say that the answer to an order is awaited from now on."""
        self._in_flight.add(entry.id)

    def landed(self, entry: Entry) -> None:
        """Say that nobody waits for the answer to an order any more."""
        self._in_flight.discard(entry.id)

    def end(self, order: int, state: OrderState, error: str | None = None) -> None:
        """Write what became of an order that brought nothing, or nobody knows what."""
        key = {} if state in LIVE else {"live_key": None}

        def change(connection: Connection) -> None:
            values = {"state": state, "error": error, "ended_at": datetime.now(UTC), **key}
            connection.execute(update(ORDERS).where(ORDERS.c.id == order).values(values))

        self.database.write(change)

    # Looking orders up --------------------------------------------------------------------------

    def by_key(self, account: Account, wish: Wish) -> Row[Any] | None:
        """Return the order that stands for a key, if there is one."""
        return self.database.read(lambda connection: _by_key(connection, account, wish))

    def not_made(self, account: Account, wish: Wish) -> Row[Any] | None:
        """Return the order of a key that, as far as anybody knows, was not made."""
        found = select(ORDERS).where(
            of_account(ORDERS.c, account),
            ORDERS.c.buys == wish.buys.value,
            ORDERS.c.key == wish.key,
            ORDERS.c.action == wish.call.action.name,
            ORDERS.c.state == OrderState.NOT_BOUGHT,
            *(getattr(ORDERS.c, name) == getattr(wish, name) for name in _ABOUT),
        )
        latest = found.order_by(ORDERS.c.id.desc()).limit(1)
        return self.database.read(lambda connection: connection.execute(latest).first())

    def order(self, order: int) -> Row[Any]:
        """Return one order."""
        found = select(ORDERS).where(ORDERS.c.id == order)
        return self.database.read(lambda connection: connection.execute(found).one())

    def has_orders(self, account: Account) -> bool:
        """Tell whether anything was ever ordered."""
        found = select(ORDERS.c.id).where(of_account(ORDERS.c, account)).limit(1)
        return self.database.read(lambda connection: connection.execute(found).first() is not None)

    def open_orders(self, account: Account) -> list[Row[Any]]:
        """Return the orders that wait to be settled, also those whose answer may still come."""
        found = select(ORDERS).where(of_account(ORDERS.c, account), ORDERS.c.state.in_(OPEN))
        return list(
            self.database.read(
                lambda connection: connection.execute(found.order_by(ORDERS.c.id)).all()
            )
        )

    def is_in_flight(self, order: Row[Any]) -> bool:
        """Tell whether somebody still waits for the answer to an order."""
        if order.state != OrderState.INTENT:
            return False
        now = datetime.now(UTC)
        if order.owner == this_process():
            just_begun = timedelta(0) <= now - order.begun_at < _A_MOMENT
            return order.id in self._in_flight or just_begun
        return now < order.open_until and may_be_alive(order.owner)

    def looked_in_vain(self, orders: Iterable[int]) -> None:
        """Note that the provider listed none of these orders, if it is the first time."""
        wanted = ORDERS.c.id.in_(list(orders))

        def change(connection: Connection) -> None:
            now = datetime.now(UTC)
            # A look in the future was made before the clock was set back.
            first = or_(ORDERS.c.looked_at.is_(None), ORDERS.c.looked_at > now)
            connection.execute(update(ORDERS).where(wanted, first).values(looked_at=now))

        self.database.write(change)

    def numbers(self, account: Account, *conditions: ColumnElement[bool]) -> list[Row[Any]]:
        """Return what was bought, in the order of buying."""
        found = select(NUMBERS).where(of_account(NUMBERS.c, account), *conditions)
        return list(
            self.database.read(
                lambda connection: connection.execute(found.order_by(NUMBERS.c.id)).all()
            )
        )

    def number(self, account: Account, ref: str, *kinds: Buys) -> Row[Any] | None:
        """Return the latest activation or rent with an id."""
        wanted = NUMBERS.c.buys.in_([kind.value for kind in kinds or ONCE])
        found = self.numbers(account, NUMBERS.c.ref == ref, wanted)
        return found[-1] if found else None

    def clock_offset(self, account: Account) -> timedelta | None:
        """Return by how much the provider's clock is ahead, as the latest purchases show."""
        found = select(NUMBERS.c.since, NUMBERS.c.bought_at).where(
            of_account(NUMBERS.c, account), NUMBERS.c.since.is_not(None)
        )
        latest = found.order_by(NUMBERS.c.id.desc()).limit(_COMPARED)
        rows = self.database.read(lambda connection: connection.execute(latest).all())
        # The one in the middle: a purchase that was found out later may not say when it was made.
        offsets = sorted(since - bought_at for since, bought_at in rows)
        return offsets[len(offsets) // 2] if offsets else None

    def sequence(self, account: Account, *kinds: Buys) -> list[tuple[datetime, datetime, int]]:
        """Return when orders were begun and ended, with the ids they brought, where those count."""
        found = (
            select(ORDERS.c.begun_at, ORDERS.c.ended_at, NUMBERS.c.ref)
            .join_from(NUMBERS, ORDERS)
            .where(
                of_account(NUMBERS.c, account), NUMBERS.c.buys.in_([kind.value for kind in kinds])
            )
            .where(ORDERS.c.ended_at.is_not(None))
        )
        rows = self.database.read(lambda connection: connection.execute(found).all())
        return [(begun, ended, int(ref)) for begun, ended, ref in rows if counts(ref)]

    # Changing what was bought -------------------------------------------------------------------

    def change(self, number: int, **values: Any) -> None:
        """Change what is written of something that was bought."""

        def write(connection: Connection) -> None:
            connection.execute(update(NUMBERS).where(NUMBERS.c.id == number).values(values))

        self.database.write(write)
        self.changes += 1

    def give_back(self, *numbers: Row[Any]) -> None:
        """Write that the money of some numbers came back."""
        for number in numbers:
            paid = number.cost if number.cost is not None else number.held
            self.change(number.id, state=NumberState.CANCELLED, refunded=paid or Decimal(0))

    def with_extensions(self, account: Account, rent_id: str) -> list[Row[Any]]:
        """Return a rent and what was paid to extend it."""
        kinds = [Buys.RENT.value, Buys.EXTENSION.value]
        return self.numbers(account, NUMBERS.c.ref == rent_id, NUMBERS.c.buys.in_(kinds))


def of_account(columns: Any, account: Account) -> ColumnElement[bool]:
    """Narrow a query to an account."""
    return and_(columns.provider == account.provider, columns.account == account.name)


def counts(ref: str) -> bool:
    """Tell whether an id is a number that a provider may count upwards."""
    return ref.isascii() and ref.isdigit() and len(ref) <= _LONGEST_ID


def _by_key(connection: Connection, account: Account, wish: Wish) -> Row[Any] | None:
    found = select(ORDERS).where(
        of_account(ORDERS.c, account),
        ORDERS.c.buys == wish.buys.value,
        ORDERS.c.live_key == wish.key,
    )
    return connection.execute(found).first()


def _own_id(wish: Wish) -> str | None:
    """Return the order id that the person chose."""
    return wish.params.get(wish.call.action.order_param) if wish.call.action.order_param else None


def count_open(database: Database, account: Account) -> int:
    """Count the orders that wait to be settled."""
    found = select(func.count()).where(of_account(ORDERS.c, account), ORDERS.c.state.in_(OPEN))
    return database.read(lambda connection: int(connection.execute(found).scalar_one()))

"""The ledger: every purchase as it was meant, what became of it, and whose it is."""

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from operator import itemgetter
from typing import Any

import msgspec
import pandas as pd
from sqlalchemy import URL, ColumnElement, Connection, and_, or_, select, update

from sms_notebook.ledger.database import MEMORY, Database, url_of
from sms_notebook.ledger.in_flight import is_awaited, may_be_alive, this_process
from sms_notebook.ledger.messages import Message, MessageBook
from sms_notebook.ledger.schema import (
    LIVE,
    NUMBERS,
    OPEN,
    ORDERS,
    NumberRecord,
    NumberState,
    OrderRecord,
    OrderState,
)
from sms_notebook.protocol.calls import ACTIVATIONS, PurchaseKind
from sms_notebook.protocol.errors import LedgerProblem
from sms_notebook.protocol.errors.missing_extra import extra
from sms_notebook.protocol.frames.schema import Schema
from sms_notebook.protocol.incoming_messages import IncomingMessage
from sms_notebook.protocol.replies import Context
from sms_notebook.providers.row import Provider

WITH_OWN_ID = (*ACTIVATIONS, PurchaseKind.RENT)
"""What has an id of its own; an extension has that of its rent."""

_LONGEST_ID = 19

_COMPARED = 15  # purchases that tell how far two clocks are apart


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
        self.openings = 0
        """Goes up whenever another file may stand for it."""

    def reopen(self, *, new: bool = False) -> bool:
        """Open it again, as `Database.reopen` does."""
        is_new = self.database.reopen(new=new)
        self.changes += 1
        self.openings += 1
        return is_new

    @staticmethod
    def is_in_flight(order: OrderRecord) -> bool:
        """Tell whether somebody still waits for the answer to an order, or is about to send it."""
        if order.state != OrderState.INTENT:
            return False
        if order.owner == this_process():
            return is_awaited(order)
        return datetime.now(UTC) < order.open_until and may_be_alive(order.owner)


def fresh_stamp(_about: str) -> tuple[str, datetime]:
    """Return the id of a new order, and when it is begun."""
    return uuid.uuid4().hex, datetime.now(UTC)


class AccountLedger(msgspec.Struct, frozen=True):
    """The ledger of one client: where orders are kept, whose they are, the rules for spending.

    Attributes
    ----------
    ledger : Ledger
        Where orders are kept.
    account : str
        Whose they are: it tells accounts of one provider apart, and is made of the key, but the key
        cannot be made of it.
    provider : Provider
        Who is asked.
    limit : callable
        The day's limit, as it is now; None for none.
    now : callable
        The time at the provider: the real one, or that of an embedded sandbox.
    patience : float
        Seconds after which no answer to an order can come any more.
    grace : float
        Seconds that a provider may take to finish an order nobody waits for any more.
    hide : callable
        Takes the API key out of a text, in case a person put it where it does not belong.
    alone : bool
        Whether nobody else buys on the account, as a person says.
    stamp : callable
        From what is ordered to the id of the order and when it is begun; a replay says what was
        recorded.
    """

    ledger: Ledger
    account: str
    provider: Provider
    limit: Callable[[], Decimal | None]
    now: Callable[[], datetime]
    patience: float
    grace: float
    hide: Callable[[str], str] = str
    alone: bool = False
    stamp: Callable[[str], tuple[str, datetime]] = fresh_stamp

    @property
    def budget(self) -> Decimal | None:
        """The day's limit; it may be set meanwhile."""
        return self.limit()

    @property
    def database(self) -> Database:
        """Where the ledger is kept."""
        return self.ledger.database

    @property
    def clock_agrees(self) -> bool:
        """Whether the provider's clock runs as ours does; that of a sandbox may be stepped."""
        return not self.provider.own_clock

    def owns(self, columns: Any) -> ColumnElement[bool]:
        """Narrow a query to this account."""
        return and_(columns.provider == self.provider.name, columns.account == self.account)

    def frame(
        self, schema: Schema, records: Sequence[Mapping[str, Any]], name: str
    ) -> pd.DataFrame:
        """Build a frame of records by column; times are datetimes, amounts are decimals."""
        values = {
            column.name: [_plain(record.get(column.name)) for record in records]
            for column in schema.columns
        }
        return schema.frame(values, Context(name, {}, self.provider.name))

    # Orders -------------------------------------------------------------------------------------

    def orders(
        self, *conditions: ColumnElement[bool], connection: Connection | None = None
    ) -> list[OrderRecord]:
        """Return orders, the oldest first; with a connection, as its transaction sees them."""
        query = select(ORDERS).where(self.owns(ORDERS.c), *conditions)
        return [OrderRecord._make(row) for row in self._by_id(query, connection)]

    def order(self, order: int) -> OrderRecord:
        """Return one order.

        Raises
        ------
        LedgerProblem
            If it is not there: another ledger has taken the place of the one that had it.
        """
        orders = self.orders(ORDERS.c.id == order)
        if not orders:
            raise LedgerProblem(
                f"the ledger {self.database.where} is not the one that the order was written to. "
                "Put that one back."
            )
        return orders[0]

    def by_key(
        self, buys: PurchaseKind, key: str | None, connection: Connection | None = None
    ) -> OrderRecord | None:
        """Return the order that stands for a key, if there is one."""
        orders = self.orders(
            ORDERS.c.buys == buys, ORDERS.c.idempotency_key == key, connection=connection
        )
        return orders[0] if orders else None

    def order_with_numbers(
        self, order: int, refs: Iterable[str], connection: Connection
    ) -> tuple[OrderRecord, list[NumberRecord]]:
        """Return an order with its numbers, and those that have some ids, in one round trip."""
        only_refs = [f"{what}:{ref}" for ref in refs for what in ("rent", "activation")]
        # Each looked up by itself: for both with an "or" between SQLite reads the whole account.
        own = select(NUMBERS.c.id).where(NUMBERS.c.order == order)
        same = select(NUMBERS.c.id).where(self.owns(NUMBERS.c), NUMBERS.c.only_ref.in_(only_refs))
        of_both = ORDERS.outerjoin(NUMBERS, NUMBERS.c.id.in_(own.union_all(same)))
        query = select(ORDERS, NUMBERS).select_from(of_both)
        rows = connection.execute(query.where(self.owns(ORDERS.c), ORDERS.c.id == order)).all()
        width = len(OrderRecord._fields)
        numbers = [NumberRecord._make(row[width:]) for row in rows if row[width] is not None]
        return OrderRecord._make(rows[0][:width]), sorted(numbers, key=itemgetter(0))

    def orders_of_key(
        self, buys: PurchaseKind, key: str | None, connection: Connection
    ) -> list[OrderRecord]:
        """Return all orders of a key, also those that it stands for no more."""
        if key is None:
            return []
        return self.orders(ORDERS.c.buys == buys, ORDERS.c.key == key, connection=connection)

    def open_orders(self) -> list[OrderRecord]:
        """Return the orders that wait to be settled, also those whose answer may still come."""
        return self.orders(ORDERS.c.state.in_(OPEN))

    def end(
        self, order: int, state: OrderState, error: str | None = None, *, own: bool = False
    ) -> None:
        """Write what became of an open order that brought nothing, or nobody knows what.

        With ``own``, unless another process makes it anew by now: what became of that one nobody
        here knows.
        """
        mine = (ORDERS.c.owner == this_process(),) if own else ()
        self._end(state, error, ORDERS.c.id == order, *mine)

    def end_as_it_was(
        self, order: OrderRecord, state: OrderState, error: str | None = None
    ) -> OrderRecord:
        """Do the same for one that nobody else has settled, sent or made anew meanwhile.

        Returns
        -------
        OrderRecord
            The order as it is now, whoever wrote that.
        """
        sent_at = ORDERS.c.sent_at
        was_sent = sent_at.is_(None) if order.sent_at is None else sent_at == order.sent_at
        as_it_was = (ORDERS.c.state == order.state, ORDERS.c.open_until == order.open_until)
        self._end(state, error, ORDERS.c.id == order.id, was_sent, *as_it_was)
        return self.order(order.id)

    def _end(self, state: OrderState, error: str | None, *which: ColumnElement[bool]) -> None:
        key = {} if state in LIVE else {"idempotency_key": None}
        values = {"state": state, "error": error, "ended_at": datetime.now(UTC), **key}
        # What was found out meanwhile is not forgotten.
        ended = update(ORDERS).where(ORDERS.c.state.in_(OPEN), *which).values(values)
        self.database.write(lambda connection: connection.execute(ended))

    def sending(self, order: int, open_until: datetime) -> bool:
        """Note that an order is sent now, if it still is the one that was written down.

        It was written with ``open_until``: whoever makes the same order anew writes another time.
        False where it may not be sent: somebody has settled it, or made it, meanwhile.
        """
        now = datetime.now(UTC)
        is_intent = and_(ORDERS.c.id == order, ORDERS.c.state == OrderState.INTENT)
        written = or_(ORDERS.c.open_until == open_until, ORDERS.c.sent_at == now)  # or run again
        is_own = and_(ORDERS.c.owner == this_process(), written)
        until = now + timedelta(seconds=self.patience, microseconds=1)  # later, whatever that is
        times = {"sent_at": now, "open_until": until}
        sent = update(ORDERS).where(is_intent, is_own).values(times).returning(ORDERS.c.id)
        return self.database.write_at_once(lambda at: at.execute(sent).first()) is not None

    def looked_in_vain(self, order: int) -> None:
        """Note that the provider does not list an order, if it is the first time."""
        now = datetime.now(UTC)
        # A look in the future was made before the clock was set back.
        first = or_(ORDERS.c.looked_at.is_(None), ORDERS.c.looked_at > now)
        looked = update(ORDERS).where(ORDERS.c.id == order, first).values(looked_at=now)
        self.database.write(lambda connection: connection.execute(looked))

    def note_missed(self, order: int) -> None:
        """Note that nothing that a provider lists fits an order, if it is the first time."""
        change = update(ORDERS).where(ORDERS.c.id == order, ORDERS.c.missed_at.is_(None))
        change = change.values(missed_at=datetime.now(UTC))
        self.database.write(lambda connection: connection.execute(change))

    def note_confirmed(self, order: int) -> None:
        """Note that the provider says an order was made: it may be listed late."""
        change = update(ORDERS).where(ORDERS.c.id == order).values(missed_at=None)
        self.database.write(lambda connection: connection.execute(change))

    # What was bought ----------------------------------------------------------------------------

    def numbers(
        self, *conditions: ColumnElement[bool], connection: Connection | None = None
    ) -> list[NumberRecord]:
        """Return what was bought, in the order of buying."""
        query = select(NUMBERS).where(self.owns(NUMBERS.c), *conditions)
        return [NumberRecord._make(row) for row in self._by_id(query, connection)]

    def number(self, ref: str, *kinds: PurchaseKind) -> NumberRecord | None:
        """Return the latest activation or rent with an id."""
        numbers = self.numbers(NUMBERS.c.ref == ref, NUMBERS.c.buys.in_(kinds or WITH_OWN_ID))
        return numbers[-1] if numbers else None

    def change(self, number: int, *, if_state: NumberState | None = None, **values: Any) -> None:
        """Change what is written of something that was bought; where a state is given, from it."""
        meant = [NUMBERS.c.id == number, *([NUMBERS.c.state == if_state] if if_state else [])]
        changed = update(NUMBERS).where(*meant).values(values)
        self.database.write(lambda connection: connection.execute(changed))
        self.ledger.changes += 1

    def give_back(self, *numbers: NumberRecord) -> None:
        """Write that the money of some numbers came back."""
        for number in numbers:
            paid = number.cost if number.cost is not None else number.held
            self.change(number.id, state=NumberState.CANCELLED, refunded=paid or Decimal(0))

    def clock_offset(self) -> timedelta | None:
        """Return by how much the provider's clock is ahead, as the latest purchases show."""
        query = select(NUMBERS.c.since, NUMBERS.c.bought_at).where(
            self.owns(NUMBERS.c), NUMBERS.c.since.is_not(None)
        )
        latest = query.order_by(NUMBERS.c.id.desc()).limit(_COMPARED)
        # The one in the middle: a purchase that was found out later may not say when it was made.
        offsets = sorted(since - bought_at for since, bought_at in self._rows(latest))
        return offsets[len(offsets) // 2] if offsets else None

    def sequence(self, *kinds: PurchaseKind) -> list[tuple[datetime, datetime, int]]:
        """Return when orders were begun and ended, with the ids they brought, where those count."""
        query = (
            select(ORDERS.c.begun_at, ORDERS.c.ended_at, NUMBERS.c.ref)
            .join_from(NUMBERS, ORDERS)
            .where(self.owns(NUMBERS.c), NUMBERS.c.buys.in_(kinds))
            .where(ORDERS.c.ended_at.is_not(None))
        )
        return [(begun, end, int(ref)) for begun, end, ref in self._rows(query) if counts(ref)]

    # Messages -----------------------------------------------------------------------------------

    def messages(self, refs: Iterable[str]) -> list[Message]:
        """Return the messages of some activations or rents, the oldest first."""
        return self.ledger.messages.of(self.provider.name, refs)

    def add_messages(self, messages: Sequence[IncomingMessage], via: str = "poll") -> None:
        """Write what is new among messages, as `MessageBook.add` does."""
        self.ledger.messages.add(self.provider.name, messages, via=via, seen_at=self.now())

    def _by_id(self, query: Any, connection: Connection | None) -> Sequence[Any]:
        """Return a few rows: asked for them in order, SQLite would rather go through all."""
        return sorted(self._rows(query, connection), key=itemgetter(0))

    def _rows(self, query: Any, connection: Connection | None = None) -> Sequence[Any]:
        if connection is not None:
            return connection.execute(query).all()
        return self.database.read(lambda reading: reading.execute(query).all())


def counts(ref: str) -> bool:
    """Tell whether an id is a number that a provider may count upwards."""
    return ref.isascii() and ref.isdigit() and len(ref) <= _LONGEST_ID


def _plain(value: Any) -> Any:
    """Write a value as a frame's columns read it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    return float(value) if isinstance(value, Decimal) else value


# The ledgers that are open in this process: all clients of one place share one.
_open: dict[URL, Ledger] = {}
_opening = threading.Lock()


def ledger_at(url: URL) -> Ledger:
    """Return the ledger of a place.

    Raises
    ------
    UsageProblem
        If what it needs is not installed.
    """
    with _opening:
        if url not in _open:
            _open[url] = Ledger(_database_at(url))
        return _open[url]


def _database_at(url: URL) -> Database:
    """Return the database of a place; nothing is opened yet."""
    if url.get_backend_name() == "sqlite":
        return Database(url)
    with extra("postgres"):
        from sms_notebook.ledger.server_database import ServerDatabase  # noqa: PLC0415 - loads psycopg
    return ServerDatabase(url)


def is_open(url: URL) -> bool:
    """Tell whether this process has the ledger of a place."""
    return url in _open


def ledger_in_memory() -> Ledger:
    """Return a new ledger that ends with this process."""
    return Ledger(Database(url_of(MEMORY)))

"""The tables of the ledger, their rows as typed records, and their versions."""

import threading
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
)
from sqlalchemy.types import TypeDecorator

from sms_notebook.protocol.calls import PurchaseKind

BILLION = 10**9


class OrderState(StrEnum):
    """Where an order stands."""

    INTENT = "intent"
    """It is about to be sent, or its answer is awaited."""
    BOUGHT = "bought"
    REFUSED = "refused"
    """The provider said no: nothing was bought."""
    UNCERTAIN = "uncertain"
    """It was sent, and nobody knows what came of it."""
    NOT_BOUGHT = "not bought"
    """It was uncertain; the provider has no such purchase."""
    DISMISSED = "dismissed"
    """It was uncertain; a person said that there is nothing to find."""


OPEN = (OrderState.INTENT, OrderState.UNCERTAIN)
"""Orders that wait to be settled."""

LIVE = (*OPEN, OrderState.BOUGHT)
"""Orders for which their key stands."""


class NumberState(StrEnum):
    """Where a number, or whatever else was bought, stands."""

    ACTIVE = "active"
    FINISHED = "finished"
    """It is over, and paid for."""
    CANCELLED = "cancelled"
    """It is over, and the money came back."""
    OVER = "over"
    """It is over; whether the money came back is not known yet."""


class Certainty(StrEnum):
    """How sure it is that a number is that of its order."""

    READ = "read"
    """A reply to the order says so."""
    INFERRED = "inferred"
    """No reply says so: it is the only purchase that can be the order's."""
    CLAIMED = "claimed"
    """A person says so."""


class MoneyType(TypeDecorator[Decimal]):
    """An amount, kept as whole billionths: sums in the database are exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Write an amount."""
        del dialect
        return None if value is None else int((value * BILLION).to_integral_value())

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Read an amount."""
        del dialect
        return None if value is None else Decimal(int(value)) / BILLION


class MomentType(TypeDecorator[datetime]):
    """A time in UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write a time."""
        del dialect
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read a time."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


def Words(words: type[StrEnum]) -> Enum:  # noqa: N802 - a type, as SQLAlchemy's own
    """Return the type of a column that holds one of some words."""
    return Enum(
        words,
        native_enum=False,
        length=16,
        values_callable=lambda kind: [word.value for word in kind],
    )


# Columns share them: what a database makes of each is worked out when it is first used.
_NAME, _ID, _TEXT, _WHOLE = String(200), String(64), Text(), Integer()
_MONEY, _MOMENT = MoneyType(), MomentType()

METADATA = MetaData()

ORDERS = Table(
    "orders",
    METADATA,
    Column("id", _WHOLE, primary_key=True, autoincrement=True),
    Column("order_id", _NAME, nullable=False, index=True),
    Column("key", _NAME),
    # The key as long as it stands for an order that was made or may have been made.
    Column("live_key", _NAME, key="idempotency_key"),
    Column("provider", _NAME, nullable=False),
    Column("account", _ID, nullable=False),
    Column("action", _ID, nullable=False),
    Column("buys", Words(PurchaseKind), nullable=False),
    Column("service", _TEXT),
    Column("country", _WHOLE),
    Column("operator", _TEXT),
    Column("target", _ID),  # the activation, rent or product that the purchase is about
    Column("hours", _WHOLE),
    Column("params", _TEXT, nullable=False),  # as sent, in JSON; never the API key
    Column("most", _MONEY),  # the most it may cost: what the budget reserved
    Column("quoted", _MONEY),  # the price the provider named beforehand
    Column("currency", String(3)),
    Column("state", Words(OrderState), nullable=False),
    Column("error", _TEXT),
    Column("owner", _NAME, nullable=False),  # machine, process and its start
    Column("day", String(10), nullable=False),
    Column("begun_at", _MOMENT, nullable=False),
    Column("open_until", _MOMENT, nullable=False),  # until when its owner may still get an answer
    Column("ended_at", _MOMENT),  # when there was an answer, or none
    Column("looked_at", _MOMENT),  # when it was first looked for in vain
    Column("listed_at", _MOMENT),  # when it was last seen, before it was sent, what there was
    Column("missed_at", _MOMENT),  # when it was first looked for, and nothing fitted
    Column("sent_at", _MOMENT),  # written right before it is sent; see `OrderRecord.is_unsent`
    UniqueConstraint("provider", "account", "buys", "idempotency_key"),
    Index("orders_by_state", "provider", "account", "state"),
    Index("orders_by_day", "provider", "day"),
    Index("orders_by_time", "provider", "account", "begun_at"),
    Index("orders_in_account", "provider", "account", "id"),
)
"""Every purchase that was begun: the intent, and what became of it."""


class OrderRecord(NamedTuple):
    """A row of `ORDERS`, in the order of its columns."""

    id: int
    order_id: str
    key: str | None
    idempotency_key: str | None
    provider: str
    account: str
    action: str
    buys: PurchaseKind
    service: str | None
    country: int | None
    operator: str | None
    target: str | None
    hours: int | None
    params: str
    most: Decimal | None
    quoted: Decimal | None
    currency: str | None
    state: OrderState
    error: str | None
    owner: str
    day: str
    begun_at: datetime
    open_until: datetime
    ended_at: datetime | None
    looked_at: datetime | None
    listed_at: datetime | None
    missed_at: datetime | None
    sent_at: datetime | None

    @property
    def is_unsent(self) -> bool:
        """Whether it never was sent, for certain.

        That is written as an impossible time: an order is sent before its answer is due. An older
        version of this package, which may still run beside this one, writes no time at all, or
        leaves one that another deadline had: then nobody knows.
        """
        return self.sent_at == self.open_until

    @property
    def about(self) -> tuple[str | None, int | None, str | None, int | None]:
        """Service, country, target and hours: what two orders of the same thing have alike."""
        return self.service, self.country, self.target, self.hours


NUMBERS = Table(
    "numbers",
    METADATA,
    Column("id", _WHOLE, primary_key=True, autoincrement=True),
    Column("order", ForeignKey("orders.id"), nullable=False, index=True),
    Column("provider", _NAME, nullable=False),
    Column("account", _ID, nullable=False),
    Column("buys", Words(PurchaseKind), nullable=False),
    Column("ref", _ID, nullable=False),  # id of the activation, rent or product
    Column("only_ref", String(80)),  # the same, where there can be only one
    Column("phone_number", _ID),
    Column("service", _TEXT),
    Column("country", _WHOLE),
    Column("operator", _TEXT),
    Column("cost", _MONEY),
    Column("held", _MONEY),  # what the budget counts as long as the cost is not known
    Column("currency", String(3)),
    Column("bought_at", _MOMENT, nullable=False),  # by our clock
    Column("since", _MOMENT),  # by the provider's
    Column("ends_at", _MOMENT),
    Column("channel", String(8), nullable=False),  # how its code comes: sms, call or voice
    Column("state", Words(NumberState), nullable=False),
    Column("refunded", _MONEY, nullable=False, default=Decimal(0)),
    Column("certainty", Words(Certainty), nullable=False, default=Certainty.READ),
    Column("is_quote", Boolean, nullable=False, default=False),  # the cost is a price named before
    # Messages that were known when one more was asked for: they are old ones.
    Column("old_messages", _WHOLE, nullable=False, default=0),
    UniqueConstraint("provider", "account", "only_ref"),
    Index("numbers_by_ref", "ref", "provider"),
    Index("numbers_by_state", "provider", "account", "state"),
    Index("numbers_in_account", "provider", "account", "id"),
)
"""Everything that was bought: activations, rents, extensions, products."""


class NumberRecord(NamedTuple):
    """A row of `NUMBERS`, in the order of its columns."""

    id: int
    order: int
    provider: str
    account: str
    buys: PurchaseKind
    ref: str
    only_ref: str | None
    phone_number: str | None
    service: str | None
    country: int | None
    operator: str | None
    cost: Decimal | None
    held: Decimal | None
    currency: str | None
    bought_at: datetime
    since: datetime | None
    ends_at: datetime | None
    channel: str
    state: NumberState
    refunded: Decimal
    certainty: Certainty
    is_quote: bool
    old_messages: int


MESSAGES = Table(
    "messages",
    METADATA,
    Column("id", _WHOLE, primary_key=True, autoincrement=True),
    Column("provider", _NAME, nullable=False),
    Column("ref", _ID, nullable=False),
    Column("number", _WHOLE, nullable=False),  # the first message of this content is number 1
    Column("content", _ID, nullable=False),  # a digest of what was said
    Column("channel", String(8), nullable=False),
    Column("code", _TEXT),
    Column("text", _TEXT),
    Column("phone_from", _TEXT),
    Column("url", _TEXT),
    Column("service", _TEXT),
    Column("received_at", _MOMENT),  # by the provider's clock
    Column("seen_at", _MOMENT, nullable=False),  # by ours
    Column("via", String(8), nullable=False),
    UniqueConstraint("provider", "ref", "content", "number"),
    sqlite_autoincrement=True,  # ids only rise: who reads on from an id misses nothing
)
"""Codes and texts as they came, each once."""

FOREIGN_IDS = Table(
    "sightings",  # its name in the first version of the ledger
    METADATA,
    Column("provider", _NAME, primary_key=True),
    Column("account", _ID, primary_key=True),
    Column("ref", _ID, primary_key=True),
    Column("seen_at", _MOMENT, nullable=False),
    Column("is_rent", Boolean),
    Column("service", _TEXT),
    Column("country", _WHOLE),
)
"""What was listed, with when it was first: none of it can be a later purchase.

What no order of the ledger has is somebody else's, as long as it can be that of no open order.
"""

VERSION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Where Alembic keeps the version of a database."""


def today() -> str:
    """Name the day, in UTC, that a day's limit counts for."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


HEAD = "0004"
"""The version of ledgers that this package makes.

A new ledger is made whole from the tables above, without Alembic, which
loads only where there is something to change. Whoever changes those tables adds a file to
``migrations/versions/`` that changes an older ledger in the same way, and names it here.
"""

FOLDER = Path(__file__).parent / "migrations"

_upgrading = threading.Lock()  # what Alembic works on is one for the whole process


def is_new(connection: Connection) -> bool:
    """Tell whether there is no ledger yet."""
    return not inspect(connection).has_table(VERSION.name)


def bring_up_to_date(connection: Connection, folder: Path = FOLDER, head: str = HEAD) -> None:
    """Make the tables of a new ledger, or change those of an older one, in one transaction.

    Raises
    ------
    LookupError
        If the ledger was made by a version that this package does not know.
    """
    if is_new(connection):
        METADATA.create_all(connection, checkfirst=False)  # one of that name is not ours
        VERSION.create(connection)
        connection.execute(VERSION.insert().values(version_num=head))
    elif connection.execute(VERSION.select()).scalar_one() != head:
        with _upgrading:
            _upgrade(connection, folder, head)


def _upgrade(connection: Connection, folder: Path, head: str) -> None:
    from alembic import command  # noqa: PLC0415 - slow to load, and rarely needed
    from alembic.config import Config  # noqa: PLC0415 - likewise
    from alembic.util import CommandError  # noqa: PLC0415 - likewise

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, head)
    except CommandError as problem:
        raise LookupError(str(problem)) from problem

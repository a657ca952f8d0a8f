"""The tables of the ledger."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

_BILLION = 10**9


class Money(TypeDecorator[Decimal]):
    """An amount, kept as whole billionths: sums in the database are exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Write an amount."""
        del dialect
        return None if value is None else int((value * _BILLION).to_integral_value())

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Read an amount."""
        del dialect
        return None if value is None else Decimal(int(value)) / _BILLION


class Moment(TypeDecorator[datetime]):
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


METADATA = MetaData()

ORDERS = Table(
    "orders",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("order_id", String(200), nullable=False, index=True),
    Column("key", String(200)),
    # The key as long as it stands for an order that was made or may have been made.
    Column("live_key", String(200)),
    Column("provider", String(200), nullable=False),
    Column("account", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("buys", String(16), nullable=False),
    Column("service", Text),
    Column("country", Integer),
    Column("operator", Text),
    Column("target", String(64)),  # the activation, rent or product that the purchase is about
    Column("hours", Integer),
    Column("params", Text, nullable=False),  # as sent, in JSON; never the API key
    Column("most", Money),  # the most it may cost: what the budget reserved
    Column("quoted", Money),  # the price the provider named beforehand
    Column("currency", String(3)),
    Column("state", String(16), nullable=False),
    Column("error", Text),
    Column("owner", String(200), nullable=False),  # machine, process and its start
    Column("day", String(10), nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("open_until", Moment, nullable=False),  # until when its owner may still get an answer
    Column("ended_at", Moment),  # when there was an answer, or none
    Column("looked_at", Moment),  # when it was first looked for in vain
    UniqueConstraint("provider", "account", "buys", "live_key"),
    Index("orders_by_state", "provider", "account", "state"),
    Index("orders_by_day", "provider", "day"),
)
"""Every purchase that was begun: the intent, and what became of it."""

NUMBERS = Table(
    "numbers",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("order", ForeignKey("orders.id"), nullable=False, index=True),
    Column("provider", String(200), nullable=False),
    Column("account", String(64), nullable=False),
    Column("buys", String(16), nullable=False),
    Column("ref", String(64), nullable=False),  # id of the activation, rent or product
    Column("only_ref", String(80)),  # the same, where there can be only one
    Column("phone_number", String(64)),
    Column("service", Text),
    Column("country", Integer),
    Column("operator", Text),
    Column("cost", Money),
    Column("held", Money),  # what the budget counts as long as the cost is not known
    Column("currency", String(3)),
    Column("bought_at", Moment, nullable=False),  # by our clock
    Column("since", Moment),  # by the provider's
    Column("ends_at", Moment),
    Column("channel", String(8), nullable=False),  # how its code comes: sms, call or voice
    Column("state", String(16), nullable=False),
    Column("refunded", Money, nullable=False, default=Decimal(0)),
    Column("is_guess", Boolean, nullable=False, default=False),  # nobody told whose it is
    Column("is_quote", Boolean, nullable=False, default=False),  # the cost is a price named before
    # Messages that were known when one more was asked for: they are old ones.
    Column("old_messages", Integer, nullable=False, default=0),
    UniqueConstraint("provider", "account", "only_ref"),
    Index("numbers_by_ref", "ref", "provider"),
)
"""Everything that was bought: activations, rents, extensions, products."""

MESSAGES = Table(
    "messages",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("provider", String(200), nullable=False),
    Column("ref", String(64), nullable=False),
    Column("number", Integer, nullable=False),  # the first message of this content is number 1
    Column("content", String(64), nullable=False),  # a digest of what was said
    Column("channel", String(8), nullable=False),
    Column("code", Text),
    Column("text", Text),
    Column("phone_from", Text),
    Column("url", Text),
    Column("service", Text),
    Column("received_at", Moment),  # by the provider's clock
    Column("seen_at", Moment, nullable=False),  # by ours
    Column("via", String(8), nullable=False),
    UniqueConstraint("provider", "ref", "content", "number"),
    sqlite_autoincrement=True,  # ids only rise: who reads on from an id misses nothing
)
"""Codes and texts as they came, each once."""

SIGHTINGS = Table(
    "sightings",
    METADATA,
    Column("provider", String(200), primary_key=True),
    Column("account", String(64), primary_key=True),
    Column("ref", String(64), primary_key=True),
    Column("seen_at", Moment, nullable=False),
)
"""Numbers of the account that the ledger did not buy: none of them can be a later purchase."""

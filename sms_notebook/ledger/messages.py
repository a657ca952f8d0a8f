"""Messages in the ledger: each once, whichever way and however often it was heard of."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import msgspec
from msgspec.structs import asdict, replace
from sqlalchemy import Connection, Select, delete, exists, func, insert, select, update

from sms_notebook.ledger.database import Database
from sms_notebook.ledger.schema import MESSAGES, NUMBERS
from sms_notebook.protocol.errors import LedgerProblem
from sms_notebook.protocol.incoming_messages import (
    IncomingMessage,
    find_same,
    missing_details,
    numbered,
)

_LONGEST = 4000  # characters of a text or an address that are kept
_TEXTS = ("code", "text", "phone_from", "url", "service")
_AT_ONCE = 500  # values that every database takes
MOST_FOREIGN = 1000
"""Messages by webhook that are kept of numbers which this ledger did not buy: the latest."""
FOREIGN_LIFE = timedelta(days=30)
"""How long those are kept."""
_LOOK_EVERY = 200  # new ones


class Message(msgspec.Struct, eq=False):
    """A message or call that is known: of the ledger, or of a reply that it did not take.

    Attributes
    ----------
    ref : str
        Id of the activation or rent.
    content : str
        A digest: the same for the same message, however it was heard of.
    via : str
        How it was heard of first: ``poll``, ``call`` or ``webhook``.
    id : int or None
        Its id in the ledger; None while that has not got it.
    """

    ref: str
    content: str
    code: str | None
    text: str | None
    channel: str
    phone_from: str | None
    url: str | None
    service: str | None
    received_at: datetime | None
    seen_at: datetime
    via: str = "poll"
    id: int | None = None

    def complete(self, other: "Message") -> None:
        """Take over what the same message says where it was heard of again."""
        for name, value in missing_details(self, other).items():
            setattr(self, name, value)


_MESSAGES = select(*(MESSAGES.c[name] for name in Message.__struct_fields__))


def _messages(connection: Connection, query: Select[Any]) -> list[Message]:
    return [Message(*row) for row in connection.execute(query)]


class MessageBook:
    """The messages of a ledger.

    Their ids only rise, so whoever has read up to one can read on from there.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: list[Callable[[], None]] = []
        self._unlooked = _LOOK_EVERY

    def add(
        self, provider: str, messages: Sequence[IncomingMessage], *, via: str, seen_at: datetime
    ) -> int:
        """Write what is new among some messages.

        Parameters
        ----------
        provider : str
            Whose ids they are.
        messages : sequence of IncomingMessage
            All that is known of an activation or rent, the oldest first: two that say the same are
            two messages. What came by webhook is one at a time.
        via : str
            How they were heard of: ``poll``, ``call`` or ``webhook``.
        seen_at : datetime
            Now, by our clock.

        Returns
        -------
        int
            How many were new.
        """
        if not messages:
            return 0

        def change(connection: Connection) -> int:
            new = sum(
                write_message(connection, provider, message, place=place, via=via, seen_at=seen_at)
                for message, place in numbered(messages)
            )
            if new:
                self._database.announce(connection)
            return new

        new = self._database.write(change)
        if new:
            for wake in tuple(self._listeners):
                wake()
        if new and via == "webhook":
            self._forget_foreign(new, seen_at)
        return new

    def _forget_foreign(self, new: int, now: datetime) -> None:
        """Now and then forget old messages of others' numbers: anybody can have many posted."""
        self._unlooked += new
        if self._unlooked < _LOOK_EVERY:
            return
        self._unlooked = 0
        bought = exists().where(
            NUMBERS.c.provider == MESSAGES.c.provider, NUMBERS.c.ref == MESSAGES.c.ref
        )
        is_foreign = (MESSAGES.c.via == "webhook") & ~bought
        beyond = (
            (select(MESSAGES.c.id).where(is_foreign).order_by(MESSAGES.c.id.desc()))
            .offset(MOST_FOREIGN)
            .limit(1)
        )

        def forget(connection: Connection) -> None:
            last = connection.execute(beyond).scalar() or 0
            is_old = (MESSAGES.c.id <= last) | (MESSAGES.c.seen_at < now - FOREIGN_LIFE)
            connection.execute(delete(MESSAGES).where(is_foreign, is_old))

        with suppress(LedgerProblem):  # what is new is written, and this can wait
            self._database.write(forget)

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call a function whenever something new is written; returns how to stop that.

        Of what other processes write, only some databases tell: see `look_again`.
        """
        self._listeners.append(wake)
        stop = self._database.listen(wake)

        def stop_both() -> None:
            self._listeners.remove(wake)
            stop()

        return stop_both

    @property
    def look_again(self) -> float:
        """Seconds between two looks for what other processes wrote."""
        return self._database.look_again

    def of(self, provider: str, refs: Iterable[str]) -> list[Message]:
        """Return the messages of some activations or rents, the oldest first."""
        ids = set(refs)
        narrow = [MESSAGES.c.ref.in_(ids)] if len(ids) <= _AT_ONCE else []
        query = _MESSAGES.where(MESSAGES.c.provider == provider, *narrow).order_by(MESSAGES.c.id)
        messages = self._database.read(lambda connection: _messages(connection, query))
        return [message for message in messages if message.ref in ids]

    def after(self, provider: str, last: int) -> list[Message]:
        """Return all messages of a provider with a higher id."""
        query = _MESSAGES.where(MESSAGES.c.provider == provider, MESSAGES.c.id > last)
        return self._database.read(
            lambda connection: _messages(connection, query.order_by(MESSAGES.c.id))
        )

    def last_id(self) -> int:
        """Return the highest id there is."""
        query = select(func.coalesce(func.max(MESSAGES.c.id), 0))
        return int(self._database.read(lambda connection: connection.execute(query).scalar_one()))


def write_message(
    connection: Connection,
    provider: str,
    message: IncomingMessage,
    *,
    place: int,
    via: str,
    seen_at: datetime,
) -> bool:
    """Write a message, or add what it says to the same message heard of before.

    Returns
    -------
    bool
        Whether it is new.
    """
    content = message.content
    short: dict[str, Any] = {name: _short(getattr(message, name)) for name in _TEXTS}
    message = replace(message, **short)
    same = _MESSAGES.where(
        MESSAGES.c.provider == provider,
        MESSAGES.c.ref == message.ref,
        MESSAGES.c.content == content,
    )
    known = _messages(connection, same.order_by(MESSAGES.c.number))
    if (stored := find_same(known, message.received_at, place)) is not None:
        if news := missing_details(stored, message):
            connection.execute(update(MESSAGES).where(MESSAGES.c.id == stored.id), news)
        return False
    values = {
        "provider": provider,
        "number": len(known) + 1,
        "content": content,
        **asdict(message),
        "seen_at": seen_at,
        "via": via,
    }
    connection.execute(insert(MESSAGES).inline(), values)
    return True


def batches(refs: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Split many ids: databases take so many values at once."""
    left = iter(refs)
    while part := tuple(islice(left, _AT_ONCE)):
        yield part


def _short(text: str | None) -> str | None:
    # A database server takes no NUL.
    return None if text is None else text.replace("\0", "")[:_LONGEST]

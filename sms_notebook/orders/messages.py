"""Codes and texts as they came, each once, whichever way and however often they were heard of."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Row, func, insert, select, update

from sms_notebook.orders.bought import Bought
from sms_notebook.orders.database import Database
from sms_notebook.orders.records import moment, records, text
from sms_notebook.orders.schema import MESSAGES

_LONGEST = 4000  # characters of a text or an address that are kept


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message or call as somebody told of it.

    Attributes
    ----------
    ref : str
        Id of the activation or rent.
    code, text : str or None
        What it says; at least one of them.
    channel : str
        ``sms``, ``call`` (the calling number counts) or ``voice``.
    received_at : datetime or None
        By the provider's clock, where it is told.
    """

    ref: str
    code: str | None = None
    text: str | None = None
    channel: str = "sms"
    phone_from: str | None = None
    url: str | None = None
    service: str | None = None
    received_at: datetime | None = None

    @property
    def content(self) -> str:
        """A digest of what makes two tellings of one message the same."""
        said = self.code or f"text {self.text}"
        return hashlib.blake2s(said.encode("utf-8", "replace")).hexdigest()


def in_detail(frame: pd.DataFrame) -> list[Arrival]:
    """Read the messages of getStatusV2."""
    is_voice = frame.attrs.get("verification_type") == "voice"
    return [
        Arrival(
            row["activation_id"],
            code=text(row, "code"),
            text=text(row, "text"),
            channel="voice" if is_voice else row["channel"],
            phone_from=text(row, "phone_from"),
            url=text(row, "url"),
            received_at=moment(row, "date_time"),
        )
        for row in records(frame)
        if text(row, "code") or text(row, "text") or text(row, "url")
    ]


class MessageBook:
    """The messages of a ledger.

    Their ids only rise, so whoever has read up to one can read on from there.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: list[Callable[[], None]] = []

    def add(
        self, provider: str, arrivals: Sequence[Arrival], *, via: str, seen_at: datetime
    ) -> int:
        """Write what is new among some arrivals.

        Parameters
        ----------
        provider : str
            Whose ids they are.
        arrivals : sequence of Arrival
            All that is known of an activation or rent, the oldest first: two that say the same are
            two messages. What came by webhook is one at a time.
        via : str
            How it was heard of: ``poll``, ``call`` or ``webhook``.
        seen_at : datetime
            Now, by our clock.

        Returns
        -------
        int
            How many were new.
        """
        if not arrivals:
            return 0

        def change(connection: Connection) -> int:
            fresh = 0
            heard: Counter[tuple[str, str, datetime | None]] = Counter()
            for arrival in arrivals:
                told = (arrival.ref, arrival.content, arrival.received_at)
                heard[told] += 1
                fresh += _add(
                    connection, provider, arrival, place=heard[told], via=via, seen_at=seen_at
                )
            return fresh

        new = self._database.write(change)
        if new:
            for wake in tuple(self._listeners):
                wake()
        return new

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call a function whenever this process writes something new; returns how to stop that."""
        self._listeners.append(wake)
        return lambda: self._listeners.remove(wake)

    def of(self, provider: str, refs: Iterable[str]) -> list[Row[Any]]:
        """Return the messages of some activations or rents, the oldest first."""
        wanted = set(refs)
        narrow = [MESSAGES.c.ref.in_(wanted)] if len(wanted) <= 500 else []  # noqa: PLR2004 - what databases take at once
        found = select(MESSAGES).where(MESSAGES.c.provider == provider, *narrow)
        rows = self._database.read(
            lambda connection: connection.execute(found.order_by(MESSAGES.c.id)).all()
        )
        return [row for row in rows if row.ref in wanted]

    def after(self, provider: str, last: int) -> list[Row[Any]]:
        """Return all messages of a provider with a higher id."""
        found = select(MESSAGES).where(MESSAGES.c.provider == provider, MESSAGES.c.id > last)
        return list(
            self._database.read(
                lambda connection: connection.execute(found.order_by(MESSAGES.c.id)).all()
            )
        )

    def last_id(self) -> int:
        """Return the highest id there is."""
        found = select(func.coalesce(func.max(MESSAGES.c.id), 0))
        return int(self._database.read(lambda connection: connection.execute(found).scalar_one()))

    def keep_secret(
        self, connection: Connection, provider: str, thing: Bought, now: datetime
    ) -> None:
        """Write a licence key down: it comes once."""
        secret = Arrival(thing.ref, code=thing.secret)
        _add(connection, provider, secret, place=1, via="call", seen_at=now)


def _add(
    connection: Connection,
    provider: str,
    arrival: Arrival,
    *,
    place: int,
    via: str,
    seen_at: datetime,
) -> bool:
    """Write one arrival, or add what it knows to the same message heard of before."""
    same = select(MESSAGES).where(
        MESSAGES.c.provider == provider,
        MESSAGES.c.ref == arrival.ref,
        MESSAGES.c.content == arrival.content,
    )
    rows = connection.execute(same.order_by(MESSAGES.c.number)).all()
    known = _the_same(rows, arrival, place)
    if known is not None:
        _complete(connection, known, arrival)
        return False
    connection.execute(
        insert(MESSAGES).values(
            provider=provider,
            ref=arrival.ref,
            number=len(rows) + 1,
            content=arrival.content,
            channel=arrival.channel,
            code=_short(arrival.code),
            text=_short(arrival.text),
            phone_from=_short(arrival.phone_from),
            url=_short(arrival.url),
            service=_short(arrival.service),
            received_at=arrival.received_at,
            seen_at=seen_at,
            via=via,
        )
    )
    return True


def _the_same(rows: Sequence[Row[Any]], arrival: Arrival, place: int) -> Row[Any] | None:
    """Find the message that an arrival tells of: the place-th of those that fit."""
    if arrival.received_at is None:
        return rows[place - 1] if len(rows) >= place else None
    exact = [row for row in rows if row.received_at == arrival.received_at]
    if len(exact) >= place:
        return exact[place - 1]
    untimed = [row for row in rows if row.received_at is None]
    return untimed[0] if untimed else None


def _complete(connection: Connection, known: Row[Any], arrival: Arrival) -> None:
    """Add what was not known of a message before."""
    told = {
        "text": _short(arrival.text),
        "phone_from": _short(arrival.phone_from),
        "url": _short(arrival.url),
        "service": _short(arrival.service),
        "received_at": arrival.received_at,
    }
    news = {
        name: value
        for name, value in told.items()
        if value is not None and getattr(known, name) is None
    }
    if arrival.channel == "voice" and told["text"] not in (None, known.text):
        news["text"] = told["text"]  # the call was parsed again
    if news:
        connection.execute(update(MESSAGES).where(MESSAGES.c.id == known.id).values(news))


def _short(text: str | None) -> str | None:
    # A database server takes no NUL.
    return None if text is None else text.replace("\0", "")[:_LONGEST]

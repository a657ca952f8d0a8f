"""What a watcher knows of each number: a state, without any I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import Row

from sms_notebook.orders.messages import Arrival
from sms_notebook.orders.records import Record
from sms_notebook.watching.events import Event

LIFE = timedelta(minutes=20)
"""An activation ends by itself after so long."""

WAITING, RECEIVED, RETRYING = "STATUS_WAIT_CODE", "STATUS_OK", "STATUS_WAIT_RETRY"

Key = tuple[bool, str]
"""Whether it is a rent, and its id."""

_DETAILS = ("text", "phone_from", "url", "service", "received_at")


@dataclass(slots=True, eq=False)
class Message:
    """A message or call.

    Attributes
    ----------
    ref : str
        Id of the activation or rent.
    content : str
        A digest: two tellings of one message have the same.
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

    @classmethod
    def of_row(cls, row: Row[Any]) -> Self:
        """Read a row of the ledger."""
        return cls(**{name: getattr(row, name) for name in cls.__slots__})

    @classmethod
    def of_arrival(cls, arrival: Arrival, seen_at: datetime) -> Self:
        """Take what a reply shows."""
        return cls(
            ref=arrival.ref,
            content=arrival.content,
            code=arrival.code,
            text=arrival.text,
            channel=arrival.channel,
            phone_from=arrival.phone_from,
            url=arrival.url,
            service=arrival.service,
            received_at=arrival.received_at,
            seen_at=seen_at,
        )

    def complete(self, other: "Message") -> None:
        """Take over what another telling of it knows."""
        parsed_again = self.channel == "voice" and other.text is not None
        for name in _DETAILS:
            if getattr(self, name) is None or (name == "text" and parsed_again):
                setattr(self, name, getattr(other, name))


@dataclass(slots=True, eq=False)
class Tracked:
    """One activation or rent.

    Attributes
    ----------
    ref : str
        Its id.
    rented : bool
        Whether it is a rent.
    channel : str
        How its code comes: ``sms``, ``call`` or ``voice``.
    bought_at : datetime or None
        When it was bought, by our clock.
    since, ends_at : datetime or None
        When it began and ends, by the provider's clock.
    status : str
        The provider's last word.
    is_over : bool
        Whether nothing will come any more.
    messages : list
        All that came, the oldest first.
    old : int
        How many of them had come before one more was asked for.
    is_proven : bool
        Whether those after them are known to be new: another tool may have asked for one more.
    doubt : int
        Goes up whenever that has to be found out again.
    attempts : int
        How often in a row nobody could be asked for it.
    is_held : bool
        Whether it is told nothing of just now: more of its messages are being read.
    is_read : bool
        Whether all pages of its messages have been read before.
    shown : tuple
        What the list of active ones showed of its messages the last time.
    unlisted : int
        How many times in a row that list has left it out.
    asked : int
        When it was asked for by itself, as a rising number.
    farewells : int
        How often it was tried in vain to find out how it ended.
    """

    ref: str
    rented: bool = False
    phone_number: str | None = None
    service: str | None = None
    country: int | None = None
    channel: str = "sms"
    bought_at: datetime | None = None
    since: datetime | None = None
    ends_at: datetime | None = None
    status: str = WAITING
    is_over: bool = False
    messages: list[Message] = field(default_factory=list)
    old: int = 0
    is_proven: bool = False
    doubt: int = 0
    attempts: int = 0
    is_held: bool = False
    is_read: bool = False
    shown: tuple[Any, ...] = ()
    unlisted: int = 0
    asked: int = 0
    farewells: int = 0

    @property
    def key(self) -> Key:
        """Whether it is a rent, and its id."""
        return self.rented, self.ref

    @property
    def fresh(self) -> Sequence[Message]:
        """The messages since one more was asked for; all, where none was."""
        return self.messages[self.old :]

    @property
    def is_retrying(self) -> bool:
        """Whether one more code was asked for, and has not come."""
        return bool(self.messages) and self.old >= len(self.messages)

    def take(self, message: Message, place: int = 1) -> bool:
        """Add a message; one that is known already is completed.

        Parameters
        ----------
        message : Message
            With an id, a row of the ledger; without, what a reply shows.
        place : int
            The how manieth it is of those that say the same, in a reply that shows all.

        Returns
        -------
        bool
            Whether it is new.
        """
        known = self._find(message, place)
        if known is not None:
            known.complete(message)
            known.id = message.id if known.id is None else known.id
            return False
        self.messages.append(message)
        if self.rented:  # the newest page is read first
            self.messages.sort(key=lambda one: one.received_at or one.seen_at)
        if not self.is_over:
            self.status = RECEIVED
        return True

    def knows(self, message: Message, place: int) -> bool:
        """Tell whether `take` would find a message known."""
        return self._find(message, place) is not None

    def _find(self, message: Message, place: int) -> Message | None:
        """Find the same message, as the ledger does."""
        if message.id is not None:
            by_id = (one for one in self.messages if one.id == message.id)
            if found := next(by_id, None):
                return found
        same = [one for one in self.messages if one.content == message.content]
        if message.id is not None:
            same = [one for one in same if one.id is None]
        when = message.received_at
        if when is None:
            return same[place - 1] if len(same) >= place else None
        exact = [one for one in same if one.received_at == when]
        if len(exact) >= place:
            return exact[place - 1]
        return next((one for one in same if one.received_at is None), None)

    def listed(self, row: Record) -> None:
        """Take over what the list of active activations shows."""
        self.phone_number = row["phone_number"] or self.phone_number
        self.service = row["service"] or self.service
        self.country = self.country if row["country"] is None else row["country"]
        self.since = row["activation_time"] or self.since
        self.is_over = False
        self.unlisted = 0
        if self.fresh:
            self.status = RECEIVED
        else:
            self.status = RETRYING if self.messages else WAITING

    def question(self) -> None:
        """Have it found out again whether the codes that are there are new."""
        self.is_proven = self.is_proven and not self.fresh
        self.doubt += 1
        self.attempts = 0

    def end(self, status: str) -> None:
        """Note that it is over."""
        self.is_over = True
        self.status = status

    @property
    def life_ends_at(self) -> datetime | None:
        """When it ends by itself."""
        if self.ends_at is not None or self.rented:
            return self.ends_at
        return None if self.since is None else self.since + LIFE

    def event(self, kind: str, at: datetime, message: Message | None = None) -> Event:
        """Tell of something that happened to it."""
        return Event(
            kind=kind,
            activation_id=None if self.rented else self.ref,
            rent_id=self.ref if self.rented else None,
            phone_number=self.phone_number,
            service=(message.service if message is not None else None) or self.service,
            code=message.code if message is not None else None,
            text=message.text if message is not None else None,
            channel=message.channel if message is not None else None,
            phone_from=message.phone_from if message is not None else None,
            url=message.url if message is not None else None,
            status=self.status,
            at=at,
        )

"""What a watcher knows of each number: a state, without any I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from sms_notebook.watching.events import Event

LIFE = timedelta(minutes=20)
"""An activation ends by itself after so long."""

WAITING, RECEIVED, RETRYING = "STATUS_WAIT_CODE", "STATUS_OK", "STATUS_WAIT_RETRY"


@dataclass(slots=True)
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
    heard : int
        How many codes of a call the provider's list has shown.
    """

    ref: str
    rented: bool = False
    phone_number: str | None = None
    service: str | None = None
    country: int | None = None
    channel: str = "sms"
    since: datetime | None = None
    ends_at: datetime | None = None
    status: str = WAITING
    is_over: bool = False
    messages: list[Row[Any]] = field(default_factory=list)
    old: int = 0
    heard: int = 0

    @property
    def fresh(self) -> Sequence[Row[Any]]:
        """The messages since one more was asked for; all, where none was."""
        return self.messages[self.old :]

    def take(self, message: Row[Any]) -> None:
        """Add a message; one that is known already is completed."""
        for place, known in enumerate(self.messages):
            if known.id == message.id:
                self.messages[place] = message
                return
        self.messages.append(message)
        if not self.is_over:
            self.status = RECEIVED

    def listed(self, row: dict[str, Any]) -> None:
        """Take over what the list of active activations shows."""
        self.phone_number = row["phone_number"] or self.phone_number
        self.service = row["service"] or self.service
        self.country = self.country if row["country"] is None else row["country"]
        self.since = row["activation_time"] or self.since
        self.is_over = False
        if self.fresh:
            self.status = RECEIVED
        else:
            self.status = RETRYING if self.messages else WAITING

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

    def event(self, kind: str, at: datetime, message: Row[Any] | None = None) -> Event:
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

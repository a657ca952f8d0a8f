"""A watch: events as they come, and a frame of how things stand."""

import asyncio
import logging
import weakref
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Self, TypeVar

import pandas as pd

from sms_notebook.orders.books import Books
from sms_notebook.orders.report import made
from sms_notebook.protocol.errors import SmsError
from sms_notebook.protocol.frames.kinds import (
    CODE,
    CODES,
    COUNT,
    FLAG,
    LINK,
    MONEY,
    NAME,
    PHONE,
    TEXT,
    TIME,
    WORDS,
)
from sms_notebook.protocol.frames.schema import Column, Schema
from sms_notebook.protocol.frames.tables import MESSAGES
from sms_notebook.protocol.masking import mask_error, masked, masked_value
from sms_notebook.watching.events import Event
from sms_notebook.watching.loop import LOOP
from sms_notebook.watching.mailbox import Mailbox
from sms_notebook.watching.subscription import Subscription
from sms_notebook.watching.tracked import Message, Tracked
from sms_notebook.watching.watcher import Watcher

LOG = logging.getLogger("sms_notebook")
Failure = TypeVar("Failure", bound=Exception | None)

WATCHED = Schema(
    (
        Column("activation_id", NAME, "id of the activation; NA for a rent"),
        Column("rent_id", NAME, "id of the rent; NA for an activation"),
        Column("phone_number", PHONE, "number with country code, without +"),
        Column("service", TEXT, "code of the service"),
        Column("country", COUNT, "id of the country"),
        Column("status", NAME, "the provider's last word, STATUS_…"),
        Column("code", CODE, "the latest code; NA while one is awaited"),
        Column("text", WORDS, "the latest message"),
        Column("url", LINK, "recording of the latest call; comes from strangers"),
        Column("codes", CODES, "all codes, the latest last"),
        Column("messages", COUNT, "how many messages came in all"),
        Column("since", TIME, "when it was bought"),
        Column("ends_at", TIME, "when it ends by itself"),
        Column("seconds_left", MONEY, "seconds until then"),
        Column("is_over", FLAG, "whether nothing more will come"),
    )
)
"""How watched numbers stand, one row each."""

_SECRETS = {
    column.name: column.kind.secret
    for column in (*WATCHED.columns, *MESSAGES.columns)
    if column.kind.secret is not None
}


class Watch:
    """Events of some numbers as they come; made by ``sms.watch()``.

    A context manager and an iterator of `Event`, in both ways: ``with`` and ``for`` wait in this
    thread, ``async with`` and ``async for`` in the running loop. It ends when all its numbers are
    over, or when it is closed.

    Parameters
    ----------
    watcher : Watcher
        Polls.
    books : Books
        Where codes are kept.
    activations, rents : iterable of str or None
        The ids; None for all that are alive.
    every : float
        Seconds between two polls.
    is_masked : callable
        Whether numbers and codes are masked now, in what this tells.
    """

    def __init__(
        self,
        watcher: Watcher,
        books: Books,
        activations: Iterable[str] | None,
        rents: Iterable[str] | None,
        every: float,
        *,
        is_masked: Callable[[], bool] = lambda: False,
    ) -> None:
        self._watcher = watcher
        self._books = books
        self._is_masked = is_masked
        self._inbox = _Inbox(watcher, is_masked)
        self._subscription = Subscription(
            activations, rents, every, self._inbox.deliver, self._inbox.finished
        )
        self._inbox.subscription = self._subscription
        self._started = False
        self._exhausted = False

    # With and for -------------------------------------------------------------------------------

    def start(self) -> Self:
        """Begin to watch; `with` does it."""
        if not self._started:
            LOOP.run(self._begin())
        return self

    def close(self) -> None:
        """Stop watching. The numbers stay as they are."""
        if not self._started:
            return
        ending = LOOP.submit(self._watcher.unsubscribe(self._subscription))
        if not LOOP.is_current():  # a listener may end it all
            ending.result()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self.start()

    def __next__(self) -> Event:
        if LOOP.is_current():
            raise LOOP.misuse()
        self.start()
        if self._exhausted:
            raise StopIteration
        event = self._opened(self._inbox.mailbox.take())
        if event is None:
            raise StopIteration
        return event

    # The same for asyncio -----------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        if not self._started:
            await asyncio.wrap_future(LOOP.submit(self._begin()))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._started:
            ending = LOOP.submit(self._watcher.unsubscribe(self._subscription))
            await asyncio.wrap_future(ending)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        await self.__aenter__()
        if self._exhausted:
            raise StopAsyncIteration
        event = self._opened(await self._inbox.mailbox.take_async())
        if event is None:
            raise StopAsyncIteration
        return event

    # How things stand ---------------------------------------------------------------------------

    @property
    def frame(self) -> pd.DataFrame:
        """How the numbers stand, one row each.

        ``activation_id``, ``rent_id``, ``phone_number``, ``service``, ``country``, ``status``,
        ``code``, ``text``, ``url``, ``codes``, ``messages``, ``since``, ``ends_at``,
        ``seconds_left``, ``is_over``.
        """
        return self._view() if LOOP.is_current() else LOOP.run(self._viewed())

    @property
    def trouble(self) -> SmsError | None:
        """Why the provider could not be asked the last time, or the ledger not be written."""
        return self._inbox.masked(self._watcher.trouble)

    def listen(self, listener: Callable[[Event | None], None]) -> Callable[[], None]:
        """Call a function with each event, on the loop thread; with None at the end.

        It must not wait. Returns how to stop that.
        """
        listeners = self._inbox.listeners
        listeners[listener] = self  # whoever listens keeps the watch going

        def stop() -> None:
            listeners.pop(listener, None)

        return stop

    def __repr__(self) -> str:
        if not self._started:
            return "<Watch, not started>"
        numbers = len(self._inbox.seen())
        what = "1 number" if numbers == 1 else f"{numbers} numbers"
        return f"<Watch of {what}{', ended' if self._inbox.has_ended else ''}>"

    async def _begin(self) -> None:
        if self._started:
            return
        self._started = True
        # A watch that nobody holds any more ends: `for event in sms.watch(): break`.
        ending = weakref.finalize(self, _abandon, self._watcher, self._subscription)
        ending.atexit = False
        await self._watcher.subscribe(self._subscription)

    async def _viewed(self) -> pd.DataFrame:
        return self._view()

    def _view(self) -> pd.DataFrame:
        now = self._books.now()
        rows = [_row(one, now) for one in self._inbox.seen()]
        frame = made(WATCHED, rows, self._books, "watch")
        return masked(frame) if self._is_masked() else frame

    def _opened(self, item: Event | Exception | None) -> Event | None:
        self._exhausted = not isinstance(item, Event)
        if isinstance(item, Exception):
            raise self._inbox.masked(item)
        return item if item is None else self._inbox.shown(item)


class _Inbox:
    """Takes what a watch is told; the watcher holds it, but not the watch."""

    def __init__(self, watcher: Watcher, is_masked: Callable[[], bool]) -> None:
        self._is_masked = is_masked
        self.mailbox: Mailbox[Event | Exception | None] = Mailbox()
        self.listeners: dict[Callable[[Event | None], None], Watch] = {}
        self.subscription: Subscription | None = None
        self.has_ended = False
        self._watcher = watcher
        self._last: list[Tracked] = []

    def shown(self, event: Event) -> Event:
        """Return an event as it may be seen."""
        return masked_event(event) if self._is_masked() else event

    def masked(self, failure: Failure) -> Failure:
        """Return a failure as it may be seen."""
        if self._is_masked() and isinstance(failure, SmsError):
            mask_error(failure)
        return failure

    def seen(self) -> list[Tracked]:
        """Return the numbers, as they stand or stood at the end."""
        if self.has_ended or self.subscription is None:
            return self._last
        return self._watcher.seen(self.subscription)

    def deliver(self, event: Event, _message: Message | None) -> None:
        """Take an event."""
        self.mailbox.put(event)
        self._tell(event)

    def finished(self, failure: Exception | None) -> None:
        """Take the end."""
        self._last = self.seen()
        self.has_ended = True
        self.mailbox.put(failure)
        self._tell(None)
        self.listeners.clear()

    def _tell(self, event: Event | None) -> None:
        for listener in tuple(self.listeners):
            try:
                listener(event if event is None else self.shown(event))
            except Exception:
                LOG.exception("A listener of a watch failed.")


def masked_event(event: Event) -> Event:
    """Return an event that shows neither number nor code."""
    known = [one for one in (event.phone_number, event.phone_from, event.code) if one]
    return replace(
        event,
        **{
            name: masked_value(getattr(event, name), secret, known)
            for name, secret in _SECRETS.items()
            if hasattr(event, name)
        },
    )


def _abandon(watcher: Watcher, subscription: Subscription) -> None:
    """End a watch that nobody holds any more; this can be called anywhere, at any time."""
    if not LOOP.is_over:
        LOOP.submit(watcher.unsubscribe(subscription))


def _row(one: Tracked, now: datetime) -> dict[str, Any]:
    fresh, latest = one.fresh, one.messages[-1] if one.messages else None
    ends_at = one.life_ends_at
    left = None if ends_at is None or one.is_over else (ends_at - now).total_seconds()
    return {
        "activation_id": None if one.rented else one.ref,
        "rent_id": one.ref if one.rented else None,
        "phone_number": one.phone_number,
        "service": one.service,
        "country": one.country,
        "status": one.status,
        "code": fresh[-1].code if fresh else None,
        "text": latest.text if latest is not None else None,
        "url": latest.url if latest is not None else None,
        "codes": [message.code for message in one.messages if message.code],
        "messages": len(one.messages),
        "since": one.since,
        "ends_at": ends_at,
        "seconds_left": None if left is None else max(left, 0.0),
        "is_over": one.is_over,
    }

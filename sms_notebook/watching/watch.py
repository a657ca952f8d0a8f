"""A watch: events as they come, and a frame of how things stand."""

import asyncio
import logging
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Self, TypeVar

import pandas as pd
from msgspec.structs import asdict

from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.messages import Message
from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.errors import SmsError
from sms_notebook.protocol.errors.sms_error import Hint
from sms_notebook.protocol.frames import kinds
from sms_notebook.protocol.frames.schema import Column, Schema
from sms_notebook.protocol.frames.tables import MESSAGES
from sms_notebook.protocol.masking import mask_error, masked, masked_value
from sms_notebook.protocol.steps import Activity, Offload, Wait
from sms_notebook.watching.events import Event, Subscription, TrackedNumber
from sms_notebook.watching.loop import LOOP, ThreadQueue
from sms_notebook.watching.poller import Poller
from sms_notebook.watching.progress import NARRATOR, Progress

LOG = logging.getLogger("sms_notebook")
Failure = TypeVar("Failure", bound=Exception | None)

WATCHED = Schema(
    Column("phone_number", kinds.PHONE, "number with country code, without +"),
    Column("service", kinds.TEXT, "code of the service"),
    Column("country", kinds.COUNT, "id of the country"),
    Column("status", kinds.NAME, "the last word, STATUS_…; NA: nobody tells how it ended"),
    Column("is_over", kinds.FLAG, "whether nothing more will come"),
    Column("code", kinds.CODE, "the latest code; NA while one is awaited"),
    Column("codes", kinds.CODES, "all codes, the latest last"),
    Column("text", kinds.WORDS, "the latest message"),
    Column("url", kinds.LINK, "recording of the latest call; comes from strangers"),
    Column("messages", kinds.COUNT, "how many messages came in all"),
    Column("since", kinds.TIME, "when it was bought"),
    Column("ends_at", kinds.TIME, "when it ends by itself"),
    Column("seconds_left", kinds.SECONDS, "seconds until then"),
    Column("activation_id", kinds.NAME, "id of the activation; NA for a rent"),
    Column("rent_id", kinds.NAME, "id of the rent; NA for an activation"),
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
    poller : Poller
        Polls.
    account_ledger : AccountLedger
        Where codes are kept.
    activations, rents : iterable of str or None
        The ids; None for all that are alive.
    every : float
        Seconds between two polls.
    is_masked : callable
        Whether numbers and codes are masked now, in what this tells.
    progress : callable
        Returns what tells a person that it waits; None where nobody wants to hear it.
    """

    def __init__(
        self,
        poller: Poller,
        account_ledger: AccountLedger,
        activations: Iterable[str] | None,
        rents: Iterable[str] | None,
        every: float,
        *,
        is_masked: Callable[[], bool] = lambda: False,
        progress: Callable[[], Progress | None] = lambda: None,
    ) -> None:
        self._new_progress = progress
        self._progress: Progress | None = None
        self._poller = poller
        self._account_ledger = account_ledger
        self._is_masked = is_masked
        self._inbox = _Inbox(poller, is_masked)
        self._subscription = Subscription(
            activations, rents, every, self._inbox.deliver, self._inbox.finished
        )
        self._inbox.subscription = self._subscription
        self._started = False
        self._exhausted = False
        self._looks = 0

    def start(self) -> Self:
        """Begin to watch; ``with`` does it."""
        if not self._started:
            with NARRATOR.telling(self._new_progress(), Offload()):
                LOOP.run(self._begin())
        return self

    def close(self) -> None:
        """Stop watching. The numbers stay as they are."""
        self._conclude()
        if not self._started:
            return
        ending = self._poller.unsubscribe(self._subscription)
        if LOOP.is_current():  # a listener may end it all
            LOOP.submit(ending)
        else:
            LOOP.run(ending)

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
        with self._reporting_progress():
            take, is_alone = self._inbox.queue.take_async, LOOP.callers is not None
            event = self._opened(LOOP.run(take()) if is_alone else self._inbox.queue.take())
        if event is None:
            raise StopIteration
        return event

    # The same for asyncio -----------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        if not self._started:
            await asyncio.wrap_future(LOOP.submit(self._begin()))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._conclude()
        if self._started:
            await asyncio.wrap_future(LOOP.submit(self._poller.unsubscribe(self._subscription)))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        await self.__aenter__()
        if self._exhausted:
            raise StopAsyncIteration
        with self._reporting_progress():
            event = self._opened(await self._inbox.queue.take_async())
        if event is None:
            raise StopAsyncIteration
        return event

    # What it waits for, told to a person --------------------------------------------------------

    @contextmanager
    def _reporting_progress(self) -> Iterator[None]:
        """Tell a person that an event is waited for; from one event to the next it rests."""
        self._progress = self._progress or self._new_progress()
        if (progress := self._progress) is None:
            yield
            return
        NARRATOR.begin(progress, Wait(self._begin, self._activity))
        try:
            yield
        except BaseException as failure:
            progress.failure = failure
            raise
        finally:
            NARRATOR.rest(progress)
            if self._exhausted or progress.failure is not None:
                self._conclude()

    def _activity(self) -> Activity:
        """Say what is waited for."""
        numbers = self._inbox.numbers()
        what = f"events of {len(numbers)} numbers" if numbers else "numbers to watch"
        number, service, ref = None, None, None
        if len(numbers) == 1:
            what, ref = "events of {number}", numbers[0].ref
            number, service = numbers[0].phone_number, numbers[0].service
        stop, hints = "only stops watching", (Hint("{watch()} goes on"),)
        return Activity(what, number, service, ref, stop, hints, self._seconds_left)

    def _seconds_left(self) -> float | None:
        """Return the seconds until all is over, where that is known."""
        now = self._account_ledger.now()
        ends = [number.life_ends_at for number in self._inbox.numbers() if not number.is_over]
        known = [end for end in ends if end is not None]
        return (max(known) - now).total_seconds() if known and len(known) == len(ends) else None

    def _conclude(self) -> None:
        """Leave the last line, where something was shown."""
        progress, self._progress = self._progress, None
        if progress is not None:
            stays = "Stopped watching. The numbers stay as they are."
            is_over = self._inbox.has_ended
            NARRATOR.conclude(progress, "All that was watched is over." if is_over else stays)

    @property
    def frame(self) -> pd.DataFrame:
        """How the numbers stand, one row each.

        ``phone_number``, ``service``, ``country``, ``status``, ``is_over``, ``code``, ``codes``,
        ``text``, ``url``, ``messages``, ``since``, ``ends_at``, ``seconds_left``,
        ``activation_id``, ``rent_id``.
        """
        return _on_the_loop(self._view)

    def messages(self, activation_id: arg.OneNumber) -> pd.DataFrame:
        """All messages that are known of an activation in `frame`, the oldest first, one row each.

        ``code``, ``text``, ``phone_from``, ``channel``, ``url``, ``date_time``, ``activation_id``.
        """
        ref = arg.activation_id(activation_id)
        return _on_the_loop(lambda: self._messages(ref))

    @property
    def has_looked(self) -> bool:
        """Whether the provider was asked since it began, so that `frame` shows what lives."""
        return self._started and self._poller.looks > self._looks

    @property
    def trouble(self) -> SmsError | None:
        """Why the provider could not be asked the last time, or the ledger not be written."""
        return self._inbox.masked(self._poller.trouble)

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
        numbers = len(self._inbox.numbers())
        what = "1 number" if numbers == 1 else f"{numbers} numbers"
        return f"<Watch of {what}{', ended' if self._inbox.has_ended else ''}>"

    async def _begin(self) -> None:
        if self._started:
            return
        self._started = True
        self._looks = self._poller.looks
        # A watch that nobody holds any more ends: `for event in sms.watch(): break`.
        ending = weakref.finalize(self, _abandon, self._poller, self._subscription)
        ending.atexit = False
        await self._poller.subscribe(self._subscription)

    def _view(self) -> pd.DataFrame:
        now = self._account_ledger.now()
        return self._frame(WATCHED, [_row(number, now) for number in self._inbox.numbers()])

    def _messages(self, ref: str) -> pd.DataFrame:
        numbers = [number for number in self._inbox.numbers() if number.key == (False, ref)]
        messages = [message for number in numbers for message in number.messages]
        return self._frame(MESSAGES, [_message(message) for message in messages])

    def _frame(self, schema: Schema, rows: list[dict[str, Any]]) -> pd.DataFrame:
        frame = self._account_ledger.frame(schema, rows, "watch")
        return masked(frame) if self._is_masked() else frame

    def _opened(self, item: Event | Exception | None) -> Event | None:
        if not isinstance(item, Event):
            self._exhausted = True
            self._inbox.queue.put(item)  # for whoever else waits
        if isinstance(item, Exception):
            raise self._inbox.masked(item)
        return item if item is None else self._inbox.visible(item)


class _Inbox:
    """Takes what is delivered to a watch; the poller holds it, but not the watch."""

    def __init__(self, poller: Poller, is_masked: Callable[[], bool]) -> None:
        self._is_masked = is_masked
        self.queue: ThreadQueue[Event | Exception | None] = ThreadQueue()
        self.listeners: dict[Callable[[Event | None], None], Watch] = {}
        self.subscription: Subscription | None = None
        self.has_ended = False
        self._poller = poller
        self._last: list[TrackedNumber] = []

    def visible(self, event: Event) -> Event:
        """Return an event as it may be seen."""
        return masked_event(event) if self._is_masked() else event

    def masked(self, failure: Failure) -> Failure:
        """Return a failure as it may be seen."""
        if self._is_masked() and isinstance(failure, SmsError):
            mask_error(failure)
        return failure

    def numbers(self) -> list[TrackedNumber]:
        """Return the numbers, as they stand or stood at the end."""
        if self.has_ended or self.subscription is None:
            return self._last
        return self._poller.numbers(self.subscription)

    def deliver(self, event: Event, _message: Message | None) -> None:
        """Take an event."""
        self.queue.put(event)
        self._notify(event)

    def finished(self, failure: Exception | None) -> None:
        """Take the end."""
        self._last = self.numbers()
        self.has_ended = True
        self.queue.put(failure)
        self._notify(None)
        self.listeners.clear()

    def _notify(self, event: Event | None) -> None:
        for listener in list(self.listeners):
            try:
                listener(event if event is None else self.visible(event))
            except BaseException:  # nothing of it may end the thread of everybody's waits
                LOG.exception("A listener of a watch failed.")


def masked_event(event: Event) -> Event:
    """Return an event that shows neither number nor code."""
    known = [value for value in (event.phone_number, event.phone_from, event.code) if value]
    return replace(
        event,
        **{
            name: masked_value(getattr(event, name), secret, known)
            for name, secret in _SECRETS.items()
            if hasattr(event, name)
        },
    )


def _abandon(poller: Poller, subscription: Subscription) -> None:
    """End a watch that nobody holds any more; this can be called anywhere, at any time."""
    if not LOOP.is_over:
        LOOP.submit(poller.unsubscribe(subscription))


def _on_the_loop(view: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    async def viewed() -> pd.DataFrame:
        return view()

    return view() if LOOP.is_current() else LOOP.run(viewed())


def _message(message: Message) -> dict[str, Any]:
    at = message.received_at or message.seen_at
    return {**asdict(message), "date_time": at, "activation_id": message.ref}


def _row(number: TrackedNumber, now: datetime) -> dict[str, Any]:
    fresh, latest = number.fresh, number.messages[-1] if number.messages else None
    ends_at = number.life_ends_at
    left = None if ends_at is None or number.is_over else (ends_at - now).total_seconds()
    return {
        "activation_id": None if number.rented else number.ref,
        "rent_id": number.ref if number.rented else None,
        "phone_number": number.phone_number,
        "service": number.service,
        "country": number.country,
        "status": number.told_status,
        "code": fresh[-1].code if fresh else None,
        "text": getattr(latest, "text", None),
        "url": getattr(latest, "url", None),
        "codes": [message.code for message in number.messages if message.code],
        "messages": len(number.messages),
        "since": number.since,
        "ends_at": ends_at,
        "seconds_left": None if left is None else max(left, 0.0),
        "is_over": number.is_over,
    }

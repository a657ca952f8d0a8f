"""The watcher: one request a tick for all activations, and every code told once.

It runs on the loop thread. Codes reach it through the ledger: what a poll shows is written there
first, as is what a webhook brings, and the watcher reads on from where it was. So it does not
matter which kernel heard of a code, and none is lost when one dies.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from sms_notebook.orders.books import Books
from sms_notebook.orders.completing import ended
from sms_notebook.orders.schema import NUMBERS
from sms_notebook.protocol.calls import Buys
from sms_notebook.protocol.errors import (
    AccountBlocked,
    BadKey,
    Banned,
    LedgerProblem,
    RateLimited,
    SmsError,
    UsageProblem,
)
from sms_notebook.watching.polling import Do, Polling
from sms_notebook.watching.subscription import Subscription
from sms_notebook.watching.tracked import Tracked

EVERY = 3.0
"""Seconds between two polls, where nobody says otherwise."""

_TAIL = 0.2  # seconds between two looks into the ledger, for what others wrote
_SLOWEST = 60.0  # seconds between two polls of a provider that asks for patience
_FATAL = (BadKey, Banned, AccountBlocked, UsageProblem)
_RENTED = (Buys.RENT.value,)


class Watcher:
    """Polls for all subscriptions of one client.

    Parameters
    ----------
    books : Books
        Where codes are kept.
    do : callable
        Performs steps that only read, each request once.
    """

    def __init__(self, books: Books, do: Do) -> None:
        self._books = books
        self._polling = Polling(books, do)
        self._subscriptions: set[Subscription] = set()
        self._tracked: dict[tuple[bool, str], Tracked] = {}
        self._last = 0
        self._changes = 0
        self._slower = 1.0
        self._tasks: list[asyncio.Task[None]] = []
        self._poll_now = asyncio.Event()
        self._read_now = asyncio.Event()
        self._stop_listening: Callable[[], None] = lambda: None
        self.trouble: SmsError | None = None
        """Why the provider could not be asked the last time; None where it could."""
        self.answered_at: datetime | None = None
        """When the provider answered last, by our clock."""
        self.ticks = 0

    # Subscribing --------------------------------------------------------------------------------

    async def subscribe(self, subscription: Subscription) -> None:
        """Begin to tell somebody; what is new already is told at once."""
        if not self._tasks:
            self._begin()
        for tracked in self._follow(subscription.wanted):
            for message in tracked.fresh:
                subscription.tell(tracked.event("code", message.seen_at, message), message.id)
        self._subscriptions.add(subscription)
        self._poll_now.set()

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Tell somebody no more; without anybody left, nothing is polled."""
        self._subscriptions.discard(subscription)
        subscription.finish()
        if not self._subscriptions:
            await self.close()

    async def close(self) -> None:
        """Stop polling, and let everybody go."""
        for subscription in tuple(self._subscriptions):
            self._subscriptions.discard(subscription)
            subscription.finish()
        for task in self._rest():
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def seen(self, subscription: Subscription) -> list[Tracked]:
        """Return what a subscription watches, as it stands."""
        return [one for one in self._tracked.values() if subscription.wants(one)]

    def tracked(self, ref: str, *, rented: bool = False) -> Tracked | None:
        """Return what is known of one number."""
        return self._tracked.get((rented, ref))

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._last = self._books.ledger.messages.last_id()

        def wake() -> None:
            loop.call_soon_threadsafe(self._read_now.set)

        self._stop_listening = self._books.ledger.messages.listen(wake)
        self._tasks = [loop.create_task(self._poll()), loop.create_task(self._read_on())]

    def _rest(self) -> list[asyncio.Task[None]]:
        """Stop everything, until somebody subscribes again."""
        tasks, self._tasks = self._tasks, []
        others = [task for task in tasks if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        self._stop_listening()
        self._stop_listening = lambda: None
        self._tracked.clear()
        return others

    def _follow(self, wanted: Iterable[tuple[bool, str]]) -> list[Tracked]:
        """Track numbers, with what the ledger knows of them."""
        wanted = list(wanted)
        for rented, ref in wanted:
            self._tracked.setdefault((rented, ref), Tracked(ref, rented))
        followed = [self._tracked[key] for key in wanted]
        self._refresh(followed)
        return followed

    def _refresh(self, some: list[Tracked]) -> None:
        """Take over what the ledger knows of some numbers."""
        by_ref: dict[str, list[Tracked]] = {}
        for tracked in some:
            by_ref.setdefault(tracked.ref, []).append(tracked)
        ledger, account = self._books.ledger, self._books.account
        for number in ledger.numbers(account, NUMBERS.c.ref.in_(by_ref)):
            for tracked in by_ref[number.ref]:
                if tracked.rented == (number.buys in _RENTED):
                    _take_over(tracked, number)
        for message in ledger.messages.of(account.provider, by_ref):
            for tracked in by_ref[message.ref]:
                if message.id <= self._last:
                    tracked.take(message)

    # Polling ------------------------------------------------------------------------------------

    async def _poll(self) -> None:
        while True:
            self._poll_now.clear()
            try:
                await self._tick()
            except Exception as failure:  # whatever it is, nobody may wait for ever
                self._fail(failure)
                self._rest()
                raise
            if not self._subscriptions:
                self._rest()
                return
            every = min(one.every for one in self._subscriptions)
            await _rung(self._poll_now, min(every * self._slower, _SLOWEST))

    async def _tick(self) -> None:
        """Ask once for everything, and tell what came."""
        self.ticks += 1
        try:
            await self._ask()
        except _FATAL as failure:
            self.trouble = failure
            self._fail(failure)
        except LedgerProblem as failure:
            self.trouble = failure
        except SmsError as failure:
            self.trouble = failure
            is_asked_to = isinstance(failure, RateLimited)
            self._slower = self._slower * 2 if is_asked_to else self._slower
        else:
            self.trouble = None
            self.answered_at = datetime.now(UTC)
            self._slower = max(1.0, self._slower / 2)
        self._tell()
        self._let_go()

    async def _ask(self) -> None:
        alive = [one for one in self._tracked.values() if self._is_wanted(one) and not one.is_over]
        activations = {one.ref: one for one in alive if not one.rented}
        everything = any(one.everything for one in self._subscriptions)
        rents = [one for one in alive if one.rented]
        if self._changes != self._books.ledger.changes:
            self._changes = self._books.ledger.changes
            self._refresh(alive)
        if activations or everything:
            await self._ask_for_activations(activations, everything=everything)
        for rent in rents:
            await self._polling.rent(rent)
            if rent.is_over:
                self._over(rent)
        if any(one.all_rents for one in self._subscriptions):
            for row in await self._polling.rents():
                self._appear(row["rent_id"], row, rented=True)

    async def _ask_for_activations(
        self, activations: dict[str, Tracked], *, everything: bool
    ) -> None:
        listed = await self._polling.listed()
        if listed is None:
            await self._polling.one_by_one(list(activations.values()))
            gone = [one for one in activations.values() if one.is_over]
        else:
            for ref, row in listed.items():
                if ref in activations:
                    activations[ref].listed(row)
                elif everything:
                    self._appear(ref, row)
            await self._polling.calls(
                [one for one in self._tracked.values() if one.channel != "sms" and not one.rented],
                listed,
            )
            missing = [one for ref, one in activations.items() if ref not in listed]
            await self._polling.one_by_one(missing)
            gone = [one for one in missing if one.is_over]
        if gone:
            await self._see_off(gone)

    async def _see_off(self, gone: list[Tracked]) -> None:
        """Write how activations ended; a code that came at the very end is in the history."""
        past = await self._polling.past(gone)
        for one in gone:
            number = self._books.ledger.number(self._books.account, one.ref)
            if number is not None and one.ref in past:
                ended(self._books, number, past[one.ref])
        self._tell()
        for one in gone:
            self._over(one)

    def _appear(self, ref: str, row: dict[str, Any], *, rented: bool = False) -> None:
        if (rented, ref) in self._tracked:
            return
        (tracked,) = self._follow([(rented, ref)])
        if rented:
            tracked.phone_number = row["phone_number"]
        else:
            tracked.listed(row)
        for subscription in self._interested(tracked):
            subscription.tell(tracked.event("new", self._books.now()))
            for message in tracked.fresh:
                subscription.tell(
                    tracked.event(_kind(tracked), message.seen_at, message), message.id
                )

    # Telling ------------------------------------------------------------------------------------

    async def _read_on(self) -> None:
        """Tell at once what a webhook brought, here or in another process."""
        while True:
            self._read_now.clear()
            await _rung(self._read_now, _TAIL)
            self._tell()

    def _tell(self) -> None:
        """Read the ledger on, and tell what is new."""
        try:
            fresh = self._books.ledger.messages.after(self._books.account.provider, self._last)
        except LedgerProblem as problem:
            self.trouble = problem
            return
        for message in fresh:
            self._last = max(self._last, message.id)
            for rented in (False, True):
                tracked = self._tracked.get((rented, message.ref))
                if tracked is not None:
                    tracked.take(message)
                    event = tracked.event(_kind(tracked), message.seen_at, message)
                    for subscription in self._interested(tracked):
                        subscription.tell(event, message.id)

    def _over(self, tracked: Tracked) -> None:
        event = tracked.event("over", self._books.now())
        for subscription in self._interested(tracked):
            subscription.tell(event)

    def _let_go(self) -> None:
        """Finish subscriptions all of whose numbers are over."""
        for subscription in tuple(self._subscriptions):
            if subscription.everything or subscription.all_rents:
                continue
            if all(one.is_over for one in self.seen(subscription)):
                self._subscriptions.discard(subscription)
                subscription.finish()

    def _fail(self, failure: Exception) -> None:
        for subscription in tuple(self._subscriptions):
            self._subscriptions.discard(subscription)
            subscription.finish(failure)

    def _interested(self, tracked: Tracked) -> list[Subscription]:
        return [one for one in self._subscriptions if one.wants(tracked)]

    def _is_wanted(self, tracked: Tracked) -> bool:
        return any(one.wants(tracked) for one in self._subscriptions)


async def _rung(bell: asyncio.Event, seconds: float) -> None:
    """Wait for a bell, or so many seconds."""
    # Not wait_for: before Python 3.12 it can swallow a cancellation.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await bell.wait()


def _kind(tracked: Tracked) -> str:
    return "message" if tracked.rented else "code"


def _take_over(tracked: Tracked, number: Any) -> None:
    tracked.phone_number = number.phone_number or tracked.phone_number
    tracked.service = number.service or tracked.service
    tracked.country = number.country if number.country is not None else tracked.country
    tracked.channel = number.channel
    tracked.since = number.since or number.bought_at
    tracked.ends_at = number.ends_at
    tracked.old = number.old_messages

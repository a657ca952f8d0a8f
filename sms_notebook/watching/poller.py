"""The poller: as few requests a tick as it takes, and every code delivered once.

It runs on the loop thread. Codes reach it through the ledger: what a poll shows is written there
first, as is what a webhook brings, and the poller reads on from where it was. So it does not matter
which kernel heard of a code, and none is lost when one dies. What the ledger does not take is
delivered all the same.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import product
from typing import Any

from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.protocol.errors import BadAction, SmsError
from sms_notebook.protocol.frames.schema import FrameRow, text
from sms_notebook.watching.activation_checks import REALLY, ActivationChecks, is_vague
from sms_notebook.watching.events import NumberKey, Subscription, TrackedNumber
from sms_notebook.watching.loop import wait_for
from sms_notebook.watching.open_questions import FATAL, OpenQuestions
from sms_notebook.watching.queries import PollSchedule, ProviderQueries, RunSteps
from sms_notebook.watching.tracker import Tracker

LOG = logging.getLogger("sms_notebook")
_LIST = "list"


class Poller:
    """Polls for all subscriptions of one client.

    Parameters
    ----------
    account_ledger : AccountLedger
        Where codes are kept.
    run_steps : callable
        Runs steps that only read, each request once.
    """

    def __init__(self, account_ledger: AccountLedger, run_steps: RunSteps) -> None:
        self._account_ledger = account_ledger
        self._tracker = Tracker(account_ledger, self.announce)
        self._queries = ProviderQueries(account_ledger, run_steps, self._tracker.take)
        self._activations = ActivationChecks(account_ledger, self._tracker, self._queries, self)
        self._rents, self._rent_lists = OpenQuestions(), OpenQuestions()
        self._subscriptions: set[Subscription] = set()
        self._interested: dict[NumberKey, set[Subscription]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._poll_now = asyncio.Event()
        self._read_now = asyncio.Event()
        self._stop_listening: Callable[[], None] = lambda: None
        self._schedule = PollSchedule()
        self._trouble: SmsError | None = None
        self.ticks = 0
        self.looks = 0
        """Ticks that came to their end."""

    @property
    def trouble(self) -> SmsError | None:
        """Why the provider could not be asked the last time, or the ledger not be written."""
        return self._trouble or self._tracker.trouble

    # Subscribing --------------------------------------------------------------------------------

    async def subscribe(self, subscription: Subscription) -> None:
        """Begin to notify somebody; what is new already is delivered soon."""
        if not self._tasks:
            self._begin()
        self._subscriptions.add(subscription)
        subscription.since = self._tracker.last
        for number in self._tracker.follow(subscription.keys):
            self._interested.setdefault(number.key, set()).add(subscription)
            if subscription.wants_proof and not number.is_over:
                number.doubt_codes()
            subscription.notify_messages(number)
            if number.is_over:
                subscription.notify(number, "over", self._account_ledger.now())
        self._poll_now.set()

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Notify somebody no more; without anybody left, nothing is polled."""
        self._leave(subscription)
        if not self._subscriptions:
            await self.close()

    async def close(self, failure: Exception | None = None) -> None:
        """Stop polling, and let everybody go."""
        for subscription in tuple(self._subscriptions):
            self._leave(subscription, failure)
        loop = asyncio.get_running_loop()
        # In a process that was forked they are the parent's.
        if tasks := [task for task in self._rest() if task.get_loop() is loop]:
            await asyncio.wait(tasks)

    def numbers(self, subscription: Subscription) -> list[TrackedNumber]:
        """Return what a subscription watches, as it stands."""
        tracked = self._tracker.tracked
        numbers = [tracked.get(key) for key in list(subscription.keys)]  # from any thread
        return [number for number in numbers if number is not None]

    def tracked(self, ref: str, *, rented: bool = False) -> TrackedNumber | None:
        """Return what is known of one number."""
        return self._tracker.tracked.get((rented, ref))

    def is_silent_about(self, ref: str) -> bool:
        """Tell whether the provider does not answer about an activation."""
        number = self.tracked(ref)
        return number is not None and self._activations.is_silent(number)

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._tracker.begin()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended with the interpreter
                loop.call_soon_threadsafe(self._read_now.set)

        self._stop_listening = self._account_ledger.ledger.messages.listen(wake)
        self._tasks = [loop.create_task(self._guarded(run)) for run in (self._poll, self._read_on)]

    def _rest(self) -> list[asyncio.Task[Any]]:
        """Stop everything, until somebody subscribes again."""
        tasks, self._tasks = self._tasks, []
        others: list[asyncio.Task[Any]] = [
            task for task in tasks if task is not asyncio.current_task()
        ]
        for task in others:
            task.cancel()
        others += self._activations.cancel()
        others += (*self._rents.cancel(), *self._rent_lists.cancel())
        self._stop_listening()
        self._stop_listening = lambda: None
        self._tracker.end()
        return others

    def _leave(self, subscription: Subscription, failure: Exception | None = None) -> None:
        self._subscriptions.discard(subscription)
        subscription.finish(failure)
        for key in subscription.keys:
            interested = self._interested.get(key, set())
            interested.discard(subscription)
            if not interested and self._interested.pop(key, None) is not None:
                self._tracker.forget(key)

    # Polling ------------------------------------------------------------------------------------

    async def _guarded(self, run: Callable[[], Awaitable[None]]) -> None:
        """Whatever goes wrong, nobody may wait for ever."""
        try:
            await run()
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException as failure:
            LOG.exception("The poller stopped.")
            if not isinstance(failure, Exception):  # such as an exit that an HTTP client asks for
                failure = RuntimeError(f"polling was ended by {type(failure).__name__}: {failure}")
            self._fail(failure)
            self._rest()

    async def _poll(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._schedule.turn()
            is_early = self._poll_now.is_set()
            self._poll_now.clear()
            began = loop.time()
            failures = await self._tick(is_early=is_early)
            every = min((subscription.every for subscription in self._subscriptions), default=0.0)
            self._schedule.polled(began, every, failures)
            if not self._subscriptions:
                self._rest()
                return
            await wait_for(self._poll_now, self._schedule.pause(every))

    async def _tick(self, *, is_early: bool) -> list[SmsError]:
        """Ask once for everything, and deliver what came; return what failed."""
        self.ticks += 1
        self._tracker.refresh()
        failures = await self._activations.check(is_early=is_early)
        failures += await self._ask_for_rents()
        self._judge(failures)
        self.looks += 1
        self._tracker.read()
        self._let_go()
        return failures

    def _judge(self, failures: list[SmsError]) -> None:
        """Bear what passes, end where nothing helps."""
        fatal = self._activations.fatal
        self._trouble = fatal or next(iter(failures), None)
        if fatal is not None:
            self._fail(fatal)

    async def _ask_for_rents(self) -> list[SmsError]:
        if self.takers(rented=True):
            await self._rent_lists.ask({_LIST: self._list_rents})
        failures = self._rent_lists.failures()
        alive = [number for number in self._alive_rents() if not number.is_held]
        failures += await self._rents.each(alive, self._ask_for_rent)
        lacking = [each for each in failures if isinstance(each, FATAL) and not is_vague(each)]
        if lacking:  # it will not tell of any rent; activations can still be watched
            for subscription in tuple(self._subscriptions):
                if subscription.has_rents:
                    self._leave(subscription, lacking[0])
        return [failure for failure in failures if failure not in lacking]

    async def _list_rents(self) -> None:
        self._take_rents(await self._queries.rents())

    def _take_rents(self, rows: list[FrameRow]) -> None:
        """Take over what the list of rents shows."""
        if self.takers(rented=True):
            numbers = self._tracker.follow((True, row["rent_id"]) for row in rows)
            for number, row in zip(numbers, rows, strict=True):
                number.phone_number = text(row, "phone_number") or number.phone_number
            self.appear(numbers, rented=True)

    async def _ask_for_rent(self, number: TrackedNumber) -> None:
        number.is_held = True
        try:
            status = await self._queries.rent(number)
        except BadAction as failure:
            number.refused += 1
            if is_vague(failure) and number.refused >= REALLY:
                self.refuse(number, failure)
            raise
        finally:
            number.is_held = False
            self.announce(number)
        number.refused = 0
        if status is not None:
            number.end(status)
            self.over([number])

    # Delivering ---------------------------------------------------------------------------------

    async def _read_on(self) -> None:
        """Deliver at once what a webhook brought, here or in another process."""
        look_again = self._account_ledger.ledger.messages.look_again
        while True:
            self._read_now.clear()
            await wait_for(self._read_now, look_again)
            self._tracker.read()

    def announce(self, number: TrackedNumber) -> None:
        """Deliver the messages of a number to all who do not know them."""
        if not number.is_held:
            for subscription in self.interested_in(number):
                subscription.notify_messages(number)

    def appear(self, numbers: Sequence[TrackedNumber], *, rented: bool) -> None:
        """Notify those who want all of numbers that are new."""
        for subscription, number in product(self.takers(rented=rented), numbers):
            if number.key not in subscription.keys:
                subscription.keys[number.key] = None
                self._interested.setdefault(number.key, set()).add(subscription)
                subscription.notify(number, "new", self._account_ledger.now())
                subscription.notify_messages(number)

    def over(self, numbers: Sequence[TrackedNumber]) -> None:
        """Notify everybody that numbers are over, with the last messages."""
        for number in numbers:
            self.announce(number)
            for subscription in self.interested_in(number):
                subscription.notify(number, "over", self._account_ledger.now())
        self._let_go()
        if not self._subscriptions:
            self._poll_now.set()  # there is nothing to wait for

    def refuse(self, number: TrackedNumber, failure: SmsError) -> None:
        """Let those go who wait for a number that nobody tells anything about."""
        for subscription in self.interested_in(number):
            if not subscription.wants_all and len(subscription.keys) == 1:
                self._leave(subscription, failure)
        if self.interested_in(number):
            number.end(failure.wire or number.status)
            self.over([number])

    def interested_in(self, number: TrackedNumber) -> tuple[Subscription, ...]:
        """Return who subscribed to a number; to one that is no longer tracked, nobody."""
        if self._tracker.tracked.get(number.key) is not number:
            return ()
        return tuple(self._interested.get(number.key, ()))

    def _let_go(self) -> None:
        """Finish subscriptions all of whose numbers are over."""
        for subscription in tuple(self._subscriptions):
            if not subscription.wants_all and all(
                number.is_over for number in self.numbers(subscription)
            ):
                self._leave(subscription)

    def _fail(self, failure: Exception) -> None:
        for subscription in tuple(self._subscriptions):
            self._leave(subscription, failure)

    def _alive_rents(self) -> list[TrackedNumber]:
        tracked = self._tracker.tracked.values()
        return [number for number in tracked if number.rented and not number.is_over]

    def takers(self, *, rented: bool) -> list[Subscription]:
        """Return who wants all that are alive."""
        return [taker for taker in self._subscriptions if rented in taker.wants_all]

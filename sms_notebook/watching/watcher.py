"""The watcher: one request a tick for all activations, and every code told once.

It runs on the loop thread. Codes reach it through the ledger: what a poll shows is written there
first, as is what a webhook brings, and the watcher reads on from where it was. So it does not
matter which kernel heard of a code, and none is lost when one dies. What the ledger does not take
is told all the same.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator

from sms_notebook.orders.books import Books
from sms_notebook.orders.records import Record, text
from sms_notebook.protocol.errors import (
    AccountBlocked,
    BadAction,
    BadKey,
    Banned,
    SmsError,
    UsageProblem,
)
from sms_notebook.watching.farewell import Farewell
from sms_notebook.watching.memory import Memory
from sms_notebook.watching.pace import Pace
from sms_notebook.watching.polling import Do, Polling, State, arrivals_in
from sms_notebook.watching.subscription import Subscription
from sms_notebook.watching.tracked import RECEIVED, Key, Tracked

LOG = logging.getLogger("sms_notebook")
_TAIL = 0.2  # seconds between two looks into the ledger, for what others wrote
_FATAL = (BadKey, BadAction, Banned, AccountBlocked, UsageProblem)
_LACKING = (BadAction, UsageProblem)
_ALIVE = (RECEIVED, "STATUS_WAIT")  # how the words begin that are no end
_REALLY_FAILING = 5  # questions about a number
_REALLY_GONE = 3  # times in a row that an activation with a code is not listed


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
        self._memory = Memory(books, self._announce)
        self._polling = Polling(books, do, self._memory.heard)
        self._farewell = Farewell(books, self._polling, self._memory)
        self._subscriptions: set[Subscription] = set()
        self._interested: dict[Key, set[Subscription]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._poll_now = asyncio.Event()
        self._read_now = asyncio.Event()
        self._stop_listening: Callable[[], None] = lambda: None
        self._pace = Pace()
        self.is_answered = True
        """Whether the provider could be asked the last time."""
        self._trouble: SmsError | None = None
        self.ticks = 0

    @property
    def trouble(self) -> SmsError | None:
        """Why the provider could not be asked the last time, or the ledger not be written."""
        return self._trouble or self._memory.trouble

    # Subscribing --------------------------------------------------------------------------------

    async def subscribe(self, subscription: Subscription) -> None:
        """Begin to tell somebody; what is new already is told soon."""
        if not self._tasks:
            self._begin()
        self._subscriptions.add(subscription)
        subscription.since = self._memory.last
        for one in self._memory.follow(subscription.keys):
            self._interested.setdefault(one.key, set()).add(subscription)
            if one.is_over:
                subscription.tell_messages(one)
                subscription.tell(one, "over", self._books.now())
                continue
            if subscription.wants_proof:
                one.question()
            subscription.tell_messages(one)
        self._poll_now.set()

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Tell somebody no more; without anybody left, nothing is polled."""
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

    def seen(self, subscription: Subscription) -> list[Tracked]:
        """Return what a subscription watches, as it stands."""
        tracked = self._memory.tracked
        return [tracked[key] for key in subscription.keys if key in tracked]

    def tracked(self, ref: str, *, rented: bool = False) -> Tracked | None:
        """Return what is known of one number."""
        return self._memory.tracked.get((rented, ref))

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._memory.begin()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended with the interpreter
                loop.call_soon_threadsafe(self._read_now.set)

        self._stop_listening = self._books.ledger.messages.listen(wake)
        self._tasks = [loop.create_task(self._guarded(run)) for run in (self._poll, self._read_on)]

    def _rest(self) -> list[asyncio.Task[None]]:
        """Stop everything, until somebody subscribes again."""
        tasks, self._tasks = self._tasks, []
        others = [task for task in tasks if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        self._stop_listening()
        self._stop_listening = lambda: None
        self._memory.end()
        return others

    def _leave(self, subscription: Subscription, failure: Exception | None = None) -> None:
        self._subscriptions.discard(subscription)
        subscription.finish(failure)
        for key in subscription.keys:
            interested = self._interested.get(key, set())
            interested.discard(subscription)
            if not interested and self._interested.pop(key, None) is not None:
                self._memory.forget(key)

    # Polling ------------------------------------------------------------------------------------

    async def _guarded(self, run: Callable[[], Awaitable[None]]) -> None:
        """Whatever goes wrong, nobody may wait for ever."""
        try:
            await run()
        except Exception as failure:
            LOG.exception("The watcher stopped.")
            self._fail(failure)
            self._rest()

    async def _poll(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._pace.turn()
            self._poll_now.clear()
            began = loop.time()
            failures = await self._tick()
            every = min((one.every for one in self._subscriptions), default=0.0)
            self._pace.polled(began, every, failures)
            if not self._subscriptions:
                self._rest()
                return
            await _rung(self._poll_now, self._pace.pause(every))

    async def _tick(self) -> list[SmsError]:
        """Ask once for everything, and tell what came; return what failed."""
        self.ticks += 1
        self._memory.refresh()
        failures: list[SmsError] = []
        for part in (self._ask_for_activations, self._ask_for_rents):
            try:
                failures += await part()
            except SmsError as failure:
                failures.append(failure)
        self._judge(failures)
        self._memory.read()
        self._let_go()
        return failures

    def _judge(self, failures: list[SmsError]) -> None:
        """Bear what passes, end where nothing helps."""
        fatal = next((failure for failure in failures if isinstance(failure, _FATAL)), None)
        self._trouble = fatal or next(iter(failures), None)
        self.is_answered = not failures
        if fatal is not None:
            self._fail(fatal)
        for one in self._alive(rented=False):
            if one.attempts >= _REALLY_FAILING and one.fresh:
                # Nobody can be asked, and the ledger knows of nothing newer.
                one.is_proven = True
                self._announce(one)

    async def _ask_for_activations(self) -> list[SmsError]:
        if not self._alive(rented=False) and not self._takers(rented=False):
            return []
        with _counted(self._alive(rented=False)):
            listed = await self._polling.listed()
        if listed is not None:
            self._take(listed)
        alive = {one.ref: one for one in self._alive(rented=False)}
        unlisted, doubtful = list(alive.values()), []
        if listed is not None:
            shown = [one for ref, one in alive.items() if ref in listed]
            unlisted = [one for ref, one in alive.items() if ref not in listed]
            await self._polling.calls([one for one in shown if one.channel != "sms"], listed)
            doubtful = [one for one in shown if self._is_doubtful(one)]
            for one in unlisted:
                one.unlisted += 1
        gone: dict[Tracked, str] = {}

        async def ask(one: Tracked) -> None:
            with _counted([one]):
                state = await self._polling.state(one)
            if self._is_gone(one, state):
                gone[one] = state.status

        failures = await self._polling.each([*unlisted, *doubtful], ask)
        return failures + await self._see_off(gone)

    async def _see_off(self, gone: dict[Tracked, str]) -> list[SmsError]:
        """Let activations end, with what came to them; it is told when all of it is written."""
        if not gone:
            return []
        for one in gone:
            one.is_held = True
        try:
            over, failures = await self._farewell.see_off(gone)
        finally:
            for one in gone:
                one.is_held = False
        for one in over:
            one.is_proven = True
            self._over(one)
        return failures

    def _take(self, listed: dict[str, Record]) -> None:
        """Take over what the list of active activations shows."""
        memory, takers = self._memory, self._takers(rented=False)
        if takers:
            memory.follow((False, ref) for ref in listed)
        shown = {}
        some = [one for ref in listed if (one := self.tracked(ref)) is not None]
        for one in some:
            row = listed[one.ref]
            one.listed(row)
            told = (*(row["sms_codes"] or ()), row["sms_text"])
            if one.channel == "sms" and told != one.shown:
                shown[one.ref] = arrivals_in(row)
                one.shown = told
        if shown:
            memory.heard(False, shown)
        for subscription in takers:
            self._appear(subscription, some)

    def _is_doubtful(self, one: Tracked) -> bool:
        """Tell whether the list does not say which code is new, and somebody needs to know it."""
        if not one.fresh:
            one.is_proven = True
        # A list that shows the latest code only does not show a new one with the same digits.
        interested = self._interested_in(one)
        if one.is_retrying:
            return any(not somebody.everything for somebody in interested)
        return not one.is_proven and any(somebody.wants_proof for somebody in interested)

    def _is_gone(self, one: Tracked, state: State) -> bool:
        """Take over the state of an activation; tell whether it is over."""
        if not state.status.startswith(_ALIVE):
            return True
        self._memory.refresh()
        if state.doubt != one.doubt:  # it was asked too early
            return False
        one.status = state.status
        self._memory.prove(one, state)
        if state.code is not None and not one.fresh and not one.unlisted:
            self._memory.repeat(one, state.code)
        self._announce(one)
        # Some keep saying the code of an activation that is finished.
        return state.status == RECEIVED and one.unlisted >= _REALLY_GONE

    async def _ask_for_rents(self) -> list[SmsError]:
        failures: list[SmsError] = []
        if self._takers(rented=True):
            try:
                rows = await self._polling.rents()
            except SmsError as failure:
                failures.append(failure)
            else:
                self._take_rents(rows)
        failures += await self._polling.each(self._alive(rented=True), self._ask_for_rent)
        lacking = [failure for failure in failures if isinstance(failure, _LACKING)]
        if lacking:  # activations can still be watched
            for subscription in tuple(self._subscriptions):
                if subscription.has_rents:
                    self._leave(subscription, lacking[0])
        return [failure for failure in failures if failure not in lacking]

    def _take_rents(self, rows: list[Record]) -> None:
        """Take over what the list of rents shows."""
        if takers := self._takers(rented=True):
            some = self._memory.follow((True, row["rent_id"]) for row in rows)
            for one, row in zip(some, rows, strict=True):
                one.phone_number = text(row, "phone_number") or one.phone_number
            for subscription in takers:
                self._appear(subscription, some)

    async def _ask_for_rent(self, one: Tracked) -> None:
        one.is_held = True
        try:
            status = await self._polling.rent(one)
        finally:
            one.is_held = False
            self._announce(one)
        if status is not None:
            one.end(status)
            self._over(one)

    # Telling ------------------------------------------------------------------------------------

    async def _read_on(self) -> None:
        """Tell at once what a webhook brought, here or in another process."""
        while True:
            self._read_now.clear()
            await _rung(self._read_now, _TAIL)
            self._memory.read()

    def _announce(self, one: Tracked) -> None:
        """Tell the messages of a number to all who do not know them."""
        if not one.is_held:
            for subscription in self._interested_in(one):
                subscription.tell_messages(one)

    def _appear(self, subscription: Subscription, some: Iterable[Tracked]) -> None:
        """Tell of numbers that are new to somebody who wants all."""
        for one in some:
            if one.key not in subscription.keys:
                subscription.keys[one.key] = None
                self._interested.setdefault(one.key, set()).add(subscription)
                subscription.tell(one, "new", self._books.now())
                subscription.tell_messages(one)

    def _over(self, one: Tracked) -> None:
        self._announce(one)
        for subscription in self._interested_in(one):
            subscription.tell(one, "over", self._books.now())

    def _interested_in(self, one: Tracked) -> tuple[Subscription, ...]:
        """Return who wants to be told of a number; of one that is no longer tracked, nobody."""
        if self._memory.tracked.get(one.key) is not one:
            return ()
        return tuple(self._interested.get(one.key, ()))

    def _let_go(self) -> None:
        """Finish subscriptions all of whose numbers are over."""
        for subscription in tuple(self._subscriptions):
            if not subscription.is_general and all(one.is_over for one in self.seen(subscription)):
                self._leave(subscription)

    def _fail(self, failure: Exception) -> None:
        for subscription in tuple(self._subscriptions):
            self._leave(subscription, failure)

    def _alive(self, *, rented: bool) -> list[Tracked]:
        tracked = self._memory.tracked.values()
        return [one for one in tracked if one.rented is rented and not one.is_over]

    def _takers(self, *, rented: bool) -> list[Subscription]:
        """Return who wants all that are alive."""
        return [one for one in self._subscriptions if one.takes_all(rented=rented)]


@contextlib.contextmanager
def _counted(some: Iterable[Tracked]) -> Iterator[None]:
    """Count for numbers how often in a row nobody could be asked about them."""
    try:
        yield
    except SmsError:
        for one in some:
            one.attempts += 1
        raise


async def _rung(bell: asyncio.Event, seconds: float) -> None:
    """Wait for a bell, or so many seconds."""
    # Not wait_for: before Python 3.12 it can swallow a cancellation.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await bell.wait()

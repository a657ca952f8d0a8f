"""Everything about a call but the waiting, once for both clients.

A generator says what to send and how long to pause; a client does that and sends back the reply.
"""

import os
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import msgspec
import pandas as pd

from sms_notebook.client.catalogue import CATALOGUES, NAMED, Catalogue
from sms_notebook.client.hooks import Observer
from sms_notebook.client.ledger_access import LedgerAccess
from sms_notebook.forking import GatedLock
from sms_notebook.protocol.calls import Call, Effect, Frame
from sms_notebook.protocol.errors import (
    ApiError,
    CodeAlreadyReceived,
    ConnectionFailed,
    MalformedReply,
    Order,
    PurchaseUncertain,
    SmsError,
    UsageProblem,
)
from sms_notebook.protocol.errors.sms_error import PYTHON, Hint, Phrase, sentences
from sms_notebook.protocol.raw import raw_answer
from sms_notebook.protocol.replies import Context, Reply, error_reply
from sms_notebook.protocol.steps import (
    Activity,
    Ask,
    Offload,
    Pause,
    ProviderRequest,
    Send,
    Steps,
    Wait,
)
from sms_notebook.providers.row import Provider
from sms_notebook.providers.settings import Settings
from sms_notebook.transport import AsyncSender, RateLimiter, Retry

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from sms_notebook.cassettes.cassette import Cassette
    from sms_notebook.ledger.ledger import AccountLedger
    from sms_notebook.watching.poller import Poller
    from sms_notebook.watching.queries import RunSteps

T = TypeVar("T")


class Session(msgspec.Struct, frozen=True):
    """What a client knows, whichever way it waits."""

    settings: Settings
    retry: Retry
    rate_limiter: RateLimiter
    catalogue: Catalogue
    ledgers: LedgerAccess
    cassette: "Cassette | None" = None
    observer: Observer | None = None

    def observed(self, steps: Steps[T]) -> Steps[T]:
        """Return steps whose requests the hooks of the client hear of."""
        return steps if self.observer is None else self.observer.observed(steps)

    def frame(self, call: Call) -> Steps[pd.DataFrame]:
        """Perform a call: names to ids, then send, then read, then note what concerns orders."""
        self.check(call)
        if not NAMED.isdisjoint(call.params):
            call = yield from self.catalogue.resolve(call, self.read)
        if call.action.effect is Effect.PURCHASE:
            return (yield from self._purchase(call, self.buy))
        try:
            frame = yield from self.read(call)
        except CodeAlreadyReceived as refusal:
            if call.action.name == "setRentStatus":  # those of activations: see `cancel`
                yield Offload()
                self.ledgers.keep(call, refusal)
            raise
        if call.action.name in CATALOGUES:
            self.catalogue.learn(call, frame)
        if call.action.shows_numbers:
            yield from self._note(call, frame)
        return frame

    def _note(self, call: Call, frame: pd.DataFrame) -> Steps[None]:
        """Write down what a frame shows, where there is a ledger."""
        if self.ledgers.is_in_use:
            yield Offload()
            self.ledgers.note(call, frame)

    def check(self, call: Call) -> None:
        """Refuse what the provider would ignore, in one line and before anything is sent."""
        self._refuse_key(call)
        self.settings.provider.check(call)

    def _refuse_key(self, call: Call) -> None:
        """Refuse to send the key as anything else: addresses, logs and the ledger show it."""
        key = self.settings.key
        if key is not None and any(key.is_in(str(value)) for value in call.params.values()):
            raise UsageProblem(
                Phrase("a parameter holds the API key. It is sent anyway; leave it out")
            )

    def raw(self, call: Call) -> Steps[Any]:
        """Perform a call and return the decoded reply."""
        if call.action.effect is Effect.PURCHASE:
            self._refuse_key(call)
            return (yield from self._purchase(call, self._buy_raw))
        return (yield from self.perform(call, raw_answer))

    def buy(self, call: Call) -> Steps[tuple[pd.DataFrame, pd.DataFrame]]:
        """Send a purchase, once."""
        frame = yield from self.read(call)
        return frame, frame

    def _buy_raw(self, call: Call) -> Steps[tuple[Any, pd.DataFrame]]:
        # Whatever cannot be read as a purchase leaves the outcome open.
        return (
            yield from self.perform(
                call,
                lambda reply, context: _raw_and_read(call, reply, context),
            )
        )

    def _purchase(
        self, call: Call, buy: Callable[[Call], Steps[tuple[T, pd.DataFrame]]]
    ) -> Steps[T]:
        yield Offload()
        from sms_notebook.ledger.gate import purchase  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.ledger.purchases import PurchaseRequest  # noqa: PLC0415 - likewise

        account_ledger = self.ledgers.account_ledger
        # Without a limit a price need not be known: it is asked for once, and holds nothing up.
        patient = (
            self
            if account_ledger.budget is not None
            else msgspec.structs.replace(self, retry=Retry(0))
        )
        return (yield from purchase(account_ledger, PurchaseRequest(call), patient.read, buy))

    def noting(self, what: str) -> AbstractContextManager[None]:
        """Let a recording know how a wait ends."""
        return nullcontext() if self.cassette is None else self.cassette.noting(what)

    def read(self, call: Call) -> Steps[pd.DataFrame]:
        """Perform a call as it is, with ids and codes, also where it takes several requests."""
        composite = self.settings.provider.composites.get(call.action.name)
        return self.perform(call, call.read) if composite is None else composite(call, self._part)

    def _part(self, call: Call) -> Steps[pd.DataFrame]:
        """Perform one request of several, and note what it shows of a rent's messages."""
        frame = yield from self.perform(call, call.read)
        if call.action.name == "getRentStatus":  # else a code counts once more beside its text
            yield from self._note(call, frame)
        return frame

    def _say_inferred(self, call: Call) -> Steps[None]:
        """Say it before anything is done with a number that nobody read whose it is."""
        if self.ledgers.is_in_use:
            yield Offload()
            self.ledgers.say_inferred(call)

    def perform(self, call: Call, read: Callable[[Reply, Context], T]) -> Steps[T]:
        """Send until there is an answer, as often as the effect of the action allows."""
        provider = self.settings.provider
        question = provider.request(call)
        if call.action.effect is not Effect.READ:
            yield from self._say_inferred(call)
            is_purchase = call.action.effect is Effect.PURCHASE
            question = msgspec.structs.replace(question, on_fresh_connection=is_purchase)
        attempt = 0
        while True:
            if wait := self.rate_limiter.reserve():
                yield Pause(
                    wait, Activity(f"a turn to ask {provider.title}, whose rate is limited")
                )
            attempt += 1
            order = Order(call.action.name, call.params, datetime.now(UTC))
            reply: Reply | None = None
            try:
                reply = cast("Reply", (yield Send(question)))
                return read(reply, provider.context(call, reply))
            except SmsError as error:
                error.reply = error_reply(reply)
                if call.action.effect is Effect.PURCHASE and _is_open(error):
                    raise _uncertain(order, error, provider) from error
                if call.action.effect is Effect.CHANGE and _is_open(error):
                    error.hints += _HOW_TO_LOOK
                again_in = self.retry.pause(call.action.effect, error, attempt)
                if again_in is None:
                    raise
                why = f"another try at {provider.title} after {type(error).__name__}"
            except BaseException as interrupt:
                if call.action.effect is Effect.PURCHASE:
                    went = Phrase("The purchase may have gone through")
                    interrupt.add_note(sentences((went, _how_to_find_out(provider)), PYTHON))
                raise
            yield Pause(again_in, Activity(why))


def _how_to_find_out(provider: Provider) -> Hint:
    if not any(map(provider.has, ("getActiveActivations", "getHistory", "getRentList"))):
        return Hint(
            "before buying again look at the site of {title}: it has no list that can be asked for",
            title=provider.title,
        )
    return Hint(
        "before buying again call {reconcile()}: it looks at {get_active_activations()}, "
        "{get_rent_list()} and {get_history()}, and never buys"
    )


_HOW_TO_LOOK = (
    Hint("the change may have been made all the same"),
    Hint("look with {get_status()} or {get_rent_status()}"),
)


def _raw_and_read(call: Call, reply: Reply, context: Context) -> tuple[Any, pd.DataFrame]:
    """Read a purchase first: its error knows what may have been bought."""
    frame = call.read(reply, context)
    return raw_answer(reply, context), frame


def _is_open(error: SmsError) -> bool:
    """Tell whether money may have been spent in spite of an error."""
    if isinstance(error, ConnectionFailed):
        return error.sent
    if isinstance(error, ApiError):
        return not error.is_definite
    return isinstance(error, MalformedReply)


def _uncertain(order: Order, error: SmsError, provider: Provider) -> PurchaseUncertain:
    """Make the error for a purchase with an open outcome."""
    numbers = getattr(error, "found", ())
    names = ", ".join(" ".join(filter(None, item)) for item in numbers)
    uncertain = PurchaseUncertain(
        Phrase(
            "sent once, outcome unknown: {reason}{names}",
            reason=error.reason,
            names=f"; it names {names}" if names else "",
        ),
        hints=[Hint("money may have been spent"), _how_to_find_out(provider)],
        action=error.action,
        provider=error.provider,
    )
    uncertain.order, uncertain.found, uncertain.reply = order, numbers, error.reply
    return uncertain


class StepTaker(Generic[Frame]):
    """A part of a client that takes steps, whichever way that waits."""

    _session: Session

    def _take(self, steps: Steps[pd.DataFrame]) -> Frame:
        """Take the steps of something, in this client's way of waiting."""
        raise NotImplementedError


def drive(
    steps: Steps[T],
    send: Callable[[ProviderRequest], Reply],
    pause: Callable[[float], object],
) -> T:
    """Take the steps of a call, waiting in this thread."""
    from sms_notebook.watching.loop import LOOP  # noqa: PLC0415 - loads asyncio

    if threading.current_thread() is LOOP.thread:
        raise LOOP.misuse()
    answer: object = None
    failure: BaseException | None = None
    while True:
        try:
            step = steps.send(answer) if failure is None else steps.throw(failure)
        except StopIteration as done:
            return cast("T", done.value)
        answer = failure = None
        try:
            match step:
                case Send(request):
                    answer = send(request)
                case Wait(begin=begin):
                    answer = LOOP.run(begin())
                case Pause(seconds=seconds):
                    pause(seconds)
        except BaseException as error:  # noqa: BLE001 - the steps decide about it
            failure = error


async def drive_async(
    steps: Steps[T],
    send: Callable[[ProviderRequest], Awaitable[Reply]],
    pause: Callable[[float], Awaitable[object]],
    *,
    has_threads: bool = True,
) -> T:
    """Take the steps of a call, waiting in the event loop; what is offloaded, in threads."""
    from sms_notebook.client.offloading import OffloadedSteps, Result  # noqa: PLC0415 - loads asyncio
    from sms_notebook.watching.loop import LOOP  # noqa: PLC0415 - likewise

    offloaded = OffloadedSteps(steps, has_threads=has_threads)
    answer: object = None
    failure: BaseException | None = None
    while True:
        step = await offloaded.take(answer, failure)
        if isinstance(step, Result):
            return step.value
        answer = failure = None
        try:
            match step:
                case Send(request):
                    answer = await send(request)
                case Wait(begin=begin):
                    answer = await LOOP.wait(begin())
                case Pause(seconds=seconds):
                    await pause(seconds)
        except BaseException as error:  # noqa: BLE001 - the steps decide about it
            failure = error


class PollerHandle:
    """The poller of a client, and how it asks.

    Parameters
    ----------
    session : Session
        Of the client.
    sender : AsyncSender
        Sends from the loop thread.
    """

    def __init__(self, session: Session, sender: AsyncSender) -> None:
        from sms_notebook.watching.loop import LOOP  # noqa: PLC0415 - loads asyncio
        from sms_notebook.watching.poller import Poller  # noqa: PLC0415 - loads SQLAlchemy

        # A poll is not repeated: the next one is at hand.
        self._session = msgspec.structs.replace(session, retry=Retry(0))
        self._sender = sender
        self.account_ledger: AccountLedger = session.ledgers.account_ledger
        self._make: Callable[[AccountLedger, RunSteps], Poller] = Poller
        if (cassette := session.cassette) is not None:
            from sms_notebook.cassettes.cassette import RecordedPoller  # noqa: PLC0415 - likewise

            def recorded(account_ledger: "AccountLedger", run_steps: "RunSteps") -> RecordedPoller:
                poller = RecordedPoller(account_ledger, run_steps, cassette)
                cassette.on_dry = poller.dry
                return poller

            self._make = recorded
        self._moving = GatedLock()
        self._home: tuple[int, AbstractEventLoop | None] = (os.getpid(), LOOP.callers)
        # Made at once, under the lock of whoever makes this: threads that wait share it.
        self._poller: Poller = self._make(self.account_ledger, self.run_steps)

    @property
    def poller(self) -> "Poller":
        """The poller; a process that was forked has its own, and where no thread is, each loop."""
        from sms_notebook.watching.loop import LOOP  # noqa: PLC0415 - loads asyncio

        home = (os.getpid(), LOOP.callers)
        if self._home != home:
            with self._moving:
                if self._home != home:
                    self._poller = self._make(self.account_ledger, self.run_steps)
                    self._home = home
        return self._poller

    async def run_steps(self, steps: Callable[[Ask], Steps[T]]) -> T:
        """Run steps on the loop thread, which may wait for a database.

        What a reply shows is written and taken over without anything in between.
        """
        from asyncio import sleep  # noqa: PLC0415 - likewise

        observed = self._session.observed(steps(self._session.frame))
        return await drive_async(observed, self._sender.send, sleep, has_threads=False)

    async def close(self) -> None:
        """Stop watching, and close the connections."""
        await self.poller.close()
        await self._sender.close()

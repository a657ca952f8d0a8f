"""Everything about a call but the waiting, once for both clients.

A generator says what to send and how long to pause; a client does that in its own way and sends
back the reply.
"""

from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import pandas as pd

from sms_notebook.client.bookkeeping import Bookkeeper
from sms_notebook.client.catalogue import Catalogue
from sms_notebook.client.settings import Settings
from sms_notebook.protocol.calls import Call, Effect, raw_answer
from sms_notebook.protocol.context import Context
from sms_notebook.protocol.errors import (
    ApiError,
    ConnectionFailed,
    MalformedReply,
    Order,
    PurchaseUncertain,
    SmsError,
)
from sms_notebook.protocol.replies import Reply
from sms_notebook.transport import Pace, Question, Retry
from sms_notebook.watching.loop import LOOP

if TYPE_CHECKING:
    from sms_notebook.client.taping import Taping

T = TypeVar("T")


class Send(NamedTuple):
    """Send this question, once."""

    question: Question


class Pause(NamedTuple):
    """Wait so many seconds."""

    seconds: float


class Wait(NamedTuple):
    """Do this on the loop thread, and wait for what comes of it."""

    begin: Callable[[], Coroutine[Any, Any, Any]]


Steps = Generator[Send | Pause | Wait, Any, T]
"""What a client does, step by step; a reply, or what was waited for, is sent back in."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a client knows, whichever way it waits."""

    settings: Settings
    retry: Retry
    pace: Pace
    catalogue: Catalogue
    keeper: Bookkeeper
    taping: "Taping | None" = None

    def frame(self, call: Call) -> Steps[pd.DataFrame]:
        """Perform a call: names to ids, then send, then read, then note what concerns orders."""
        call = yield from self.catalogue.resolve(call, self.read)
        if call.action.effect is Effect.PURCHASE:
            return (yield from self._purchase(call, self.buy))
        frame = yield from self.read(call)
        self.catalogue.learn(call, frame)
        self.keeper.note(call, frame)
        return frame

    def raw(self, call: Call) -> Steps[Any]:
        """Perform a call and return the decoded reply."""
        if call.action.effect is Effect.PURCHASE:
            return (yield from self._purchase(call, self._buy_raw))
        return (yield from self._perform(call, raw_answer))

    def buy(self, call: Call) -> Steps[tuple[pd.DataFrame, pd.DataFrame]]:
        """Send a purchase, once."""
        frame = yield from self.read(call)
        return frame, frame

    def _buy_raw(self, call: Call) -> Steps[tuple[Any, pd.DataFrame]]:
        # Whatever cannot be read as a purchase leaves the outcome open.
        return (
            yield from self._perform(
                call,
                lambda reply, context: (raw_answer(reply, context), call.read(reply, context)),
            )
        )

    def _purchase(
        self, call: Call, buy: Callable[[Call], Steps[tuple[T, pd.DataFrame]]]
    ) -> Steps[T]:
        from sms_notebook.orders.gate import purchase  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.orders.wishes import Wish  # noqa: PLC0415 - likewise

        return (yield from purchase(self.keeper.books, Wish(call), self.read, buy))

    def noting(self, what: str) -> AbstractContextManager[None]:
        """Let a recording know how a wait ends."""
        return nullcontext() if self.taping is None else self.taping.noting(what)

    @staticmethod
    def rest(seconds: float) -> Steps[None]:
        """Wait some seconds."""
        yield Pause(seconds)

    def read(self, call: Call) -> Steps[pd.DataFrame]:
        """Perform a call as it is, with ids and codes."""
        return self._perform(call, call.read)

    def _perform(self, call: Call, read: Callable[[Reply, Context], T]) -> Steps[T]:
        """Send until there is an answer, as often as the effect of the action allows."""
        provider = self.settings.provider
        question = provider.question(call)
        if call.action.effect is Effect.PURCHASE:
            question = replace(question, on_fresh_connection=True)
        attempt = 0
        while True:
            if wait := self.pace.reserve():
                yield Pause(wait)
            attempt += 1
            order = Order(call.action.name, call.params, datetime.now(UTC))
            try:
                reply: Reply = yield Send(question)
                context = Context(
                    call.action.name,
                    call.params,
                    provider.name,
                    provider.zone,
                    provider.note_on(call.action.name),
                    reply.at or datetime.now(UTC),
                )
                return read(reply, context)
            except SmsError as error:
                if call.action.effect is Effect.PURCHASE and _is_open(error):
                    raise _uncertain(order, error) from error
                if call.action.effect is Effect.CHANGE and _is_open(error):
                    error.args = (f"{error} {_HOW_TO_LOOK}",)
                pause = self.retry.pause(call.action.effect, error, attempt)
                if pause is None:
                    raise
            except BaseException as interrupt:
                if call.action.effect is Effect.PURCHASE:
                    interrupt.add_note(f"The purchase may have gone through. {_HOW_TO_FIND_OUT}")
                raise
            yield Pause(pause)


_HOW_TO_FIND_OUT = (
    "Before buying again call sms.reconcile(): it looks at get_active_activations(), "
    "get_rent_list() and get_history(), and never buys."
)


_HOW_TO_LOOK = (
    "The change may have been made all the same: look with get_status() or get_rent_status()."
)


def _is_open(error: SmsError) -> bool:
    """Tell whether money may have been spent in spite of an error."""
    if isinstance(error, ConnectionFailed):
        return error.sent
    if isinstance(error, ApiError):
        return not error.is_definite
    return isinstance(error, MalformedReply)


def _uncertain(order: Order, error: SmsError) -> PurchaseUncertain:
    """Make the error for a purchase with an open outcome."""
    where = f"{error.action} at {error.provider}"
    what = str(error).removeprefix(f"{where}: ").partition(". ")[0]
    uncertain = PurchaseUncertain(
        f"{where}: sent once, outcome unknown: {what}. "
        f"Money may have been spent. {_HOW_TO_FIND_OUT}",
        action=error.action,
        provider=error.provider,
    )
    uncertain.order = order
    return uncertain


def drive(steps: Steps[T], send: Callable[[Question], Reply], pause: Callable[[float], Any]) -> T:
    """Take the steps of a call, waiting in this thread."""
    if LOOP.is_current():
        raise LOOP.misuse()
    reply: Any = None
    failure: BaseException | None = None
    while True:
        try:
            step = steps.send(reply) if failure is None else steps.throw(failure)
        except StopIteration as done:
            return cast("T", done.value)
        reply = failure = None
        try:
            if isinstance(step, Send):
                reply = send(step.question)
            elif isinstance(step, Wait):
                reply = LOOP.run(step.begin())
            else:
                pause(step.seconds)
        except BaseException as error:  # noqa: BLE001 - the steps decide about it
            failure = error


async def drive_async(
    steps: Steps[T],
    send: Callable[[Question], Awaitable[Reply]],
    pause: Callable[[float], Awaitable[Any]],
) -> T:
    """Take the steps of a call, waiting in the event loop."""
    reply: Any = None
    failure: BaseException | None = None
    while True:
        try:
            step = steps.send(reply) if failure is None else steps.throw(failure)
        except StopIteration as done:
            return cast("T", done.value)
        reply = failure = None
        try:
            if isinstance(step, Send):
                reply = await send(step.question)
            elif isinstance(step, Wait):
                reply = await LOOP.wait(step.begin())
            else:
                await pause(step.seconds)
        except BaseException as error:  # noqa: BLE001 - the steps decide about it
            failure = error

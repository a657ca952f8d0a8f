"""Waiting for one code: it ends with the code, with the activation, or when time is up."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from sms_notebook.orders.books import Books
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.errors import (
    ActivationOver,
    CodeTimeout,
    ConnectionFailed,
    SmsError,
)
from sms_notebook.protocol.frames.kinds import NAME, PHONE, TEXT, TIME
from sms_notebook.protocol.frames.schema import Column, Schema
from sms_notebook.watching.events import Event
from sms_notebook.watching.polling import Do
from sms_notebook.watching.subscription import Subscription
from sms_notebook.watching.tracked import LIFE, RECEIVED
from sms_notebook.watching.watcher import Watcher

CODE = Schema(
    (
        Column("activation_id", NAME, "id of the activation"),
        Column("code", TEXT, "the code; NA where none was recognised in the message"),
        Column("text", TEXT, "the message, or what was understood of the call"),
        Column("channel", NAME, "sms, call (the calling number counts) or voice"),
        Column("phone_from", PHONE, "who called"),
        Column("url", TEXT, "recording of the call; comes from strangers"),
        Column("received_at", TIME, "when it came, by the provider's clock; NA where not told"),
        Column("seen_at", TIME, "when it was first seen here"),
    )
)
"""A code that came, one row."""

_CALLS = Calls()
_LATE = timedelta(minutes=5)
"""How long after its life an activation is waited for that nobody can ask about."""
_PAUSE = 1.0  # seconds between two looks whether the provider answers
_OVER = ("STATUS_CANCEL", "NO_ACTIVATION")


async def code(
    watcher: Watcher, books: Books, do: Do, ref: str, *, timeout: float | None, every: float
) -> Row[Any]:
    """Wait for a code that is new.

    Parameters
    ----------
    watcher : Watcher
        Polls for it.
    books : Books
        Where codes are kept.
    do : callable
        Performs steps that only read.
    ref : str
        The activation.
    timeout : float or None
        Seconds; None waits as long as the activation lives.
    every : float
        Seconds between two polls.

    Returns
    -------
    Row
        The message.

    Raises
    ------
    CodeTimeout, ActivationOver, ConnectionFailed
        The activation is alive, has ended, or nobody can be asked about it.
    """
    there, old = await _there_already(books, do, ref)
    if there is not None:
        return there
    bell = _Bell()
    subscription = Subscription([ref], (), every, bell.deliver, bell.finished, told=old)
    await watcher.subscribe(subscription)
    try:
        async with asyncio.timeout(timeout):
            while True:
                await _rung(bell, watcher, _gives_up_at(books, ref))
                if fresh := [message for message in _fresh(books, ref) if message.id not in old]:
                    return fresh[-1]
                if bell.is_over:
                    raise bell.failure or _over(books, ref)
    except TimeoutError:
        raise _timed_out(watcher, books, ref, timeout) from None
    finally:
        await watcher.unsubscribe(subscription)


class _Bell:
    """Rings when a code came, and when nothing more will come."""

    def __init__(self) -> None:
        self.rings = asyncio.Event()
        self.is_over = False
        self.failure: Exception | None = None

    def deliver(self, event: Event) -> None:
        if event.kind == "code":
            self.rings.set()

    def finished(self, failure: Exception | None) -> None:
        self.is_over, self.failure = True, failure
        self.rings.set()


async def _rung(bell: _Bell, watcher: Watcher, end: datetime) -> None:
    """Wait for the bell; while the provider does not answer, not longer than a life lasts."""
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PAUSE):
                await bell.rings.wait()
            bell.rings.clear()
            return
        if watcher.trouble is not None and datetime.now(UTC) > end:
            raise TimeoutError


def _gives_up_at(books: Books, ref: str) -> datetime:
    number = books.ledger.number(books.account, ref)
    begun = number.bought_at if number is not None and books.clock_agrees else datetime.now(UTC)
    return begun + LIFE + _LATE


async def _there_already(books: Books, do: Do, ref: str) -> tuple[Row[Any] | None, set[int]]:
    """Return a code that came before, unless one more has been asked for since; else the old."""
    fresh = _fresh(books, ref)
    if not fresh:
        return None, set()
    try:
        frame = await do(lambda ask: ask(_CALLS.get_status(ref)))
    except SmsError:
        return fresh[-1], set()  # nobody can be asked; the ledger knows of nothing newer
    fresh = _fresh(books, ref)
    if frame.loc[0, "status"] in (RECEIVED, *_OVER):
        return fresh[-1], set()
    # Somebody else asked for one more: what is there is old.
    known = books.ledger.messages.of(books.account.provider, [ref])
    number = books.ledger.number(books.account, ref)
    if number is not None:
        books.ledger.change(number.id, old_messages=len(known))
    return None, {message.id for message in known}


def _fresh(books: Books, ref: str) -> list[Row[Any]]:
    number = books.ledger.number(books.account, ref)
    known = books.ledger.messages.of(books.account.provider, [ref])
    return known[number.old_messages if number is not None else 0 :]


def _timed_out(
    watcher: Watcher, books: Books, ref: str, timeout: float | None
) -> CodeTimeout | ConnectionFailed:
    provider = books.account.provider
    trouble = f" The last question failed: {watcher.trouble}" if watcher.trouble else ""
    if timeout is None:
        failed = ConnectionFailed(
            f"activation {ref} at {provider} must be over, and the provider does not answer."
            f"{trouble}",
            provider=provider,
        )
        failed.sent = False
        return failed
    late = CodeTimeout(
        f"no code for activation {ref} at {provider} in {timeout:g} seconds. It is still alive: "
        f"sms.wait_code('{ref}') goes on waiting, sms.cancel('{ref}') gives it back.{trouble}",
        provider=provider,
    )
    late.activation = ref
    return late


def _over(books: Books, ref: str) -> ActivationOver:
    number = books.ledger.number(books.account, ref)
    state = number.state if number is not None else "over"
    back = " The money came back." if number is not None and number.refunded else ""
    over = ActivationOver(
        f"activation {ref} at {books.account.provider} is {state}, and no new code came.{back} "
        "Order another number, or look at sms.ledger().",
        provider=books.account.provider,
    )
    over.activation, over.status = ref, state
    return over


class WaitStopped(KeyboardInterrupt):  # noqa: N818 - it is the interrupt, with a better line
    """A person stopped waiting for a code. The activation is still alive."""

    def _render_traceback_(self) -> list[str]:
        """One red line in place of IPython's traceback."""
        return [f"\x1b[31m{self}\x1b[0m"]


def stopped(ref: str) -> WaitStopped:
    """Say that waiting was stopped, and how to go on."""
    return WaitStopped(
        f"Stopped waiting. Activation {ref} is still alive: sms.wait_code('{ref}') goes on waiting, "
        f"sms.cancel('{ref}') gives it back."
    )

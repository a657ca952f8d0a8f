"""Waiting for one code: it ends with the code, with the activation, or when time is up."""

import asyncio
import contextlib
import copy
from datetime import UTC, datetime, timedelta

from sms_notebook.orders.books import Books
from sms_notebook.protocol.errors import (
    ActivationOver,
    CodeTimeout,
    ConnectionFailed,
    LedgerProblem,
    SmsError,
    UsageProblem,
)
from sms_notebook.protocol.frames import kinds
from sms_notebook.protocol.frames.schema import Column, Schema
from sms_notebook.watching.events import Event
from sms_notebook.watching.subscription import Subscription
from sms_notebook.watching.tracked import LIFE, Message
from sms_notebook.watching.watcher import Watcher

CODE = Schema(
    (
        Column("activation_id", kinds.NAME, "id of the activation"),
        Column("code", kinds.CODE, "the code; NA where none was recognised in the message"),
        Column("text", kinds.WORDS, "the message, or what was understood of the call"),
        Column("channel", kinds.NAME, "sms, call (the calling number counts) or voice"),
        Column("phone_from", kinds.CALLER, "who called"),
        Column("url", kinds.LINK, "recording of the call; comes from strangers"),
        Column(
            "received_at", kinds.TIME, "when it came, by the provider's clock; NA where not told"
        ),
        Column("seen_at", kinds.TIME, "when it was first seen here"),
    )
)
"""A code that came, one row."""

PATIENCE = LIFE + timedelta(minutes=5)
"""How long after buying an activation is waited for that nobody can ask about."""

_PAUSE = 1.0  # seconds between two looks whether the provider answers


async def code(
    watcher: Watcher,
    books: Books,
    ref: str,
    *,
    timeout: float | None,  # noqa: ASYNC109 - it ends in an error of its own
    every: float,
) -> Message:
    """Wait for a code that is new.

    Parameters
    ----------
    watcher : Watcher
        Polls for it.
    books : Books
        Where codes are kept.
    ref : str
        The activation.
    timeout : float or None
        Seconds; None waits as long as the activation lives.
    every : float
        Seconds between two polls.

    Returns
    -------
    Message
        The latest.

    Raises
    ------
    CodeTimeout, ActivationOver, ConnectionFailed, UsageProblem
        The activation is alive, has ended, nobody can be asked about it, or the client was closed.
    """
    bell = _Bell()
    subscription = Subscription([ref], (), every, bell.deliver, bell.finished, wants_proof=True)
    await watcher.subscribe(subscription)
    end = _gives_up_at(watcher, books, ref)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await _rung(bell, watcher, end)
        if bell.message is not None:
            return bell.message
        raise _failure(bell, watcher, books, ref, timeout)
    finally:
        await watcher.unsubscribe(subscription)


class _Bell:
    """Rings when a code came, and when nothing more will come."""

    def __init__(self) -> None:
        self.rings = asyncio.Event()
        self.message: Message | None = None
        self.last_word: str | None = None
        self.failure: Exception | None = None
        self.is_given_up = False

    def deliver(self, event: Event, message: Message | None) -> None:
        if event.kind == "over":
            self.last_word = event.status
        elif message is not None:
            self.message = message
            self.rings.set()

    def finished(self, failure: Exception | None) -> None:
        self.failure = failure
        self.rings.set()


async def _rung(bell: _Bell, watcher: Watcher, end: datetime) -> None:
    """Wait for the bell; while the provider does not answer, not longer than a life lasts."""
    while not bell.rings.is_set():
        if not watcher.is_answered and datetime.now(UTC) > end:
            bell.is_given_up = True
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PAUSE):
                await bell.rings.wait()


def _gives_up_at(watcher: Watcher, books: Books, ref: str) -> datetime:
    tracked = watcher.tracked(ref)
    begun = tracked.bought_at if tracked is not None and books.clock_agrees else None
    return (begun or datetime.now(UTC)) + PATIENCE


def _failure(
    bell: _Bell, watcher: Watcher, books: Books, ref: str, timeout: float | None
) -> Exception:
    """Say why there is no code."""
    if bell.failure is not None:
        return copy.copy(bell.failure)  # others may have got the same
    provider = books.account.provider
    if bell.last_word is not None:
        return _over(books, ref, bell.last_word)
    if bell.rings.is_set():
        return UsageProblem(
            f"the client was closed. Activation {ref} is still alive: make a new client, then "
            f"sms.wait_code('{ref}').",
            provider=provider,
        )
    trouble = f" The last question failed: {watcher.trouble}" if watcher.trouble else ""
    if bell.is_given_up:
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


def _over(books: Books, ref: str, last_word: str) -> SmsError:
    number = None
    with contextlib.suppress(LedgerProblem):
        number = books.ledger.number(books.account, ref)
    state = number.state if number is not None else "over"
    if number is None and last_word == "NO_ACTIVATION":
        state = "not known there"
    back = " The money came back." if number is not None and number.refunded else ""
    over = ActivationOver(
        f"activation {ref} at {books.account.provider} is {state}, and no new code came.{back} "
        "Order another number, or look at sms.ledger().",
        provider=books.account.provider,
    )
    over.activation, over.status = ref, last_word
    return over


class WaitStopped(KeyboardInterrupt):
    """A person stopped waiting for a code. The activation is still alive."""

    def _render_traceback_(self) -> list[str]:
        """One red line in place of IPython's traceback."""
        return [f"\x1b[31m{self}\x1b[0m"]


def stopped(ref: str) -> WaitStopped:
    """Say that waiting was stopped, and how to go on."""
    return WaitStopped(
        f"Stopped waiting. Activation {ref} is still alive: sms.wait_code('{ref}') goes on "
        f"waiting, sms.cancel('{ref}') gives it back."
    )

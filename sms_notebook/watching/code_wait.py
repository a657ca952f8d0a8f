"""Waiting for one code: it ends with the code, with the activation, or when time is up."""

import asyncio
import contextlib
import copy
from datetime import UTC, datetime, timedelta

from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.messages import Message
from sms_notebook.protocol.errors import (
    ActivationOver,
    CodeTimeout,
    ConnectionFailed,
    LedgerProblem,
    SmsError,
    UsageProblem,
)
from sms_notebook.protocol.errors.sms_error import Advised, Hint, Phrase
from sms_notebook.protocol.frames import kinds
from sms_notebook.protocol.frames.schema import Column, Schema
from sms_notebook.watching.events import Event, Subscription
from sms_notebook.watching.loop import wait_for
from sms_notebook.watching.poller import Poller

CODE = Schema(
    Column("code", kinds.CODE, "the code; NA where none was recognised in the message"),
    Column("text", kinds.WORDS, "the message, or what was understood of the call"),
    Column("phone_from", kinds.CALLER, "who called"),
    Column("channel", kinds.NAME, "sms, call (the calling number counts) or voice"),
    Column("url", kinds.LINK, "recording of the call; comes from strangers"),
    Column("received_at", kinds.TIME, "when it came, by the provider's clock; NA where not told"),
    Column("seen_at", kinds.TIME, "when it was first seen here"),
    Column("activation_id", kinds.NAME, "id of the activation"),
)
"""A code that came, one row."""

MARGIN = timedelta(minutes=5)
"""How much longer than its life an activation is waited for that nobody can ask about."""

_PAUSE = 1.0  # seconds between two looks whether the provider answers


async def code(
    poller: Poller,
    account_ledger: AccountLedger,
    ref: str,
    *,
    timeout: float | None,  # noqa: ASYNC109 - it ends in an error of its own
    every: float,
) -> Message:
    """Wait for a code that is new.

    Parameters
    ----------
    poller : Poller
        Polls for it.
    account_ledger : AccountLedger
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
    return await _CodeWait(poller, account_ledger, ref).run(timeout, every)


class _CodeWait:
    """One wait for a code: it knows when that came, and when nothing more will come."""

    def __init__(self, poller: Poller, account_ledger: AccountLedger, ref: str) -> None:
        self._poller = poller
        self._account_ledger = account_ledger
        self._ref = ref
        self._is_done = asyncio.Event()
        self._message: Message | None = None
        self._last_word: str | None = None
        self._is_end_told = True
        self._end_failure: SmsError | None = None
        self._failure: Exception | None = None

    async def run(self, seconds: float | None, every: float) -> Message:
        subscription = Subscription(
            [self._ref], (), every, self._deliver, self._finished, wants_proof=True
        )
        await self._poller.subscribe(subscription)
        begun = datetime.now(UTC)
        is_given_up = False
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while not self._is_done.is_set() and not is_given_up:
                        # While the provider does not answer, not longer than a life lasts.
                        is_silent = self._poller.is_silent_about(self._ref)
                        is_given_up = is_silent and datetime.now(UTC) > self._gives_up_at(begun)
                        if not is_given_up:
                            await wait_for(self._is_done, _PAUSE)
            if self._message is not None:
                return self._message
            raise self._why_none(seconds, is_given_up=is_given_up)
        finally:
            await self._poller.unsubscribe(subscription)

    def _deliver(self, event: Event, message: Message | None) -> None:
        if event.kind == "over":
            self._last_word, ended = event.status, self._poller.tracked(self._ref)
            if ended is not None:
                self._last_word, self._is_end_told = ended.status, ended.is_end_told
                self._end_failure = ended.end_failure
        elif message is not None:
            self._message = message
            self._is_done.set()

    def _finished(self, failure: Exception | None) -> None:
        self._failure = failure
        self._is_done.set()

    def _gives_up_at(self, begun: datetime) -> datetime:
        """Return until when an activation that nobody can ask about is waited for, by our clock."""
        tracked = self._poller.tracked(self._ref)
        if tracked is None or not self._account_ledger.clock_agrees:
            provider = self._account_ledger.provider
            return begun + timedelta(seconds=provider.longest_life or provider.life) + MARGIN
        return tracked.latest_end(tracked.bought_at or begun) + MARGIN

    def _why_none(self, seconds: float | None, *, is_given_up: bool) -> Exception:
        """Say why there is no code."""
        ref, provider = self._ref, self._account_ledger.provider.name
        if self._failure is not None:
            return copy.copy(self._failure)  # others may have got the same
        if self._last_word is not None:
            return self._over(self._last_word)
        if self._is_done.is_set():
            return UsageProblem(
                Phrase("the client was closed. Activation {ref} is still alive", ref=ref),
                hints=[Hint("make a new client, then {wait}", wait=("wait_code", ref))],
                provider=provider,
            )
        trouble = []
        if (failed := self._poller.trouble) is not None:
            trouble.append(Hint("the last question failed: {reason}", reason=failed.reason))
        if is_given_up:
            silent = ConnectionFailed(
                Phrase(
                    "activation {ref} at {provider} must be over, and the provider does not answer",
                    ref=ref,
                    provider=provider,
                ),
                hints=trouble,
                provider=provider,
            )
            silent.sent = False
            return silent
        late = CodeTimeout(
            Phrase(
                "no code for activation {ref} at {provider} in {timeout:g} seconds. "
                "It is still alive",
                ref=ref,
                provider=provider,
                timeout=seconds,
            ),
            hints=[*goes_on(ref), *trouble],
            provider=provider,
        )
        late.activation = ref
        return late

    def _over(self, last_word: str) -> SmsError:
        ref, provider, number = self._ref, self._account_ledger.provider, None
        with contextlib.suppress(LedgerProblem):
            number = self._account_ledger.number(ref)
        state, is_told = number.state if number is not None else "over", self._is_end_told
        if number is None and last_word == "NO_ACTIVATION":
            state = "not known there"
            is_told = is_told or (self._end_failure is None and provider.has("getHistory"))
        named = {"ref": ref, "provider": provider.name, "state": state}
        if not is_told:
            what = Phrase(
                "activation {ref} at {provider} is {state}, and whether a code came at its end "
                "is not known",
                **named,
            )
            hints = self._how_to_find_out()
        else:
            what = Phrase(
                "activation {ref} at {provider} is {state}, and no new code came", **named
            )
            back = [Hint("the money came back")] if number is not None and number.refunded else []
            hints = [*back, Hint("order another number"), Hint("{ledger()} tells more")]
        over = ActivationOver(what, hints=hints, provider=provider.name)
        over.activation, over.status, over.is_known = ref, last_word if is_told else "", is_told
        return over

    def _how_to_find_out(self) -> list[Hint]:
        """Say what tells what came at an end of which nobody has told."""
        provider, failed = self._account_ledger.provider, self._end_failure
        if failed is None and not provider.has("getHistory"):
            site = "{title} tells no more of what is over: see its site before you order again"
            return [Hint(site, title=provider.title)]
        reason = "the last question failed: {reason}"
        return [
            *([] if failed is None else [Hint(reason, reason=failed.reason)]),
            Hint("{wait} asks for it once more", wait=("wait_code", self._ref)),
        ]


def goes_on(ref: str) -> tuple[Hint, ...]:
    """Return the next steps with an activation that is alive."""
    return (
        Hint("{wait} goes on waiting", wait=("wait_code", ref)),
        Hint("{cancel} gives it back", cancel=("cancel", ref)),
    )


class WaitStopped(Advised, KeyboardInterrupt):
    """A person stopped waiting for a code. The activation is still alive.

    Parameters
    ----------
    ref : str
        The activation.
    """

    def __init__(self, ref: str) -> None:
        super().__init__(ref)
        self.what = Phrase("Stopped waiting. Activation {ref} is still alive", ref=ref)
        self.hints = goes_on(ref)

    def _render_traceback_(self) -> list[str]:
        return [type(self).emphasis(str(self))]

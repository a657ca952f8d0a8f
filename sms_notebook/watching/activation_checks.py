"""Which activations are asked about in a tick, and what the answers mean.

The list of those that are active is a shortcut, never a gate: getStatus is asked whenever the list
fails, is slow, or does not show a number and its code for certain, and now and then anyway. What is
wrong with one number never ends or delays the wait for another.
"""

import logging
from asyncio import Task, get_running_loop
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Protocol

from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.schema import NUMBERS, NumberState
from sms_notebook.protocol.calls import ACTIVATIONS
from sms_notebook.protocol.errors import BadAction, RateLimited, SmsError
from sms_notebook.protocol.frames.schema import FrameRow
from sms_notebook.protocol.incoming_messages import IncomingMessage, of_listed
from sms_notebook.protocol.replies import Status
from sms_notebook.watching.events import Subscription, TrackedNumber
from sms_notebook.watching.open_questions import FATAL, PATIENCE, OpenQuestions
from sms_notebook.watching.queries import (
    ALIVE,
    ASK_EVERY,
    ActivationState,
    ActiveList,
    ProviderQueries,
)
from sms_notebook.watching.tracker import Tracker

LOG = logging.getLogger("sms_notebook")


_WAITS = "STATUS_WAIT"
REALLY = 3
"""Times in a row after which what may be a mistake is believed."""
_REALLY_FAILING = 5  # questions about a number
_AFTER_LIFE = timedelta(minutes=5)
_LIST = "list"


class Audience(Protocol):
    """Who wants to know what becomes of numbers."""

    def interested_in(self, number: TrackedNumber) -> Sequence[Subscription]:
        """Return who subscribed to a number."""

    def takers(self, *, rented: bool) -> Sequence[Subscription]:
        """Return who wants all that are alive."""

    def announce(self, number: TrackedNumber) -> None:
        """Deliver the messages of a number to all who do not know them."""

    def appear(self, numbers: Sequence[TrackedNumber], *, rented: bool) -> None:
        """Notify those who want all of numbers that are new."""

    def over(self, numbers: Sequence[TrackedNumber]) -> None:
        """Notify everybody that numbers are over."""

    def refuse(self, number: TrackedNumber, failure: SmsError) -> None:
        """Let those go who wait for a number that nobody tells anything about."""


class ActivationChecks:
    """Asks about activations, as seldom as it takes to miss no code.

    Parameters
    ----------
    account_ledger : AccountLedger
        The ledger.
    tracker : Tracker
        The numbers.
    queries : ProviderQueries
        Asks.
    audience : Audience
        Who wants to know.
    """

    def __init__(
        self,
        account_ledger: AccountLedger,
        tracker: Tracker,
        queries: ProviderQueries,
        audience: Audience,
    ) -> None:
        self._account_ledger = account_ledger
        self._tracker = tracker
        self._queries = queries
        self._audience = audience
        self._lists, self._numbers, self._ends = (OpenQuestions() for _ in range(3))
        self._batches = count()
        self._listed: ActiveList | None = None
        self._in_list: Mapping[str, FrameRow] = {}
        self._is_resting = False
        self._is_answered = False
        self._unanswered = REALLY  # ticks in a row
        self.fatal: SmsError | None = None
        """Why nobody need wait any longer, as the last tick showed."""
        self._refused: dict[TrackedNumber, SmsError] = {}
        self._endings: dict[TrackedNumber, str] = {}

    async def check(self, *, is_early: bool = False) -> list[SmsError]:
        """Ask what has to be asked in this tick; return what failed.

        Parameters
        ----------
        is_early : bool
            Whether this tick comes before its time, because somebody new wants to know.
        """
        self.fatal = None
        if not self.alive() and not self._audience.takers(rented=False):
            return []
        listed, is_late, failures = await self._read_list()
        if listed is not None:
            self._take(listed)
        elif not self._queries.has_list and self._audience.takers(rented=False):
            self._take_bought()
        now = None if is_late else listed
        self._in_list = now.rows if now is not None else {}
        numbers = [number for number in self.alive() if not number.is_held]
        for number in numbers:
            number.unasked += not is_early
        if now is not None:
            self._note_absence(numbers, now)
        if not self._is_resting:
            failures = self._judged(
                failures,
                await self._numbers.each(numbers, lambda number: self._ask(number, now)),
                has_numbers=bool(numbers),
            )
        for number in self.alive():
            if number.attempts >= _REALLY_FAILING and number.fresh:
                # Nobody can be asked, and the ledger knows of nothing newer.
                number.is_proven = True
                self._audience.announce(number)
        if self._endings:
            # One that hangs holds up no other: each batch is a question of its own.
            await self._ends.ask({next(self._batches): self._finalize})
        return failures + self._ends.failures()

    def alive(self) -> list[TrackedNumber]:
        """Return the activations that may still get a code."""
        tracked = self._tracker.tracked.values()
        return [number for number in tracked if not number.rented and not number.is_over]

    def is_silent(self, number: TrackedNumber) -> bool:
        """Tell whether the provider does not answer about a number."""
        is_unanswered = number.attempts > 0 or self._numbers.is_open(number)
        return is_unanswered and number.ref not in self._in_list

    def cancel(self) -> list[Task[SmsError | None]]:
        """Wait for no more answers; return the tasks that are ending."""
        self._unanswered = REALLY
        every = (self._lists, self._numbers, self._ends)
        return [task for questions in every for task in questions.cancel()]

    # The list -----------------------------------------------------------------------------------

    async def _read_list(self) -> tuple[ActiveList | None, bool, list[SmsError]]:
        """Return the list if it has come, whether it is from an earlier tick, and what failed."""
        self._is_resting, is_resting = False, self._is_resting
        is_late = self._lists.is_open(_LIST)
        if not is_late and not is_resting:
            await self._lists.ask({_LIST: self._ask_for_list})
        listed, self._listed = self._listed, None
        failures = self._lists.failures()
        # Where it asks for patience, the next question is one that tells more.
        self._is_resting = any(isinstance(failure, RateLimited) for failure in failures)
        return listed, is_late, failures

    async def _ask_for_list(self) -> None:
        self._listed = await self._queries.listed()

    def _take(self, listed: ActiveList) -> None:
        """Take over what the list of active activations shows."""
        if self._audience.takers(rented=False):
            self._tracker.follow((False, ref) for ref in listed.rows)
        tracked = self._tracker.tracked
        numbers = [tracked[False, ref] for ref in listed.rows if (False, ref) in tracked]
        messages = {}
        for number in numbers:
            row = listed.rows[number.ref]
            number.take_listed(row)
            in_list = (*(row["sms_codes"] or ()), row["sms_text"])
            if number.channel == "sms" and number.take_codes(in_list):
                messages[number.ref] = of_listed(row)
        if messages:
            self._tracker.take(False, messages)
        self._audience.appear(numbers, rented=False)

    def _take_bought(self) -> None:
        """Follow what the ledger knows as alive: the provider has no list of it."""
        ledger = self._account_ledger
        alive = ledger.numbers(
            NUMBERS.c.state == NumberState.ACTIVE, NUMBERS.c.buys.in_(ACTIVATIONS)
        )
        if ledger.clock_agrees:
            now, life = ledger.now(), timedelta(seconds=ledger.provider.life)
            alive = [
                number
                for number in alive
                if now < (number.ends_at or (number.since or number.bought_at) + life)
            ]
        numbers = self._tracker.follow((False, number.ref) for number in alive)
        self._audience.appear([number for number in numbers if not number.is_over], rented=False)

    def _note_absence(self, numbers: Sequence[TrackedNumber], listed: ActiveList) -> None:
        """Count how often the list has left numbers out, where that says anything."""
        for number in numbers:
            says_much = number.was_listed or (listed.is_proof and not number.is_retrying)
            if number.ref not in listed.rows and listed.is_whole and says_much:
                number.unlisted += 1

    # Numbers ------------------------------------------------------------------------------------

    async def _ask(self, number: TrackedNumber, listed: ActiveList | None) -> None:
        """Ask about a number, if the list does not say enough of it."""
        row = None if listed is None else listed.rows.get(number.ref)
        try:
            if row is not None and number.channel != "sms":
                await self._queries.call(number, row)
            is_clear = listed is not None and row is not None and number.ref not in listed.codeless
            if is_clear and number.unasked < ASK_EVERY and not self._is_doubtful(number):
                return
            number.unasked = 0
            state = await self._state_of(number)
        except SmsError as failure:
            number.attempts += 1
            if isinstance(failure, FATAL):
                self._refused[number] = failure
            raise
        number.attempts = number.refused = 0
        self._is_answered = True
        if await self._is_gone(number, state):
            self._endings[number] = state.status

    async def _state_of(self, number: TrackedNumber) -> ActivationState:
        """Ask for a state; a call is delivered when all of it is known, or after a moment."""
        if number.channel == "sms":
            return await self._queries.state(number)

        def release() -> None:
            number.is_held = False
            self._audience.announce(number)

        number.is_held = True
        late = get_running_loop().call_later(PATIENCE, release)
        try:
            return await self._queries.state(number)
        finally:
            late.cancel()
            release()

    def _is_doubtful(self, number: TrackedNumber) -> bool:
        """Tell whether the list does not say which code is new, and somebody needs to know it."""
        if not number.fresh:
            number.is_proven = True
        # A list that shows the latest code only does not show a new one with the same digits.
        interested = self._audience.interested_in(number)
        if number.is_retrying:
            return any(False not in subscription.wants_all for subscription in interested)
        return not number.is_proven and any(subscription.wants_proof for subscription in interested)

    async def _is_gone(self, number: TrackedNumber, state: ActivationState) -> bool:
        """Take over the state of an activation; tell whether it is over."""
        if state.is_unknown:
            number.unknown += 1
            return number.unknown >= (REALLY if number.was_alive else 1)
        if not state.status.startswith(ALIVE):
            return True
        number.was_alive, number.unknown = True, 0
        self._tracker.refresh()
        if state.doubt != number.doubt:  # it was asked too early
            return False
        number.status = state.status
        self._tracker.prove(number, state)
        if state.status.startswith(_WAITS):
            number.has_waited = True
        elif state.code is not None and not number.fresh and not number.unlisted:
            await self._take_repeated(number, state.code)
        self._audience.announce(number)
        if state.status != Status.OK:
            return False
        # Some keep saying the code of an activation that is finished.
        return number.unlisted >= REALLY or (not number.fresh and self._is_past_life(number))

    async def _take_repeated(self, number: TrackedNumber, code: str) -> None:
        """Find out whether a code that was there before has come once more."""
        if number.has_waited:
            self._tracker.add(number, [IncomingMessage(number.ref, code, channel=number.channel)])
            return
        # Some say the old code until a new one comes: when it came tells the same digits apart.
        has_details = self._account_ledger.provider.has("getStatusV2")
        if has_details and number.messages[-1].via != "webhook":
            with suppress(SmsError):
                await self._queries.details(number)

    def _is_past_life(self, number: TrackedNumber) -> bool:
        """Tell whether an activation must be over, although the provider does not say so."""
        if not self._account_ledger.clock_agrees or number.bought_at is None:
            return False
        end = number.latest_end(number.bought_at) + _AFTER_LIFE
        return self._account_ledger.now() > end

    def _judged(
        self, of_list: list[SmsError], of_numbers: list[SmsError], *, has_numbers: bool
    ) -> list[SmsError]:
        """Return what failed; find out whether it ends all waits, or those for one number."""
        refused, self._refused = self._refused, {}
        is_answered, self._is_answered = self._is_answered, False
        decisive = of_numbers if has_numbers else of_list
        fatal = next((failure for failure in decisive if isinstance(failure, FATAL)), None)
        is_answered = is_answered or bool(self._in_list)
        self._unanswered = 0 if is_answered else self._unanswered + 1
        if self._unanswered >= REALLY and not any(map(is_vague, refused.values())):
            self.fatal = fatal
            return [*of_list, *of_numbers]
        for number, failure in refused.items():
            number.refused += 1
            if number.refused >= REALLY and number.ref not in self._in_list:
                self._audience.refuse(number, failure)
        if is_answered and not self._audience.takers(rented=False):
            return of_numbers  # getStatus is enough
        return [*of_list, *of_numbers]

    async def _finalize(self) -> None:
        """Let activations end, with what came to them; delivered when all of it is written."""
        endings, self._endings = self._endings, {}
        endings = {
            number: word
            for number, word in endings.items()
            if self._tracker.tracked.get(number.key) is number
        }
        for number in endings:
            number.is_held = True
        try:
            over, failures = await self._tracker.finalize(endings, self._queries)
        finally:
            for number in endings:
                number.is_held = False
        for number in over:
            number.is_proven = True
            takers = self._audience.interested_in(number)
            if number.end_failure and not all(taker.wants_proof for taker in takers):
                LOG.warning(
                    "Activation %s is over, and whether a code came last is not known: %s failed. "
                    "sms.wait_code(%r) asks for it once more.",
                    number.ref,
                    number.end_failure.action,  # no reply, which the mask would have to hide
                    number.ref,
                )
        self._audience.over(over)
        if failures:
            raise failures[0]


def is_vague(failure: SmsError) -> bool:
    """Tell whether a refusal may also be about a single id."""
    return isinstance(failure, BadAction) and not failure.is_missing

"""What a poller asks a provider, how often, and with as few requests as it takes."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import pandas as pd

from sms_notebook.ledger import lists
from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import (
    ActivationNotFound,
    ApiError,
    BadAction,
    MalformedReply,
    RateLimited,
    RentError,
    SmsError,
    UsageProblem,
)
from sms_notebook.protocol.errors.families import is_over
from sms_notebook.protocol.errors.sms_error import Hint, Parameter, Phrase
from sms_notebook.protocol.frames.schema import FrameRow
from sms_notebook.protocol.incoming_messages import MESSAGES, IncomingMessage, of_listed, on_channel
from sms_notebook.protocol.replies import Status, excerpt
from sms_notebook.protocol.steps import Ask, Steps
from sms_notebook.providers.row import PAGE_SIZES, Rents
from sms_notebook.watching.events import TrackedNumber
from sms_notebook.watching.open_questions import ABOUT_ALL

T = TypeVar("T")


class RunSteps(Protocol):
    """Runs steps that need calls, on the loop thread."""

    def __call__(self, steps: Callable[[Ask], Steps[T]], /) -> Awaitable[T]:
        """Run them, and return what comes of them."""


TakeMessages = Callable[[bool, Mapping[str, Sequence[IncomingMessage]]], None]
"""Takes what a reply shows, by id: whether those are rents, and the messages, oldest first."""

ASK_EVERY: Final = 4
"""Ticks after which an activation is asked about by itself, whatever the list says."""

SLOWEST = 60.0
"""Seconds between two polls of a provider that asks for patience."""

ALIVE = (Status.OK, "STATUS_WAIT")
"""How the words of getStatus begin that are no end."""

_GATHER = 0.1  # seconds between two polls at least: many who come at once share one
_CALLS = Calls()
_PAGE = 50  # messages of a rent
_LEAST_PAGE = 10  # messages that a page has at least where there are more
_PAGES = 100
_RENT_OVER = (Status.FINISH, Status.CANCEL, Status.REVOKE)
_LISTED = (
    "activation_id",
    "phone_number",
    "service",
    "country",
    "activation_time",
    "activation_end_time",
    "sms_codes",
    "sms_text",
)


class PollSchedule:
    """Says when to poll next."""

    def __init__(self) -> None:
        self._slower = 1.0
        self._earliest = 0.0

    def pause(self, every: float) -> float:
        """Return the seconds until the next poll, for somebody who wants one every so often."""
        return max(every, min(every * self._slower, SLOWEST))

    def polled(self, began: float, every: float, failures: Sequence[SmsError]) -> None:
        """Take notice of a poll, and of what failed."""
        limits = [failure for failure in failures if isinstance(failure, RateLimited)]
        self._earliest = began + min(every, _GATHER)
        if limits:
            self._slower = min(self._slower * 2, SLOWEST)
            wait = max(limit.retry_after or 0.0 for limit in limits)
            self._earliest = asyncio.get_running_loop().time() + min(wait, SLOWEST)
        elif not failures:
            self._slower = max(1.0, self._slower / 2)

    async def turn(self) -> None:
        """Wait until a poll does not come too early, whoever asks for it."""
        await asyncio.sleep(self._earliest - asyncio.get_running_loop().time())


class ActivationState(NamedTuple):
    """What getStatus says of an activation."""

    status: str
    code: str | None
    known: int
    """How many messages were known before it was asked."""
    doubt: int
    """Which doubt it was asked in: a later one it does not settle."""
    is_unknown: bool = False
    """Whether the provider says that it knows no such activation."""


class ActiveList(NamedTuple):
    """The activations that are active, as the provider lists them."""

    rows: dict[str, FrameRow]
    """By id."""
    is_whole: bool
    """Whether nothing is left out: all pages were read, and each row could be."""
    codeless: Collection[str]
    """The ids of those beside which no code can stand: only getStatus tells theirs."""
    is_proof: bool = False
    """Whether what a whole list does not show is over, though it was never seen there."""


class ProviderQueries:
    """Asks for the state of numbers.

    What a reply holds of codes is written to the ledger by whoever performs the call, and handed to
    the poller too: so a ledger that fails loses none.

    Parameters
    ----------
    account_ledger : AccountLedger
        Where codes are kept.
    run_steps : callable
        Runs steps.
    take : callable
        Takes what replies show of messages.
    """

    def __init__(
        self, account_ledger: AccountLedger, run_steps: RunSteps, take: TakeMessages
    ) -> None:
        self._account_ledger = account_ledger
        self._run_steps = run_steps
        self._take_messages = take
        self._missing: set[str] = set(account_ledger.provider.lacks)

    async def _ask(self, call: Call) -> pd.DataFrame:
        return await self._run_steps(lambda ask: ask(call))

    def _take(self, number: TrackedNumber, messages: Sequence[IncomingMessage]) -> None:
        if messages:
            self._take_messages(number.rented, {number.ref: messages})

    async def _if_there(self, call: Call) -> pd.DataFrame | None:
        """Ask, unless the provider does not have this action."""
        name = call.action.name
        if name in self._missing:
            return None
        try:
            return await self._ask(call)
        except BadAction as refusal:
            if refusal.is_missing:
                self._missing.add(name)
            return None

    # Activations --------------------------------------------------------------------------------

    @property
    def has_list(self) -> bool:
        """Whether the provider lists what is active, as far as is known."""
        name = "getActiveActivations"
        return self._account_ledger.provider.has(name) and name not in self._missing

    async def listed(self) -> ActiveList | None:
        """Return all that are active; None where the provider has no such list."""
        provider = self._account_ledger.provider
        if not self.has_list:
            return None
        size = provider.listing.size
        rows: dict[str, FrameRow] = {}
        codeless: set[str] = set()
        is_whole, is_proof = True, provider.listing.is_proof
        for page in range(_PAGES):
            part = {"start": page * size, "limit": size} if size else {}
            frame = await self._if_there(_CALLS.get_active_activations(**part))
            if frame is None:
                return None
            columns = [_plain(frame[name]) for name in _LISTED]
            new = {
                row[0]: dict(zip(_LISTED, row, strict=True)) for row in zip(*columns, strict=True)
            }
            fresh = new.keys() - rows.keys()
            rows |= new
            codeless.update(frame.attrs.get("codeless", ()))
            is_proof = is_proof or (provider.own_clock and "from_sandbox" in frame.attrs)
            skipped = frame.attrs.get("skipped", 0)
            is_whole = is_whole and not skipped
            if size is None:
                is_whole = is_whole and len(frame) not in PAGE_SIZES
                break
            others = frame.attrs.get("left_out", 0)  # rents, where they stand in the same list
            if len(frame) + skipped + others < size or not (fresh or others):
                break
        else:
            is_whole = False
        return ActiveList(rows, is_whole, codeless, is_proof)

    async def state(self, number: TrackedNumber) -> ActivationState:
        """Ask for the state of an activation; a word that nobody knows tells none."""
        known, doubt = len(number.messages), number.doubt
        if number.channel != "sms":
            await self.details(number)  # before the code alone is known
        codes = {message.code for message in number.messages}
        call = _CALLS.get_status(number.ref)
        try:
            frame = await self._ask(call)
        except ActivationNotFound as refusal:
            is_unknown = not refusal.is_over
            return ActivationState(refusal.code, None, known, doubt, is_unknown)
        status = str(frame.loc[0, "status"])
        if not status.startswith(ALIVE) and not is_over(status):
            what = Phrase("{status} is no state that is known", status=excerpt(status))
            provider = self._account_ledger.provider.name
            raise MalformedReply(what, action=call.action.name, provider=provider)
        messages = on_channel(MESSAGES[call.action.name](frame), number.channel)
        code = messages[-1].code if messages else None
        if number.channel != "sms" and code is not None and code not in codes:
            with suppress(SmsError):  # it came since: without the rest it is told all the same
                await self.details(number)
        self._take(number, messages)
        return ActivationState(status, code, known, doubt)

    async def details(self, number: TrackedNumber) -> str | None:
        """Ask for the latest message with all that is known of it: who called, the recording.

        Returns
        -------
        str or None
            Its code.
        """
        call = _CALLS.get_status_v2(number.ref)
        try:
            frame = await self._if_there(call)
        except ActivationNotFound:
            return None
        messages = [] if frame is None else MESSAGES[call.action.name](frame)
        self._take(number, messages)
        return messages[-1].code if messages else None

    async def call(self, number: TrackedNumber, row: FrameRow) -> None:
        """Ask for a call: the list of active ones tells neither who called nor the recording."""
        codes = tuple(row["sms_codes"] or ())
        if codes and number.in_list != codes:
            await self.details(number)
            self._take(number, of_listed(row, number.channel))
            number.in_list = codes
        elif number.channel == "call" and not number.messages:
            await self._caller(number)

    async def _caller(self, number: TrackedNumber) -> None:
        call = _CALLS.get_incoming_call_status(number.ref)
        try:
            frame = await self._if_there(call)
        except ApiError as refusal:
            if isinstance(refusal, ABOUT_ALL):
                raise
            return  # the list of active ones tells it as well
        if frame is not None:
            self._take(number, MESSAGES[call.action.name](frame))

    async def history(self, numbers: Iterable[TrackedNumber]) -> dict[str, FrameRow] | None:
        """Return what the history says of activations; None where the provider has none."""
        refs = {number.ref for number in numbers}
        times = (number.since for number in numbers if number.since is not None)
        begun = min(times, default=self._account_ledger.now())
        past = await self._run_steps(
            lambda ask: lists.history(self._account_ledger, ask, begun, refs)
        )
        if past is None:
            return None
        return {row["activation_id"]: row for row in past.rows if row["activation_id"] in refs}

    # Rents --------------------------------------------------------------------------------------

    async def rent(self, number: TrackedNumber) -> str | None:
        """Ask for the messages of a rent, page by page until all are known.

        Returns
        -------
        str or None
            How it ended; None while it is alive.
        """
        before: list[IncomingMessage] = []
        for page in range(1, _PAGES + 1):
            first = None if page == 1 and self._is_due(number) else page
            call = _CALLS.get_rent_status(number.ref, page=first, size=_PAGE)
            try:
                frame = await self._ask(call)
            except RentError as failure:
                return failure.code
            messages = MESSAGES[call.action.name](frame)
            known = len(number.messages)
            self._take(number, messages)
            if (status := str(frame.attrs.get("status"))) in _RENT_OVER:
                return status
            number.status = status if page == 1 else number.status
            fresh = len(number.messages) - known
            if self._was_last(number, frame, fresh) or messages == before:
                number.is_read = True
                return None
            before = messages
        return None

    def _is_due(self, number: TrackedNumber) -> bool:
        """Tell whether to ask how a rent stands, where its messages alone do not say that.

        It takes a request more, which a page by its number does without.
        """
        if self._account_ledger.provider.rents is not Rents.AS_ACTIVATIONS:
            return False
        number.unasked = (number.unasked + 1) % ASK_EVERY
        return not number.unasked

    @staticmethod
    def _was_last(number: TrackedNumber, frame: pd.DataFrame, fresh: int) -> bool:
        """Tell whether no further page has anything new."""
        on_page = len(frame)
        in_all = frame.attrs.get("quantity", 0)
        if not on_page or (number.is_read and fresh < on_page):
            return True
        # A provider that does not say how many there are seems to say: as many as on this page.
        is_known = in_all > on_page or on_page < _LEAST_PAGE or number.is_read
        return is_known and len(number.messages) >= in_all

    async def rents(self) -> list[FrameRow]:
        """Return the rents of the account.

        Raises
        ------
        UsageProblem
            If the provider has no such list.
        """
        listed = await self._run_steps(lambda ask: lists.rents(self._account_ledger, ask))
        if listed is None:
            raise UsageProblem(
                Phrase(
                    "{provider} does not list rents", provider=self._account_ledger.provider.name
                ),
                hints=[
                    Hint("{watch} watches those that are named", watch=("watch", _SOME_RENTS)),
                    Hint("{messages} shows those of one", messages=("get_rent_status", _RENT)),
                ],
            )
        return listed.rows


_SOME_RENTS, _RENT = {"rents": Parameter("[…]")}, Parameter("rent_id")


def _plain(column: Any) -> list[Any]:
    """Return the values of a column, None where there is none."""
    return [None if value is pd.NA or value is pd.NaT else value for value in column.tolist()]

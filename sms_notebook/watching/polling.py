"""What a watcher asks a provider, with as few requests as it takes."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple, Protocol, TypeVar

import pandas as pd

from sms_notebook.orders import lists
from sms_notebook.orders.books import Books
from sms_notebook.orders.messages import Arrival
from sms_notebook.orders.quotes import Ask
from sms_notebook.orders.records import Record, moment, records, text
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import (
    AccountBlocked,
    ActivationNotFound,
    ApiError,
    BadAction,
    BadKey,
    Banned,
    ConnectionFailed,
    RateLimited,
    RentError,
    ServerError,
    SmsError,
    UsageProblem,
)
from sms_notebook.watching.tracked import RECEIVED, Tracked

T = TypeVar("T")


class Do(Protocol):
    """Performs steps that need calls, on the loop thread."""

    def __call__(self, steps: Callable[[Ask], Generator[Any, Any, T]], /) -> Awaitable[T]:
        """Perform them, and return what comes of them."""


Heard = Callable[[bool, Mapping[str, Sequence[Arrival]]], None]
"""Takes what a reply shows, by id: whether those are rents, and the messages, oldest first."""

_CALLS = Calls()
_AT_ONCE = 8  # requests
_PAGE = 50  # messages of a rent
_LEAST_PAGE = 10  # messages that a page has at least where there are more
_PAGES = 100
_ABOUT_ALL = (
    ConnectionFailed,
    RateLimited,
    ServerError,
    BadKey,
    BadAction,
    Banned,
    AccountBlocked,
    UsageProblem,
)
_RENT_OVER = ("STATUS_FINISH", "STATUS_CANCEL", "STATUS_REVOKE")
_LISTED = (
    "activation_id",
    "phone_number",
    "service",
    "country",
    "activation_time",
    "sms_codes",
    "sms_text",
)


class State(NamedTuple):
    """What getStatus says of an activation."""

    status: str
    code: str | None
    known: int
    """How many messages were known before it was asked."""
    doubt: int
    """Which doubt it was asked in: a later one it does not settle."""


class Polling:
    """Asks for the state of numbers.

    What a reply holds of codes is written to the ledger by whoever performs the call, and told to
    the watcher too: so a ledger that fails loses none.

    Parameters
    ----------
    books : Books
        Where codes are kept.
    do : callable
        Performs steps.
    heard : callable
        Takes what replies show of messages.
    """

    def __init__(self, books: Books, do: Do, heard: Heard) -> None:
        self._books = books
        self._do = do
        self._heard = heard
        self._missing: set[str] = set(books.lacks)
        self._turns = count(1)

    async def _ask(self, call: Call) -> pd.DataFrame:
        return await self._do(lambda ask: ask(call))

    async def _if_there(self, call: Call) -> pd.DataFrame | None:
        """Ask, unless the provider does not have this action."""
        name = call.action.name
        if name in self._missing:
            return None
        try:
            return await self._ask(call)
        except BadAction as refusal:
            if refusal.is_definite:
                self._missing.add(name)
            return None

    async def each(
        self, some: Iterable[Tracked], ask: Callable[[Tracked], Awaitable[None]]
    ) -> list[SmsError]:
        """Ask for each by itself, a few at once, and first for those that had to wait the longest.

        Returns
        -------
        list of SmsError
            What failed. A failure that is not about one number alone keeps the rest from being
            asked for.
        """
        failures: list[SmsError] = []
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def one_of_them(one: Tracked) -> None:
            async with at_once:
                if any(isinstance(failure, _ABOUT_ALL) for failure in failures):
                    return
                one.asked = next(self._turns)
                try:
                    await ask(one)
                except SmsError as failure:
                    failures.append(failure)

        await asyncio.gather(*map(one_of_them, sorted(some, key=lambda one: one.asked)))
        return failures

    # Activations --------------------------------------------------------------------------------

    async def listed(self) -> dict[str, Record] | None:
        """Return all that are active, by id; None where the provider has no such list."""
        frame = await self._if_there(_CALLS.get_active_activations())
        if frame is None:
            return None
        columns = [_plain(frame[name]) for name in _LISTED]
        return {row[0]: dict(zip(_LISTED, row, strict=True)) for row in zip(*columns, strict=True)}

    async def state(self, one: Tracked) -> State:
        """Ask for the state of an activation."""
        known, doubt = len(one.messages), one.doubt
        if one.channel != "sms":
            await self.details(one)  # before the code alone is known
        try:
            frame = await self._ask(_CALLS.get_status(one.ref))
        except ActivationNotFound as refusal:
            return State(refusal.code, None, known, doubt)
        row = records(frame)[0]
        code = text(row, "code") if row["status"] == RECEIVED else None
        if code is not None:
            self._heard(False, {one.ref: [Arrival(one.ref, code=code, channel=one.channel)]})
        return State(row["status"], code, known, doubt)

    async def details(self, one: Tracked) -> str | None:
        """Ask for the latest message with all that is known of it: who called, the recording.

        Returns
        -------
        str or None
            Its code.
        """
        try:
            frame = await self._if_there(_CALLS.get_status_v2(one.ref))
        except ActivationNotFound:
            return None
        if frame is None:
            return None
        is_voice = frame.attrs.get("verification_type") == "voice"
        arrivals = [
            Arrival(
                one.ref,
                code=text(row, "code"),
                text=text(row, "text"),
                channel="voice" if is_voice else row["channel"],
                phone_from=text(row, "phone_from"),
                url=text(row, "url"),
                received_at=moment(row, "date_time"),
            )
            for row in records(frame)
            if text(row, "code") or text(row, "text") or text(row, "url")
        ]
        if arrivals:
            self._heard(False, {one.ref: arrivals})
        return arrivals[-1].code if arrivals else None

    async def calls(self, some: Iterable[Tracked], listed: Mapping[str, Record]) -> None:
        """Ask for calls: the list of active ones tells neither who called nor the recording."""
        for one in some:
            codes = listed[one.ref]["sms_codes"]
            if codes and one.shown != (shown := tuple(codes)):
                await self.details(one)
                self._heard(False, {one.ref: [_coded(one, code) for code in codes]})
                one.shown = shown
            elif one.channel == "call" and not one.messages:
                await self._caller(one)

    async def _caller(self, one: Tracked) -> None:
        try:
            frame = await self._if_there(_CALLS.get_incoming_call_status(one.ref))
        except ApiError as refusal:
            if isinstance(refusal, _ABOUT_ALL):
                raise
            return  # the list of active ones tells it as well
        caller = None if frame is None else text(records(frame)[0], "phone")
        if caller is not None:
            arrival = Arrival(one.ref, code=caller[-4:], channel="call", phone_from=caller)
            self._heard(False, {one.ref: [arrival]})

    async def past(self, gone: Iterable[Tracked]) -> dict[str, Record] | None:
        """Return what the history says of activations; None where the provider has none."""
        wanted = {one.ref for one in gone}
        begun = min((one.since for one in gone if one.since is not None), default=self._books.now())
        rows = await self._do(lambda ask: lists.history(self._books, ask, begun, wanted))
        if rows is None:
            return None
        return {row["activation_id"]: row for row in rows if row["activation_id"] in wanted}

    # Rents --------------------------------------------------------------------------------------

    async def rent(self, one: Tracked) -> str | None:
        """Ask for the messages of a rent, page by page until all are known.

        Returns
        -------
        str or None
            How it ended; None while it is alive.
        """
        before: list[Arrival] = []
        for page in range(1, _PAGES + 1):
            try:
                frame = await self._ask(_CALLS.get_rent_status(one.ref, page=page, size=_PAGE))
            except RentError as failure:
                return failure.code
            if (status := str(frame.attrs.get("status"))) in _RENT_OVER:
                return status
            arrivals = [_rented(row) for row in reversed(records(frame))]
            known = len(one.messages)
            if arrivals:
                self._heard(True, {one.ref: arrivals})
            one.status = status if page == 1 else one.status
            fresh = len(one.messages) - known
            if self._was_last(one, frame, fresh) or arrivals == before:
                one.is_read = True
                return None
            before = arrivals
        return None

    @staticmethod
    def _was_last(one: Tracked, frame: pd.DataFrame, fresh: int) -> bool:
        """Tell whether no further page has anything new."""
        shown = len(frame)
        in_all = frame.attrs.get("quantity", 0)
        if not shown or (one.is_read and fresh < shown):
            return True
        # A provider that does not say how many there are seems to say: as many as on this page.
        is_known = in_all > shown or shown < _LEAST_PAGE or one.is_read
        return is_known and len(one.messages) >= in_all

    async def rents(self) -> list[Record]:
        """Return the rents of the account.

        Raises
        ------
        UsageProblem
            If the provider has no such list.
        """
        rows = await self._do(lambda ask: lists.rents(self._books, ask))
        if rows is None:
            raise UsageProblem(
                f"{self._books.account.provider} does not list rents. Name those to be watched: "
                "sms.watch(rents=[…])."
            )
        return rows


def arrivals_in(row: Record) -> list[Arrival]:
    """Return the messages that a row of active activations shows: all codes, the latest text."""
    codes, said = row["sms_codes"] or [], row["sms_text"]
    texts = [None] * (len(codes) - 1) + [said]
    if not codes:
        return [Arrival(row["activation_id"], text=said)] if said else []
    return [
        Arrival(row["activation_id"], code=code, text=words)
        for code, words in zip(codes, texts, strict=True)
    ]


def _coded(one: Tracked, code: str) -> Arrival:
    return Arrival(one.ref, code=code, channel=one.channel)


def _rented(row: Record) -> Arrival:
    return Arrival(
        row["rent_id"],
        text=text(row, "text"),
        phone_from=text(row, "phone_from"),
        service=text(row, "service"),
        received_at=moment(row, "date"),
    )


def _plain(column: Any) -> list[Any]:
    """Return the values of a column, None where there is none."""
    return [None if value is pd.NA or value is pd.NaT else value for value in column.tolist()]

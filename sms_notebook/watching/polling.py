"""What a watcher asks a provider, with as few requests as it takes."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Protocol, TypeVar

import pandas as pd

from sms_notebook.orders import lists
from sms_notebook.orders.books import Books
from sms_notebook.orders.messages import Arrival
from sms_notebook.orders.quotes import Ask
from sms_notebook.orders.records import Record
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import ActivationNotFound, ApiError, BadAction, RentError
from sms_notebook.watching.tracked import RECEIVED, RETRYING, WAITING, Tracked

T = TypeVar("T")


class Do(Protocol):
    """Performs steps that need calls, on the loop thread."""

    def __call__(self, steps: Callable[[Ask], Generator[Any, Any, T]], /) -> Awaitable[T]:
        """Perform them, and return what comes of them."""


_CALLS = Calls()
_AT_ONCE = 8  # requests
_PAGE = 50  # messages of a rent
_PAGES = 100
_ALIVE = (WAITING, RECEIVED, RETRYING, "STATUS_WAIT_RESEND")
_RENT_OVER = ("STATUS_FINISH", "STATUS_CANCEL", "STATUS_REVOKE")
_LISTED = (
    "activation_id",
    "phone_number",
    "service",
    "country",
    "activation_time",
    "sms_codes",
)


class Polling:
    """Asks for the state of numbers.

    What a reply holds of codes is written to the ledger by whoever performs the call.

    Parameters
    ----------
    books : Books
        Where codes are kept.
    do : callable
        Performs steps.
    """

    def __init__(self, books: Books, do: Do) -> None:
        self._books = books
        self._do = do
        self._missing: set[str] = set(books.lacks)
        self._at_once = asyncio.Semaphore(_AT_ONCE)

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

    async def listed(self) -> dict[str, Record] | None:
        """Return all that are active, by id; None where the provider has no such list."""
        frame = await self._if_there(_CALLS.get_active_activations())
        if frame is None:
            return None
        columns = [_plain(frame[name]) for name in _LISTED]
        return {row[0]: dict(zip(_LISTED, row, strict=True)) for row in zip(*columns, strict=True)}

    async def one_by_one(self, some: list[Tracked]) -> None:
        """Ask for the state of each; what is over is marked so."""
        await asyncio.gather(*(self._status(one) for one in some))

    async def _status(self, one: Tracked) -> None:
        async with self._at_once:
            try:
                frame = await self._ask(_CALLS.get_status(one.ref))
            except ActivationNotFound as failure:
                one.end(failure.code)
                return
        status = str(frame.loc[0, "status"])
        if status in _ALIVE:
            one.status = status
        else:
            one.end(status)

    async def calls(self, some: list[Tracked], listed: dict[str, Record]) -> None:
        """Ask what calls said: only getStatusV2 tells it, with the recording."""
        for one in some:
            codes = len(listed.get(one.ref, {}).get("sms_codes", ()))
            if codes > one.heard:
                await self._heard(one, listed[one.ref]["sms_codes"])
                one.heard = codes
            elif one.channel == "call" and not one.messages and one.ref in listed:
                await self._caller(one)

    async def _heard(self, one: Tracked, codes: list[str]) -> None:
        frame = await self._if_there(_CALLS.get_status_v2(one.ref))
        if frame is None or frame.empty:
            arrivals = [Arrival(one.ref, code=code, channel=one.channel) for code in codes]
            self._books.ledger.messages.add(
                self._books.account.provider, arrivals, via="poll", seen_at=self._books.now()
            )

    async def _caller(self, one: Tracked) -> None:
        try:
            await self._if_there(_CALLS.get_incoming_call_status(one.ref))
        except ApiError:
            return  # the list of active ones tells it as well

    async def past(self, gone: list[Tracked]) -> dict[str, Record]:
        """Return what the history says of activations that are over."""
        wanted = {one.ref for one in gone}
        begun = min((one.since for one in gone if one.since is not None), default=self._books.now())
        rows = await self._do(lambda ask: lists.history(self._books, ask, begun, wanted))
        return {row["activation_id"]: row for row in rows or () if row["activation_id"] in wanted}

    async def rent(self, one: Tracked) -> None:
        """Ask for the messages of a rent, page by page until one is known."""
        known = len(one.messages)
        for page in range(1, _PAGES + 1):
            try:
                frame = await self._ask(_CALLS.get_rent_status(one.ref, page=page, size=_PAGE))
            except RentError as failure:
                one.end(failure.code)
                return
            status = str(frame.attrs.get("status"))
            if status in _RENT_OVER:
                one.end(status)
                return
            one.status = status
            known += len(frame)
            if frame.empty or known >= frame.attrs.get("quantity", 0):
                return

    async def rents(self) -> list[Record]:
        """Return the rents of the account."""
        return await self._do(lambda ask: lists.rents(self._books, ask)) or []


def _plain(column: Any) -> list[Any]:
    """Return the values of a column, None where there is none."""
    return [None if value is pd.NA or value is pd.NaT else value for value in column.tolist()]

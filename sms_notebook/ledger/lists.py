"""The provider's lists of what was bought, and which of that the ledger did not buy.

A list comes with whether it is whole: only what a whole one does not show is not there.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pandas as pd

from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.matching import ListedPurchase
from sms_notebook.ledger.schema import NUMBERS
from sms_notebook.protocol.actions import ACTIONS, Calls
from sms_notebook.protocol.calls import Call, PurchaseKind
from sms_notebook.protocol.errors import (
    ActivationNotFound,
    ApiError,
    BadAction,
    BadKey,
    BadRentTime,
    Banned,
    ConnectionFailed,
    MalformedReply,
    MaxHoursExceeded,
    RateLimited,
    RentError,
)
from sms_notebook.protocol.frames.schema import FrameRow, flag, moment, money, rows_of, text, whole
from sms_notebook.protocol.readers.activations import all_active
from sms_notebook.protocol.readers.shapes import NOTHING
from sms_notebook.protocol.steps import Ask, Steps
from sms_notebook.providers.row import PAGE_SIZES, Rents

UNANSWERED = (ApiError, MalformedReply, ConnectionFailed)
"""What keeps a list, or what is known of one number, from being read."""

OF_ALL = (BadKey, Banned, ConnectionFailed, RateLimited)
"""Of that, what would keep anything else from being read too."""

_CALLS = Calls()
_ROWS = 100  # a page
_PAGES = 100  # of a list that does not end
_LONGEST_AGO = timedelta(days=29)
_EARLIER = timedelta(days=1)  # zones may be mistaken
_ALIVE = ("1", "2", "3", "4")  # statuses of an activation that is alive, where it cost nothing yet
_ALL_ACTIVE = replace(ACTIONS["getActiveActivations"], read=all_active)
_RENTED = "2"  # the mark of a rent, where rents are listed as activations


class ListedRows(NamedTuple):
    """What a provider lists.

    Attributes
    ----------
    rows : list of dict
        The rows, each once.
    is_whole : bool
        Whether nothing can be missing: all pages were read, and every row of them.
    skipped : int
        How many rows could not be read.
    is_proof : bool
        Whether what a whole list does not show was not bought.
    """

    rows: list[FrameRow]
    is_whole: bool
    skipped: int = 0
    is_proof: bool = False


def active(account_ledger: AccountLedger, ask: Ask) -> Steps[ListedRows | None]:
    """List the activations that are alive; None where the provider has no such list."""
    living = yield from _living(account_ledger, ask)
    if living is None:
        return None
    return living._replace(rows=[row for row in living.rows if row["mark"] != _RENTED])


def only_activations(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a list that are of no rent."""
    marks = frame.attrs["extra"].get("subtype")
    return frame if not marks else frame[[str(mark) != _RENTED for mark in marks]]


def _living(account_ledger: AccountLedger, ask: Ask) -> Steps[ListedRows | None]:
    """List what lives, also rents where they are activations."""
    listing = account_ledger.provider.listing
    if listing.rest:
        try:
            return (yield from _better_list(account_ledger, ask))
        except UNANSWERED:
            pass  # the protocol's own list is there as well

    def call(_page: int, start: int) -> Call:
        page = {} if listing.size is None else {"start": str(start), "limit": str(listing.size)}
        return Call(_ALL_ACTIVE, page)

    return (yield from _pages(account_ledger, ask, call, "activation_id", listing.size))


def _better_list(account_ledger: AccountLedger, ask: Ask) -> Steps[ListedRows | None]:
    """Read the list beside the protocol, which tells how many there are."""
    listing = account_ledger.provider.listing
    action = replace(_ALL_ACTIVE, rest=listing.rest)

    def call(page: int, _start: int) -> Call:
        return Call(action, {"size": str(listing.rest_size), "page": str(page)})

    return (
        yield from _pages(
            account_ledger,
            ask,
            call,
            "activation_id",
            listing.rest_size,
            overlap=False,
            has_total=True,
        )
    )


def history(
    account_ledger: AccountLedger,
    ask: Ask,
    since: datetime,
    refs: Collection[str] = (),
    *,
    pages: int = _PAGES,
) -> Steps[ListedRows | None]:
    """List past and present activations; None where the provider has no such list.

    Parameters
    ----------
    account_ledger, ask
        Who is asked.
    since : datetime
        From when on.
    refs : collection of str
        Ids: once all are found, no further page is asked for. Without any, all pages are.
    pages : int
        The most that are asked for.
    """
    first = None
    if account_ledger.clock_agrees:
        first = max(since - _EARLIER, datetime.now(UTC) - _LONGEST_AGO)

    def call(_page: int, start: int) -> Call:
        return _CALLS.get_history(start=first, offset=start, limit=_ROWS)

    return (
        yield from _pages(account_ledger, ask, call, "activation_id", _ROWS, refs=refs, pages=pages)
    )


def rented_activations(account_ledger: AccountLedger, ask: Ask) -> Steps[list[FrameRow]]:
    """List rents where they are activations: another activation of many hours is one."""
    if account_ledger.provider.rents is not Rents.AS_ACTIVATIONS:
        return []
    listed = yield from rents(account_ledger, ask)
    return listed.rows if listed is not None else []


def rents(account_ledger: AccountLedger, ask: Ask) -> Steps[ListedRows | None]:
    """List the rents of the account; None where the provider has no such list."""
    if account_ledger.provider.rents is Rents.AS_ACTIVATIONS:
        living = yield from _living(account_ledger, ask)
        if living is None:
            return None
        rows = [row for row in living.rows if row["mark"] == _RENTED]
        return living._replace(rows=[row | {"rent_id": row["activation_id"]} for row in rows])

    def call(page: int, _start: int) -> Call:
        return _CALLS.get_rent_list(length=_ROWS, page=page)

    return (yield from _pages(account_ledger, ask, call, "rent_id", _ROWS, overlap=False))


def _pages(
    account_ledger: AccountLedger,
    ask: Ask,
    call: Callable[[int, int], Call],
    id_name: str,
    size: int | None,
    *,
    overlap: bool = True,
    has_total: bool = False,
    refs: Collection[str] = (),
    pages: int = _PAGES,
) -> Steps[ListedRows | None]:
    """Read a list to its end: to a page that is short, or that brings nothing new.

    Parameters
    ----------
    account_ledger, ask
        Who is asked.
    call : callable
        How a page is asked for, by its number from 1, and by how many rows go before it.
    id_name : str
        The column by which rows are told apart.
    size : int or None
        Rows of a page; None where the list has none.
    overlap : bool
        Whether rows are counted. Then each page is asked for from the last row of the one before:
        where it begins with one that is not known, the list has moved meanwhile.
    has_total : bool
        Whether it tells how many there are, and is not whole where it does not.
    refs : collection of str
        Ids: once all are found, no further page is asked for.
    pages : int
        The most that are asked for.
    """
    rows: dict[str, FrameRow] = {}
    start, is_whole, total, lost = 0, True, None, 0
    is_proof = account_ledger.provider.listing.is_proof
    for page in range(1, pages + 1):
        frame = yield from _if_there(account_ledger, call(page, start), ask)
        if frame is None:
            return ListedRows(list(rows.values()), False, lost) if page > 1 else None
        marks = frame.attrs["extra"].get("subtype") or [None] * len(frame)
        page_rows = [
            row | {"mark": None if mark is None else str(mark)}
            for row, mark in zip(rows_of(frame), marks, strict=True)
        ]
        fresh = [row for row in page_rows if row[id_name] not in rows]
        if page > 1 and overlap:
            has_moved = not page_rows or page_rows[0][id_name] not in rows
            is_whole = is_whole and not has_moved and (bool(fresh) or len(page_rows) == 1)
        elif page > 1:  # the same page again: it takes no notice of which is asked for
            is_whole = is_whole and (bool(fresh) or not page_rows)
        rows |= {row[id_name]: row for row in fresh}
        is_proof = is_proof or (
            account_ledger.provider.own_clock and frame.attrs.get("from_sandbox", False)
        )
        total = frame.attrs.get("total", total)
        skipped = frame.attrs.get("skipped", 0)
        lost += skipped
        is_whole = is_whole and not skipped
        on_page = len(page_rows) + skipped
        if size is None:
            is_whole = is_whole and (on_page not in PAGE_SIZES or total == len(rows))
            break
        is_short = on_page < size and on_page not in PAGE_SIZES
        if not fresh or is_short or total == len(rows):
            break
        if refs and rows.keys() >= set(refs):
            is_whole = False
            break
        start += max(on_page - 1, 0)
    else:
        is_whole = False
    if has_total or total is not None:
        is_whole = is_whole and total == len(rows)
    return ListedRows(list(rows.values()), is_whole, lost, is_proof)


def _if_there(account_ledger: AccountLedger, call: Call, ask: Ask) -> Steps[pd.DataFrame | None]:
    """Ask for a list that some providers do not have."""
    if not account_ledger.provider.has(call.action.name):
        return None
    try:
        return (yield from ask(call))
    except BadAction as refusal:
        if not refusal.is_missing or call.action.rest:
            raise
        return None
    except ApiError as refusal:  # some say so where there is nothing to list
        is_nothing = refusal.code.startswith(NOTHING)
        if call.action.rest or not (is_nothing or isinstance(refusal, ActivationNotFound)):
            raise
        empty = pd.DataFrame(columns=[column.name for column in call.action.schema.columns])
        empty.attrs = {"extra": {}, "skipped": 0 if is_nothing else 1}
        return empty


def from_active(
    row: FrameRow, first_seen: datetime | None, id_name: str = "activation_id"
) -> ListedPurchase:
    """Read a row of what is active: of an activation, or of a rent that is one."""
    return ListedPurchase(
        ref=row[id_name],
        phone_number=text(row, "phone_number"),
        service=text(row, "service"),
        country=whole(row, "country"),
        cost=money(row, "activation_cost"),
        currency=text(row, "currency"),
        since=moment(row, "activation_time"),
        ends_at=moment(row, "activation_end_time"),
        repeated=flag(row, "repeated") if id_name == "activation_id" else None,
        first_seen=first_seen,
    )


def from_history(row: FrameRow, first_seen: datetime | None) -> ListedPurchase:
    """Read a row of the history: it names neither service nor country."""
    cost = money(row, "cost")
    return ListedPurchase(
        ref=row["activation_id"],
        phone_number=text(row, "phone_number"),
        cost=cost or None,  # zero says that it is active, or that the money came back
        currency=text(row, "currency"),
        since=moment(row, "date"),
        is_over=True,
        first_seen=first_seen,
    )


def from_rent(row: FrameRow, first_seen: datetime | None) -> ListedPurchase:
    """Read a row of the rents: it names service and price only where rents are activations."""
    return from_active(row, first_seen, "rent_id")


def is_over(row: FrameRow) -> bool:
    """Tell whether a row of the history is of an activation that has ended."""
    return bool(money(row, "cost")) or text(row, "status") not in _ALIVE


def new_extensions(
    account_ledger: AccountLedger, ask: Ask, rent_id: str, ordered: int
) -> Steps[int | None]:
    """Count the extensions of a rent by these hours that no order has; None if not known."""
    shortest = account_ledger.provider.shortest_rent
    hours, info = ordered, None
    for _ in range(2):
        call = _CALLS.continue_rent_info(rent_id, hours, need_history=True)
        try:
            info = yield from ask(call)
        except MaxHoursExceeded as exceeded:
            hours = exceeded.maximum or shortest
            continue
        except BadRentTime as refusal:
            if refusal.available:  # what was paid is told beside the price of any
                hours = refusal.available[0]
                continue
        except BadAction:
            return None
        except RentError:
            pass
        break
    if info is None:
        return 0
    ours = account_ledger.numbers(
        NUMBERS.c.ref == rent_id, NUMBERS.c.buys == PurchaseKind.EXTENSION
    )
    known = [account_ledger.order(number.order).hours or shortest for number in ours]
    return max(_paid_hours(info)[ordered] - known.count(ordered), 0)


def _paid_hours(frame: pd.DataFrame) -> Counter[int]:
    """Count the extensions of a rent by their hours, from continueRentInfo."""
    paid = frame.attrs.get("history", [])
    hours = [str(extension.get("hours")) for extension in paid if isinstance(extension, dict)]
    return Counter(int(text) for text in hours if text.isascii() and text.isdigit())

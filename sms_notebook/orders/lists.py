"""The provider's lists of what was bought: activations, past activations, rents, extensions."""

from collections.abc import Collection, Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from sms_notebook.orders.books import Books
from sms_notebook.orders.matching import Candidate
from sms_notebook.orders.quotes import Ask
from sms_notebook.orders.records import Record, moment, money, records, text, whole
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import ActivationNotFound, ApiError, BadAction
from sms_notebook.protocol.times import read_time

_CALLS = Calls()
_ROWS = 100  # a page
_PAGES = 50  # of a list that does not end
_LONGEST_AGO = timedelta(days=29)
_EARLIER = timedelta(days=1)  # zones may be mistaken
_ACTIVE = "4"  # the status of an activation that is alive, where nothing was paid yet


def active(books: Books, ask: Ask) -> Generator[Any, Any, list[Record] | None]:
    """List the activations that are alive; None where the provider has no such list."""
    frame = yield from _if_there(books, _CALLS.get_active_activations(), ask)
    return None if frame is None else records(frame)


def history(
    books: Books, ask: Ask, since: datetime, wanted: Collection[str] | None = None
) -> Generator[Any, Any, list[Record] | None]:
    """List past and present activations; None where the provider has no such list.

    Parameters
    ----------
    books, ask
        Who is asked.
    since : datetime
        From when on.
    wanted : collection of str, optional
        Ids: once all are found, no further page is asked for.
    """
    start = None
    if books.clock_agrees:
        start = max(since - _EARLIER, datetime.now(UTC) - _LONGEST_AGO)
    rows: list[Record] = []
    seen: set[str] = set()
    for page in range(_PAGES):
        call: Call = _CALLS.get_history(start=start, offset=page * _ROWS, limit=_ROWS)
        frame = yield from _if_there(books, call, ask)
        if frame is None:
            return None
        fresh = [row for row in records(frame) if row["activation_id"] not in seen]
        seen.update(row["activation_id"] for row in fresh)
        rows += fresh
        if len(fresh) < _ROWS or (wanted is not None and seen.issuperset(wanted)):
            break
    return rows


def rents(books: Books, ask: Ask) -> Generator[Any, Any, list[Record] | None]:
    """List the rents of the account; None where the provider has no such list."""
    rows: list[Record] = []
    seen: set[str] = set()
    for page in range(1, _PAGES + 1):
        frame = yield from _if_there(books, _CALLS.get_rent_list(length=_ROWS, page=page), ask)
        if frame is None:
            return None
        fresh = [row for row in records(frame) if row["rent_id"] not in seen]
        seen.update(row["rent_id"] for row in fresh)
        rows += fresh
        if len(fresh) < _ROWS:
            break
    return rows


def _if_there(books: Books, call: Call, ask: Ask) -> Generator[Any, Any, pd.DataFrame | None]:
    """Ask for a list that some providers do not have."""
    if call.action.name in books.lacks:
        return None
    try:
        return (yield from ask(call))
    except BadAction:
        return None
    except ActivationNotFound:  # some say so where there is nothing to list
        return pd.DataFrame(columns=[column.name for column in call.action.schema.columns])
    except ApiError as refusal:
        if not refusal.code.startswith("NO_H"):  # NO_HISTORY
            raise
        return pd.DataFrame(columns=[column.name for column in call.action.schema.columns])


def from_active(row: Record, first_seen: datetime | None) -> Candidate:
    """Read a row of the active activations."""
    return Candidate(
        ref=row["activation_id"],
        phone_number=text(row, "phone_number"),
        service=text(row, "service"),
        country=whole(row, "country"),
        cost=money(row, "activation_cost"),
        currency=text(row, "currency"),
        since=moment(row, "activation_time"),
        repeated=None if row["repeated"] is pd.NA else bool(row["repeated"]),
        first_seen=first_seen,
    )


def from_history(row: Record, first_seen: datetime | None) -> Candidate:
    """Read a row of the history: it names neither service nor country."""
    cost = money(row, "cost")
    return Candidate(
        ref=row["activation_id"],
        phone_number=text(row, "phone_number"),
        cost=cost or None,  # zero says that it is active, or that the money came back
        currency=text(row, "currency"),
        since=moment(row, "date"),
        is_over=True,
        first_seen=first_seen,
    )


def from_rent(row: Record, first_seen: datetime | None) -> Candidate:
    """Read a row of the rents: it names neither service nor price."""
    return Candidate(
        ref=row["rent_id"], phone_number=text(row, "phone_number"), first_seen=first_seen
    )


def is_over(row: Record) -> bool:
    """Tell whether a row of the history is of an activation that has ended."""
    return bool(money(row, "cost")) or text(row, "status") != _ACTIVE


def extensions(frame: pd.DataFrame) -> list[tuple[int | None, datetime | None]]:
    """Read the hours and times of a rent's extensions, from continueRentInfo."""
    records = frame.attrs.get("history", [])
    return [
        (_hours(record.get("hours")), _time(record.get("createDate")))
        for record in records
        if isinstance(record, dict)
    ]


def _hours(value: object) -> int | None:
    shown = str(value)
    return int(shown) if shown.isascii() and shown.isdigit() else None


def _time(value: object) -> datetime | None:
    try:
        return read_time(value, UTC)
    except ValueError:
        return None

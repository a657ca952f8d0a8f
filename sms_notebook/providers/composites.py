"""Actions for which a provider needs several requests: named here, pointed to by its row."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pandas as pd

from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.protocol.calls import Action, Call
from sms_notebook.protocol.errors import (
    ActivationNotFound,
    BadAction,
    CodeAlreadyReceived,
    RentNotFound,
    RentOver,
    SmsError,
)
from sms_notebook.protocol.errors.sms_error import Hint
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.frames.schema import rows_of
from sms_notebook.protocol.readers import rent as read
from sms_notebook.protocol.replies import Context, Status
from sms_notebook.protocol.steps import Ask, Steps
from sms_notebook.providers.row import Composite

_PAGES = 50  # of a list that does not end
_ROWS = 100
_WHOLE_NUMBER = "full"


def rent_offers(call: Call, ask: Ask) -> Steps[pd.DataFrame]:
    """Ask for all that can be rented; where that is missing, for one service alone."""
    try:
        return (yield from ask(call))
    except BadAction as refusal:
        if not refusal.is_missing:
            raise
    params = {"service": _WHOLE_NUMBER, **call.params}
    return (yield from ask(Call(_RENT_COUNTS, params)))


_RENT_COUNTS = Action("serviceCountRent", "", tables.RENT_OFFERS, read.rent_counts)


def rents_among_activations(call: Call, ask: Ask) -> Steps[pd.DataFrame]:
    """List rents where they are rows of the list of activations: all of its pages are read."""
    parts: list[pd.DataFrame] = []
    rent_ids: set[str] = set()
    is_whole = False
    for page in range(_PAGES):
        part = {"start": str(page * _ROWS), "limit": str(_ROWS)}
        frame = yield from ask(Call(call.action, part))
        fresh = set(frame["rent_id"]) - rent_ids
        rent_ids |= fresh
        parts.append(frame)
        others = frame.attrs["left_out"]
        if len(frame) + others + frame.attrs["skipped"] < _ROWS or (len(frame) and not fresh):
            is_whole = True
            break
    rents = pd.concat(parts, ignore_index=True).drop_duplicates("rent_id")
    skipped = sum(part.attrs["skipped"] for part in parts)
    return _page_of(call, rents, skipped, is_whole=is_whole)


def _page_of(call: Call, rents: pd.DataFrame, skipped: int, *, is_whole: bool) -> pd.DataFrame:
    """Return the page that was asked for, as the API documentation has it."""
    attrs = dict(rents.attrs) | {"skipped": skipped, "extra": {}}
    if is_whole and not skipped:
        attrs["total"] = len(rents)
    if (length := call.params.get("length")) is not None:
        first = (int(call.params.get("page", 1)) - 1) * int(length)
        rents = rents.iloc[first : first + int(length)]
    frame = rents.reset_index(drop=True)
    frame.attrs = attrs
    return frame


def rent_messages(call: Call, ask: Ask) -> Steps[pd.DataFrame]:
    """Read the messages of a rent, and how it stands unless a page of them was asked for.

    They can be read after it was finished, and not any more once the money came back.
    """
    try:
        frame = yield from ask(call)
    except RentOver as over:
        context = Context(call.action.name, call.params, over.provider or "")
        return tables.RENT_MESSAGES.empty(context, status=Status.CANCEL.value, quantity=0)
    if "page" not in call.params:
        status = yield from _status_of(call.params["id"], ask)
        if status == Status.CANCEL:
            frame.attrs["status"] = Status.FINISH.value
    return frame


def _status_of(rent_id: str, ask: Ask) -> Steps[str]:
    """Ask how a number stands; its messages count whatever comes of that."""
    try:
        frame = yield from ask(Call(ACTIONS["getStatus"], {"id": rent_id}))
    except ActivationNotFound as refusal:
        return Status.CANCEL.value if refusal.is_over else refusal.code
    except SmsError:
        return ""
    return str(frame.loc[0, "status"])


def end_after_reading(call: Call, ask: Ask) -> Steps[pd.DataFrame]:
    """End a rent after its messages were read: nobody can read them afterwards."""
    messages = Call(ACTIONS["getRentStatus"], {"id": call.params["id"]})
    with suppress(RentOver, RentNotFound):  # what is to be done says so, too
        yield from ask(messages)
    try:
        return (yield from ask(call))
    except CodeAlreadyReceived as refusal:
        yield from ask(messages)
        refusal.hints = (
            Hint("its messages are in {read}", read=("get_rent_status", call.params["id"])),
        )
        raise


def price_and_history(call: Call, ask: Ask) -> Steps[pd.DataFrame]:
    """Ask for the price of an extension, and for the extensions so far where they are wanted."""
    params = {"id": call.params["id"], "rent_time": call.params["hours"]}
    history: list[dict[str, Any]] = []
    if call.params.get("needHistory") == "true":
        paid = yield from ask(Call(_EXTENSIONS, {"id": call.params["id"]}))
        history = [_paid(row) for row in rows_of(paid)]
    price = yield from ask(Call(ACTIONS["getContinueRentPriceNumber"], params))
    priced = price.assign(hours=pd.array([int(params["rent_time"])], dtype="Int64"))
    frame = priced[[column.name for column in tables.RENT_INFO.columns]]
    frame.attrs = {**price.attrs, "action": call.action.name, "history": history}
    return frame


_EXTENSIONS = replace(
    ACTIONS["continueRentInfo"], schema=tables.RENT_EXTENSIONS, read=read.rent_extensions
)


COMPOSITES: Mapping[str, Composite] = {
    function.__name__: function
    for function in (
        rent_offers,
        rents_among_activations,
        rent_messages,
        end_after_reading,
        price_and_history,
    )
}
"""All of them by name, as a recording keeps them."""


def _paid(row: Mapping[str, Any]) -> dict[str, Any]:
    """Write an extension as the API documentation does."""
    at, price = row["create_date"], row["price"]
    return {
        "createDate": "" if at is pd.NaT else f"{at:%Y-%m-%d %H:%M:%S}",
        "hours": int(row["hours"]),
        "price": None if price is None or price is pd.NA else float(price),
    }

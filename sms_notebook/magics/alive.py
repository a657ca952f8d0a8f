"""The numbers that are alive, as far as is known without asking anybody: Tab offers them."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from sms_notebook.client import Client
from sms_notebook.protocol.calls import Buys
from sms_notebook.protocol.errors import SmsError

if TYPE_CHECKING:
    from sqlalchemy import Row

_LIFE = timedelta(minutes=20)
_ACTIVATIONS = (Buys.NUMBER.value, Buys.NUMBERS.value, Buys.AGAIN.value)
_GOES_ON = ("ACCESS_READY", "ACCESS_RETRY_GET", "STATUS_OK")


class Alive:
    """Ids of activations and rents, each with its number.

    Brought up to date after each command, so that Tab waits for nobody.
    """

    def __init__(self) -> None:
        self._kept: dict[bool, dict[str, str]] = {False: {}, True: {}}
        self._listed: dict[bool, dict[str, str]] = {False: {}, True: {}}

    def numbers(self, *, rented: bool) -> dict[str, str]:
        """Return what is known of each number by its id, the latest first."""
        return {**self._kept[rented], **self._listed[rented]}

    def hear(self, frame: pd.DataFrame) -> None:
        """Take in what the provider itself said: others may have bought there too."""
        match frame.attrs.get("action"):
            case "getActiveActivations":
                self._listed[False] = _labels(frame, "activation_id", "phone_number", "service")
            case "getRentList":
                self._listed[True] = _labels(frame, "rent_id", "phone_number")
            case "setStatus":
                over = frame[~frame["status"].isin(_GOES_ON)]
                self._forget(over["activation_id"], rented=False)
            case "setRentStatus":
                self._forget(frame["rent_id"], rented=True)

    def look(self, client: Client) -> None:
        """Look into the ledger, where there is one."""
        keeper = client._session.keeper  # noqa: SLF001 - a face of the client
        if not keeper.is_in_use:
            return
        from sms_notebook.orders.schema import NUMBERS  # noqa: PLC0415 - loads SQLAlchemy
        from sms_notebook.orders.states import NumberState  # noqa: PLC0415 - likewise

        try:
            books = keeper.books
            rows = books.ledger.numbers(books.account, NUMBERS.c.state == NumberState.ACTIVE)
        except SmsError:  # the next purchase says what is wrong with the ledger
            return
        now = books.now() if books.clock_agrees or client._desk else None  # noqa: SLF001 - likewise
        alive = [row for row in reversed(rows) if now is None or now < _end_of(row)]
        for rented, kinds in ((False, _ACTIVATIONS), (True, (Buys.RENT.value,))):
            self._kept[rented] = {
                row.ref: " ".join(filter(None, (row.phone_number, row.service)))
                for row in alive
                if row.buys in kinds
            }

    def _forget(self, refs: "pd.Series[str]", *, rented: bool) -> None:
        for ref in refs:
            self._listed[rented].pop(ref, None)


def _end_of(row: "Row[Any]") -> datetime:
    """Return when a number ends by itself at the latest."""
    end: datetime = row.ends_at or (row.since or row.bought_at) + _LIFE
    return end


def _labels(frame: pd.DataFrame, ref: str, *columns: str) -> dict[str, str]:
    texts = frame[[ref, *columns]].astype("string").fillna("")
    return {first: " ".join(filter(None, rest)) for first, *rest in texts.itertuples(index=False)}

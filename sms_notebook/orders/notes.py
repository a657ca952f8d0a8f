"""Notes: what any call shows of our numbers is written down, whoever asked."""

import logging
from collections.abc import Callable
from typing import Any

import pandas as pd
from sqlalchemy import Row

from sms_notebook.orders.books import Books
from sms_notebook.orders.completing import learn, rent_ended
from sms_notebook.orders.messages import Arrival, in_detail
from sms_notebook.orders.records import Record, moment, records, text
from sms_notebook.orders.sightings import known_ids, sight
from sms_notebook.orders.states import NumberState
from sms_notebook.protocol.calls import Buys, Call
from sms_notebook.protocol.errors import LedgerProblem

LOG = logging.getLogger("sms_notebook")
_ACTIVATION = (Buys.NUMBER, Buys.NUMBERS, Buys.AGAIN)


class Notes:
    """Takes notes of frames, for one client.

    Parameters
    ----------
    books : Books
        Where they go.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._seen: dict[str, tuple[object, ...]] = {}
        self._troubled = False

    def take(self, call: Call, frame: pd.DataFrame) -> None:
        """Write down what a frame shows; a failing ledger spoils no reading."""
        note = _NOTES.get(call.action.name)
        if note is None:
            return
        try:
            note(self, call, frame)
        except LedgerProblem as problem:
            if not self._troubled:
                LOG.error("Codes are not written down: %s", problem)  # noqa: TRY400 - one line
            self._troubled = True

    def _active(self, _call: Call, frame: pd.DataFrame) -> None:
        columns = ("activation_id", "sms_codes", "sms_text")
        told = [
            (ref, (*codes, said if isinstance(said, str) else None))
            for ref, codes, said in zip(*(frame[name].tolist() for name in columns), strict=True)
        ]
        places = [place for place, (ref, said) in enumerate(told) if self._seen.get(ref) != said]
        if not places:
            return
        fresh = records(frame.iloc[places])
        ledger, account = self._books.ledger, self._books.account
        known = known_ids(self._books, (row["activation_id"] for row in fresh))
        sight(
            self._books,
            (row["activation_id"] for row in fresh if row["activation_id"] not in known),
        )
        arrivals: list[Arrival] = []
        for row in fresh:
            ref = row["activation_id"]
            channel = "sms"
            if ref in known and known[ref] is None:
                number = ledger.number(account, ref, *_ACTIVATION)
                if number is not None:
                    learn(self._books, number, row)
                    channel = number.channel
            # What a call said, and where it can be heard, only getStatusV2 tells.
            arrivals += _listed(row) if channel == "sms" else []
        self._add(arrivals)
        self._seen = dict(told)

    def _status(self, _call: Call, frame: pd.DataFrame) -> None:
        row = records(frame)[0]
        code = text(row, "code")
        if row["status"] != "STATUS_OK" or code is None:
            return
        number = self._number(row["activation_id"])
        channel = number.channel if number is not None else "sms"
        # The same code again is no new one here: the answer may be older than it is read.
        self._add([Arrival(row["activation_id"], code=code, channel=channel)])

    def _messages(self, _call: Call, frame: pd.DataFrame) -> None:
        self._add(in_detail(frame))

    def _called(self, _call: Call, frame: pd.DataFrame) -> None:
        row = records(frame)[0]
        caller = text(row, "phone")
        if caller is not None:
            arrival = Arrival(
                row["activation_id"], code=caller[-4:], channel="call", phone_from=caller
            )
            self._add([arrival])

    def _changed(self, call: Call, frame: pd.DataFrame) -> None:
        number = self._number(str(call.params.get("id")))
        if number is None:
            return
        ledger, said = self._books.ledger, frame.loc[0, "status"]
        if said == "ACCESS_CANCEL":
            ledger.give_back(number)
        elif said == "ACCESS_ACTIVATION":
            ledger.change(number.id, state=NumberState.FINISHED)
        elif said == "ACCESS_RETRY_GET":
            known = ledger.messages.of(self._books.account.provider, [number.ref])
            ledger.change(number.id, old_messages=len(known))

    def _rent_messages(self, call: Call, frame: pd.DataFrame) -> None:
        self._add(
            [
                Arrival(
                    row["rent_id"],
                    text=text(row, "text"),
                    phone_from=text(row, "phone_from"),
                    service=text(row, "service"),
                    received_at=moment(row, "date"),
                )
                for row in reversed(records(frame))
            ]
        )
        rent_ended(self._books, str(call.params.get("id")), str(frame.attrs.get("status")))

    def _rent_changed(self, call: Call, _frame: pd.DataFrame) -> None:
        cancelled = call.params.get("status") == "2"
        word = "STATUS_CANCEL" if cancelled else "STATUS_FINISH"
        rent_ended(self._books, str(call.params.get("id")), word)

    def _number(self, ref: str) -> Row[Any] | None:
        return self._books.ledger.number(self._books.account, ref, *_ACTIVATION)

    def _add(self, arrivals: list[Arrival]) -> None:
        self._books.ledger.messages.add(
            self._books.account.provider, arrivals, via="poll", seen_at=self._books.now()
        )


def _listed(row: Record) -> list[Arrival]:
    """Read the messages of a row of active activations: all codes, and the latest text."""
    codes, said = row["sms_codes"], text(row, "sms_text")
    if not codes:
        return [Arrival(row["activation_id"], text=said)] if said else []
    texts = [None] * (len(codes) - 1) + [said]
    return [
        Arrival(row["activation_id"], code=code, text=words)
        for code, words in zip(codes, texts, strict=True)
    ]


_NOTES: dict[str, Callable[[Notes, Call, pd.DataFrame], None]] = {
    "getActiveActivations": Notes._active,  # noqa: SLF001 - its own methods
    "getStatus": Notes._status,  # noqa: SLF001 - likewise
    "getStatusV2": Notes._messages,  # noqa: SLF001 - likewise
    "getIncomingCallStatus": Notes._called,  # noqa: SLF001 - likewise
    "setStatus": Notes._changed,  # noqa: SLF001 - likewise
    "getRentStatus": Notes._rent_messages,  # noqa: SLF001 - likewise
    "setRentStatus": Notes._rent_changed,  # noqa: SLF001 - likewise
}
NOTED = frozenset(_NOTES)
"""Actions whose frames are worth a note."""

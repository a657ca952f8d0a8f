"""What replies show of our numbers: written down, whoever asked, and looked up where it lacks."""

import logging
from typing import Any

import pandas as pd

from sms_notebook.ledger import lists
from sms_notebook.ledger.foreign_ids import add_foreign_ids, foreign_id_of, known_ids
from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.schema import NUMBERS, NumberRecord, NumberState
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import ACTIVATIONS, RENTALS, Call
from sms_notebook.protocol.errors import (
    BadAction,
    CodeAlreadyReceived,
    LedgerProblem,
    RentError,
    SmsError,
)
from sms_notebook.protocol.frames.schema import FrameRow, moment, money, rows_of, text
from sms_notebook.protocol.incoming_messages import (
    MESSAGES,
    IncomingMessage,
    in_detail,
    of_listed,
    of_rent_refusal,
    on_channel,
    unknown_text,
)
from sms_notebook.protocol.replies import Access, Status
from sms_notebook.protocol.steps import Ask, Steps

LOG = logging.getLogger("sms_notebook")

_CALLS = Calls()
_RETURNED = (Status.CANCEL, Status.REVOKE)
_UNSETTLED = (NumberState.ACTIVE, NumberState.OVER)
_CANCEL_RENT = "2"
_ONE_MORE = "3"
_CANCELLED = ("CANCEL", "REFUND")
_FINISHED = ("FINISH", "COMPLETE")


class Observations:
    """Writes down what frames show, for one client.

    Parameters
    ----------
    account_ledger : AccountLedger
        Where it goes.
    """

    def __init__(self, account_ledger: AccountLedger) -> None:
        self._account_ledger = account_ledger
        self._listed: dict[str, tuple[object, ...]] = {}
        self._troubled = False

    def take(self, call: Call, frame: pd.DataFrame) -> None:
        """Write down what a frame shows; a failing ledger spoils no reading."""
        try:
            self._take(call, frame)
        except LedgerProblem as problem:
            if not self._troubled:
                LOG.error("Codes are not written down: %s", problem)  # noqa: TRY400 - one line
            self._troubled = True

    def keep(self, call: Call, refusal: CodeAlreadyReceived) -> None:
        """Write down the messages of a rent that came along with a refusal."""
        zone = self._account_ledger.provider.zone
        messages = of_rent_refusal(str(call.params.get("id")), refusal.messages, zone)
        try:
            self._account_ledger.add_messages(messages)
        except LedgerProblem as problem:
            LOG.error("A message is not written down: %s", problem)  # noqa: TRY400 - one line

    def _take(self, call: Call, frame: pd.DataFrame) -> None:
        action, ref = call.action.name, str(call.params.get("id"))
        if action == "getActiveActivations":
            self._take_active(lists.only_activations(frame))
        elif action == "setStatus":
            status = str(call.params.get("status"))
            self._take_change(ref, status, str(frame.loc[0, "status"]))
        elif action == "setRentStatus":
            cancelled = call.params.get("status") == _CANCEL_RENT
            word = Status.CANCEL if cancelled else Status.FINISH
            end_rent(self._account_ledger, ref, word)
        elif (read := MESSAGES.get(action)) is not None:
            messages = read(frame)
            if action == "getStatus" and messages:
                number = self._number(ref)
                messages = on_channel(messages, number.channel if number is not None else "sms")
            # The same code again is no new one here: the answer may be older than it is read.
            self._account_ledger.add_messages(messages)
            if action == "getRentStatus":
                end_rent(self._account_ledger, ref, str(frame.attrs.get("status")))

    def _take_active(self, frame: pd.DataFrame) -> None:
        columns = ("activation_id", "sms_codes", "sms_text")
        listed = [
            (ref, (*codes, latest if isinstance(latest, str) else None))
            for ref, codes, latest in zip(*(frame[name].tolist() for name in columns), strict=True)
        ]
        places = [place for place, (ref, now) in enumerate(listed) if self._listed.get(ref) != now]
        if not places:
            return
        rows = rows_of(frame.iloc[places])
        known = known_ids(self._account_ledger, (row["activation_id"] for row in rows))
        others = (foreign_id_of(row) for row in rows if row["activation_id"] not in known)
        add_foreign_ids(self._account_ledger, others)
        messages: list[IncomingMessage] = []
        for row in rows:
            ref, channel = row["activation_id"], "sms"
            if ref in known and known[ref] is None and (number := self._number(ref)) is not None:
                complete_number(self._account_ledger, number, row)
                channel = number.channel
            # What a call said, and where it can be heard, only getStatusV2 tells.
            messages += of_listed(row) if channel == "sms" else []
        self._account_ledger.add_messages(messages)
        self._listed = dict(listed)

    def _take_change(self, ref: str, status: str, access: str) -> None:
        number = self._number(ref)
        if number is None:
            return
        if access == Access.CANCEL:
            self._account_ledger.give_back(number)
        elif access == Access.ACTIVATION:
            self._account_ledger.change(number.id, state=NumberState.FINISHED)
        elif access == Access.RETRY_GET or (status == _ONE_MORE and access == Access.READY):
            known = self._account_ledger.messages([number.ref])
            self._account_ledger.change(number.id, old_messages=len(known))

    def _number(self, ref: str) -> NumberRecord | None:
        return self._account_ledger.number(ref, *ACTIVATIONS)


def complete_number(account_ledger: AccountLedger, number: NumberRecord, row: FrameRow) -> None:
    """Take over what getActiveActivations says of a number and the ledger does not know."""
    listed: dict[str, Any] = {
        "phone_number": text(row, "phone_number"),
        "cost": money(row, "activation_cost"),
        "currency": text(row, "currency") or account_ledger.provider.currency or None,
        "since": moment(row, "activation_time"),
        "ends_at": moment(row, "activation_end_time"),
    }
    news = {
        name: value
        for name, value in listed.items()
        if value is not None and getattr(number, name) is None
    }
    if number.is_quote and listed["cost"] is not None:
        news |= {"cost": listed["cost"], "is_quote": False}
    if news:
        account_ledger.change(number.id, **news)


def end_activation(account_ledger: AccountLedger, number: NumberRecord, row: FrameRow) -> None:
    """Write how an activation ended, and what came to it, from its row of getHistory."""
    if history := text(row, "sms"):
        known = account_ledger.messages([number.ref])
        if unknown := unknown_text(history, known):
            code = unknown if unknown.isdigit() else None
            message = IncomingMessage(number.ref, code=code, text=unknown, channel=number.channel)
            account_ledger.add_messages([message])
    if cost := money(row, "cost"):
        account_ledger.change(number.id, state=NumberState.FINISHED, cost=cost)
    else:
        account_ledger.give_back(number)


def end_by_word(account_ledger: AccountLedger, ref: str, word: str) -> None:
    """Write that an activation is over; how, only where a provider's word for it says that.

    STATUS_CANCEL, or that there is no such activation, is also said of what is finished.
    """
    number = account_ledger.number(ref, *ACTIVATIONS)
    if number is None or number.state not in _UNSETTLED:
        return
    ending = "" if word == Status.CANCEL else word.upper()
    if any(end in ending for end in _CANCELLED):
        account_ledger.give_back(number)
    elif any(end in ending for end in _FINISHED):
        account_ledger.change(number.id, state=NumberState.FINISHED)
    else:
        note_over(account_ledger, number)


def note_over(account_ledger: AccountLedger, number: NumberRecord) -> None:
    """Write that a number is over, unless somebody writes meanwhile how it ended."""
    account_ledger.change(number.id, if_state=NumberState.ACTIVE, state=NumberState.OVER)


def end_rent(account_ledger: AccountLedger, rent_id: str, status: str) -> None:
    """Write how a rent ended, from the word of its status; an unknown word changes nothing."""
    if status not in (*_RETURNED, Status.FINISH):
        return
    paid = account_ledger.numbers(NUMBERS.c.ref == rent_id, NUMBERS.c.buys.in_(RENTALS))
    if status in _RETURNED:
        account_ledger.give_back(*paid)
        return
    for number in paid:
        account_ledger.change(number.id, state=NumberState.FINISHED)


# Looking up what lacks --------------------------------------------------------------------------


def complete(account_ledger: AccountLedger, ask: Ask) -> Steps[list[SmsError]]:
    """Look up costs that are not known, and how numbers ended that are not listed any more.

    Returns
    -------
    list of SmsError
        Why some of it could not be asked: that is left for the next time.
    """
    unsettled = account_ledger.numbers(NUMBERS.c.state.in_(_UNSETTLED))
    activations = [number for number in unsettled if number.buys.is_activation]
    rents = {number.ref for number in unsettled if number.buys.is_rental}
    failures: list[SmsError] = []
    try:
        if activations:
            yield from _complete_activations(account_ledger, activations, ask)
    except lists.OF_ALL as failure:
        return [failure]
    except lists.UNANSWERED as failure:
        failures.append(failure)
    try:
        if rents:
            failures += yield from _complete_rents(account_ledger, rents, ask)
    except lists.UNANSWERED as failure:
        failures.append(failure)
    return failures


def _complete_activations(
    account_ledger: AccountLedger, numbers: list[NumberRecord], ask: Ask
) -> Steps[None]:
    alive = yield from lists.active(account_ledger, ask)
    listed = {row["activation_id"]: row for row in alive.rows} if alive is not None else {}
    missing: list[NumberRecord] = []
    for number in numbers:
        if (row := listed.get(number.ref)) is not None:
            complete_number(account_ledger, number, row)
        else:
            missing.append(number)
    if alive is None or not missing:
        return
    past = yield from lists.history(
        account_ledger, ask, min(number.bought_at for number in missing)
    )
    rows = past.rows if past is not None else []
    ended = {row["activation_id"]: row for row in rows if lists.is_over(row)}
    for number in missing:
        if (row := ended.get(number.ref)) is not None:
            yield from _look_for_code(account_ledger, number, ask)
            end_activation(account_ledger, number, row)


def _look_for_code(account_ledger: AccountLedger, number: NumberRecord, ask: Ask) -> Steps[None]:
    """Look for the last code where it stands as one: the history only has texts.

    Raises
    ------
    SmsError
        What keeps from asking about any number. One that cannot be told has its text all the same.
    """
    if not account_ledger.provider.has("getStatusV2"):
        return
    try:
        frame = yield from ask(_CALLS.get_status_v2(number.ref))
    except lists.OF_ALL:
        raise
    except lists.UNANSWERED:  # of some that are over a provider tells nothing more
        return
    account_ledger.add_messages(in_detail(frame))


def _complete_rents(
    account_ledger: AccountLedger, refs: set[str], ask: Ask
) -> Steps[list[SmsError]]:
    """Look up how rents ended; return why some of them could not be asked about."""
    failures: list[SmsError] = []
    alive = yield from lists.rents(account_ledger, ask)
    if alive is None:
        return failures
    listed = {row["rent_id"] for row in alive.rows}
    for ref in sorted(refs - listed):
        try:
            frame = yield from ask(_CALLS.get_rent_status(ref))
        except (BadAction, RentError):
            continue
        except lists.OF_ALL:
            raise
        except lists.UNANSWERED as failure:
            failures.append(failure)
            continue
        end_rent(account_ledger, ref, str(frame.attrs.get("status")))
    return failures

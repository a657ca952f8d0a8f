"""An order on its way: sent once, and what became of it written.

An id in a reply is what counts: it is kept, whatever else of the reply cannot be read.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

import pandas as pd

from sms_notebook.ledger.foreign_ids import known_ids
from sms_notebook.ledger.kept_replies import KeptReply, keep_reply
from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.outcomes import save_purchase
from sms_notebook.ledger.purchases import Purchase, PurchaseRequest, Quote, purchases_in
from sms_notebook.ledger.schema import OrderState
from sms_notebook.protocol.calls import Call, PurchaseKind
from sms_notebook.protocol.errors import (
    ConnectionFailed,
    LedgerProblem,
    MalformedReply,
    OrderAlreadyExists,
    PurchaseUncertain,
    SmsError,
)
from sms_notebook.protocol.errors.sms_error import Hint, Phrase
from sms_notebook.protocol.steps import Send, Steps

T = TypeVar("T")

Buy = Callable[[Call], Steps[tuple[T, pd.DataFrame]]]
"""Sends a purchase once; returns the answer, and the same as a frame."""

LOG = logging.getLogger("sms_notebook")


class Entry(NamedTuple):
    """An order that was written down and may be sent."""

    id: int
    order_id: str
    """Sent along where the action takes it."""
    open_until: datetime
    """As it was written: by it whoever sends knows that the order is still its own."""


def send_once(
    account_ledger: AccountLedger,
    request: PurchaseRequest,
    entry: Entry,
    buy: Buy[T],
    quoted: Quote | None,
) -> Steps[tuple[T, list[Purchase]]]:
    """Send what was reserved, once, and write what became of it.

    Raises
    ------
    LedgerProblem
        If somebody has settled it meanwhile, or made it: nothing was sent.
    """
    sending = _OutgoingOrder(account_ledger, entry)
    try:
        call = _with_order_id(account_ledger, request.call, entry.order_id)
        answer, frame = yield from sending.noted(buy(call))
    except SmsError as failure:
        if isinstance(failure, PurchaseUncertain) and (
            named := _named_purchases(account_ledger, request, failure, quoted)
        ):
            _save(account_ledger, request, entry, named)
            _tell_named(failure, named)
            raise
        if sending.is_settled:
            raise  # how it ended is written already
        # An order id of ours that is used already: it was sent before, and made after all.
        exists = isinstance(failure, OrderAlreadyExists) and request.order_id is None
        exists = exists and sends_order_id(account_ledger, request)
        is_open = exists or isinstance(failure, PurchaseUncertain)
        state = OrderState.UNCERTAIN if is_open else OrderState.REFUSED
        _end(account_ledger, request, entry, state, str(failure.reason))
        raise
    except BaseException as interrupt:
        state = OrderState.UNCERTAIN if sending.is_begun else OrderState.NOT_BOUGHT
        when = "" if sending.is_begun else " before it was sent"
        _end(account_ledger, request, entry, state, f"stopped by {type(interrupt).__name__}{when}")
        raise
    currency = account_ledger.provider.currency
    try:
        purchases = purchases_in(request, frame, quoted, currency)
        _save(account_ledger, request, entry, purchases)
    except Exception:
        raise
    except BaseException:  # an interrupt: what was read is kept
        purchases = purchases_in(request, frame, quoted, currency)
        _keep(account_ledger, request, entry, purchases)
        raise
    return answer, purchases


class _OutgoingOrder:
    """An order on its way out.

    Attributes
    ----------
    is_begun : bool
        Whether it may have been sent.
    is_settled : bool
        Whether somebody had settled it, or made it anew, before it was sent.
    """

    def __init__(self, account_ledger: AccountLedger, entry: Entry) -> None:
        self._account_ledger = account_ledger
        self._entry = entry
        self.is_begun = self.is_settled = False

    def noted(self, steps: Steps[T]) -> Steps[T]:
        """Take the steps of a purchase; that it is sent is written right before it is."""
        answer: object = None
        failure: BaseException | None = None
        while True:
            try:
                step = steps.send(answer) if failure is None else steps.throw(failure)
            except StopIteration as done:
                return cast("T", done.value)
            if isinstance(step, Send) and not self.is_begun:
                self._note()
            answer = failure = None
            try:
                answer = yield step
            except BaseException as error:  # noqa: BLE001 - the steps decide about it
                failure = error

    def _note(self) -> None:
        if not self._account_ledger.sending(self._entry.id, self._entry.open_until):
            self.is_settled = True
            raise LedgerProblem(
                Phrase(
                    "the order {order_id} waited so long for its turn that it was settled "
                    "elsewhere: it was not sent",
                    order_id=self._entry.order_id,
                ),
                hints=[Hint("order again: what was bought with its key meanwhile comes back")],
                provider=self._account_ledger.provider.name,
            )
        self.is_begun = True


def sends_order_id(account_ledger: AccountLedger, request: PurchaseRequest) -> bool:
    """Tell whether the action takes an order id, and the provider looks at it."""
    name = request.call.action.order_param
    return bool(name) and name not in account_ledger.provider.ignores


def _with_order_id(account_ledger: AccountLedger, call: Call, order_id: str) -> Call:
    """Send the order id along, where the action takes one and the provider looks at it."""
    name = call.action.order_param
    if name in account_ledger.provider.ignores:
        params = {key: value for key, value in call.params.items() if key != name}
        return Call(call.action, params)
    if not name or name in call.params:
        return call
    return Call(call.action, {**call.params, name: order_id})


def _end(
    account_ledger: AccountLedger,
    request: PurchaseRequest,
    entry: Entry,
    state: OrderState,
    error: str,
) -> None:
    """Write that nothing was bought, or that nobody knows; a failing ledger changes nothing."""
    try:
        account_ledger.end(entry.id, state, account_ledger.hide(error), own=True)
    except LedgerProblem as problem:
        if state is OrderState.REFUSED:
            _keep(account_ledger, request, entry, [], error)
        LOG.error(  # noqa: TRY400 - one line, not a traceback
            "Order %s is %s, but %s", entry.order_id, state, problem
        )


def _save(
    account_ledger: AccountLedger,
    request: PurchaseRequest,
    entry: Entry,
    purchases: Sequence[Purchase],
) -> None:
    """Write what was bought; where that fails it is kept, and the person still gets it."""
    try:
        save_purchase(account_ledger, entry.id, purchases, account_ledger.now())
    except LedgerProblem as problem:
        places = _keep(account_ledger, request, entry, purchases)
        where = f"in {places[0]}" if places else "in the memory of this process alone: note it down"
        LOG.error(  # noqa: TRY400 - one line, not a traceback
            "Bought %s, but it could not be written down: %s It is kept %s. The next order, or "
            "sms.reconcile(), adds it.",
            ", ".join(bought.ref for bought in purchases),  # no numbers: they may be masked
            problem,
            where,
        )


def _keep(
    account_ledger: AccountLedger,
    request: PurchaseRequest,
    entry: Entry,
    purchases: Sequence[Purchase],
    refusal: str | None = None,
) -> list[Path]:
    """Keep what a reply said until the ledger takes it."""
    reply = KeptReply(
        order_id=entry.order_id,
        provider=account_ledger.provider.name,
        account=account_ledger.account,
        action=request.action,
        buys=request.buys,
        key=request.key,
        about=request.about,
        bought_at=account_ledger.now(),
        purchases=list(purchases),
        refusal=refusal,
    )
    return keep_reply(account_ledger, reply)


# What a reply names that cannot be read otherwise ----------------------------------------------


def _named_purchases(
    account_ledger: AccountLedger,
    request: PurchaseRequest,
    failure: PurchaseUncertain,
    quoted: Quote | None,
) -> list[Purchase]:
    """Return what a reply that cannot be read names, where it can only be what was bought.

    As many ids as were ordered, none of which was there before; beside an error there must be a
    number as well.
    """
    is_answer = isinstance(failure.__cause__, MalformedReply | ConnectionFailed)
    phones = {
        item.activation_id: item.phone_number
        for item in failure.found
        if item.activation_id and (item.phone_number or is_answer)
    }
    if request.buys is PurchaseKind.AGAIN:
        phones.pop(request.target or "", None)
    count = len(request.services) if request.buys is PurchaseKind.NUMBERS else 1
    if len(phones) != count:
        return []
    if request.buys is not PurchaseKind.EXTENSION:
        try:
            known = known_ids(account_ledger, list(phones))
        except LedgerProblem:
            return []
        begun = failure.order.sent_at if failure.order is not None else datetime.now(UTC)
        if any(seen_at is None or seen_at < begun for seen_at in known.values()):
            return []
    prices = quoted.parts(request) if quoted is not None and request.max_price is None else {}
    service = request.service if request.buys is not PurchaseKind.NUMBERS else None
    return [
        Purchase(
            ref=ref,
            phone_number=phone,
            service=service,
            country=request.country,
            operator=request.operator,
            cost=prices.get(service),
            currency=quoted.currency if quoted is not None else None,
            channel=request.channel,
            is_quote=prices.get(service) is not None,
        )
        for ref, phone in phones.items()
    ]


def _tell_named(failure: PurchaseUncertain, named: Sequence[Purchase]) -> None:
    """Say that it is bought after all."""
    cause = failure.__cause__
    failure.what = Phrase(
        "bought {names}, though the rest of the reply cannot be read: {reason}",
        names=_names_of(named),
        reason=cause.reason if isinstance(cause, SmsError) else "",
    )
    failure.hints = (Hint("it is in {ledger()}, and need not be bought again"),)


def _names_of(purchases: Sequence[Purchase]) -> str:
    """Write ids and numbers, for people."""
    return ", ".join(
        f"{purchase.ref} ({purchase.phone_number or 'no number'})" for purchase in purchases
    )

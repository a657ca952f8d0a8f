"""The gate: every purchase passes it, through whichever door it came.

1. budget: reserved in one transaction, before anything is sent;
2. intent: a row in the ledger with an order id of its own;
3. the request, once;
4. outcome: what was bought, the refusal, or that nobody knows.

An id in a reply is what counts: it is kept, whatever else of the reply cannot be read.
"""

import hashlib
import inspect
import logging
import re
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar

import pandas as pd
from sqlalchemy import Connection, insert, update

from sms_notebook.ledger.budget import check_budget, quote, quote_if_there, unknown_costs
from sms_notebook.ledger.kept_replies import KeptReply, keep_reply
from sms_notebook.ledger.ledger import AccountLedger, this_process, today
from sms_notebook.ledger.named_purchases import named_purchases, names_of, tell_named
from sms_notebook.ledger.observed import complete
from sms_notebook.ledger.outcomes import save_purchase
from sms_notebook.ledger.purchases import (
    Purchase,
    PurchaseRequest,
    Quote,
    purchases_in,
)
from sms_notebook.ledger.schema import ORDERS, OrderRecord, OrderState
from sms_notebook.ledger.sightings import Baseline, write_sightings
from sms_notebook.protocol.calls import Call, PurchaseKind
from sms_notebook.protocol.errors import (
    LedgerProblem,
    OrderAlreadyExists,
    PurchaseUncertain,
    SmsError,
    UsageProblem,
)
from sms_notebook.protocol.errors.sms_error import Hint, Phrase
from sms_notebook.protocol.steps import Ask, Steps, offload

T = TypeVar("T")

Buy = Callable[[Call], Steps[tuple[T, pd.DataFrame]]]
"""Sends a purchase once; returns the answer, and the same as a frame."""

_NO_COST_IN_REPLY = (PurchaseKind.NUMBERS, PurchaseKind.AGAIN)
"""What nobody else asks the price of: `order`, `rent` and `extend` do it themselves."""
LOG = logging.getLogger("sms_notebook")


class KeyTakenError(Exception):
    """An order with this key is there already, or is just being made."""


class Entry(NamedTuple):
    """An order that was written down and may be sent."""

    id: int
    order_id: str
    """Sent along where the action takes it."""


def purchase(
    account_ledger: AccountLedger, request: PurchaseRequest, ask: Ask, buy: Buy[T]
) -> Steps[T]:
    """Make one purchase.

    Parameters
    ----------
    account_ledger : AccountLedger
        Where it is written.
    request : PurchaseRequest
        What is wanted.
    ask : callable
        Performs calls that only read, where the price must be known.
    buy : callable
        Sends the purchase.

    Raises
    ------
    BudgetExceeded, LedgerProblem
        Nothing was sent.
    PurchaseUncertain
        It was sent, and nobody knows what came of it; the ledger knows that.
    SmsError
        The provider refused, or was not reached.
    """
    quoted = None
    yield from tell_ignored(account_ledger, request)
    has_budget = account_ledger.budget is not None
    if has_budget:
        yield from know_costs(account_ledger, ask)
        if request.max_price is None:
            quoted = yield from quote(account_ledger.provider, request, ask)
            request = at_quoted_price(account_ledger, request, quoted)
    elif request.buys in _NO_COST_IN_REPLY:
        quoted = yield from quote_if_there(account_ledger.provider, request, ask)
    # An action is one request: it is not looked what there is before.
    entry = reserve(account_ledger, request, quoted, has_budget=has_budget)
    answer, _ = yield from send_once(account_ledger, request, entry, buy, quoted)
    return answer


def tell_ignored(account_ledger: AccountLedger, request: PurchaseRequest) -> Steps[None]:
    """Say in one line which of its parameters the provider takes no notice of."""
    provider = account_ledger.provider
    ignored = [_in_python(name) for name in request.params if name in provider.ignores]
    if ignored:
        names = ", ".join(ignored)
        line = f"{provider.title} takes no notice of {names}: it buys as if it were not given."
        yield from offload(begins=False)  # no thread knows which line of the person's it was
        warnings.warn(line, stacklevel=_frames_inside())
        yield from offload()


def _in_python(name: str) -> str:
    """Write a parameter's name as it is in Python."""
    return re.sub(r"(?=[A-Z])", "_", name).lower()


def _frames_inside() -> int:
    """Count the frames of this package on the way here: the next one is the person's."""
    frame, count = inspect.currentframe(), 0
    while frame is not None and frame.f_globals.get("__name__", "").startswith("sms_notebook"):
        frame, count = frame.f_back, count + 1
    return count


def reserve(
    account_ledger: AccountLedger,
    request: PurchaseRequest,
    quoted: Quote | None,
    there: Baseline | None = None,
    *,
    has_budget: bool,
    may_repeat: bool = False,
) -> Entry:
    """Write the intent, and reserve its price, in one transaction; from here on it may be sent.

    Parameters
    ----------
    account_ledger : AccountLedger
        Where it is written.
    request : PurchaseRequest
        What is bought.
    quoted : Quote or None
        The price named beforehand.
    there : Baseline or None
        What there was before: it can be no purchase of this order.
    has_budget : bool
        Whether there was a limit when its price was looked at.
    may_repeat : bool
        Whether an order of the same key that was not made is made under the same order id.

    Raises
    ------
    BudgetExceeded, LedgerProblem, KeyTakenError
        Nothing is written then, and nothing may be sent.
    """
    now, day = datetime.now(UTC), today()
    stamp, begun_at = account_ledger.stamp(_summary(request))
    total = quoted.total if quoted is not None else None
    most = request.most(total)
    service, country, target, hours = request.about
    values = {
        "order_id": request.order_id or stamp,
        "key": request.key,
        "idempotency_key": request.key,
        "provider": account_ledger.provider.name,
        "account": account_ledger.account,
        "action": request.action,
        "buys": request.buys,
        "service": service,
        "country": country,
        "operator": request.operator,
        "target": target,
        "hours": hours,
        "params": account_ledger.hide(request.written),
        "most": most,
        "quoted": total,
        "currency": quoted.currency if quoted is not None else None,
        "state": OrderState.INTENT,
        "error": None,
        "owner": this_process(),
        "day": day,
        "begun_at": begun_at,
        "open_until": now + timedelta(seconds=account_ledger.patience),
        "ended_at": None,
        "looked_at": None,
        "listed_at": there and min(there.at, begun_at),
        "missed_at": None,
    }

    def change(connection: Connection) -> Entry:
        before = account_ledger.orders_of_key(request.buys, request.key, connection)
        if any(order.idempotency_key is not None for order in before):
            raise KeyTakenError
        if (limit := account_ledger.budget) is not None:
            if not has_budget:  # nobody has looked what it costs, and what others of today did
                set_meanwhile = Phrase("a budget was set meanwhile, so nothing was sent")
                raise UsageProblem(set_meanwhile, hints=[Hint("order again")])
            provider = account_ledger.provider.name
            check_budget(connection, request, provider, day, limit=limit, asked=most)
        if there is not None:
            write_sightings(connection, account_ledger, there.seen, min(there.at, begun_at))
        again = _not_made(before, request) if may_repeat else None
        if again is not None:
            kept = ("order_id", "begun_at", "listed_at")
            same = values | {name: getattr(again, name) for name in kept}
            connection.execute(update(ORDERS).where(ORDERS.c.id == again.id).values(same))
            return Entry(again.id, again.order_id)
        inserted = connection.execute(insert(ORDERS).values(values)).inserted_primary_key
        assert inserted is not None  # noqa: S101 - an insert of one row has one
        return Entry(int(inserted[0]), str(values["order_id"]))

    return account_ledger.database.write(change)


def _not_made(orders: Sequence[OrderRecord], request: PurchaseRequest) -> OrderRecord | None:
    """Return the order that, as far as anybody knows, was not made."""
    wanted = (OrderState.NOT_BOUGHT, request.action, request.about)
    found = [order for order in orders if (order.state, order.action, order.about) == wanted]
    return found[-1] if found else None


def _summary(request: PurchaseRequest) -> str:
    """Say in a few words what is ordered; a key, which may be anything, stands as its digest."""
    words = [str(value) for value in (request.action, *request.about) if value is not None]
    if request.key is not None:
        key = request.key.encode("utf-8", "replace")
        words.append(hashlib.blake2s(key, digest_size=4).hexdigest())
    return " ".join(words)


def at_quoted_price(
    account_ledger: AccountLedger, request: PurchaseRequest, quoted: Quote | None
) -> PurchaseRequest:
    """Within a budget, take care that a number is not bought for more than was quoted."""
    if account_ledger.budget is None or quoted is None or request.buys is not PurchaseKind.NUMBER:
        return request
    params = {**request.params, "maxPrice": f"{quoted.total:f}"}
    return PurchaseRequest(Call(request.call.action, params), request.key)


def know_costs(account_ledger: AccountLedger, ask: Ask) -> Steps[None]:
    """Look up what today's purchases cost, where nobody said so: a budget must count them.

    Raises
    ------
    UsageProblem
        If a price stays unknown.
    """
    if not unknown_costs(account_ledger):
        return
    yield from complete(account_ledger, ask)
    if unknown := unknown_costs(account_ledger):
        raise UsageProblem(
            Phrase(
                "the budget cannot be kept: nobody knows what {unknown} of today's purchases cost",
                unknown=unknown,
            ),
            hints=[
                Hint("{ledger()} shows them"),
                Hint("{reconcile()} finds out what it can"),
                Hint("{order()}, {rent()} and {extend()} know what they cost"),
            ],
            provider=account_ledger.provider.name,
        )


def send_once(
    account_ledger: AccountLedger,
    request: PurchaseRequest,
    entry: Entry,
    buy: Buy[T],
    quoted: Quote | None,
) -> Steps[tuple[T, list[Purchase]]]:
    """Send what was reserved, once, and write what became of it."""
    with account_ledger.ledger.in_flight(entry.id):
        try:
            call = _with_order_id(account_ledger, request.call, entry.order_id)
            answer, frame = yield from buy(call)
        except SmsError as failure:
            if isinstance(failure, PurchaseUncertain) and (
                named := named_purchases(account_ledger, request, failure, quoted)
            ):
                _save(account_ledger, request, entry, named)
                tell_named(failure, named)
                raise
            # An order id of ours that is used already: it was sent before, and made after all.
            exists = isinstance(failure, OrderAlreadyExists) and request.order_id is None
            exists = exists and sends_order_id(account_ledger, request)
            is_open = exists or isinstance(failure, PurchaseUncertain)
            state = OrderState.UNCERTAIN if is_open else OrderState.REFUSED
            _end(account_ledger, request, entry, state, str(failure.reason))
            raise
        except BaseException as interrupt:
            error = f"stopped by {type(interrupt).__name__}"
            _end(account_ledger, request, entry, OrderState.UNCERTAIN, error)
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
        account_ledger.end(entry.id, state, account_ledger.hide(error))
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
            names_of(purchases),
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

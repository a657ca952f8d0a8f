"""The gate: every purchase passes it, through whichever door it came.

1. budget: reserved in one transaction, before anything is sent;
2. intent: a row in the ledger with an order id of its own;
3. the moment of sending, if it still is to be sent;
4. the request, once;
5. outcome: what was bought, the refusal, or that nobody knows.
"""

import hashlib
import inspect
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection, insert, update

from sms_notebook.ledger.budget import check_budget, quote, quote_if_there, unknown_costs
from sms_notebook.ledger.dispatch import Buy, Entry, send_once
from sms_notebook.ledger.foreign_ids import Baseline, write_foreign_ids
from sms_notebook.ledger.in_flight import Flight, flight, this_process
from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.observations import complete
from sms_notebook.ledger.purchases import (
    PurchaseRequest,
    Quote,
)
from sms_notebook.ledger.schema import ORDERS, OrderRecord, OrderState, today
from sms_notebook.protocol.calls import Call, PurchaseKind
from sms_notebook.protocol.errors import (
    UsageProblem,
)
from sms_notebook.protocol.errors.sms_error import Hint, Phrase
from sms_notebook.protocol.steps import Ask, Offload, Steps

T = TypeVar("T")

_NO_COST_IN_REPLY = (PurchaseKind.NUMBERS, PurchaseKind.AGAIN)
"""What nobody else asks the price of: `order`, `rent` and `extend` do it themselves."""


class KeyTakenError(Exception):
    """An order with this key is there already, or is just being made."""


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
    with reserved(account_ledger, request, quoted, has_budget=has_budget) as entry:
        answer, _ = yield from send_once(account_ledger, request, entry, buy, quoted)
    return answer


def tell_ignored(account_ledger: AccountLedger, request: PurchaseRequest) -> Steps[None]:
    """Say in one line which of its parameters the provider takes no notice of."""
    provider = account_ledger.provider
    ignored = [_in_python(name) for name in request.params if name in provider.ignores]
    if ignored:
        names = ", ".join(ignored)
        line = f"{provider.title} takes no notice of {names}: it buys as if it were not given."
        yield Offload(begins=False)  # no thread knows which line of the person's it was
        warnings.warn(line, stacklevel=_frames_inside())
        yield Offload()


def _in_python(name: str) -> str:
    """Write a parameter's name as it is in Python."""
    return re.sub(r"(?=[A-Z])", "_", name).lower()


def _frames_inside() -> int:
    """Count the frames of this package on the way here: the next one is the person's."""
    frame, count = inspect.currentframe(), 0
    while frame is not None and frame.f_globals.get("__name__", "").startswith("sms_notebook"):
        frame, count = frame.f_back, count + 1
    return count


@contextmanager
def reserved(
    account_ledger: AccountLedger,
    request: PurchaseRequest,
    quoted: Quote | None,
    baseline: Baseline | None = None,
    *,
    has_budget: bool,
    may_repeat: bool = False,
) -> Iterator[Entry]:
    """Write the intent; to the end of the ``with`` block it is known as under way.

    Parameters
    ----------
    account_ledger, request, quoted, baseline, has_budget, may_repeat
        As for `reserve`.
    """
    with flight() as under_way:
        yield reserve(
            *(account_ledger, request, quoted, baseline, under_way),
            has_budget=has_budget,
            may_repeat=may_repeat,
        )


def reserve(
    account_ledger: AccountLedger,
    request: PurchaseRequest,
    quoted: Quote | None,
    baseline: Baseline | None,
    under_way: Flight,
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
    baseline : Baseline or None
        What there was before: it can be no purchase of this order.
    under_way : Flight
        The orders of this call: nobody else of this process settles them.
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
        "open_until": (open_until := now + timedelta(seconds=account_ledger.patience)),
        "ended_at": None,
        "looked_at": None,
        "listed_at": baseline and min(baseline.at, begun_at),
        "missed_at": None,
        "sent_at": open_until,  # not sent yet: see `OrderRecord.is_unsent`
    }
    of = (account_ledger.provider.name, account_ledger.account)

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
        if baseline is not None:
            write_foreign_ids(connection, account_ledger, baseline.ids, min(baseline.at, begun_at))
        again = _order_to_repeat(before, request) if may_repeat else None
        if again is not None:
            # Should it have been made after all, that was before.
            names = ("order_id",) if again.is_unsent else ("order_id", "begun_at", "listed_at")
            same = values | {name: getattr(again, name) for name in names}
            under_way.take(*of, again.order_id)
            connection.execute(update(ORDERS).where(ORDERS.c.id == again.id), same)
            return Entry(again.id, again.order_id, open_until)
        under_way.take(*of, str(values["order_id"]))
        inserted = connection.execute(insert(ORDERS), values).inserted_primary_key
        assert inserted is not None  # noqa: S101 - an insert of one row has one
        return Entry(int(inserted[0]), str(values["order_id"]), open_until)

    return account_ledger.database.write(change)


def _order_to_repeat(orders: Sequence[OrderRecord], request: PurchaseRequest) -> OrderRecord | None:
    """Return the order that, as far as anybody knows, was not made."""
    same = (OrderState.NOT_BOUGHT, request.action, request.about)
    matches = [order for order in orders if (order.state, order.action, order.about) == same]
    return matches[-1] if matches else None


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
    SmsError
        Likewise, because the provider could not be asked.
    """
    if not unknown_costs(account_ledger):
        return
    failures = yield from complete(account_ledger, ask)
    if unknown := unknown_costs(account_ledger):
        if failures:
            raise failures[0]
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

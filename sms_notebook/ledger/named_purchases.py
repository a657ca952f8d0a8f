"""What a reply names that cannot be read otherwise: ids and numbers of what was bought."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.purchases import Purchase, PurchaseRequest, Quote
from sms_notebook.ledger.sightings import known_ids
from sms_notebook.protocol.calls import PurchaseKind
from sms_notebook.protocol.errors import (
    ConnectionFailed,
    LedgerProblem,
    MalformedReply,
    PurchaseUncertain,
    SmsError,
)
from sms_notebook.protocol.errors.sms_error import Hint, Phrase


def named_purchases(
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
    found = {
        item.activation_id: item.phone_number
        for item in failure.found
        if item.activation_id and (item.phone_number or is_answer)
    }
    if request.buys is PurchaseKind.AGAIN:
        found.pop(request.target or "", None)
    wanted = len(request.services) if request.buys is PurchaseKind.NUMBERS else 1
    if len(found) != wanted:
        return []
    if request.buys is not PurchaseKind.EXTENSION:
        try:
            known = known_ids(account_ledger, list(found))
        except LedgerProblem:
            return []
        begun = failure.order.sent_at if failure.order is not None else datetime.now(UTC)
        if any(seen is None or seen < begun for seen in known.values()):
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
        for ref, phone in found.items()
    ]


def tell_named(failure: PurchaseUncertain, named: Sequence[Purchase]) -> None:
    """Say that it is bought after all."""
    cause = failure.__cause__
    failure.what = Phrase(
        "bought {names}, though the rest of the reply cannot be read: {reason}",
        names=names_of(named),
        reason=cause.reason if isinstance(cause, SmsError) else "",
    )
    failure.hints = (Hint("it is in {ledger()}, and need not be bought again"),)


def names_of(purchases: Sequence[Purchase]) -> str:
    """Write ids and numbers, for people."""
    return ", ".join(f"{got.ref} ({got.phone_number or 'no number'})" for got in purchases)

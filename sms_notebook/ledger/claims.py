"""What a person says of an order that nobody can settle: what it bought, or that it did not."""

from collections.abc import Iterable, Mapping, Sequence

from sms_notebook.ledger import lists
from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.matching import ListedPurchase, is_service_of
from sms_notebook.ledger.outcomes import withdraw
from sms_notebook.ledger.reconciliation import Settlement, save_listed
from sms_notebook.ledger.schema import NUMBERS, ORDERS, Certainty, OrderRecord, OrderState
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import PurchaseKind
from sms_notebook.protocol.errors import ActivationNotFound, SmsError, UsageProblem
from sms_notebook.protocol.errors.sms_error import Hint, Phrase
from sms_notebook.protocol.steps import Ask, Steps

_CALLS = Calls()


def dismiss(account_ledger: AccountLedger, order_ids: Iterable[str]) -> list[Settlement]:
    """Settle orders on the word of a person that nothing was bought with them.

    So may be one whose purchase was only inferred or claimed; what a reply said is not dismissed.
    """
    orders = [
        order for order in _orders(account_ledger, order_ids) if _is_unread(account_ledger, order)
    ]
    for order in orders:
        if order.state == OrderState.BOUGHT:
            withdraw(account_ledger, order.id)
        account_ledger.end(order.id, OrderState.DISMISSED)
    return [
        Settlement(account_ledger.order(order.id), OrderState.DISMISSED.value) for order in orders
    ]


def claim(
    account_ledger: AccountLedger, claims: Mapping[str, Sequence[str]], ask: Ask
) -> Steps[list[Settlement]]:
    """Settle orders on the word of a person which purchases are theirs.

    Parameters
    ----------
    account_ledger : AccountLedger
        Whose orders they are.
    claims : mapping
        By order id: the id of what it bought, or several for a number for several services.
    ask : callable
        Performs calls that only read.

    Raises
    ------
    UsageProblem
        If an order is not open, or what is claimed is another's, is not listed, or is for something
        else. Nothing is written then, of no claim.
    """
    orders = {order.order_id: order for order in _orders(account_ledger, claims)}
    pairs: list[tuple[OrderRecord, list[ListedPurchase]]] = []
    claimed_refs: set[str] = set()
    for order_id, refs in claims.items():
        order = orders.get(order_id)
        if order is not None and account_ledger.ledger.is_in_flight(order):
            raise _refused("the answer to order {order} may still come", order=order_id)
        if order is not None and _has(account_ledger, order, refs):
            continue
        if order is None or not _is_unread(account_ledger, order):
            raise _refused("order {order} waits for nothing", order=order_id)
        listed = yield from _checked(account_ledger, order, refs, ask)
        if again := claimed_refs & set(refs):
            raise _refused("{ref} is claimed twice", ref=min(again))
        claimed_refs |= set(refs)
        pairs.append((order, listed))
    claimed_orders = [order for order, _ in pairs]
    known = [order for order in orders.values() if order not in claimed_orders]
    results = [Settlement(order, OrderState.BOUGHT.value) for order in known]
    for order, listed in pairs:
        if not save_listed(account_ledger, order, listed, Certainty.CLAIMED):
            raise _refused("{ref} is another order's by now", ref=listed[0].ref)
        results.append(Settlement(account_ledger.order(order.id), OrderState.BOUGHT.value))
    return results


def _orders(account_ledger: AccountLedger, order_ids: Iterable[str]) -> list[OrderRecord]:
    ids = list(order_ids)
    return account_ledger.orders(ORDERS.c.order_id.in_(ids)) if ids else []


def _is_unread(account_ledger: AccountLedger, order: OrderRecord) -> bool:
    """Tell whether a person may say what became of an order: no reply did."""
    if order.state in (OrderState.INTENT, OrderState.UNCERTAIN):
        return not account_ledger.ledger.is_in_flight(order)
    numbers = account_ledger.numbers(NUMBERS.c.order == order.id)
    unread = all(number.certainty is not Certainty.READ for number in numbers)
    return order.state == OrderState.BOUGHT and unread


def _has(account_ledger: AccountLedger, order: OrderRecord, refs: Sequence[str]) -> bool:
    """Tell whether the ledger says already what is claimed, and not only by inference."""
    numbers = account_ledger.numbers(NUMBERS.c.order == order.id)
    sure = {number.ref for number in numbers if number.certainty is not Certainty.INFERRED}
    return bool(sure) and sure == set(refs)


def _checked(
    account_ledger: AccountLedger, order: OrderRecord, refs: Sequence[str], ask: Ask
) -> Steps[list[ListedPurchase]]:
    """Return what is claimed, as it is listed; refuse what cannot be the order's."""
    services = (order.service or "").split(",") if order.service else []
    count = len(services) if order.buys is PurchaseKind.NUMBERS else 1
    if len(refs) != count or len(set(refs)) != count:
        raise _refused(
            "order {order} brings {count} activations, not {given}",
            order=order.order_id,
            count=count,
            given=len(set(refs)),
        )
    for ref in refs:
        _refuse_owned(account_ledger, order, ref)
    listed = yield from _listed(account_ledger, order, ask)
    claimed = []
    for ref in refs:
        if ref not in listed and not (yield from _is_known(order, ref, ask)):
            title = account_ledger.provider.title
            raise _refused("{title} does not list {ref}", title=title, ref=ref)
        purchase = listed.get(ref, ListedPurchase(ref))
        if order.buys in (PurchaseKind.NUMBER, PurchaseKind.NUMBERS) and not is_service_of(
            purchase.service, services
        ):
            raise _refused(
                "{ref} is for {other}, and order {order} for {service}",
                ref=ref,
                other=purchase.service,
                order=order.order_id,
                service=order.service,
            )
        claimed.append(purchase)
    return claimed


def _refuse_owned(account_ledger: AccountLedger, order: OrderRecord, ref: str) -> None:
    """Refuse what a reply, or a person, gave to another order."""
    if order.buys is PurchaseKind.EXTENSION:
        if ref != order.target:
            raise _refused(
                "order {order} extends {target}", order=order.order_id, target=order.target
            )
        return
    is_rent = order.buys is PurchaseKind.RENT
    what = "rent" if is_rent else "activation"
    for number in account_ledger.numbers(NUMBERS.c.only_ref == f"{what}:{ref}"):
        if number.order != order.id and number.certainty is not Certainty.INFERRED:
            owner = account_ledger.order(number.order).order_id
            raise _refused("{ref} is that of order {owner}", ref=ref, owner=owner)


def _listed(
    account_ledger: AccountLedger, order: OrderRecord, ask: Ask
) -> Steps[dict[str, ListedPurchase]]:
    """Return what the provider lists of the kind that an order buys."""
    by_ref: dict[str, ListedPurchase] = {}
    if order.buys.is_activation:
        past = yield from lists.history(account_ledger, ask, order.begun_at)
        alive = yield from lists.active(account_ledger, ask)
        for row in past.rows if past is not None else ():
            by_ref[row["activation_id"]] = lists.from_history(row, None)
        for row in alive.rows if alive is not None else ():
            by_ref[row["activation_id"]] = lists.from_active(row, None)
    if order.buys.is_rental or order.buys is PurchaseKind.AGAIN:
        rented = yield from lists.rents(account_ledger, ask)
        for row in rented.rows if rented is not None else ():
            by_ref[row["rent_id"]] = lists.from_rent(row, None)
    return by_ref


def _is_known(order: OrderRecord, ref: str, ask: Ask) -> Steps[bool]:
    """Tell whether the provider knows an id that it does not list; of a product nobody can tell."""
    if order.buys is PurchaseKind.PRODUCT:
        return True
    if not order.buys.is_activation:
        return False
    call = _CALLS.get_status(ref)
    try:
        yield from ask(call)
    except ActivationNotFound as refusal:
        return refusal.is_over
    except SmsError:
        return False
    return True


def _refused(template: str, **parts: object) -> UsageProblem:
    return UsageProblem(
        Phrase(f"claim: {template}. Nothing was written", **parts),
        hints=[Hint("{reconcile()} shows what is open, and what may be its own")],
    )

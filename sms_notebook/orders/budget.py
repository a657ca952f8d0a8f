"""The budget: what may be spent in a day, by all kernels that share a ledger."""

from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, func, select

from sms_notebook.orders.schema import NUMBERS, ORDERS
from sms_notebook.orders.states import OPEN, OrderState
from sms_notebook.orders.wishes import Wish
from sms_notebook.protocol.errors import BudgetExceeded, UsageProblem

_NOTHING = Decimal(0)


def spent(connection: Connection, provider: str, day: str) -> Decimal:
    """Return what a day's orders at a provider cost or may cost; refunds are taken off."""
    of_the_day = (ORDERS.c.provider == provider, ORDERS.c.day == day)
    reserved = func.coalesce(ORDERS.c.most, ORDERS.c.quoted, _NOTHING)
    paid = func.coalesce(NUMBERS.c.cost, NUMBERS.c.held, _NOTHING) - NUMBERS.c.refunded
    held = select(_sum(reserved)).where(*of_the_day, ORDERS.c.state.in_(OPEN))
    kept = (
        select(_sum(paid))
        .join_from(NUMBERS, ORDERS)
        .where(*of_the_day, ORDERS.c.state == OrderState.BOUGHT)
    )
    return sum((connection.execute(one).scalar_one() or _NOTHING for one in (held, kept)), _NOTHING)


def unknown_costs(connection: Connection, provider: str, day: str) -> int:
    """Count the purchases of a day of which nobody knows what they cost."""
    found = (
        select(func.count())
        .select_from(NUMBERS.join(ORDERS))
        .where(ORDERS.c.provider == provider, ORDERS.c.day == day)
        .where(NUMBERS.c.cost.is_(None), NUMBERS.c.held.is_(None))
    )
    return int(connection.execute(found).scalar_one())


def _sum(amount: ColumnElement[Decimal]) -> ColumnElement[Decimal]:
    return func.sum(amount, type_=ORDERS.c.most.type)


def check_budget(
    connection: Connection,
    wish: Wish,
    *,
    provider: str,
    day: str,
    limit: Decimal,
    asked: Decimal | None,
) -> None:
    """Refuse what would go over the day's limit.

    Raises
    ------
    BudgetExceeded
        It says what is spent, asked for and left.
    UsageProblem
        If nobody knows what it will cost.
    """
    action = wish.call.action.name
    if asked is None:
        raise UsageProblem(f"{action}: its price is not known. Pass max_price.", action=action)
    already = spent(connection, provider, day)
    if already + asked <= limit:
        return
    left = max(limit - already, _NOTHING)
    exceeded = BudgetExceeded(
        f"{action} at {provider}: {_money(asked)} asked, {_money(left)} left of today's budget of "
        f"{_money(limit)} ({_money(already)} spent or reserved). Nothing was sent. Cancel what is "
        "not needed, wait for the next day (UTC), or make a client with a higher budget.",
        action=action,
        provider=provider,
    )
    exceeded.limit, exceeded.spent, exceeded.asked = limit, already, asked
    raise exceeded


def _money(amount: Decimal) -> str:
    """Write an amount: cents at least, and more digits where there are some."""
    text = f"{amount:f}".rstrip("0") if "." in f"{amount:f}" else f"{amount:f}"
    whole, _, digits = text.partition(".")
    return f"{whole}.{digits:0<2}"

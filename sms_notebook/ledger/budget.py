"""Money before it is spent: what a purchase will cost, and what may be spent in a day.

A price is asked for where somebody wants to know it. The day's limit counts for all kernels that
share a ledger.
"""

import logging
from decimal import Decimal

import pandas as pd
from sqlalchemy import ColumnElement, Connection, func, select

from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.purchases import PurchaseRequest, Quote
from sms_notebook.ledger.schema import NUMBERS, OPEN, ORDERS, NumberState, OrderState, today
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import PurchaseKind
from sms_notebook.protocol.errors import BudgetExceeded, NoNumbers, SmsError, UsageProblem
from sms_notebook.protocol.errors.sms_error import Hint, Parameter, Phrase
from sms_notebook.protocol.readers.prices import prices_of
from sms_notebook.protocol.steps import Ask, Steps
from sms_notebook.providers.row import Provider, Rents

LOG = logging.getLogger("sms_notebook")

_CALLS = Calls()
_NOTHING = Decimal(0)

# The day's limit --------------------------------------------------------------------------------


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
    both = select(held.scalar_subquery(), kept.scalar_subquery())
    return sum((amount or _NOTHING for amount in connection.execute(both).one()), _NOTHING)


def _sum(amount: ColumnElement[Decimal]) -> ColumnElement[Decimal]:
    return func.sum(amount, type_=ORDERS.c.most.type)


def unknown_costs(account_ledger: AccountLedger) -> int:
    """Count the purchases of today of which nobody knows what they cost, or may cost."""
    return account_ledger.database.read(
        lambda connection: unknown(connection, account_ledger.provider.name, today())
    )


def unknown(connection: Connection, provider: str, day: str) -> int:
    """Count a day's purchases, and what may be some, that `spent` knows no amount of."""
    of_the_day = (ORDERS.c.provider == provider, ORDERS.c.day == day)
    brought = (
        select(func.count())
        .select_from(NUMBERS.join(ORDERS))
        .where(*of_the_day, ORDERS.c.state == OrderState.BOUGHT)
        .where(NUMBERS.c.cost.is_(None), NUMBERS.c.held.is_(None))
        .where(NUMBERS.c.state != NumberState.CANCELLED)
    )
    uncertain = (
        select(func.count())
        .select_from(ORDERS)
        .where(*of_the_day, ORDERS.c.state == OrderState.UNCERTAIN)
        .where(ORDERS.c.most.is_(None), ORDERS.c.quoted.is_(None))
    )
    both = select(brought.scalar_subquery() + uncertain.scalar_subquery())
    return int(connection.execute(both).scalar_one())


def check_budget(
    connection: Connection,
    request: PurchaseRequest,
    provider: str,
    day: str,
    *,
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
    action = request.action
    if asked is None:
        raise UsageProblem(
            Phrase("its price is not known"), hints=[Hint("name {max_price}")], action=action
        )
    already = spent(connection, provider, day)
    if already + asked <= limit:
        return
    left = max(limit - already, _NOTHING)
    exceeded = BudgetExceeded(
        Phrase(
            "{asked} asked, {left} left of today's budget of {limit} ({spent} spent or reserved). "
            "Nothing was sent",
            asked=_money(asked),
            left=_money(left),
            limit=_money(limit),
            spent=_money(already),
        ),
        hints=[
            Hint("cancel what is not needed, or wait for the next day (UTC)"),
            Hint("{raised} raises it", raised=("set_budget", Parameter("…"))),
        ],
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


# Prices -----------------------------------------------------------------------------------------


def quote(provider: Provider, request: PurchaseRequest, ask: Ask) -> Steps[Quote]:
    """Ask what a purchase will cost: getPrices and its like in the API documentation.

    Raises
    ------
    NoNumbers
        If it is not on sale.
    UsageProblem
        If its price cannot be asked for.
    """
    params, target = request.params, request.target or ""
    match request.buys:
        case PurchaseKind.NUMBER | PurchaseKind.NUMBERS:
            if params.get("activationType") in ("1", "2"):
                prices = yield from ask(_CALLS.get_prices_verification(request.services[0]))
                if request.country is not None:
                    prices = prices[prices["country"] == request.country]
                return Quote({request.service: _price(prices, "price", request)})
            amounts: dict[str | None, Decimal] = {}
            for service in request.services:
                prices = yield from ask(_CALLS.get_prices(service, params.get("country")))
                amounts[service] = _price(
                    prices_of(prices, service, request.country), "cost", request
                )
            return Quote(amounts)
        case PurchaseKind.AGAIN:
            check = yield from ask(_CALLS.check_extra_activation(target, hours=request.hours))
            return Quote({request.service: _price(check, "cost", request)})
        case PurchaseKind.RENT:
            offers = yield from ask(
                _CALLS.get_rent_services_and_countries(
                    rent_time=request.hours,
                    operator=request.operator,
                    country=request.country,
                    service=request.service if provider.rents is Rents.AS_ACTIVATIONS else None,
                    incoming_call=True if params.get("incomingCall") == "true" else None,
                )
            )
            here = offers[offers["service"] == request.service]
            return Quote({request.service: _price(here, "cost", request)}, _currency(here))
        case PurchaseKind.EXTENSION:
            hours = request.hours or provider.shortest_rent
            info = yield from ask(_CALLS.continue_rent_info(target, hours))
            return Quote({request.service: _price(info, "price", request)}, _currency(info))
    raise UsageProblem(
        Phrase("the API names no price of partner software beforehand, so no budget can be kept"),
        hints=[Hint("{without} takes the budget away", without=("set_budget", None))],
        action=request.action,
    )


def quote_if_there(provider: Provider, request: PurchaseRequest, ask: Ask) -> Steps[Quote | None]:
    """Ask for the price of what no reply tells; without a limit it need not be known."""
    try:
        return (yield from quote(provider, request, ask))
    except SmsError as failure:
        LOG.info("The price of %s is not known: %s", request.action, failure)
        return None


def _currency(frame: pd.DataFrame) -> str | None:
    currencies = frame["currency"].dropna()
    return str(currencies.iloc[0]) if len(currencies) else None


def _price(frame: pd.DataFrame, column: str, request: PurchaseRequest) -> Decimal:
    prices = frame[column].dropna()
    if not len(prices):
        refused = NoNumbers(
            Phrase(
                "no price is named for {what} in country {country}, so nothing was sent",
                what=request.service or request.target,
                country=request.params.get("country", "of the default"),
            ),
            hints=[Hint("try another country, or name {max_price}")],
            action=request.action,
        )
        refused.code = "NO_PRICE"
        raise refused
    if "country" in frame.columns:  # the same in several tiers: the cheapest goes first
        prices = prices.groupby(frame["country"], dropna=False).min()
    return Decimal(str(prices.max()))

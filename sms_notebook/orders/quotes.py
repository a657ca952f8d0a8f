"""What a purchase will cost: asked before it is made, where somebody wants to know."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from sms_notebook.orders.wishes import Wish
from sms_notebook.protocol.actions import Calls
from sms_notebook.protocol.calls import Buys, Call
from sms_notebook.protocol.errors import NoNumbers, UsageProblem

Ask = Callable[[Call], Generator[Any, Any, pd.DataFrame]]
"""How a call is performed: one step at a time, whoever takes them."""

_CALLS = Calls()


@dataclass(frozen=True, slots=True)
class Quote:
    """A price that the provider named.

    Attributes
    ----------
    amounts : dict
        By service, in the order of asking.
    currency : str or None
        Where the provider says it.
    """

    amounts: dict[str | None, Decimal]
    currency: str | None = None

    @property
    def total(self) -> Decimal:
        """The sum."""
        return sum(self.amounts.values(), Decimal(0))

    def parts(self, wish: Wish) -> dict[str | None, Decimal]:
        """Return the price of each thing that a wish brings, by its service."""
        if wish.buys is Buys.NUMBERS:
            return dict(self.amounts)
        return {wish.service: self.total}


def most_of(wish: Wish, quote: Quote | None) -> Decimal | None:
    """Return the most that a purchase may cost; None where nobody knows."""
    if wish.max_price is not None:
        return wish.max_price * max(len(wish.services), 1)
    return quote.total if quote is not None else None


def quote(wish: Wish, ask: Ask) -> Generator[Any, Any, Quote]:
    """Ask what a purchase will cost.

    Raises
    ------
    NoNumbers
        If it is not on sale.
    UsageProblem
        If its price cannot be asked for.
    """
    found: Quote = yield from _HOW[wish.buys](wish, ask)
    return found


def _numbers(wish: Wish, ask: Ask) -> Generator[Any, Any, Quote]:
    if wish.params.get("activationType") in ("1", "2"):
        return (yield from _calls(wish, ask))
    amounts: dict[str | None, Decimal] = {}
    for service in wish.services:
        prices = yield from ask(_CALLS.get_prices(service, _country(wish)))
        amounts[service] = _price(prices, "cost", wish)
    return Quote(amounts)


def _calls(wish: Wish, ask: Ask) -> Generator[Any, Any, Quote]:
    prices = yield from ask(_CALLS.get_prices_verification(wish.services[0]))
    here = prices[prices["country"] == wish.country] if wish.country is not None else prices
    return Quote({wish.service: _price(here, "price", wish)})


def _again(wish: Wish, ask: Ask) -> Generator[Any, Any, Quote]:
    check = yield from ask(_CALLS.check_extra_activation(wish.target or ""))
    return Quote({wish.service: _price(check, "cost", wish)})


def _rent(wish: Wish, ask: Ask) -> Generator[Any, Any, Quote]:
    offers = yield from ask(
        _CALLS.get_rent_services_and_countries(
            rent_time=wish.hours,
            operator=wish.operator,
            country=wish.country,
            incoming_call=True if wish.params.get("incomingCall") == "true" else None,
        )
    )
    here = offers[offers["service"] == wish.service]
    return Quote({wish.service: _price(here, "cost", wish)}, _currency(here))


def _extension(wish: Wish, ask: Ask) -> Generator[Any, Any, Quote]:
    info = yield from ask(_CALLS.continue_rent_info(wish.target or "", wish.hours or _LEAST_HOURS))
    return Quote({wish.service: _price(info, "price", wish)}, _currency(info))


_LEAST_HOURS = 2  # what the API takes where no hours are given


def _product(wish: Wish, _ask: Ask) -> Generator[Any, Any, Quote]:
    yield from ()
    raise UsageProblem(
        f"{wish.call.action.name}: the API names no price of partner software beforehand, so no "
        "budget can be kept. Buy it with a client that has no budget.",
        action=wish.call.action.name,
    )


def _country(wish: Wish) -> str | None:
    return wish.params.get("country")


def _currency(frame: pd.DataFrame) -> str | None:
    found = frame["currency"].dropna()
    return str(found.iloc[0]) if len(found) else None


def _price(frame: pd.DataFrame, column: str, wish: Wish) -> Decimal:
    prices = frame[column].dropna()
    if not len(prices):
        where = wish.call.action.name
        raise NoNumbers.of(
            f"{where}: no price is named for {wish.service or wish.target} in country "
            f"{wish.params.get('country', 'of the default')}, so nothing was sent. "
            "Try another country, or pass max_price.",
            code="NO_PRICE",
            action=where,
        )
    return Decimal(str(prices.max()))


_HOW: dict[Buys, Callable[[Wish, Ask], Generator[Any, Any, Quote]]] = {
    Buys.NUMBER: _numbers,
    Buys.NUMBERS: _numbers,
    Buys.AGAIN: _again,
    Buys.RENT: _rent,
    Buys.EXTENSION: _extension,
    Buys.PRODUCT: _product,
}

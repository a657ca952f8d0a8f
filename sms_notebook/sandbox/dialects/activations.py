"""Numbers as every dialect deals in them: buying with its filters, changes of state, lists."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Final, TypeVar

from sms_notebook.sandbox import wire
from sms_notebook.sandbox.account import MOST_MONEY
from sms_notebook.sandbox.actions import ordering
from sms_notebook.sandbox.actions.activations import ask_again, cancel, existing, make_ready
from sms_notebook.sandbox.actions.ordering import NumberRequest
from sms_notebook.sandbox.activation_market import ActivationOffer, PriceFilter
from sms_notebook.sandbox.activations import Activation
from sms_notebook.sandbox.state import ActionHandler, ProviderState
from sms_notebook.sandbox.wire import Answer, Params, refused

_Item = TypeVar("_Item")


def buy(
    state: ProviderState,
    action: str,
    params: Params,
    *,
    country: int,
    price_filter: PriceFilter,
    too_cheap: bool = True,
) -> Activation:
    """Buy a number with ``service``, ``operator`` and ``phoneException`` of the parameters.

    With `too_cheap` a limit below the lowest price is WRONG_MAX_PRICE, else NO_NUMBERS.
    """
    service = ordering.check_service(state, wire.text(params, "service"))
    ordering.check_account(state)
    choice = ordering.choose(
        state.market.offer(country, service), price_filter, too_cheap=too_cheap
    )
    request = NumberRequest(
        country=country,
        operators=wire.names(params, "operator"),
        avoid=wire.names(params, "phoneException"),
    )
    market = state.country_markets[country]
    if request.operators and market.operators and not market.matching(request.operators):
        raise refused("NO_NUMBERS")
    return ordering.buy(state, action, request, [choice])[0]


def places_of(partners: Sequence[int], params: Params) -> frozenset[int] | None:
    """Return whose numbers ``providerIds`` and ``exceptProviderIds`` let through; None for all.

    `partners` are the ids of the one with the cheapest price, with the next, …
    """
    only = wire.names(params, "providerIds")
    never = wire.names(params, "exceptProviderIds")
    if not only and not never:
        return None
    return frozenset(
        place
        for place, partner in enumerate(map(str, partners))
        if (not only or partner in only) and partner not in never
    )


def partner_rows(
    offer: ActivationOffer, partners: Sequence[int], price: Callable[[int], Any]
) -> dict[str, dict[str, Any]]:
    """Write what each partner has of an offer; `price` writes cents."""
    tiers = zip(partners, offer.prices, offer.counts, strict=False)
    return {
        str(partner): {"count": count, "price": price(cents), "provider_id": partner}
        for partner, cents, count in tiers
    }


def amount(params: Params, name: str, code: str) -> Decimal | None:
    """Read an amount of money; None where none is given, the code where it is no amount."""
    text = wire.text(params, name)
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise refused(code) from None
    if not value.is_finite() or value < 0:
        raise refused(code)
    return min(value, Decimal(MOST_MONEY))  # no account has more; what follows can reckon with it


def cost(state: ProviderState, activation: Activation) -> Decimal:
    """Return what was paid."""
    return state.payments.cost(activation.payment_id)


StatusChange = Callable[[ProviderState, Activation], str]
"""Changes the state of an activation and returns the word for it."""


def finish(state: ProviderState, activation: Activation) -> str:
    """End it as a success: after a message came."""
    if not activation.messages:
        raise refused("BAD_STATUS")
    state.activations.finish(activation)
    return "ACCESS_ACTIVATION"


CHANGES: Final[Mapping[str, StatusChange]] = MappingProxyType(
    {"1": make_ready, "3": ask_again, "6": finish, "8": cancel}
)
"""The changes of state that nearly all providers know."""


def set_status(
    state: ProviderState, params: Params, changes: Mapping[str, StatusChange] = CHANGES
) -> Answer:
    """Answer setStatus, with the numbers 1, 3, 6 and 8 if not said; NO_ACTIVATION, BAD_STATUS."""
    activation = existing(state, params)
    status_change = changes.get(params.get("status", "").strip())
    if status_change is None or activation.is_over:
        raise refused("BAD_STATUS")
    return Answer(status_change(state, activation))


def active(state: ProviderState) -> list[Activation]:
    """Return what lives and is in the lists, in the order of buying."""
    return state.listed(state.activations.active.values())


def rows(
    items: Sequence[_Item],
    state: ProviderState,
    params: Params,
    *,
    start: str,
    size: str,
    most: int,
) -> Sequence[_Item]:
    """Return the part of a list that parameters of these names ask for, 50 rows by default."""
    first = wire.at_least(params, start, 0, 0)
    return items[first : first + state.page_size(wire.integer(params, size), min(50, most), most)]


def offers(state: ProviderState, params: Params) -> list[ActivationOffer]:
    """Return the offers of ``country`` and ``service``; all where they are not given."""
    country, service = wire.text(params, "country"), wire.text(params, "service")
    places = state.country_markets if country is None else (wire.country_of(params),)
    if service is not None:
        candidates = [state.market.offer(place, service) for place in places]
        return [offer for offer in candidates if offer is not None]
    return [offer for place in places for offer in state.market.offers_in(place)]


def by_country(
    items: Sequence[ActivationOffer], write: Callable[[ActivationOffer], Any]
) -> dict[str, dict[str, Any]]:
    """Write offers as country → service → what `write` says."""
    table: dict[str, dict[str, Any]] = {}
    for offer in items:
        table.setdefault(str(offer.country), {})[offer.service] = write(offer)
    return table


def price_list(write: Callable[[ActivationOffer], Any]) -> ActionHandler:
    """Return an action that lists offers: country → service → what `write` says."""
    return lambda state, params: wire.in_json(by_country(offers(state, params), write))


def tiers(
    offer: ActivationOffer, form: str = "{:.4f}", *, cumulative: bool = False
) -> dict[str, int]:
    """Write the prices that have numbers: price → how many at it, or at up to it."""
    counts, total = {}, 0
    for price, count in zip(offer.prices, offer.counts, strict=True):
        if count:
            total += count
            counts[form.format(wire.dollars(price))] = total if cumulative else count
    return counts


def money(cents: int) -> float:
    """Write cents as a number of dollars."""
    return float(wire.dollars(cents))


def zoned(moment: datetime, hours: int = 0) -> str:
    """Write a time as RFC 3339, in the zone so many hours east."""
    return f"{moment + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}+{hours:02}:00"

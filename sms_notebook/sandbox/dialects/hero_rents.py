"""HeroSMS: numbers by the hour: prices, messages, prolonging; and any number once more."""

from collections.abc import Mapping
from typing import Any, Final

from sms_notebook.sandbox import wire
from sms_notebook.sandbox.actions import ordering, rent
from sms_notebook.sandbox.dialects.activations import money, zoned
from sms_notebook.sandbox.dialects.hero_numbers import (
    HeroNumber,
    bought,
    end,
    give_back,
    invalid,
    number_in,
    otp,
    owned,
    required,
    status_of,
)
from sms_notebook.sandbox.rented_numbers import RentedNumber, RentOffer, rent_cents
from sms_notebook.sandbox.state import ActionHandler, ProviderState
from sms_notebook.sandbox.wire import USD, Answer, Params, RefusedError, refused

DURATIONS: Final = (24, 72, 168, 336, 720, 1440, 2160, 4320)
"""Hours that a number can be had for."""

KNOWN_DURATIONS: Final = {
    "min": DURATIONS[0],
    "max": DURATIONS[-1],
    "available_durations": [*DURATIONS],
}
"""How BAD_DURATION names them."""

_CURRENCIES: Final = ("840", "978", "156", "643")
_PAGE: Final = 25  # not known; chosen


def _hours(params: Params) -> int:
    required(params, "duration")
    hours = wire.integer(params, "duration")
    if hours is None or hours not in DURATIONS:
        raise refused("BAD_DURATION")
    return hours


def _check_currency(params: Params) -> None:
    """Prices stay in dollars whatever is asked for (chosen): rows name their currency."""
    if (wire.text(params, "currency") or "840") not in _CURRENCIES:
        raise refused("WRONG_CURRENCY")


def _offer(state: ProviderState, params: Params) -> RentOffer | None:
    service, country = wire.text(params, "service"), number_in(params, "country")
    if service not in state.rent_market.services:
        raise refused("WRONG_SERVICE")
    if country not in state.country_markets:
        raise refused("WRONG_COUNTRY")
    return state.rent_market.offer(country, service)


def service_count_rent(state: ProviderState, params: Params) -> Answer:
    """Answer serviceCountRent: country → hours → count and price, all hours whatever was asked."""
    service = wire.text(params, "service")
    required(params, "service")
    _hours(params)
    _check_currency(params)
    if service not in state.rent_market.services:
        raise refused("WRONG_SERVICE")
    country = wire.text(params, "country")
    places = state.country_markets if country is None else (number_in(params, "country"),)
    offers = (state.rent_market.offer(place, service) for place in places)
    return wire.in_json(
        {
            str(offer.country): {
                str(hours): {
                    "count": offer.stock,
                    "price": money(cents := rent_cents(offer, hours)),
                    "retail_price": money(cents * 6 // 5),
                }
                for hours in DURATIONS
            }
            for offer in offers
            if offer is not None and offer.stock
        }
    )


def get_rent_services_and_countries(state: ProviderState, params: Params) -> Answer:
    """Answer getRentServicesAndCountries."""
    country, hours = number_in(params, "country"), _hours(params)
    market = state.country_markets.get(country)
    if market is None:
        raise refused("WRONG_COUNTRY")
    services: dict[str, Any] = {}
    for offer in state.rent_market.offers_in(country, calls=False):
        cents = rent_cents(offer, hours)
        services[offer.service] = {
            "quantity": offer.stock,
            "price": money(cents),
            "retail_price": money(cents * 6 // 5),
        }
    operators = {str(place): name for place, name in enumerate(market.operators, start=1)}
    return wire.in_json({"operators": operators, "services": services})


def get_rent_number(state: ProviderState, params: Params) -> Answer:
    """Answer getRentNumber with the object of getNumberV2."""
    required(params, "service", "country")
    hours = _hours(params)
    _check_currency(params)
    offer = _offer(state, params)
    ordering.check_account(state)
    if state.account.state == "inactive":
        raise refused("ACCOUNT_INACTIVE")
    if offer is None or not offer.stock:
        raise refused("NO_NUMBERS")
    return _begin(state, "getRentNumber", offer, hours)


def _begin(
    state: ProviderState, action: str, offer: RentOffer, hours: int, phone: str | None = None
) -> Answer:
    number = rent.new_rent(state, offer, hours, state.activations.webhook_url, phone)
    rent.begin(state, action, number, rent_cents(offer, hours))
    return wire.in_json(bought(state, number))


def get_all_sms(state: ProviderState, params: Params) -> Answer:
    """Answer getAllSms, the newest first. Not known; chosen: 25 a page."""
    number = owned(state, params)
    if status_of(number) in ("8", "10"):
        raise refused("ACTIVATION_NOT_ACTIVE")
    size = state.page_size(wire.integer(params, "size"), _PAGE, 100)
    first = (wire.at_least(params, "page", 1, 1) - 1) * size
    newest = number.messages[::-1][first : first + size]
    return wire.in_json(
        {
            "data": [otp(number, message) for message in newest],
            "meta": {"total": len(number.messages), "service": number.service},
        }
    )


_NO_CONTENT: Final = Answer("", 204)


def finish_activation(state: ProviderState, params: Params) -> Answer:
    """Answer finishActivation: nothing but a status."""
    end(state, owned(state, params))
    return _NO_CONTENT


def cancel_activation(state: ProviderState, params: Params) -> Answer:
    """Answer cancelActivation: nothing but a status."""
    give_back(state, owned(state, params))
    return _NO_CONTENT


def prolong(state: ProviderState, params: Params) -> Answer:
    """Answer prolong: the same number, a later end."""
    number, hours = _running(state, params), _hours(params)
    most = DURATIONS[-1] - number.hours
    if hours > most:
        raise RefusedError(Answer("MAX_HOURS_EXCEED"), "MAX_HOURS_EXCEED", info={"max": most})
    ordering.check_account(state)
    cents = rent_cents(number.offer, hours, number.hours)
    rent.prolong(state, "prolong", number, hours, cents)
    return wire.in_json(bought(state, number))


def _running(state: ProviderState, params: Params) -> RentedNumber:
    """Return a rent that can be prolonged; what is over can only be reactivated."""
    number = owned(state, params)
    if not isinstance(number, RentedNumber) or not number.is_active:
        raise refused("ACTION_NOT_AVAILABLE")
    return number


def prolong_options(state: ProviderState, params: Params) -> Answer:
    """Answer prolongOptions. Its shape is not known; chosen: that of reactivateOptions."""
    number = _running(state, params)
    options = [
        _option(rent_cents(number.offer, hours, number.hours), hours)
        for hours in DURATIONS
        if hours <= DURATIONS[-1] - number.hours
    ]
    return wire.in_json({"data": {"options": options}})


def _option(cents: int, value: int, unit: str = "hour") -> dict[str, Any]:
    return {"price": money(cents), "duration": {"unit": unit, "value": value}}


def prolong_history(state: ProviderState, params: Params) -> Answer:
    """Answer prolongHistory."""
    number = owned(state, params)
    if not isinstance(number, RentedNumber):
        raise invalid("id")
    return wire.in_json(
        {
            "data": [
                {
                    "userPrice": money(each.cents),
                    "hours": each.hours,
                    "createDate": zoned(each.at),
                    "payerType": "client",
                }
                for each in number.prolongations
            ]
        }
    )


def reactivate(state: ProviderState, params: Params) -> Answer:
    """Answer reactivate: a finished number once more, as a new one.

    Not known; chosen: a rent needs ``duration``, an activation lives its usual time.
    """
    parent = _finished(state, params)
    if isinstance(parent, RentedNumber):
        hours = _hours(params)
        ordering.check_account(state)
        if any(other.phone == parent.phone for other in state.rents.active()):
            raise refused("SIM_OFFLINE")
        return _begin(state, "reactivate", parent.offer, hours, parent.phone)
    try:
        extra = ordering.extra_activation(state, parent.id)
    except RefusedError as problem:
        raise refused(_NOT_AGAIN.get(problem.code, problem.code)) from None
    return wire.in_json(bought(state, extra))


_NOT_AGAIN: Final = {
    "NEW_ACTIVATION_IMPOSSIBLE": "SIM_OFFLINE",
    "RENEW_ACTIVATION_NOT_AVAILABLE": "ACTION_NOT_AVAILABLE",
}


def _finished(state: ProviderState, params: Params) -> HeroNumber:
    """Return a number that ended as a success; what runs can only be prolonged."""
    number = owned(state, params)
    if status_of(number) != "6" or not number.messages:
        raise refused("ACTION_NOT_AVAILABLE")
    return number


def reactivate_options(state: ProviderState, params: Params) -> Answer:
    """Answer reactivateOptions. Not known; chosen: an activation has its usual 20 minutes only."""
    return wire.in_json({"data": {"options": _options(state, _finished(state, params))}})


def reactivation_price(state: ProviderState, params: Params) -> Answer:
    """Answer reactivationPrice with the cheapest option."""
    options = _options(state, _finished(state, params))
    return wire.in_json({"data": {"price": options[0]["price"], "currency": USD}})


def _options(state: ProviderState, number: HeroNumber) -> list[dict[str, Any]]:
    if isinstance(number, RentedNumber):
        return [_option(rent_cents(number.offer, hours), hours) for hours in DURATIONS]
    return [_option(ordering.extra_cents(state, number), 20, "minute")]


ACTIONS: Final[Mapping[str, ActionHandler]] = {
    "serviceCountRent": service_count_rent,
    "getRentServicesAndCountries": get_rent_services_and_countries,
    "getRentNumber": get_rent_number,
    "getAllSms": get_all_sms,
    "finishActivation": finish_activation,
    "cancelActivation": cancel_activation,
    "prolong": prolong,
    "prolongOptions": prolong_options,
    "prolongHistory": prolong_history,
    "reactivate": reactivate,
    "reactivateOptions": reactivate_options,
    "reactivationPrice": reactivation_price,
}
"""What numbers for hours have beside the actions of all numbers."""

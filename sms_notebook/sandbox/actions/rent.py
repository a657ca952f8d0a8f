"""Numbers by the hour: what is for rent, renting, prolonging, messages, ending, the list."""

from datetime import timedelta
from typing import Any

from sms_notebook.sandbox import wire
from sms_notebook.sandbox.rented_numbers import (
    DAY_HOURS,
    LEAST_HOURS,
    MOST_HOURS,
    REFUND_SECONDS,
    REORDER_SECONDS,
    Prolongation,
    RentedNumber,
    RentOffer,
    RentStage,
    in_currency,
    rent_cents,
)
from sms_notebook.sandbox.simulation import random_for
from sms_notebook.sandbox.state import ProviderState
from sms_notebook.sandbox.wire import USD, Answer, Params

_PAGE = 10
_OVER = {
    RentStage.FINISHED: "STATUS_FINISH",
    RentStage.CANCELLED: "STATUS_CANCEL",
    RentStage.REVOKED: "STATUS_REVOKE",
}
_ALREADY = {
    RentStage.FINISHED: "ALREADY_FINISH",
    RentStage.CANCELLED: "ALREADY_CANCEL",
    RentStage.REVOKED: "ALREADY_CANCEL",
}
_REFUSALS = {"blocked": "CHANNELS_LIMIT", "banned": "CHANNELS_LIMIT"}
"""What an account in this state hears when it wants to rent."""


def get_rent_services_and_countries(state: ProviderState, params: Params) -> Answer:
    """Answer getRentServicesAndCountries."""
    country, currency = wire.country_of(params), wire.text(params, "currency")
    hours = _ordered_hours(params) or LEAST_HOURS
    country_market = state.country_markets.get(country)
    offers = state.rent_market.offers_in(country, calls=wire.flag(params, "incomingCall"))
    if country_market is None or not offers or not _operator_matches(state, params):
        raise wire.refused("OUT_OF_STOCK")
    services = {}
    for offer in offers:
        cost, _ = in_currency(currency, rent_cents(offer, hours))
        services[offer.service] = {"cost": float(cost), "quant": offer.stock}
    return wire.in_json(
        {
            "countries": _numbered(state.rent_market.countries()),
            "operators": _numbered(sorted({"any", *country_market.operators})),
            "services": services,
            "currency": in_currency(currency, 0)[1],
        }
    )


def get_rent_number(state: ProviderState, params: Params) -> Answer:
    """Answer getRentNumber."""
    service, country = wire.text(params, "service"), wire.country_of(params)
    if service is None or service not in state.rent_market.services:
        raise wire.refused_in_json("BAD_SERVICE")
    hours = _ordered_hours(params)
    if hours is None:
        raise wire.refused_in_json("INVALID_TIME")
    _check_account(state)
    if state.account.state == "inactive":
        raise wire.refused_in_json("ACCOUNT_INACTIVE")
    offer = state.rent_market.offer(country, service)
    called = wire.flag(params, "incomingCall")
    if offer is None or not offer.stock or (called and not offer.calls):
        raise wire.refused_in_json("NO_NUMBERS")
    if not _operator_matches(state, params):
        raise wire.refused_in_json("NO_NUMBERS")
    rent = new_rent(state, offer, hours, wire.text(params, "url"))
    begin(state, "getRentNumber", rent, rent_cents(offer, hours))
    return _phone(rent)


def continue_rent_number(state: ProviderState, params: Params) -> Answer:
    """Answer continueRentNumber: prolong a running rent, order a completed one again."""
    rent, hours, cents = _prolonged(state, params)
    if rent.is_active:
        prolong(state, "continueRentNumber", rent, hours, cents)
        return _phone(rent)
    again = new_rent(state, rent.offer, hours, rent.webhook_url, rent.phone)
    begin(state, "continueRentNumber", again, cents)
    return _phone(again)


def get_continue_rent_price_number(state: ProviderState, params: Params) -> Answer:
    """Answer getContinueRentPriceNumber."""
    _, _, cents = _prolonged(state, params)
    price, currency = in_currency(wire.text(params, "currency"), cents)
    return wire.in_json({"status": "success", "price": float(price), "currency": currency})


def continue_rent_info(state: ProviderState, params: Params) -> Answer:
    """Answer continueRentInfo."""
    rent, hours, cents = _prolonged(state, params, "hours")
    reply: dict[str, Any] = {
        "status": "success",
        "price": float(wire.dollars(cents)),
        "currency": USD,
        "hours": hours,
    }
    if wire.flag(params, "needHistory"):
        reply["history"] = _numbered(
            [
                {
                    "createDate": wire.timestamp(each.at),
                    "price": str(wire.dollars(each.cents)),
                    "hours": each.hours,
                }
                for each in rent.prolongations
            ]
        )
    return wire.in_json(reply)


def _prolonged(
    state: ProviderState, params: Params, name: str = "rent_time"
) -> tuple[RentedNumber, int, int]:
    """Return the rent, the hours to add and their price in cents, or say what is wrong."""
    rent = _existing(state, params)
    hours = _hours(params, name)
    if hours is None:
        raise wire.refused_in_json("INVALID_TIME")
    _check_account(state)
    if not _is_alive(state, rent):
        raise wire.refused_in_json("RENT_DIE")
    if hours > rent.hours_left:
        raise wire.refused_in_json("MAX_HOURS_EXCEED", {"max": rent.hours_left})
    paid = rent.hours if rent.is_active else 0
    return rent, hours, rent_cents(rent.offer, hours, paid)


def _is_alive(state: ProviderState, rent: RentedNumber) -> bool:
    """Whether the number of a rent still exists and is not rented again."""
    if rent.is_active:
        return True
    if rent.stage is not RentStage.FINISHED or rent.closed_at is None or rent.offer.stock <= 0:
        return False
    if state.now > rent.closed_at + timedelta(seconds=REORDER_SECONDS):
        return False
    return all(other.phone != rent.phone for other in state.rents.active())


def _check_account(state: ProviderState) -> None:
    refusal = _REFUSALS.get(state.account.state)
    if refusal is not None:
        raise wire.refused_in_json(refusal)


def _ordered_hours(params: Params) -> int | None:
    """Read the hours of an order: 2 to 1344, whole days from one day on."""
    hours = _hours(params, "rent_time")
    return None if hours is not None and hours > DAY_HOURS and hours % DAY_HOURS else hours


def _hours(params: Params, name: str) -> int | None:
    """Read hours: 2 where none are given, None for what is no number from 2 to 1344."""
    hours = LEAST_HOURS if wire.text(params, name) is None else wire.integer(params, name)
    return hours if hours is not None and LEAST_HOURS <= hours <= MOST_HOURS else None


def _operator_matches(state: ProviderState, params: Params) -> bool:
    operators = wire.names(params, "operator")
    country = state.country_markets[wire.country_of(params)]
    return not operators or bool(country.matching(operators)) or "any" in operators


def new_rent(
    state: ProviderState,
    offer: RentOffer,
    hours: int,
    webhook_url: str | None,
    phone: str | None = None,
) -> RentedNumber:
    """Return a number of an offer, or the one that is had again; NO_NUMBERS."""
    market, rent_id = state.country_markets[offer.country], state.rents.next_id()
    if phone is None:
        chance = random_for(state.seed, f"rent number:{rent_id}")
        phone = state.numbers.fresh(market.country, chance)
    if phone is None:
        raise wire.refused_in_json("NO_NUMBERS")
    return RentedNumber(
        id=rent_id,
        service=offer.service,
        country_market=market,
        phone=phone,
        at=state.now,
        hours=hours,
        offer=offer,
        webhook_url=webhook_url,
    )


def begin(state: ProviderState, action: str, rent: RentedNumber, cents: int) -> None:
    """Pay for a number, and have it; NO_BALANCE."""
    _pay(state, action, rent, cents)
    state.rents.begin(rent)


def prolong(state: ProviderState, action: str, rent: RentedNumber, hours: int, cents: int) -> None:
    """Pay for more hours, and have them; NO_BALANCE."""
    _pay(state, action, rent, cents)
    state.rents.prolong(rent, Prolongation(state.now, cents, hours))


def _pay(state: ProviderState, action: str, rent: RentedNumber, cents: int) -> None:
    no_money = wire.refused_in_json("NO_BALANCE")
    rent.payment_ids.append(state.pay(action, rent, cents, no_money))


def _phone(rent: RentedNumber) -> Answer:
    ends = f"{rent.ends_at:%Y-%m-%dT%H:%M:%S}"
    phone = {"id": rent.id, "endDate": ends, "number": rent.phone}
    return wire.in_json({"status": "success", "phone": phone})


def _numbered(values: list[Any]) -> dict[str, Any]:
    """Write a list as PHP does: a map with the places as keys."""
    return {str(place): value for place, value in enumerate(values)}


def get_rent_status(state: ProviderState, params: Params) -> Answer:
    """Answer getRentStatus: the messages, the newest first."""
    rent = _existing(state, params)
    if not rent.is_active:
        raise wire.refused_in_json(_OVER[rent.stage])
    if not rent.messages:
        raise wire.refused_in_json("STATUS_WAIT_CODE")
    page, size = wire.at_least(params, "page", 1, 1), wire.at_least(params, "size", 1, _PAGE)
    first = (page - 1) * size
    values = {
        str(place): {
            "phoneFrom": message.phone_from,
            "text": message.text,
            "service": message.service,
            "date": wire.timestamp(message.at),
        }
        for place, message in enumerate(rent.messages[::-1][first : first + size])
    }
    return wire.in_json(
        {"status": "success", "quantity": str(len(rent.messages)), "values": values}
    )


def set_rent_status(state: ProviderState, params: Params) -> Answer:
    """Answer setRentStatus: 1 finishes, 2 cancels."""
    rent = _existing(state, params)
    status = wire.text(params, "status")
    if status not in ("1", "2"):
        raise wire.refused_in_json("INCORECT_STATUS")
    if not rent.is_active:
        raise wire.refused_in_json(_ALREADY[rent.stage])
    if status == "1":
        state.rents.finish(rent, state.now)
    elif state.now > rent.at + timedelta(seconds=REFUND_SECONDS):
        raise wire.refused_in_json("CANT_CANCEL")
    else:
        state.rents.cancel(rent, state.now)
    return wire.in_json({"status": "success"})


def get_rent_list(state: ProviderState, params: Params) -> Answer:
    """Answer getRentList: what is rented now, the newest first."""
    rents = state.listed(state.rents.active())
    if not rents:
        raise wire.refused_in_json("NO_NUMBERS")
    page, length = wire.at_least(params, "page", 1, 1), wire.at_least(params, "length", 1, _PAGE)
    first = (page - 1) * length
    values = {
        str(place): {"id": str(rent.id), "phone": rent.phone}
        for place, rent in enumerate(rents[first : first + length])
    }
    return wire.in_json({"status": "success", "values": values})


def _existing(state: ProviderState, params: Params) -> RentedNumber:
    if wire.text(params, "id") is None:
        raise wire.refused_in_json("NO_ID_RENT")
    rent = state.rents.all.get(wire.id_of(params, "id"))
    if rent is None:
        raise wire.refused_in_json("INVALID_PHONE")
    return rent

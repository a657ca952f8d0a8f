"""Numbers by the hour: what is for rent, renting, prolonging."""

from datetime import timedelta
from typing import Any

from sms_notebook.sandbox.answers import USD, Answer, dollars, in_json, number, refused
from sms_notebook.sandbox.answers import refused_in_json as refused_rent
from sms_notebook.sandbox.books import Purchase
from sms_notebook.sandbox.buying import country_of, pay
from sms_notebook.sandbox.dice import random_for
from sms_notebook.sandbox.params import Params, flag, integer, names, text
from sms_notebook.sandbox.rent_market import (
    DAY_HOURS,
    LEAST_HOURS,
    MOST_HOURS,
    rent_cents,
    shown_in,
)
from sms_notebook.sandbox.rents import REORDER_SECONDS, Prolongation, Rent, RentStage
from sms_notebook.sandbox.state import State

_REFUSALS = {"blocked": "CHANNELS_LIMIT", "banned": "CHANNELS_LIMIT"}
"""What an account in this state hears when it wants to rent."""


def get_rent_services_and_countries(state: State, params: Params) -> Answer:
    """Answer getRentServicesAndCountries."""
    country, currency = country_of(params), text(params, "currency")
    hours = _ordered_hours(params) or LEAST_HOURS
    land = state.lands.get(country)
    shelf = state.rent_market.shelf(country, calls=flag(params, "incomingCall"))
    if land is None or not shelf or not _operator_matches(state, params):
        raise refused("OUT_OF_STOCK")
    services = {}
    for offer in shelf:
        cost, _ = shown_in(currency, rent_cents(offer, hours))
        services[offer.service] = {"cost": number(cost), "quant": offer.stock}
    return in_json(
        {
            "countries": _numbered(state.rent_market.countries()),
            "operators": _numbered(sorted({"any", *land.operators})),
            "services": services,
            "currency": shown_in(currency, 0)[1],
        }
    )


def get_rent_number(state: State, params: Params) -> Answer:
    """Answer getRentNumber."""
    service, country = text(params, "service"), country_of(params)
    if service is None or service not in state.rent_market.services:
        raise refused_rent("BAD_SERVICE")
    hours = _ordered_hours(params)
    if hours is None:
        raise refused_rent("INVALID_TIME")
    _check_account(state)
    if state.account.state == "inactive":
        raise refused_rent("ACCOUNT_INACTIVE")
    offer = state.rent_market.offer(country, service)
    called = flag(params, "incomingCall")
    if offer is None or not offer.stock or (called and not offer.calls):
        raise refused_rent("NO_NUMBERS")
    if not _operator_matches(state, params):
        raise refused_rent("NO_NUMBERS")
    land, rent_id = state.lands[country], state.rents.next_id()
    phone = state.numbers.fresh(land.country, random_for(state.seed, f"rent number:{rent_id}"))
    if phone is None:
        raise refused_rent("NO_NUMBERS")
    rent = Rent(
        id=rent_id,
        service=service,
        land=land,
        phone=phone,
        at=state.now,
        hours=hours,
        offer=offer,
        entries=[],
        webhook_url=text(params, "url"),
    )
    rent.entries.append(_pay(state, "getRentNumber", rent, rent_cents(offer, hours)))
    state.rents.begin(rent)
    return _phone(rent)


def continue_rent_number(state: State, params: Params) -> Answer:
    """Answer continueRentNumber: prolong a running rent, order a completed one again."""
    rent, hours, cents = _prolonged(state, params)
    if rent.is_active:
        entry = _pay(state, "continueRentNumber", rent, cents)
        state.rents.prolong(rent, Prolongation(state.now, cents, hours), entry)
        return _phone(rent)
    again = Rent(
        id=state.rents.next_id(),
        service=rent.service,
        land=rent.land,
        phone=rent.phone,
        at=state.now,
        hours=hours,
        offer=rent.offer,
        entries=[],
        webhook_url=rent.webhook_url,
    )
    again.entries.append(_pay(state, "continueRentNumber", again, cents))
    state.rents.begin(again)
    return _phone(again)


def get_continue_rent_price_number(state: State, params: Params) -> Answer:
    """Answer getContinueRentPriceNumber."""
    _, _, cents = _prolonged(state, params)
    price, currency = shown_in(text(params, "currency"), cents)
    return in_json({"status": "success", "price": number(price), "currency": currency})


def continue_rent_info(state: State, params: Params) -> Answer:
    """Answer continueRentInfo."""
    rent, hours, cents = _prolonged(state, params, "hours")
    reply: dict[str, Any] = {
        "status": "success",
        "price": number(dollars(cents)),
        "currency": USD,
        "hours": hours,
    }
    if flag(params, "needHistory"):
        reply["history"] = _numbered(
            [
                {
                    "createDate": f"{each.at:%Y-%m-%d %H:%M:%S}",
                    "price": str(dollars(each.cents)),
                    "hours": each.hours,
                }
                for each in rent.prolongations
            ]
        )
    return in_json(reply)


def _prolonged(state: State, params: Params, name: str = "rent_time") -> tuple[Rent, int, int]:
    """Return the rent, the hours to add and their price in cents, or say what is wrong."""
    if text(params, "id") is None:
        raise refused_rent("NO_ID_RENT")
    rent_id = integer(params, "id")
    rent = None if rent_id is None else state.rents.all.get(rent_id)
    if rent is None:
        raise refused_rent("INVALID_PHONE")
    hours = LEAST_HOURS if text(params, name) is None else integer(params, name)
    if hours is None or not LEAST_HOURS <= hours <= MOST_HOURS:
        raise refused_rent("INVALID_TIME")
    _check_account(state)
    if not _is_alive(state, rent):
        raise refused_rent("RENT_DIE")
    if hours > rent.hours_left:
        raise refused_rent("MAX_HOURS_EXCEED", {"max": rent.hours_left})
    paid = rent.hours if rent.is_active else 0
    return rent, hours, rent_cents(rent.offer, hours, paid)


def _is_alive(state: State, rent: Rent) -> bool:
    """Whether the number of a rent still exists and is not rented again."""
    if rent.is_active:
        return True
    if rent.stage is not RentStage.FINISHED or rent.closed_at is None or rent.offer.stock <= 0:
        return False
    if state.now > rent.closed_at + timedelta(seconds=REORDER_SECONDS):
        return False
    return all(other.phone != rent.phone for other in state.rents.active())


def _check_account(state: State) -> None:
    refusal = _REFUSALS.get(state.account.state)
    if refusal is not None:
        raise refused_rent(refusal)


def _ordered_hours(params: Params) -> int | None:
    """Read the hours of an order: 2 to 1344, whole days from one day on."""
    hours = LEAST_HOURS if text(params, "rent_time") is None else integer(params, "rent_time")
    if hours is None or not LEAST_HOURS <= hours <= MOST_HOURS:
        return None
    return hours if hours < DAY_HOURS or hours % DAY_HOURS == 0 else None


def _operator_matches(state: State, params: Params) -> bool:
    wanted = names(params, "operator")
    return not wanted or "any" in wanted or bool(state.lands[country_of(params)].matching(wanted))


def _pay(state: State, action: str, rent: Rent, cents: int) -> int:
    purchase = Purchase(
        id=str(rent.id),
        action=action,
        order_id=None,
        service=rent.service,
        country=rent.land.id,
        phone_number=rent.phone,
        cost=dollars(cents),
        at=state.now,
    )
    return pay(state, purchase, refused_rent("NO_BALANCE"))


def _phone(rent: Rent) -> Answer:
    ends = f"{rent.ends_at:%Y-%m-%dT%H:%M:%S}"
    phone = {"id": rent.id, "endDate": ends, "number": rent.phone}
    return in_json({"status": "success", "phone": phone})


def _numbered(values: list[Any]) -> dict[str, Any]:
    """Write a list as PHP does: a map with the places as keys."""
    return {str(place): value for place, value in enumerate(values)}

"""HeroSMS: numbers, for minutes or for hours: bought, listed, read, ended.

A rent is an activation with ``subtype`` 2 there: the same objects, the same ids, the same lists.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sms_notebook.sandbox import wire
from sms_notebook.sandbox.actions import ordering
from sms_notebook.sandbox.actions.activations import ask_again
from sms_notebook.sandbox.activation_market import PriceFilter
from sms_notebook.sandbox.activations import Activation, ActivationStage
from sms_notebook.sandbox.dialects import activations
from sms_notebook.sandbox.dialects.activations import zoned
from sms_notebook.sandbox.dialects.dialect import kept
from sms_notebook.sandbox.messages import ReceivedMessage
from sms_notebook.sandbox.rented_numbers import RentedNumber, RentStage
from sms_notebook.sandbox.state import ActionHandler, ProviderState
from sms_notebook.sandbox.wire import USD, Answer, Params, RefusedError, refused

MOST_ROWS: Final = 100
ZONE_HOURS: Final = 3
"""Times of the lists name no zone; they look like UTC+3."""

_EXCEPTIONS: Final = 20  # prefixes at most
_UNPROCESSABLE: Final = "UNPROCESSABLE_ENTITY"
_STATUS: Final = {
    ActivationStage.WAITING: "4",
    ActivationStage.RECEIVED: "2",
    ActivationStage.RETRYING: "3",
    ActivationStage.FINISHED: "6",
    ActivationStage.CANCELLED: "8",
    ActivationStage.RETURNED: "10",
    RentStage.FINISHED: "6",
    RentStage.CANCELLED: "8",
    RentStage.REVOKED: "10",
}

HeroNumber = Activation | RentedNumber


def invalid(field: str, code: str = "INVALID", must: str = "is wrong") -> RefusedError:
    """Refuse a parameter: 422, or a text where texts are answered."""
    info = {"field": field, "code": code, "message": f"Param '{field}' {must}"}
    return RefusedError(Answer(f"{_UNPROCESSABLE}:{field}:{code}"), _UNPROCESSABLE, info=info)


def required(params: Params, *names: str) -> None:
    """Refuse when one of these parameters is missing."""
    for name in names:
        if wire.text(params, name) is None:
            raise invalid(name, "REQUIRED", "is required")


def number_in(params: Params, name: str) -> int:
    """Return a parameter that must be a number."""
    required(params, name)
    value = wire.integer(params, name)
    if value is None:
        raise invalid(name, must="must be a number")
    return value


def owned(state: ProviderState, params: Params) -> HeroNumber:
    """Return the activation or the rent that is meant; NO_ACTIVATION, which is 404 here."""
    number = number_in(params, "id")
    item = state.activations.all.get(number) or state.rents.all.get(number)
    if item is None:
        raise refused("NO_ACTIVATION")
    return item


def status_of(number: HeroNumber) -> str:
    """Return the number that stands for a state: 2 has a message, 4 waits, 6, 8, 10 are over."""
    if isinstance(number, RentedNumber) and number.is_active:
        return "2" if number.messages else "4"
    return _STATUS[number.stage]


def cost(state: ProviderState, number: HeroNumber) -> Decimal:
    """Return what was paid for it, all prolongations together."""
    ids = number.payment_ids if isinstance(number, RentedNumber) else [number.payment_id]
    return sum((state.payments.cost(payment_id) for payment_id in ids), Decimal(0))


def bought(state: ProviderState, number: HeroNumber) -> dict[str, Any]:
    """Write the object that getNumberV2, getRentNumber, prolong and reactivate answer."""
    country = number.country_market.country
    return {
        "activationId": str(number.id),
        "phoneNumber": number.phone,
        "activationCost": float(cost(state, number)),
        "currency": USD,
        "countryCode": country.id,
        "countryPhoneCode": int(country.dial),
        "canGetAnotherSms": number.country_market.retry or isinstance(number, RentedNumber),
        "activationTime": zoned(number.at),
        "activationEndTime": zoned(number.ends_at),
        "activationOperator": number.operator if isinstance(number, Activation) else "any",
        "verificationType": "sms",
        "subtype": subtype(number),
        "serviceCode": number.service,
        "status": 4,
    }


def subtype(number: HeroNumber) -> int:
    """Return the mark: 1 is an activation, 2 a rent."""
    return 2 if isinstance(number, RentedNumber) else 1


def otp(number: HeroNumber, message: ReceivedMessage) -> dict[str, Any]:
    """Write a message; its id is the number's and its place."""
    return {
        "id": f"{number.id}{number.messages.index(message) + 1:02}",
        "phoneFrom": message.phone_from,
        "code": message.code or None,
        "text": message.text or None,
        "service": message.service,
        "date": zoned(message.at, ZONE_HOURS),
        "type": "sms",
    }


def local(moment: datetime) -> str:
    """Write a time of the lists: without its zone."""
    return wire.timestamp(moment + timedelta(hours=ZONE_HOURS))


def _buy(state: ProviderState, action: str, params: Params) -> Activation:
    """Buy a number; ``orderId``, ``minPrice``, ``providerIds`` do nothing here."""
    params = kept(params, "service country operator maxPrice fixedPrice phoneException")
    required(params, "service")
    country = number_in(params, "country")
    most = activations.amount(params, "maxPrice", "WRONG_MAX_PRICE")
    if len(wire.names(params, "phoneException")) > _EXCEPTIONS:
        raise refused("WRONG_EXCEPTION_PHONE")
    price_filter = PriceFilter(most, exactly=most is not None and wire.flag(params, "fixedPrice"))
    return activations.buy(state, action, params, country=country, price_filter=price_filter)


def get_number(state: ProviderState, params: Params) -> Answer:
    """Answer getNumber."""
    return ordering.access(_buy(state, "getNumber", params))


def get_number_v2(state: ProviderState, params: Params) -> Answer:
    """Answer getNumberV2."""
    return wire.in_json(bought(state, _buy(state, "getNumberV2", params)))


def get_status(state: ProviderState, params: Params) -> Answer:
    """Answer getStatus with the newest message. Not known; chosen: a finished number is over."""
    number = owned(state, params)
    status = status_of(number)
    if status in ("6", "8", "10"):
        return Answer("STATUS_CANCEL")
    if not number.messages:
        return Answer("STATUS_WAIT_CODE")
    word = "STATUS_WAIT_RETRY" if status == "3" else "STATUS_OK"
    return Answer(f"{word}:{number.messages[-1].code}")


def get_status_v2(state: ProviderState, params: Params) -> Answer:
    """Answer getStatusV2 with the newest message, null before the first."""
    number = owned(state, params)
    if status_of(number) in ("8", "10"):
        return Answer("STATUS_CANCEL")
    newest = otp(number, number.messages[-1]) if number.messages else None
    return wire.in_json({"verificationType": "sms", "data": newest})


def set_status(state: ProviderState, params: Params) -> Answer:
    """Answer setStatus: 3, 6 and 8. A number that is over is not active any more (chosen)."""
    number, status = owned(state, params), params.get("status", "").strip()
    if status not in ("3", "6", "8"):
        raise refused("BAD_STATUS")
    if status == "6":
        end(state, number)
        return Answer("ACCESS_ACTIVATION")
    if status == "8":
        give_back(state, number)
        return Answer("ACCESS_CANCEL")
    if isinstance(number, RentedNumber):  # not known; chosen: all of its messages come anyway
        raise refused("BAD_STATUS")
    return Answer(ask_again(state, number))


def end(state: ProviderState, number: HeroNumber) -> None:
    """Finish a number, with or without a message: it stays paid."""
    _check_active(number)
    if isinstance(number, RentedNumber):
        state.rents.finish(number, state.now)
    else:
        state.activations.finish(number)


FREE_CANCEL_SECONDS: Final = 20 * 60
"""Numbers for a day or more can be given back until then."""


def give_back(state: ProviderState, number: HeroNumber) -> None:
    """Cancel a number: not in its first 2 minutes, not after a message, a rent within 20."""
    _check_active(number)
    age = (state.now - number.at).total_seconds()
    if number.messages:
        raise refused("OTP_RECEIVED")
    if age < state.rules.early_cancel_seconds:
        raise refused("EARLY_CANCEL_DENIED")
    if isinstance(number, RentedNumber):
        if age > FREE_CANCEL_SECONDS:
            raise refused("FREE_CANCELLATION_EXPIRED")
        state.rents.cancel(number, state.now)
    else:
        state.activations.cancel(number)


def _check_active(number: HeroNumber) -> None:
    if status_of(number) in ("6", "8", "10"):
        raise refused("ACTIVATION_NOT_ACTIVE")


def living(state: ProviderState) -> list[HeroNumber]:
    """Return what lives and is listed by now. Not known; chosen: the oldest first."""
    numbers: list[HeroNumber] = [*activations.active(state)]
    numbers += state.listed(state.rents.active())
    return sorted(numbers, key=lambda number: (number.at, number.id))


def get_active_activations(state: ProviderState, params: Params) -> Answer:
    """Answer getActiveActivations: the rows in ``data``, beside a twin that is always empty.

    Not known; chosen: 50 rows when no ``limit`` is sent.
    """
    page = activations.rows(
        living(state), state, params, start="start", size="limit", most=MOST_ROWS
    )
    twin = {"affected_rows": 0, "num_rows": 0, "row": [], "rows": []}
    return wire.in_json(
        {
            "status": "success",
            "data": [_active_row(state, number) for number in page],
            "activeActivations": twin,
        }
    )


def _active_row(state: ProviderState, number: HeroNumber) -> dict[str, Any]:
    last = number.messages[-1] if number.messages else None
    country = number.country_market.country
    again = number.country_market.retry or isinstance(number, RentedNumber)
    return {
        "activationId": str(number.id),
        "serviceCode": number.service,
        "phoneNumber": number.phone,
        "activationCost": float(cost(state, number)),
        "currency": USD,
        "activationStatus": status_of(number),
        "smsCode": last.code or None if last else None,
        "smsText": last.text or None if last else None,
        "activationTime": local(number.at),
        "countryCode": str(country.id),
        "countryName": country.eng,
        "canGetAnotherSms": str(int(again)),
        "verificationType": "sms",
        "subtype": subtype(number),
    }


def newest(state: ProviderState) -> list[HeroNumber]:
    """Return all that is listed by now, the newest first."""
    numbers: list[HeroNumber] = [*state.listed(state.activations.all.values())]
    numbers += state.listed(state.rents.all.values())
    return sorted(numbers, key=lambda number: (number.at, number.id), reverse=True)


def get_history(state: ProviderState, params: Params) -> Answer:
    """Answer getHistory, the newest first; ``limit`` is not known to it, ``size`` is.

    Not known; chosen: 50 rows when no ``size`` is sent, and numbers that live are in it with
    status 4 and no cost, as in the document's row.
    """
    first, last = wire.integer(params, "start"), wire.integer(params, "end")
    numbers = [
        number
        for number in newest(state)
        if (first is None or number.at.timestamp() >= first)
        and (last is None or int(number.at.timestamp()) <= last)
    ]
    page = activations.rows(numbers, state, params, start="offset", size="size", most=MOST_ROWS)
    return wire.in_json([_history_row(state, number) for number in page])


def _history_row(state: ProviderState, number: HeroNumber) -> dict[str, Any]:
    status = status_of(number)
    return {
        "id": str(number.id),
        "date": local(number.at),
        "phone": number.phone,
        "sms": number.messages[-1].text or None if number.messages else None,
        "cost": float(cost(state, number)) if status == "6" else 0,
        "status": status if status in ("6", "8", "10") else "4",
        "currency": USD,
    }


ACTIONS: Final[Mapping[str, ActionHandler]] = {
    "getNumber": get_number,
    "getNumberV2": get_number_v2,
    "getStatus": get_status,
    "getStatusV2": get_status_v2,
    "setStatus": set_status,
    "getActiveActivations": get_active_activations,
    "getHistory": get_history,
}
"""What numbers for minutes and for hours have in common."""

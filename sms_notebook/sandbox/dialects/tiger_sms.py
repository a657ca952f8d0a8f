"""Tiger SMS: ids of 19 digits, costs as text, own numbers for states, cumulative prices."""

from functools import partial
from http import HTTPStatus
from typing import Any, Final

from sms_notebook.sandbox import wire
from sms_notebook.sandbox.actions import catalogue, ordering
from sms_notebook.sandbox.actions.activations import cancel, existing
from sms_notebook.sandbox.activation_market import ActivationOffer, PriceFilter
from sms_notebook.sandbox.activations import Activation, ActivationStage
from sms_notebook.sandbox.dialects import activations
from sms_notebook.sandbox.dialects.activations import (
    CHANGES,
    money,
    partner_rows,
    price_list,
    tiers,
    zoned,
)
from sms_notebook.sandbox.dialects.dialect import Dialect, kept
from sms_notebook.sandbox.state import MarketRules, ProviderState
from sms_notebook.sandbox.wire import USD, Answer, Params, RefusedError, as_json, refused

_PARTNERS: Final = (14, 27, 33, 41)
"""Who sells at an offer's first price, at its second, …"""

_EARLY: Final = 120
_MOST_ROWS: Final = 100
_MOST_OFFERS: Final = 50
_KINDS: Final = (None, "SMS", "CALL_FLASH", "CALL_VOICE", "CALL_INTERACTIVE", "RENT_SMS")
_CHANGES: Final = {**CHANGES, "-1": cancel}
_BOUGHT_BY: Final = (
    "service country maxPrice fixedPrice multiple providerIds exceptProviderIds activationType"
)


def _buy(state: ProviderState, action: str, params: Params) -> Activation:
    """Buy a number; ``operator``, ``phoneException``, ``minPrice``, ``orderId`` do nothing.

    Only its country is checked before the market is asked. A limit too low is NO_NUMBERS as yet.
    """
    params = kept(params, _BOUGHT_BY)
    if wire.text(params, "activationType") not in _KINDS:
        raise refused("BAD_ACTIVATION_TYPE")
    if params.get("fixedPrice", "false") not in ("true", "false"):
        raise refused("BAD_FIXED_PRICE")
    if params.get("multiple", "0") not in ("0", "1"):
        raise refused("BAD_MULTIPLE")
    _check_ids(params, "providerIds", "BAD_PROVIDER_IDS")
    _check_ids(params, "exceptProviderIds", "BAD_EXCEPT_PROVIDER_IDS")
    most = activations.amount(params, "maxPrice", "BAD_MAX_PRICE")
    country = wire.integer(params, "country")
    if country not in state.country_markets or country is None:
        raise refused("BAD_COUNTRY")
    fixed = most is not None and wire.flag(params, "fixedPrice")
    price_filter = PriceFilter(
        most, exactly=fixed, partners=activations.places_of(_PARTNERS, params)
    )
    bought = activations.buy(
        state, action, params, country=country, price_filter=price_filter, too_cheap=False
    )
    bought.operator = "any"
    return bought


def _check_ids(params: Params, name: str, code: str) -> None:
    if not all(each.isascii() and each.isdigit() for each in wire.names(params, name)):
        raise refused(code)


def _get_number(state: ProviderState, params: Params) -> Answer:
    return ordering.access(_buy(state, "getNumber", params))


def _get_number_v2(state: ProviderState, params: Params) -> Answer:
    number = _buy(state, "getNumberV2", params)
    country = number.country_market.country
    return wire.in_json(
        {
            "activationId": str(number.id),
            "phoneNumber": number.phone,
            "activationCost": float(activations.cost(state, number)),
            "currency": USD,
            "countryCode": country.id,
            "countryPhoneCode": int(country.dial),
            "canGetAnotherSms": number.country_market.retry,
            "activationTime": zoned(number.at),
            "activationEndTime": zoned(number.ends_at),
            "activationOperator": "any",
        }
    )


def _get_balance(state: ProviderState, params: Params) -> Answer:
    balance = state.account.balance
    if params.get("format") == "json":
        return wire.in_json({"balance": f"{balance:.4f}", "currency": USD})
    return Answer(f"ACCESS_BALANCE:{balance}")


def _get_status(state: ProviderState, params: Params) -> Answer:
    """Answer getStatus; what is over is ACCESS_CANCEL.

    Not known; chosen: that holds for finished numbers, too.
    """
    number = existing(state, params)
    if number.is_over:
        return Answer("ACCESS_CANCEL")
    if number.last is None:
        return Answer("STATUS_WAIT_CODE")
    if number.stage is ActivationStage.RETRYING:
        return Answer(f"STATUS_WAIT_RETRY:{number.last.code}")
    whole = wire.flag(params, "full_text")
    return Answer(f"STATUS_OK:{number.last.text if whole else number.last.code}")


def _get_status_v2(state: ProviderState, params: Params) -> Answer:
    """Answer getStatusV2. Not known; chosen: a cancelled number is as one that waits."""
    last = existing(state, params).last
    if last is None:
        return wire.in_json({"verificationType": 0, "sms": None})
    sms = {"dateTime": zoned(last.at), "code": last.code, "text": last.text}
    return wire.in_json({"verificationType": 1, "sms": sms})


def _set_status_v2(state: ProviderState, params: Params) -> Answer:
    activations.set_status(state, params, _CHANGES)
    return wire.in_json({"status": "success"})


_STATUS: Final = {
    ActivationStage.WAITING: "1",
    ActivationStage.RECEIVED: "6",
    ActivationStage.RETRYING: "3",
}


def _get_active_activations(state: ProviderState, params: Params) -> Answer:
    """Answer getActiveActivations. The order is not known; chosen: the oldest first."""
    page = activations.rows(
        activations.active(state), state, params, start="start", size="limit", most=_MOST_ROWS
    )
    return wire.in_json(
        {
            "status": "success",
            "data": [
                {
                    "activationId": str(number.id),
                    "serviceCode": number.service,
                    "phoneNumber": number.phone,
                    "activationCost": float(activations.cost(state, number)),
                    "activationStatus": _STATUS[number.stage],
                    "smsCode": number.last.code if number.last else "",
                    "smsText": number.last.text if number.last else "",
                    "activationTime": zoned(number.at),
                    "countryCode": number.country_market.id,
                    "countryName": number.country_market.country.eng,
                    "canGetAnotherSms": number.country_market.retry,
                    "currency": USD,
                }
                for number in page
            ],
        }
    )


def _price_row(offer: ActivationOffer) -> dict[str, Any]:
    return {"cost": f"{wire.dollars(offer.prices[0]):.4f}", "count": offer.count}


def _free_price_row(offer: ActivationOffer) -> dict[str, Any]:
    prices = tiers(offer, cumulative=True)
    return {
        "prices": prices,
        "has_multi": dict.fromkeys(prices, True),
        "saleAveragePrice": _average(offer),
    }


def _average(offer: ActivationOffer) -> float:
    return round(money(offer.prices[0]) * 0.8, 3)


def _get_prices_v3(state: ProviderState, params: Params) -> Answer:
    """Answer getPricesV3. Not known; chosen: without service or country it is BAD_VALUES."""
    if wire.text(params, "service") is None or wire.text(params, "country") is None:
        raise refused("BAD_VALUES")
    return price_list(_partners_row)(state, params)


def _partners_row(offer: ActivationOffer) -> dict[str, Any]:
    return {
        "price": money(offer.prices[0]),
        "count": offer.count,
        "currency": USD,
        "saleAveragePrice": _average(offer),
        "providers": partner_rows(offer, _PARTNERS, lambda cents: [money(cents)]),
    }


def _get_offers(state: ProviderState, params: Params) -> Answer:
    """Answer getOffers: service → country. Not known; chosen: nothing asked for is nothing."""
    services = wire.names(params, "services")[:_MOST_OFFERS]
    places = wire.integers(params, "countries")[:_MOST_OFFERS]
    data: dict[str, dict[str, Any]] = {}
    for service in services:
        for place in places:
            offer = state.market.offer(place, service)
            if offer is not None:
                data.setdefault(service, {})[str(place)] = _offer_row(offer)
    return wire.in_json({"data": data})


def _offer_row(offer: ActivationOffer) -> dict[str, Any]:
    price = money(offer.prices[0])
    return {
        "prices": {"default": price, "avg": _average(offer), "retail": price, "min": price},
        "counts": {"total": offer.count, "defaultPrice": offer.counts[0]},
        "map": tiers(offer, cumulative=True),
    }


def _get_providers(_state: ProviderState, _params: Params) -> Answer:
    """Answer getProviders: JSON within a page."""
    rows = [
        {
            "id": partner,
            "name": f"Provider{partner}",
            "numbers_count": 22518 - 100 * place,
            "delivery_percent": None if place else 8.95,
            "number_lifetime": 20,
        }
        for place, partner in enumerate(_PARTNERS)
    ]
    page = f"<html><head></head><body>{as_json(rows)}</body></html>"
    return Answer(page)


def _get_service_numbers_count(state: ProviderState, params: Params) -> Answer:
    service = wire.text(params, "service")
    if service is None or not state.market.sells(service):
        raise refused("BAD_SERVICE")
    offers = activations.offers(state, {"service": service})
    return wire.in_json(
        [{"countryCode": offer.country, "numbersCount": offer.count} for offer in offers]
    )


def _get_countries(state: ProviderState, _params: Params) -> Answer:
    rows = catalogue.country_rows(state, "id rus eng chn")
    return wire.in_json([{**row, "visible": 1, "retry": 1} for row in rows.values()])


_TITLED: Final = frozenset({"getNumberV2", "getStatusV2", "setStatusV2"})
_DETAILS: Final = {
    "BAD_SERVICE": "This service/country combination is not available",
    "BAD_COUNTRY": "This country is not available",
    "NO_NUMBERS": "No numbers",
    "NO_PROVIDERS": "No providers",
    "NO_BALANCE": "Payment Required",
    "NOT_FOUND": "Activation Not Found",
    "EARLY_CANCEL_DENIED": "Too early to cancel",
    "RATE_LIMIT": "Too many requests",
}
"""Details by title; only that of BAD_SERVICE is known, the others are chosen."""

_UNPROCESSABLE: Final = frozenset(
    {
        "BAD_MAX_PRICE",
        "BAD_FIXED_PRICE",
        "BAD_MULTIPLE",
        "BAD_VALUES",
        "BAD_PROVIDER_IDS",
        "BAD_EXCEPT_PROVIDER_IDS",
        "BAD_ACTIVATION_TYPE",
    }
)
_STATUSES: Final = {
    "BAD_KEY": 401,
    "NO_BALANCE": 402,
    "WRONG_MAX_PRICE": 400,
    "RATE_LIMIT": 429,
    "NOT_FOUND": 404,
    "EARLY_CANCEL_DENIED": 409,
}


def _refuse(action: str, refusal: RefusedError) -> Answer:
    """Refuse in text, or with a title where V2 answers; the key is always text."""
    code = "BAD_ACTION" if refusal.code in ("ERROR_SQL", "SERVER_ERROR") else refusal.code
    text = f"{code}:{refusal.rest}" if refusal.rest else code
    if action not in _TITLED or code in ("BAD_KEY", "BAD_ACTION"):
        status = HTTPStatus.OK if code == "EARLY_CANCEL_DENIED" else _STATUSES.get(code, 200)
        return Answer(text, status)
    if code in _UNPROCESSABLE:
        return Answer(as_json({"title": "UNPROCESSABLE_ENTITY", "details": code}), 422)
    if code == "NO_ACTIVATION":
        code = "NOT_FOUND"
    body: dict[str, Any] = {"title": code, "details": _DETAILS.get(code, code)}
    if code == "WRONG_MAX_PRICE":
        body["info"] = {"min": float(refusal.rest or "0.1")}
    if code == "EARLY_CANCEL_DENIED":
        body["info"] = {"minActivationTime": _EARLY}
    return Answer(as_json(body), _STATUSES.get(code, HTTPStatus.OK))


TIGER_SMS: Final = Dialect(
    name="tiger-sms",
    title="Tiger SMS: long ids, costs as text, lists of 50",
    actions={
        "getBalance": _get_balance,
        "getNumber": _get_number,
        "getNumberV2": _get_number_v2,
        "getStatus": _get_status,
        "getStatusV2": _get_status_v2,
        "setStatus": partial(activations.set_status, changes=_CHANGES),
        "setStatusV2": _set_status_v2,
        "getPrices": price_list(_price_row),
        "getFreePrices": price_list(_free_price_row),
        "getPricesV2": price_list(_free_price_row),
        "getPricesV3": _get_prices_v3,
        "getOffers": _get_offers,
        "getProviders": _get_providers,
        "getServiceNumbersCount": _get_service_numbers_count,
        "getServicesList": catalogue.get_services_list,
        "getCountries": _get_countries,
        "getActiveActivations": _get_active_activations,
    },
    refuse=_refuse,
    words=(*sorted(_UNPROCESSABLE), "BAD_COUNTRY", "NO_PROVIDERS", "RATE_LIMIT"),
    rules=MarketRules(early_cancel_seconds=_EARLY, first_id=5_570_000_000_000_000_000),
)
"""Tiger SMS. Webhooks are not known to exist there; chosen: the reference's."""

"""VirtualSMS: no ``.php``, statuses with words, five minutes until a cancel, stock by country."""

from typing import Any, Final

from sms_notebook.sandbox import wire
from sms_notebook.sandbox.actions import catalogue, ordering
from sms_notebook.sandbox.actions.activations import (
    existing,
    get_active_activations,
    get_status_v2,
)
from sms_notebook.sandbox.activation_market import ActivationOffer
from sms_notebook.sandbox.activations import ActivationStage
from sms_notebook.sandbox.dialects import activations
from sms_notebook.sandbox.dialects.activations import money, tiers
from sms_notebook.sandbox.dialects.dialect import Dialect, in_text
from sms_notebook.sandbox.state import ActionHandler, MarketRules, ProviderState
from sms_notebook.sandbox.wire import Answer, Params, RefusedError, as_json, refused

_POOLS: Final = (None, "alpha", "prime", "gamma", "zeta")
_LEAST_RANKED: Final = 3  # not known; chosen


def _with_pool(action: ActionHandler) -> ActionHandler:
    """Check ``poolProvider``; all pools sell the same here (chosen)."""

    def answer(state: ProviderState, params: Params) -> Answer:
        if wire.text(params, "poolProvider") not in _POOLS:
            raise refused("INVALID_PROVIDER")
        return action(state, params)

    return answer


def _country(state: ProviderState, params: Params) -> int:
    """Return the country, which must be sent. Not known; chosen: else WRONG_COUNTRY."""
    country = wire.integer(params, "country")
    if country is None or country not in state.country_markets:
        raise refused("WRONG_COUNTRY")
    return country


def _get_numbers_status(state: ProviderState, params: Params) -> Answer:
    """Answer getNumbersStatus: the suffix is the country."""
    country = _country(state, params)
    stock = catalogue.stock(state, params)
    return wire.in_json({f"{service}_{country}": count for service, count in stock.items()})


def _get_operators(state: ProviderState, params: Params) -> Answer:
    """Answer getOperators: a flat list for the country asked."""
    operators = state.country_markets[_country(state, params)].operators
    return wire.in_json({"status": "success", "countryOperators": ["any", *operators]})


def _get_prices_extended(state: ProviderState, params: Params) -> Answer:
    def row(offer: ActivationOffer) -> dict[str, Any]:
        plain = {
            "cnt": offer.count,
            "physicalCount": offer.physical,
            "cost": money(offer.prices[0]),
        }
        free = {"freePriceMap": tiers(offer, "{:f}")}
        return {**plain, **free} if wire.flag(params, "freePrice") else plain

    offers = activations.offers(state, params)
    if not offers:
        raise refused("NO_PRICES")
    return wire.in_json(activations.by_country(offers, row))


def _get_list_of_top_countries(state: ProviderState, params: Params) -> Answer:
    """Answer getListOfTopCountriesByService; with too little data NO_METRICS, which is no error."""
    service = wire.text(params, "service")
    known = service is not None and state.market.sells(service)
    if known and len(state.market.ranking(service or "")) < _LEAST_RANKED:
        raise refused("NO_METRICS")
    return catalogue.get_list_of_top_countries_by_service(state, params)


def _get_status(state: ProviderState, params: Params) -> Answer:
    """Answer getStatus. Not known; chosen: a message without a code is FULL_SMS."""
    number = existing(state, params)
    if number.is_over:
        return Answer("STATUS_CANCEL")
    if number.last is None:
        return Answer("STATUS_WAIT_CODE")
    if number.stage is ActivationStage.RETRYING:
        return Answer("STATUS_WAIT_RETRY")
    if not number.last.code:
        return Answer(f"FULL_SMS:{number.last.text}")
    return Answer(f"STATUS_OK:{number.last.code}")


def _by_id(action: ActionHandler) -> ActionHandler:
    """Let an action read ``id`` where the reference reads ``activationId``."""

    def answer(state: ProviderState, params: Params) -> Answer:
        return action(state, {**params, "activationId": params.get("id", "")})

    return answer


def _get_notifications(_state: ProviderState, _params: Params) -> Answer:
    """Answer getNotifications. Its shape is not known; chosen: an empty list."""
    return wire.in_json({"status": "success", "notifications": []})


_STATUSES: Final = {
    "BAD_KEY": 401,
    "BANNED": 403,
    "PURCHASE_RESTRICTED": 403,
    "SERVICE_RESTRICTED": 403,
    "NO_BALANCE": 402,
    "NO_NUMBERS": 404,
    "NO_ACTIVATION": 404,
    "WRONG_SERVICE": 400,
    "WRONG_COUNTRY": 400,
    "BAD_ACTION": 400,
    "BAD_STATUS": 400,
    "NO_PRICES": 400,
    "INVALID_PROVIDER": 400,
    "WRONG_ACTIVATION_ID": 400,
    "EARLY_CANCEL_DENIED": 400,
    "RENEW_ACTIVATION_NOT_AVAILABLE": 400,
    "CONCURRENT_LIMIT": 429,
    "ERROR_SQL": 500,
}
_SAME: Final = {"BAD_SERVICE": "WRONG_SERVICE", "CHANNELS_LIMIT": "CONCURRENT_LIMIT"}
_TEXTS: Final = in_text(_SAME, _STATUSES)
_IN_JSON: Final = frozenset({"getNumberV2", "getStatusV2", "getPrices", "getPricesExtended"})


def _refuse(action: str, refusal: RefusedError) -> Answer:
    """Refuse in text, or in an envelope. Which, is not known; chosen: as the action answers."""
    if refusal.code == "BANNED":
        return Answer("BANNED", _STATUSES["BANNED"])
    if action not in _IN_JSON:
        return _TEXTS(action, refusal)
    code = _SAME.get(refusal.code, refusal.code)
    words = f"{code} {refusal.rest}".replace("_", " ").capitalize().strip()
    body = {"status": "error", "errorCode": code, "error": words}
    return Answer(as_json(body), _STATUSES.get(code, 200))


VIRTUALSMS: Final = Dialect(
    name="virtualsms",
    title="VirtualSMS: texts with statuses, cancel after 5 minutes",
    actions={
        "getBalance": catalogue.get_balance,
        "getCountries": _with_pool(catalogue.get_countries),
        "getServicesList": catalogue.get_services_list,
        "getOperators": _with_pool(_get_operators),
        "getPrices": _with_pool(catalogue.get_prices),
        "getPricesExtended": _with_pool(_get_prices_extended),
        "getPricesVerification": catalogue.get_prices_verification,
        "getNumbersStatus": _with_pool(_get_numbers_status),
        "getNumber": _with_pool(ordering.get_number),
        "getNumberV2": _with_pool(ordering.get_number_v2),
        "setStatus": activations.set_status,
        "getStatus": _get_status,
        "getStatusV2": get_status_v2,
        "getActiveActivations": get_active_activations,
        "checkExtraActivation": _by_id(ordering.check_extra_activation),
        "getExtraActivation": _by_id(ordering.get_extra_activation),
        "getListOfTopCountriesByService": _get_list_of_top_countries,
        "getNotifications": _get_notifications,
    },
    refuse=_refuse,
    path="/stubs/handler_api",
    takes_post=False,
    words=(*_STATUSES, "NO_METRICS", "WRONG_SECURITY"),
    headers={"x-ratelimit-limit": "60", "x-ratelimit-remaining": "59"},  # figures chosen
    too_many=Answer("BANNED", 429),
    rules=MarketRules(early_cancel_seconds=5 * 60),
)
"""VirtualSMS of virtualsms.de.

Not known; chosen: a repeated ``orderId`` is ORDER_ALREADY_EXISTS as in the reference, and so are
the shapes of getNumberV2, getPrices and the catalogue.
"""

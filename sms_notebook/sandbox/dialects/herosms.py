"""HeroSMS: its refusals, its catalogue, and its second surface under ``/api/v1``."""

import json
import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from sms_notebook.sandbox import wire
from sms_notebook.sandbox.actions import catalogue
from sms_notebook.sandbox.activation_market import ActivationOffer, list_price
from sms_notebook.sandbox.dialects import activations, hero_numbers, hero_rents
from sms_notebook.sandbox.dialects.activations import money, tiers
from sms_notebook.sandbox.dialects.dialect import JSON_TYPE, REST_PATH, Dialect, kept
from sms_notebook.sandbox.dialects.hero_numbers import HeroNumber, number_in
from sms_notebook.sandbox.messages import ReceivedMessage
from sms_notebook.sandbox.rented_numbers import RentedNumber
from sms_notebook.sandbox.state import MarketRules, ProviderState
from sms_notebook.sandbox.wire import (
    USD,
    Answer,
    Params,
    RefusedError,
    SandboxRequest,
    as_json,
    refused,
)

_EARLY: Final = 120
_REFUSALS: Final = {
    "WRONG_MAX_PRICE": (400, "Wrong max price"),
    "BAD_STATUS": (400, "Wrong status code"),
    "BAD_DURATION": (400, "Wrong duration"),
    "WRONG_COUNTRY": (400, "Wrong country"),
    "WRONG_SERVICE": (400, "Wrong service"),
    "WRONG_CURRENCY": (400, "Wrong currency"),
    "SIM_TEMPORARY_OFFLINE": (400, "SIM is temporarily offline"),
    "MAX_HOURS_EXCEED": (400, "Too many hours"),
    "ACTION_NOT_AVAILABLE": (400, "Action not available"),
    "FREEZE_PERIOD_NOT_REACHED": (400, "Try later"),
    "BAD_KEY": (401, "Unauthorized"),
    "NO_BALANCE": (402, "Payment Required"),
    "CHANNELS_LIMIT": (403, "Channels limit"),
    "BANNED": (403, "Banned"),
    "SERVICE_NOT_AVAILABLE": (403, "Service not available"),
    "ACCOUNT_INACTIVE": (403, "Account inactive"),
    "SIM_OFFLINE": (403, "SIM is offline"),
    "NO_ACTIVATION": (404, "Activation Not Found"),
    "BAD_ACTION": (404, "Method Not Found"),
    "NO_NUMBERS": (404, "No numbers"),
    "EARLY_CANCEL_DENIED": (409, "Too early to cancel"),
    "OTP_RECEIVED": (409, "OTP received"),
    "NEW_OTP_RECEIVED": (409, "confirm termination"),
    "FREE_CANCELLATION_EXPIRED": (409, "time limit exceeded (20 minutes)"),
    "ACTIVATION_NOT_ACTIVE": (409, "Activation is not active"),
    "UNPROCESSABLE_ENTITY": (422, "Unprocessable Entity"),
    "RATE_LIMIT": (429, ""),
    "SERVER_ERROR": (500, "Server Gone"),
}
"""Status and details by the sandbox's own code. Details of most are not known; chosen."""

_SAME: Final = {
    "WRONG_ACTIVATION_ID": "NO_ACTIVATION",
    "INVALID_ACTIVATION_ID": "NO_ACTIVATION",
    "NO_ID_RENT": "NO_ACTIVATION",
    "INVALID_PHONE": "NO_ACTIVATION",
    "INVALID_TIME": "BAD_DURATION",
    "INCORECT_STATUS": "BAD_STATUS",
    "CANT_CANCEL": "FREE_CANCELLATION_EXPIRED",
    "ALREADY_CANCEL": "ACTIVATION_NOT_ACTIVE",
    "ALREADY_FINISH": "ACTIVATION_NOT_ACTIVE",
    "RENT_DIE": "ACTION_NOT_AVAILABLE",
    "OUT_OF_STOCK": "NO_NUMBERS",
}
"""What a fault with one of the reference's names is here."""

_PURCHASES: Final = ("getNumber", "getNumberV2")
_WORDS: Final = tuple(_REFUSALS)


def refuse(action: str, refusal: RefusedError) -> Answer:
    """Refuse with a status, a title and details; a few codes are still texts at 200."""
    code, info = _SAME.get(refusal.code, refusal.code), refusal.info
    if code == "NO_KEY":
        code, info = "UNPROCESSABLE_ENTITY", hero_numbers.invalid("api_key", "REQUIRED").info
    if code == "BAD_SERVICE" and action in _PURCHASES:
        code, info = "UNPROCESSABLE_ENTITY", hero_numbers.invalid("service").info
        if action == "getNumber":
            return Answer("UNPROCESSABLE_ENTITY:service:INVALID")
    if code == "BAD_SERVICE":
        code = "WRONG_SERVICE"
    if code not in _REFUSALS or (code == "NO_NUMBERS" and action in _PURCHASES):
        return refusal.answer  # OPERATORS_NOT_FOUND, ERROR_SQL and the like
    status, details = _REFUSALS[code]
    if code == "SIM_OFFLINE" and action == "prolong":
        status = HTTPStatus.BAD_REQUEST
    title = "NOT_FOUND" if code == "NO_ACTIVATION" else code
    body: dict[str, Any] = {"title": title, "details": details}
    more = info or _figures(code, refusal.rest)
    if more:
        body["info"] = dict(more)
    return Answer(as_json(body), status)


_FIGURES: Final[dict[str, dict[str, Any]]] = {
    "EARLY_CANCEL_DENIED": {"minActivationTime": _EARLY},
    "CHANNELS_LIMIT": {"current_threads": 10, "max_allowed": 10},
    "FREEZE_PERIOD_NOT_REACHED": {"retry_after_seconds": 60},
    "BAD_DURATION": hero_rents.KNOWN_DURATIONS,
    "NEW_OTP_RECEIVED": {"data": []},
}
"""What stands in ``info`` with a code."""


def _figures(code: str, rest: str) -> dict[str, Any]:
    if code == "WRONG_MAX_PRICE":
        return {"min": float(rest or "0.1")}
    if code != "BANNED":
        return _FIGURES.get(code, {})
    year, month, day, *clock = map(int, re.findall(r"\d+", rest))
    hour, minute, second = (*clock, 0, 0, 0)[:3]
    until = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return {
        "scope": "global",
        "banned_until": int(until.timestamp()),
        "retry_after_seconds": 1800,
        "readable_date": activations.zoned(until),
    }


def _get_services_list(state: ProviderState, params: Params) -> Answer:
    """Answer getServicesList, in English whatever ``lang`` says; names may end with a blank.

    Not known which; chosen: every hundredth.
    """
    answer = json.loads(catalogue.get_services_list(state, kept(params, "country")).text)
    for row in answer["services"][::100]:
        row["name"] += " "
    return wire.in_json(answer)


def _get_balance(state: ProviderState, _params: Params) -> Answer:
    return Answer(f"ACCESS_BALANCE:{state.account.balance:.4f}")


def _get_countries(state: ProviderState, _params: Params) -> Answer:
    return wire.in_json(catalogue.country_rows(state, "id rus eng chn visible retry rent"))


def _get_numbers_status(state: ProviderState, params: Params) -> Answer:
    number_in(params, "country")
    return catalogue.get_numbers_status(state, params)


def _get_prices(state: ProviderState, params: Params) -> Answer:
    """Answer getPrices. Chosen: a wrong word is an error, a pair that is not sold is ``{}``."""
    service, country = wire.text(params, "service"), wire.text(params, "country")
    if service is not None and not state.market.sells(service):
        return wire.in_json({"status": "false", "msg": "service is incorrect"})
    if country is not None and wire.integer(params, "country") is None:
        return wire.in_json({"status": "false", "msg": "country is incorrect"})
    offers = activations.offers(state, params)
    return wire.in_json(activations.by_country(offers, _price_row))


def _price_row(offer: ActivationOffer) -> dict[str, Any]:
    return {
        "cost": money(list_price(offer.prices[0])),
        "count": offer.count,
        "physicalCount": offer.physical,
    }


def _get_top_countries(state: ProviderState, params: Params) -> Answer:
    """Answer getTopCountriesByService and …Rank. Chosen: an unknown service is ``{}``."""
    service, free = wire.text(params, "service"), wire.flag(params, "freePrice")
    if service is not None:
        return wire.in_json(_top(state, service, free))
    return wire.in_json({code: _top(state, code, free) for code in state.market.services_sold})


def _top(state: ProviderState, service: str, free: bool) -> dict[str, Any]:
    rows = {}
    for place, offer in enumerate(state.market.ranking(service)):
        row: dict[str, Any] = {
            "country": offer.country,
            "count": offer.count,
            "price": money(offer.prices[0]),
            "retail_price": money(list_price(offer.prices[0])),
        }
        if free:
            row["freePriceMap"] = tiers(offer, cumulative=True)
        rows[str(place)] = row
    return rows


def _webhook_body(number_id: int, country: int, message: ReceivedMessage) -> dict[str, Any]:
    return {
        "activationId": str(number_id),
        "phoneFrom": message.phone_from,
        "service": message.service,
        "text": message.text or None,
        "code": message.code or None,
        "country": country,
        "receivedAt": _precise(message.at),
    }


def _precise(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"


def _header_key(request: SandboxRequest) -> str | None:
    return request.headers.get("authorization", "").removeprefix("ApiKey ").strip() or None


_LIVES: Final = {"tg": {6: 45, 151: 45}, "ig": {187: 40}, "wx": {187: 60}}
"""Minutes of some numbers; only those of ``tg`` are known, the others are chosen."""

_MOST_REST_ROWS: Final = 25
_JSON: Final = {"content-type": JSON_TYPE}  # not known; chosen


def _rest(state: ProviderState, request: SandboxRequest, key: str | None) -> Answer:
    """Answer the second surface: the lists, and the lives of numbers."""
    path = request.path.removeprefix(REST_PATH).rstrip("/")
    if request.method == "GET" and path == "classifiers/activations/custom-durations":
        lives = {
            service: {str(country): minutes for country, minutes in by_country.items()}
            for service, by_country in _LIVES.items()
        }
        return _in_rest({"data": lives})
    if key is not None and _header_key(request) != key:
        return _in_rest({"title": "BAD_API_KEY", "details": "Invalid API key"}, 403)
    if request.method == "GET" and path == "activations":
        return _rest_active(state, request.params)
    if request.method == "GET" and path == "activations/history":
        return _rest_history(state, request.params)
    return _in_rest({"title": "ROUTE_NOT_FOUND", "details": "Route not found"}, 404)


def _in_rest(body: dict[str, Any], status: int = 200) -> Answer:
    return Answer(as_json(body), status, _JSON)


def _page(
    state: ProviderState, numbers: list[HeroNumber], params: Params
) -> tuple[list[HeroNumber], dict[str, Any]]:
    """Return the page that is asked for, and what is said of it. Default size chosen: 25."""
    size = state.page_size(wire.integer(params, "size"), _MOST_REST_ROWS, _MOST_REST_ROWS)
    page = wire.at_least(params, "page", 1, 1)
    order = "asc" if params.get("sort[id]") == "asc" else "desc"
    meta = {"page": page, "size": size, "sort": {"id": order}, "total": len(numbers)}
    return numbers[(page - 1) * size : page * size], meta


def _rest_active(state: ProviderState, params: Params) -> Answer:
    search, first, last = params.get("search", ""), _date(params, "from"), _date(params, "to")
    numbers = [
        number
        for number in hero_numbers.living(state)
        if search in number.phone
        and (first is None or first <= number.at)
        and (last is None or number.at <= last)
    ]
    ascending = params.get("sort[id]", "desc") == "asc"
    numbers.sort(key=lambda number: number.id, reverse=not ascending)
    page, meta = _page(state, numbers, params)
    rows = [
        {
            "id": str(number.id),
            "status": hero_numbers.status_of(number),
            "phone": number.phone,
            "service": number.service,
            "country": number.country_market.id,
            "countryPhoneCode": int(number.country_market.country.dial),
            "operator": "any" if isinstance(number, RentedNumber) else number.operator,
            "price": float(hero_numbers.cost(state, number)),
            "otpList": [hero_numbers.otp(number, message) for message in number.messages],
            "createdAt": _precise(number.at),
            "expiredAt": _precise(number.ends_at),
            "verificationType": "sms",
            "subtype": hero_numbers.subtype(number),
        }
        for number in page
    ]
    return _in_rest({"data": rows, "meta": meta})


def _rest_history(state: ProviderState, params: Params) -> Answer:
    """Answer the history: what is over; a cancelled row still shows its price."""
    first, last = _date(params, "from"), _date(params, "to")
    if first is None or last is None:
        errors = {name: ["The field must be a date."] for name in ("from", "to")}
        details = {"title": "UNPROCESSABLE_ENTITY", "details": "Invalid", "errors": errors}
        return _in_rest(details, 422)
    statuses = wire.names(params, "statuses[]") or ("6", "8", "10")
    numbers = [
        number
        for number in hero_numbers.newest(state)
        if hero_numbers.status_of(number) in statuses and first <= number.at <= last
    ]
    page, meta = _page(state, numbers, params)
    rows = [
        {
            "id": str(number.id),
            "createDate": _precise(number.at),
            "service": number.service,
            "country": number.country_market.id,
            "phone": number.phone,
            "moreCodes": [message.code for message in number.messages],
            "cost": float(hero_numbers.cost(state, number)),
            "status": hero_numbers.status_of(number),
            "phoneCode": int(number.country_market.country.dial),
            "currency": USD,
            "subtype": hero_numbers.subtype(number),
        }
        for number in page
    ]
    paid = [number for number in numbers if hero_numbers.status_of(number) == "6"]
    total = sum(float(hero_numbers.cost(state, number)) for number in paid)
    totals = {"sum": round(total, 4), "successCount": len(paid)}
    return _in_rest({"data": rows, "totals": totals, "meta": meta})


def _date(params: Params, name: str) -> datetime | None:
    """Read an ISO time; None for what is none."""
    try:
        moment = datetime.fromisoformat(params.get(name, ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_NOT_ALLOWED: Final = Answer(
    as_json({"title": "METHOD_NOT_ALLOWED", "details": "Method Not Allowed"}),
    HTTPStatus.METHOD_NOT_ALLOWED,
)
"""Not known; chosen."""

HEROSMS: Final = Dialect(
    name="herosms",
    title="HeroSMS: refusals with a status, rents as activations, a REST API",
    actions={
        "getBalance": _get_balance,
        "getOperators": catalogue.get_operators,
        "getServicesList": _get_services_list,
        "getCountries": _get_countries,
        "getNumbersStatus": _get_numbers_status,
        "getPrices": _get_prices,
        "getTopCountriesByService": _get_top_countries,
        "getTopCountriesByServiceRank": _get_top_countries,
        **hero_numbers.ACTIONS,
        **hero_rents.ACTIONS,
    },
    refuse=refuse,
    posted=frozenset({"prolong", "reactivate"}),
    takes_post=False,
    wrong_method=_NOT_ALLOWED,
    open_actions=frozenset({"getCountries", "getServicesList", "getOperators"}),
    header_key=_header_key,
    without_key="NO_KEY",
    words=_WORDS,
    too_many=refuse("", refused("RATE_LIMIT")),
    looks=frozenset({"getAllSms", f"{REST_PATH}activations"}),
    rules=MarketRules(
        early_cancel_seconds=_EARLY,
        lives=_LIVES,
        first_id=700_000_000,
        without_countries=frozenset({0, 12}),
        webhook_body=_webhook_body,
    ),
    retry_delays=(27,) * 7,
    rest=_rest,
)
"""HeroSMS, the successor that SMS-Activate named."""

"""GrizzlySMS and SMSBower: who asks chooses among partners, each with a price of its own."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

from sms_notebook.sandbox import wire
from sms_notebook.sandbox.actions import catalogue, ordering
from sms_notebook.sandbox.actions.activations import cancel, get_status, get_status_v2
from sms_notebook.sandbox.activation_market import ActivationOffer, PriceFilter
from sms_notebook.sandbox.activations import EARLY_CANCEL_SECONDS, Activation
from sms_notebook.sandbox.dialects import activations
from sms_notebook.sandbox.dialects.activations import (
    CHANGES,
    money,
    partner_rows,
    price_list,
)
from sms_notebook.sandbox.dialects.dialect import JSON_TYPE, Dialect, in_text, kept
from sms_notebook.sandbox.state import ActionHandler, MarketRules, ProviderState
from sms_notebook.sandbox.wire import USD, Answer, Params, RefusedError, as_json

_GRIZZLY_PARTNERS: Final = (5, 8, 11, 12)
_BOWER_PARTNERS: Final = (2263, 3170, 3449, 3891)
"""Who sells at an offer's first price, at its second, …"""


def _limits(params: Params, partners: Sequence[int]) -> PriceFilter:
    """Read which prices of which partners will do; what is no amount is NO_NUMBERS (chosen)."""
    return PriceFilter(
        activations.amount(params, "maxPrice", "NO_NUMBERS"),
        activations.amount(params, "minPrice", "NO_NUMBERS"),
        partners=activations.places_of(partners, params),
    )


_GRIZZLY_CHANGES: Final = {**CHANGES, "-1": cancel}
_GRIZZLY_TAKES: Final = (
    "service maxPrice minPrice providerIds exceptProviderIds phoneException operator"
)


def _grizzly_buy(state: ProviderState, action: str, params: Params) -> Activation:
    """Buy a number; ``country`` may be ``any`` or left out, then Grizzly chooses.

    Not known; chosen: ``orderId`` does nothing.
    """
    asked_country = params.get("country", "any").strip() or "any"
    params = kept(params, _GRIZZLY_TAKES)
    price_filter = _limits(params, _GRIZZLY_PARTNERS)
    service = wire.text(params, "service") or ""
    if asked_country == "any":
        can = (o for o in state.market.ranking(service) if price_filter.choose(o) is not None)
        country = next((offer.country for offer in can), -1)
    else:
        country = wire.country_of({"country": asked_country})
    return activations.buy(state, action, params, country=country, price_filter=price_filter)


def _grizzly_number(state: ProviderState, params: Params) -> Answer:
    return ordering.access(_grizzly_buy(state, "getNumber", params))


def _grizzly_number_v2(state: ProviderState, params: Params) -> Answer:
    number = _grizzly_buy(state, "getNumberV2", params)
    first_cancel = number.at + timedelta(seconds=state.rules.early_cancel_seconds)
    return wire.in_json(
        {
            "activationId": number.id,
            "phoneNumber": number.phone,
            "activationCost": str(activations.cost(state, number)),
            "currency": USD,
            "countryCode": str(number.country_market.id),
            "canGetAnotherSms": str(int(number.country_market.retry)),
            "activationTime": wire.timestamp(number.at),
            "activationCancel": wire.timestamp(first_cancel),
            "activationEnd": wire.timestamp(number.ends_at),
        }
    )


def _grizzly_active(state: ProviderState, _params: Params) -> Answer:
    """Answer getActiveActivations: a bare list. Paging is not known; chosen: there is none."""
    return wire.in_json(
        [
            {
                "activationId": str(number.id),
                "serviceCode": number.service,
                "phoneNumber": number.phone,
                "activationCost": str(activations.cost(state, number)),
                "activationStatus": "4",
                "smsCode": number.last.code if number.last else None,
                "smsText": number.last.text if number.last else None,
                "activationTime": wire.timestamp(number.at),
                "countryCode": str(number.country_market.id),
                "countryName": number.country_market.country.eng,
                "canGetAnotherSms": str(int(number.country_market.retry)),
                "currency": USD,
            }
            for number in activations.active(state)
        ]
    )


def _grizzly_price(offer: ActivationOffer) -> dict[str, str]:
    return {"cost": str(wire.dollars(offer.prices[0])), "count": str(offer.count)}


def _exact_tiers(offer: ActivationOffer) -> dict[str, int]:
    """Write how many there are at each price. Grizzly's is not known; chosen: at exactly that."""
    return activations.tiers(offer, "{}")


def _grizzly_partners(offer: ActivationOffer) -> dict[str, Any]:
    partners = partner_rows(offer, _GRIZZLY_PARTNERS, lambda cents: [money(cents)])
    return {"price": money(offer.prices[0]), "count": offer.count, "providers": partners}


def _grizzly_services(state: ProviderState, _params: Params) -> Answer:
    """Answer getServicesList. Of the two shapes that are read, chosen: the bare list."""
    names = catalogue.service_names()
    rows = [{"code": code, "name": name} for code, name in names if state.market.sells(code)]
    return wire.in_json(rows)


def _grizzly_countries(state: ProviderState, _params: Params) -> Answer:
    """Answer getCountries. Of the two shapes that are read, chosen: the list."""
    more = ("tur", "spa", "hin", "ara", "fra")
    rows = catalogue.country_rows(state, "id rus eng chn")
    return wire.in_json([{**row, **dict.fromkeys(more, row["eng"])} for row in rows.values()])


_GRIZZLY_SENTENCES: Final = {
    "SERVICE_PROHIBITED": "The service is prohibited for sale by administration",
}
"""Refusals that are no code; a fault names them so."""

GRIZZLYSMS: Final = Dialect(
    name="grizzlysms",
    title="GrizzlySMS: bare lists, refusals as sentences",
    actions={
        "getBalance": catalogue.get_balance,
        "getNumber": _grizzly_number,
        "getNumberV2": _grizzly_number_v2,
        "getStatus": get_status,
        "getStatusV2": get_status_v2,
        "setStatus": partial(activations.set_status, changes=_GRIZZLY_CHANGES),
        "getPrices": price_list(_grizzly_price),
        "getPricesV2": price_list(_exact_tiers),
        "getPricesV3": price_list(_grizzly_partners),
        "getServicesList": _grizzly_services,
        "getCountries": _grizzly_countries,
        "getActiveActivations": _grizzly_active,
    },
    refuse=in_text(_GRIZZLY_SENTENCES),
    takes_post=False,  # not known; chosen
    words=("SERVICE_UNAVAILABLE_REGION", *_GRIZZLY_SENTENCES),
    json_type=JSON_TYPE,
    rules=MarketRules(early_cancel_seconds=EARLY_CANCEL_SECONDS, first_id=38_000_000),
)
"""GrizzlySMS: when a number can be cancelled and when it ends is in the reply of getNumberV2."""


_NAMELESS: Final = ""
"""The key of the country without an id."""

_BOWER_TOP: Final = 10
_BOWER_TAKES: Final = "service country maxPrice minPrice phoneException"


def _bower_buy(state: ProviderState, action: str, params: Params) -> Activation:
    """Buy a number; ``operator`` and ``orderId`` do nothing.

    Not known; chosen: a limit too low is NO_NUMBERS.
    """
    return activations.buy(
        state,
        action,
        kept(params, _BOWER_TAKES),
        country=wire.country_of(params),
        price_filter=_limits(params, _BOWER_PARTNERS),
        too_cheap=False,
    )


def _bower_number(state: ProviderState, params: Params) -> Answer:
    return ordering.access(_bower_buy(state, "getNumber", params))


def _bower_number_v2(state: ProviderState, params: Params) -> Answer:
    number = _bower_buy(state, "getNumberV2", params)
    return wire.in_json(
        {
            "activationId": str(number.id),
            "phoneNumber": number.phone,
            "activationCost": str(activations.cost(state, number)),
            "countryCode": str(number.country_market.id),
            "canGetAnotherSms": number.country_market.retry,
            "activationTime": wire.timestamp(number.at),
            "activationOperator": "any",
        }
    )


def _bower_checked(state: ProviderState, params: Params, say: Callable[[str], Answer]) -> None:
    """Refuse a service or a country that is not there."""
    service, country = wire.text(params, "service"), wire.text(params, "country")
    if service is not None and not state.market.sells(service):
        raise RefusedError(say("service"), "")
    if country is not None and wire.country_of(params) not in state.country_markets:
        raise RefusedError(say("country"), "")


def _in_words(what: str) -> Answer:
    return Answer(as_json({"error": f"Bad {what}"}))


def _as_code(what: str) -> Answer:
    return Answer(f"BAD_{what.upper()}")


def _bower_listed(
    row: Callable[[ActivationOffer], Any],
    nameless: dict[str, Any],
    say: Callable[[str], Answer] = _in_words,
) -> ActionHandler:
    """Return an action that lists prices: country → service → row."""

    def answer(state: ProviderState, params: Params) -> Answer:
        _bower_checked(state, params, say)
        table: dict[str, Any] = dict(activations.by_country(activations.offers(state, params), row))
        if wire.text(params, "country") is None and params.get("service", "tg") == "tg":
            table[_NAMELESS] = {"tg": nameless}
        return wire.in_json(table)

    return answer


def _bower_price(offer: ActivationOffer) -> dict[str, Any]:
    return {"cost": money(offer.prices[0]), "count": offer.count}


def _bower_partners(offer: ActivationOffer) -> dict[str, dict[str, Any]]:
    return partner_rows(offer, _BOWER_PARTNERS, money)


def _bower_top_countries(state: ProviderState, params: Params) -> Answer:
    """Answer getTopCountriesByService: by slug, ten countries, in the order of the ranking."""
    service = wire.text(params, "service")
    if service is None or not state.market.sells(service):
        raise RefusedError(Answer(as_json({"error": "BAD_SERVICE"})), "")
    table = {}
    for offer in state.market.ranking(service)[:_BOWER_TOP]:
        partners = _bower_partners(offer)
        for row in partners.values():
            del row["provider_id"]
        table[_slug(state.country_markets[offer.country].country.eng)] = partners
    return wire.in_json(table or [])


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _bower_countries(state: ProviderState, _params: Params) -> Answer:
    rows = catalogue.country_rows(state, "id rus eng chn")
    table = {country: {**row, "id": country} for country, row in rows.items()}
    nameless = {"id": None, "rus": "Фарерские острова", "eng": "Faroe Islands", "chn": "法罗群岛"}
    return wire.in_json({**table, _NAMELESS: nameless})


def _bower_operators(state: ProviderState, params: Params) -> Answer:
    """Answer getOperators: none anywhere."""
    places: Sequence[int] = tuple(state.country_markets)
    if wire.text(params, "country") is not None:
        places = [place for place in places if place == wire.country_of(params)]
    table: dict[str, list[str]] = {str(place): [] for place in places}
    return wire.in_json({"status": "success", "countryOperators": table or []})


def _bower_nothing(message: str, status: int) -> Answer:
    return Answer(as_json({"status": 0, "message": message, "data": []}), status)


_BOWER_TEXTS: Final = in_text({"BAD_SERVICE": "WRONG_SERVICE"})
_NO_ACCESS: Final = _bower_nothing("No access", 401)


def _bower_refuse(action: str, refusal: RefusedError) -> Answer:
    if refusal.code == "BAD_KEY":
        return _NO_ACCESS
    return _BOWER_TEXTS(action, refusal) if refusal.code else refusal.answer


SMSBOWER: Final = Dialect(
    name="smsbower",
    title="SMSBower: GET only, no lists, prices by partner",
    actions={
        "getBalance": catalogue.get_balance,
        "getNumber": _bower_number,
        "getNumberV2": _bower_number_v2,
        "getStatus": get_status,
        "setStatus": activations.set_status,
        "getPrices": _bower_listed(_bower_price, {"cost": 0.306, "count": 1052}),
        "getPricesV2": _bower_listed(_exact_tiers, {"0.306": 1052}),
        "getPricesV3": _bower_listed(
            _bower_partners,
            {"2263": {"count": 1052, "price": 0.306, "provider_id": 2263}},
            _as_code,
        ),
        "getServicesList": catalogue.get_services_list,
        "getCountries": _bower_countries,
        "getTopCountriesByService": _bower_top_countries,
        "getOperators": _bower_operators,
    },
    refuse=_bower_refuse,
    takes_post=False,
    wrong_method=_bower_nothing(
        "The POST method is not supported for this route. Supported methods: GET, HEAD.", 405
    ),
    retry_delays=(60, 300),
)
"""SMSBower: what is lost there can be settled by a person only, because nothing is listed."""

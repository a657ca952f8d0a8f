"""GrizzlySMS: bare lists, figures as text, two numbers that cancel, refusals that are sentences."""

from datetime import timedelta
from typing import Any, Final

from sms_notebook.sandbox import wire
from sms_notebook.sandbox.actions import catalogue
from sms_notebook.sandbox.actions.activations import get_status, get_status_v2
from sms_notebook.sandbox.activation_market import ActivationOffer
from sms_notebook.sandbox.activations import EARLY_CANCEL_SECONDS, Activation
from sms_notebook.sandbox.dialects import activations
from sms_notebook.sandbox.dialects.activations import CHANGES, PriceFilter, money
from sms_notebook.sandbox.dialects.dialect import JSON_TYPE, Dialect, in_text, kept
from sms_notebook.sandbox.state import MarketRules, ProviderState
from sms_notebook.sandbox.wire import USD, Answer, Params

PARTNERS: Final = (5, 8, 11, 12)
"""Who sells at an offer's first price, at its second, …"""

_CHANGES: Final = {**CHANGES, "-1": activations.cancel}
_BOUGHT_BY: Final = (
    "service maxPrice minPrice providerIds exceptProviderIds phoneException operator"
)


def _buy(state: ProviderState, action: str, params: Params) -> Activation:
    """Buy a number; ``country`` may be ``any`` or left out, then Grizzly chooses.

    Not known; chosen: ``orderId`` does nothing, and no amount is no limit to buy within.
    """
    params, asked = kept(params, _BOUGHT_BY), params.get("country", "any").strip() or "any"
    wanted = PriceFilter(
        activations.amount(params, "maxPrice", "NO_NUMBERS"),
        activations.amount(params, "minPrice", "NO_NUMBERS"),
        partners=activations.places_of(PARTNERS, params),
    )
    service = wire.text(params, "service") or ""
    if asked == "any":
        can = (o for o in state.market.ranking(service) if wanted.choose(o) is not None)
        country = next((offer.country for offer in can), -1)
    else:
        country = wire.country_of({"country": asked})
    return activations.buy(state, action, params, country=country, wanted=wanted)


def _get_number(state: ProviderState, params: Params) -> Answer:
    return activations.access(_buy(state, "getNumber", params))


def _get_number_v2(state: ProviderState, params: Params) -> Answer:
    number = _buy(state, "getNumberV2", params)
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


def _set_status(state: ProviderState, params: Params) -> Answer:
    return Answer(activations.change(state, params, _CHANGES))


def _get_active_activations(state: ProviderState, _params: Params) -> Answer:
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


def _get_prices(state: ProviderState, params: Params) -> Answer:
    def row(offer: ActivationOffer) -> dict[str, str]:
        return {"cost": str(wire.dollars(offer.prices[0])), "count": str(offer.count)}

    return wire.in_json(activations.by_country(activations.offers(state, params), row))


def _get_prices_v2(state: ProviderState, params: Params) -> Answer:
    """Answer getPricesV2. Not known; chosen: so many at exactly a price."""

    def row(offer: ActivationOffer) -> dict[str, int]:
        return activations.tiers(offer, "{}")

    return wire.in_json(activations.by_country(activations.offers(state, params), row))


def _get_prices_v3(state: ProviderState, params: Params) -> Answer:
    def row(offer: ActivationOffer) -> dict[str, Any]:
        tiers = zip(PARTNERS, offer.prices, offer.counts, strict=False)
        return {
            "price": money(offer.prices[0]),
            "count": offer.count,
            "providers": {
                str(partner): {"count": count, "price": [money(cents)], "provider_id": partner}
                for partner, cents, count in tiers
            },
        }

    return wire.in_json(activations.by_country(activations.offers(state, params), row))


def _get_services_list(state: ProviderState, _params: Params) -> Answer:
    """Answer getServicesList. Of the two shapes that are read, chosen: the bare list."""
    names = {code: name for code, name in catalogue.service_names() if state.market.sells(code)}
    return wire.in_json([{"code": code, "name": name} for code, name in names.items()])


def _get_countries(state: ProviderState, _params: Params) -> Answer:
    """Answer getCountries. Of the two shapes that are read, chosen: the list."""
    more = ("tur", "spa", "hin", "ara", "fra")
    rows = []
    for market in state.country_markets.values():
        country = market.country
        names = {"rus": country.rus, "eng": country.eng, "chn": country.chn}
        rows.append({"id": country.id, **names, **dict.fromkeys(more, country.eng)})
    return wire.in_json(rows)


_SENTENCES: Final = {
    "SERVICE_PROHIBITED": "The service is prohibited for sale by administration",
}
"""Refusals that are no code; a fault names them so."""

GRIZZLYSMS: Final = Dialect(
    name="grizzlysms",
    title="GrizzlySMS: bare lists, refusals as sentences",
    actions={
        "getBalance": catalogue.get_balance,
        "getNumber": _get_number,
        "getNumberV2": _get_number_v2,
        "getStatus": get_status,
        "getStatusV2": get_status_v2,
        "setStatus": _set_status,
        "getPrices": _get_prices,
        "getPricesV2": _get_prices_v2,
        "getPricesV3": _get_prices_v3,
        "getServicesList": _get_services_list,
        "getCountries": _get_countries,
        "getActiveActivations": _get_active_activations,
    },
    refuse=in_text(_SENTENCES),
    takes_post=False,  # not known; chosen
    words=("SERVICE_UNAVAILABLE_REGION", *_SENTENCES),
    json_type=JSON_TYPE,
    rules=MarketRules(early_cancel_seconds=EARLY_CANCEL_SECONDS, first_id=38_000_000),
)
"""GrizzlySMS: when a number can be cancelled and when it ends is in the reply of getNumberV2."""

"""SMSBower: GET only, no lists at all, prices by partner, a country without an id."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from sms_notebook.sandbox import wire
from sms_notebook.sandbox.actions import catalogue
from sms_notebook.sandbox.actions.activations import get_status
from sms_notebook.sandbox.activation_market import ActivationOffer
from sms_notebook.sandbox.activations import Activation
from sms_notebook.sandbox.dialects import activations
from sms_notebook.sandbox.dialects.activations import PriceFilter, money
from sms_notebook.sandbox.dialects.dialect import Dialect, in_text, kept
from sms_notebook.sandbox.state import ProviderState
from sms_notebook.sandbox.wire import Answer, Params, RefusedError, as_json

PARTNERS: Final = (2263, 3170, 3449, 3891)
"""Who sells at an offer's first price, at its second, …"""

_NAMELESS: Final = ""
"""The key of the country without an id."""

_TOP: Final = 10
_BOUGHT_BY: Final = "service country maxPrice minPrice phoneException"


def _buy(state: ProviderState, action: str, params: Params) -> Activation:
    """Buy a number; ``operator`` and ``orderId`` do nothing.

    Not known; chosen: what is no amount is no limit, and a limit too low is NO_NUMBERS.
    """
    wanted = PriceFilter(
        activations.amount(params, "maxPrice", "NO_NUMBERS"),
        activations.amount(params, "minPrice", "NO_NUMBERS"),
        partners=activations.places_of(PARTNERS, params),
    )
    return activations.buy(
        state,
        action,
        kept(params, _BOUGHT_BY),
        country=wire.country_of(params),
        wanted=wanted,
        too_cheap=False,
    )


def _get_number(state: ProviderState, params: Params) -> Answer:
    return activations.access(_buy(state, "getNumber", params))


def _get_number_v2(state: ProviderState, params: Params) -> Answer:
    number = _buy(state, "getNumberV2", params)
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


def _checked(state: ProviderState, params: Params, say: Callable[[str], Answer]) -> None:
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


def _listed(
    row: Callable[[ActivationOffer], Any],
    nameless: dict[str, Any],
    say: Callable[[str], Answer] = _in_words,
) -> Callable[[ProviderState, Params], Answer]:
    """Return an action that lists prices: country → service → row."""

    def answer(state: ProviderState, params: Params) -> Answer:
        _checked(state, params, say)
        table: dict[str, Any] = dict(activations.by_country(activations.offers(state, params), row))
        if wire.text(params, "country") is None and params.get("service", "tg") == "tg":
            table[_NAMELESS] = {"tg": nameless}
        return wire.in_json(table)

    return answer


def _price(offer: ActivationOffer) -> dict[str, Any]:
    return {"cost": money(offer.prices[0]), "count": offer.count}


def _prices(offer: ActivationOffer) -> dict[str, int]:
    return activations.tiers(offer, "{}")


def _of_partners(offer: ActivationOffer, *, with_id: bool = True) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for partner, cents, count in zip(PARTNERS, offer.prices, offer.counts, strict=False):
        row = {"count": count, "price": money(cents)}
        rows[str(partner)] = {**row, "provider_id": partner} if with_id else row
    return rows


def _get_top_countries(state: ProviderState, params: Params) -> Answer:
    """Answer getTopCountriesByService: by slug, ten countries, in the order of the ranking."""
    service = wire.text(params, "service")
    if service is None or not state.market.sells(service):
        raise RefusedError(Answer(as_json({"error": "BAD_SERVICE"})), "")
    ranking = state.market.ranking(service)[:_TOP]
    names = [state.country_markets[offer.country].country.eng for offer in ranking]
    table = {
        _slug(name): _of_partners(offer, with_id=False)
        for name, offer in zip(names, ranking, strict=True)
    }
    return wire.in_json(table or [])


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _get_countries(state: ProviderState, _params: Params) -> Answer:
    table: dict[str, dict[str, str | None]] = {
        str(market.id): {
            "id": str(market.id),
            "rus": market.country.rus,
            "eng": market.country.eng,
            "chn": market.country.chn,
        }
        for market in state.country_markets.values()
    }
    nameless = {"id": None, "rus": "Фарерские острова", "eng": "Faroe Islands", "chn": "法罗群岛"}
    return wire.in_json({**table, _NAMELESS: nameless})


def _get_operators(state: ProviderState, params: Params) -> Answer:
    """Answer getOperators: none anywhere."""
    places: Sequence[int] = tuple(state.country_markets)
    if wire.text(params, "country") is not None:
        places = [place for place in places if place == wire.country_of(params)]
    table: dict[str, list[str]] = {str(place): [] for place in places}
    return wire.in_json({"status": "success", "countryOperators": table or []})


def _nothing(message: str, status: int) -> Answer:
    return Answer(as_json({"status": 0, "message": message, "data": []}), status)


_TEXTS: Final = in_text({"BAD_SERVICE": "WRONG_SERVICE"})
_NO_ACCESS: Final = _nothing("No access", 401)


def _refuse(action: str, refusal: RefusedError) -> Answer:
    if refusal.code == "BAD_KEY":
        return _NO_ACCESS
    return _TEXTS(action, refusal) if refusal.code else refusal.answer


SMSBOWER: Final = Dialect(
    name="smsbower",
    title="SMSBower: GET only, no lists, prices by partner",
    actions={
        "getBalance": catalogue.get_balance,
        "getNumber": _get_number,
        "getNumberV2": _get_number_v2,
        "getStatus": get_status,
        "setStatus": activations.set_status,
        "getPrices": _listed(_price, {"cost": 0.306, "count": 1052}),
        "getPricesV2": _listed(_prices, {"0.306": 1052}),
        "getPricesV3": _listed(
            _of_partners,
            {"2263": {"count": 1052, "price": 0.306, "provider_id": 2263}},
            _as_code,
        ),
        "getServicesList": catalogue.get_services_list,
        "getCountries": _get_countries,
        "getTopCountriesByService": _get_top_countries,
        "getOperators": _get_operators,
    },
    refuse=_refuse,
    takes_post=False,
    wrong_method=_nothing(
        "The POST method is not supported for this route. Supported methods: GET, HEAD.", 405
    ),
    retry_delays=(60, 300),
)
"""SMSBower: what is lost there can be settled by a person only, because nothing is listed."""

"""What is on offer: stock, prices, and where a service is bought most."""

from collections.abc import Callable
from typing import Any

from sms_notebook.sandbox.answers import Answer, dollars, in_json, number, refused
from sms_notebook.sandbox.buying import check_service, country_of
from sms_notebook.sandbox.market import list_price
from sms_notebook.sandbox.params import Params, at_least, flag, names, text
from sms_notebook.sandbox.price_lists import PriceList, free_price_map
from sms_notebook.sandbox.state import State


def get_numbers_status(state: State, params: Params) -> Answer:
    """Answer getNumbersStatus: of one country, or of all together."""
    if text(params, "country") is None:
        return in_json(_world_stock(state))
    land = state.lands.get(country_of(params))
    if land is None:
        return in_json({})
    matching, everyone = len(land.matching(names(params, "operator"))), len(land.operators)
    if not everyone:
        matching = everyone = 1
    shelf = state.market.shelf(land.id)
    return in_json({offer.service: offer.count * matching // everyone for offer in shelf})


def _world_stock(state: State) -> dict[str, int]:
    stock = dict.fromkeys(state.market.goods, 0)
    for country in state.lands:
        for offer in state.market.shelf(country):
            stock[offer.service] += offer.count
    return stock


def get_prices(state: State, params: Params) -> Answer:
    """Answer getPrices."""
    return _listed(state.prices, params)


def get_prices_extended(state: State, params: Params) -> Answer:
    """Answer getPricesExtended."""
    free = flag(params, "freePrice")
    return _listed(state.free_prices if free else state.extended_prices, params)


def _listed(prices: PriceList, params: Params) -> Answer:
    countries = None if text(params, "country") is None else (country_of(params),)
    return Answer(prices.text(countries, text(params, "service")))


def get_prices_verification(state: State, params: Params) -> Answer:
    """Answer getPricesVerification: what verifying by a call costs."""
    service = text(params, "service")
    found: dict[str, dict[str, Any]] = {}
    for code in state.market.goods if service is None else (service,):
        offers = (state.market.call_offer(country, code) for country in state.lands)
        rows = {
            str(offer.country): {"count": offer.count, "price": str(dollars(offer.prices[0]))}
            for offer in offers
            if offer is not None
        }
        if rows:
            found[code] = rows
    return in_json(found)


def get_top_countries_by_service(state: State, params: Params) -> Answer:
    """Answer getTopCountriesByService, at list prices."""
    return _top(state, params, list_price)


def get_top_countries_by_service_rank(state: State, params: Params) -> Answer:
    """Answer getTopCountriesByServiceRank, at the prices that this account pays."""
    return _top(state, params, int)


def _top(state: State, params: Params, shown: Callable[[int], int]) -> Answer:
    service = check_service(state, text(params, "service"))
    free = flag(params, "freePrice")
    rows = {}
    for place, offer in enumerate(state.market.ranking(service)):
        row: dict[str, Any] = {
            "country": offer.country,
            "count": offer.count,
            "price": number(dollars(shown(offer.prices[0]))),
            "retail_price": number(dollars(offer.retail)),
        }
        if free:
            row["freePriceMap"] = free_price_map(offer, shown)
        rows[str(place)] = row
    return in_json(rows)


def get_list_of_top_countries_by_service(state: State, params: Params) -> Answer:
    """Answer getListOfTopCountriesByService, page by page."""
    service = text(params, "service")
    if service is None or not state.market.sells(service):
        raise refused("WRONG_SERVICE")
    length, page = at_least(params, "length", 1, 10), at_least(params, "page", 1, 1)
    ranking = state.market.ranking(service)
    everything = sum(offer.weight for offer in ranking)
    first = (page - 1) * length
    return in_json(
        [
            {
                "country": offer.country,
                "share": round(offer.weight * 100 / everything, 2),
                "rate": offer.success,
            }
            for offer in ranking[first : first + length]
        ]
    )

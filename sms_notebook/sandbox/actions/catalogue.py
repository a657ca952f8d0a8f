"""What exists, what it costs and what is left to spend: countries to prices, and the balance."""

from collections.abc import Callable
from typing import Any

from sms_notebook.protocol.catalogue import services
from sms_notebook.sandbox import wire
from sms_notebook.sandbox.actions.ordering import check_service
from sms_notebook.sandbox.activation_market import PriceList, free_price_map, list_price
from sms_notebook.sandbox.state import ProviderState
from sms_notebook.sandbox.wire import Answer, Params

_ANY_OTHER = {"ru": "Любой другой", "es": "Cualquier otro", "cn": "任何其他"}
"""Brands have one name in all languages; this is the one name that is translated."""


def get_countries(state: ProviderState, _params: Params) -> Answer:
    """Answer getCountries."""
    fields = "id rus eng chn visible retry rent multiService"
    return wire.in_json(country_rows(state, fields))


def country_rows(state: ProviderState, fields: str) -> dict[str, dict[str, Any]]:
    """Write all countries by their ids, each with these fields of the documented row."""
    rows = {}
    for market in state.country_markets.values():
        row = {
            "id": market.id,
            "rus": market.country.rus,
            "eng": market.country.eng,
            "chn": market.country.chn,
            "visible": int(market.visible),
            "retry": int(market.retry),
            "rent": int(market.rent),
            "multiService": int(market.multi_service),
        }
        rows[str(market.id)] = {name: row[name] for name in fields.split()}
    return rows


def get_services_list(state: ProviderState, params: Params) -> Answer:
    """Answer getServicesList: of one country only what has a price there."""
    names = {service.code: service.name for service in services()}
    if "ot" in names:
        names["ot"] = _ANY_OTHER.get(params.get("lang", ""), names["ot"])
    codes = list(names)
    if wire.text(params, "country") is not None:
        country = wire.country_of(params)
        codes = [offer.service for offer in state.market.offers_in(country)]
    rows = [{"code": code, "name": names[code]} for code in codes]
    return wire.in_json({"status": "success", "services": rows})


def get_operators(state: ProviderState, params: Params) -> Answer:
    """Answer getOperators, for one country or for all."""
    known = {
        str(market.id): market.operators
        for market in state.country_markets.values()
        if market.operators
    }
    if wire.text(params, "country") is not None:
        asked_country = str(wire.country_of(params))
        known = {asked_country: known[asked_country]} if asked_country in known else {}
    if not known:
        raise wire.refused("OPERATORS_NOT_FOUND")
    return wire.in_json({"status": "success", "countryOperators": known})


def get_numbers_status(state: ProviderState, params: Params) -> Answer:
    """Answer getNumbersStatus: of one country, or of all together."""
    return wire.in_json(stock(state, params))


def stock(state: ProviderState, params: Params) -> dict[str, int]:
    """Return how many numbers there are by service, in ``country`` from ``operator``."""
    if wire.text(params, "country") is None:
        return _world_stock(state)
    market = state.country_markets.get(wire.country_of(params))
    if market is None:
        return {}
    matching, everyone = len(market.matching(wire.names(params, "operator"))), len(market.operators)
    if not everyone:
        matching = everyone = 1
    offers = state.market.offers_in(market.id)
    return {offer.service: offer.count * matching // everyone for offer in offers}


def _world_stock(state: ProviderState) -> dict[str, int]:
    counts = dict.fromkeys(state.market.services_sold, 0)
    for country in state.country_markets:
        for offer in state.market.offers_in(country):
            counts[offer.service] += offer.count
    return counts


def service_names() -> list[tuple[str, str]]:
    """Return the code and the name of every service."""
    return [(service.code, service.name) for service in services()]


def get_prices(state: ProviderState, params: Params) -> Answer:
    """Answer getPrices."""
    return _listed(state.prices, params)


def get_prices_extended(state: ProviderState, params: Params) -> Answer:
    """Answer getPricesExtended."""
    free = wire.flag(params, "freePrice")
    return _listed(state.free_prices if free else state.extended_prices, params)


def _listed(prices: PriceList, params: Params) -> Answer:
    countries = None if wire.text(params, "country") is None else (wire.country_of(params),)
    return Answer(prices.text(countries, wire.text(params, "service")))


def get_prices_verification(state: ProviderState, params: Params) -> Answer:
    """Answer getPricesVerification: what verifying by a call costs."""
    service = wire.text(params, "service")
    rows_by_service: dict[str, dict[str, Any]] = {}
    for code in state.market.services_sold if service is None else (service,):
        offers = (state.market.call_offer(country, code) for country in state.country_markets)
        rows = {
            str(offer.country): {"count": offer.count, "price": str(wire.dollars(offer.prices[0]))}
            for offer in offers
            if offer is not None
        }
        if rows:
            rows_by_service[code] = rows
    return wire.in_json(rows_by_service)


def get_top_countries_by_service(state: ProviderState, params: Params) -> Answer:
    """Answer getTopCountriesByService, at list prices."""
    return _top(state, params, list_price)


def get_top_countries_by_service_rank(state: ProviderState, params: Params) -> Answer:
    """Answer getTopCountriesByServiceRank, at the prices that this account pays."""
    return _top(state, params, int)


def _top(state: ProviderState, params: Params, price_of: Callable[[int], int]) -> Answer:
    service = check_service(state, wire.text(params, "service"))
    free = wire.flag(params, "freePrice")
    rows = {}
    for place, offer in enumerate(state.market.ranking(service)):
        row: dict[str, Any] = {
            "country": offer.country,
            "count": offer.count,
            "price": float(wire.dollars(price_of(offer.prices[0]))),
            "retail_price": float(wire.dollars(offer.retail)),
        }
        if free:
            row["freePriceMap"] = free_price_map(offer, price_of)
        rows[str(place)] = row
    return wire.in_json(rows)


def get_list_of_top_countries_by_service(state: ProviderState, params: Params) -> Answer:
    """Answer getListOfTopCountriesByService, page by page."""
    service = wire.text(params, "service")
    if service is None or not state.market.sells(service):
        raise wire.refused("WRONG_SERVICE")
    length, page = wire.at_least(params, "length", 1, 10), wire.at_least(params, "page", 1, 1)
    ranking = state.market.ranking(service)
    everything = sum(offer.weight for offer in ranking)
    first = (page - 1) * length
    return wire.in_json(
        [
            {
                "country": offer.country,
                "share": round(offer.weight * 100 / everything, 2),
                "rate": offer.success,
            }
            for offer in ranking[first : first + length]
        ]
    )


def get_balance(state: ProviderState, _params: Params) -> Answer:
    """Answer getBalance."""
    return Answer(f"ACCESS_BALANCE:{state.account.balance}")


def get_balance_and_cash_back(state: ProviderState, _params: Params) -> Answer:
    """Answer getBalanceAndCashBack: cashback counts once the setting to spend it is on."""
    account = state.account
    cashback = account.cashback if account.spends_cashback else 0
    return Answer(f"ACCESS_BALANCE:{account.balance + cashback}")

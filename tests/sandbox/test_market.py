import json
from decimal import Decimal

import pytest

from sms_notebook.protocol.catalogue import countries, services


def prices(shop, service="tg", country=2, **params):
    return shop.ask_json("getPrices", service=service, country=country, **params)


def test_prices_have_the_documented_shape(market):
    row = prices(market)["2"]["tg"]
    assert list(row) == ["cost", "count", "physicalCount"]
    assert all(isinstance(value, str) for value in row.values())
    assert Decimal("0.05") <= Decimal(row["cost"]) <= 5


@pytest.mark.parametrize(("service", "country"), [("nonsense", 2), ("tg", 999), ("tg", "Mars")])
def test_without_numbers_the_price_list_is_an_empty_object(market, service, country):
    assert market.ask("getPrices", service=service, country=country) == "{}"
    assert market.ask("getPricesExtended", service=service, country=country) == "{}"


def test_the_whole_price_list_agrees_with_its_parts(shop):
    everything = shop.ask_json("getPrices")
    assert len(everything) > 150
    assert everything["2"] == shop.ask_json("getPrices", country=2)["2"]
    by_service = shop.ask_json("getPrices", service="tg")
    assert by_service["2"]["tg"] == everything["2"]["tg"]
    shop.buy("tg", 2)
    again = shop.ask_json("getPrices")
    assert again["2"]["tg"] == prices(shop)["2"]["tg"] != everything["2"]["tg"]


def test_the_market_is_realistic(price_list):
    rows = [row for country in price_list.values() for row in country.values()]
    pairs = len(countries()) * len(services())
    assert pairs / 5 < len(rows) < pairs / 2
    costs = [Decimal(row["cost"]) for row in rows]
    assert min(costs) >= Decimal("0.05")
    assert max(costs) <= 5
    phantoms = [r for r in rows if int(r["count"]) > 0 and int(r["physicalCount"]) == 0]
    assert 0 < len(phantoms) < len(rows) / 10
    sold = {service: sum(service in c for c in price_list.values()) for service in ("tg", "aaa")}
    assert sold["tg"] > sold["aaa"]


def test_another_seed_is_another_market(open_shop):
    assert prices(open_shop(seed=1)) != prices(open_shop(seed=2))


def test_a_price_does_not_depend_on_what_was_asked_before(open_shop):
    late = open_shop()
    late.ask("getTopCountriesByService", service="wa")
    late.ask("getPrices", country=6)
    assert prices(late) == prices(open_shop())


def test_extended_prices_are_numbers_and_have_tiers_only_when_asked(market):
    plain = market.ask_json("getPricesExtended", service="tg", country=2)["2"]["tg"]
    assert list(plain) == ["cost", "count"]
    free = market.ask_json("getPricesExtended", service="tg", country=2, freePrice="true")["2"][
        "tg"
    ]
    assert sum(free["freePriceMap"].values()) == free["count"] == plain["count"]
    assert min(Decimal(price) for price in free["freePriceMap"]) == plain["cost"]


def test_stock_goes_down_with_a_purchase_and_back_up_with_a_cancel(silent_shop):
    before = prices(silent_shop)["2"]["tg"]
    number = silent_shop.buy()
    bought = prices(silent_shop)["2"]["tg"]
    assert int(bought["count"]) == int(before["count"]) - 1
    assert int(bought["physicalCount"]) == int(before["physicalCount"]) - 1
    silent_shop.sandbox.step(121)
    assert silent_shop.ask("setStatus", id=number, status=8) == "ACCESS_CANCEL"
    assert prices(silent_shop)["2"]["tg"] == before


def test_what_is_bought_of_one_sandbox_is_left_in_another_of_the_same_seed(open_shop):
    first, second, third = (open_shop(success=0) for _ in range(3))
    before = prices(second)
    first.buy()
    assert prices(second) == before
    assert prices(first)["2"]["tg"] != before["2"]["tg"]
    number = second.buy()
    second.sandbox.step(121)
    assert second.ask("setStatus", id=number, status=8) == "ACCESS_CANCEL"
    assert prices(second) == before == prices(third)


def test_a_count_without_physical_numbers_cannot_be_bought(market, price_list):
    country, service = next(
        (country, service)
        for country, rows in price_list.items()
        for service, row in rows.items()
        if row["physicalCount"] == "0"
    )
    assert market.ask("getNumber", service=service, country=country) == "NO_NUMBERS"
    assert market.ask("getNumber", service=service, country=country, maxPrice=99) == "NO_NUMBERS"


def test_counts_by_country_and_operator(market):
    counts = market.ask_json("getNumbersStatus", country=2)
    assert counts["tg"] == int(prices(market)["2"]["tg"]["count"])
    some = market.ask_json("getNumbersStatus", country=2, operator="activ,beeline")
    assert 0 < some["tg"] < counts["tg"]
    assert market.ask_json("getNumbersStatus", country=2, operator="any") == counts
    assert market.ask_json("getNumbersStatus", country=2, operator="nobody")["tg"] == 0
    assert market.ask("getNumbersStatus", country=999) == "{}"
    assert market.ask_json("getNumbersStatus")["tg"] > counts["tg"]


@pytest.mark.parametrize("action", ["getTopCountriesByService", "getTopCountriesByServiceRank"])
def test_top_countries_are_a_numbered_ranking(market, action):
    reply = market.ask_json(action, service="tg")
    assert list(reply) == [str(place) for place in range(len(reply))]
    assert list(reply["0"]) == ["country", "count", "price", "retail_price"]
    assert all(row["retail_price"] > row["price"] for row in reply.values())
    free = market.ask_json(action, service="tg", freePrice="true")
    assert sum(free["0"]["freePriceMap"].values()) == free["0"]["count"]
    assert Decimal(next(iter(free["0"]["freePriceMap"]))) == free["0"]["price"]


@pytest.mark.parametrize("action", ["getTopCountriesByService", "getTopCountriesByServiceRank"])
@pytest.mark.parametrize("service", ["", "nonsense", "full"])
def test_top_countries_of_no_service_are_refused(market, action, service):
    assert market.ask(action, service=service) == "BAD_SERVICE"


def test_the_rank_takes_its_discount_off_the_list_price(market):
    listed = market.ask_json("getTopCountriesByService", service="tg")["0"]
    ranked = market.ask_json("getTopCountriesByServiceRank", service="tg")["0"]
    assert listed["country"] == ranked["country"]
    assert ranked["price"] == pytest.approx(listed["price"] * Decimal("0.95"), abs=Decimal("0.01"))
    paid = prices(market, country=ranked["country"])[str(ranked["country"])]["tg"]["cost"]
    assert Decimal(paid) == ranked["price"]


def test_shares_and_success_rates_come_page_by_page(market):
    first = market.ask_json("getListOfTopCountriesByService", service="tg")
    assert len(first) == 10
    assert all(list(row) == ["country", "share", "rate"] for row in first)
    everything = market.ask_json("getListOfTopCountriesByService", service="tg", length=500)
    assert sum(row["share"] for row in everything) == pytest.approx(100, abs=1)
    assert all(0 < row["rate"] <= 100 for row in everything)
    second = market.ask_json("getListOfTopCountriesByService", service="tg", length=3, page=2)
    assert second == everything[3:6]
    assert market.ask("getListOfTopCountriesByService", service="tg", page=99) == "[]"


@pytest.mark.parametrize("service", ["", "nonsense"])
def test_shares_of_no_service_are_refused(market, service):
    assert market.ask("getListOfTopCountriesByService", service=service) == "WRONG_SERVICE"


def test_verification_prices_are_by_service_then_country(market):
    row = market.ask_json("getPricesVerification", service="tg")["tg"]["2"]
    assert list(row) == ["count", "price"]
    assert isinstance(row["count"], int)
    assert isinstance(row["price"], str)
    assert market.ask("getPricesVerification", service="nonsense") == "{}"


def test_countries_come_as_the_catalogue_has_them(market):
    reply = market.ask_json("getCountries")
    assert [row["id"] for row in reply.values()] == [country.id for country in countries()]
    assert reply["2"] == {
        "id": 2,
        "rus": "Казахстан",
        "eng": "Kazakhstan",
        "chn": "哈萨克斯坦",
        "visible": 1,
        "retry": 1,
        "rent": 1,
        "multiService": 1,
    }
    flags = {name: {row[name] for row in reply.values()} for name in ("retry", "rent", "visible")}
    assert all(values == {0, 1} for values in flags.values())


def test_services_are_listed_for_all_or_for_one_country(market):
    everything = market.ask_json("getServicesList")
    assert everything["status"] == "success"
    assert {"code": "tg", "name": "Telegram"} in everything["services"]
    here = market.ask_json("getServicesList", country=2)["services"]
    assert {row["code"] for row in here} == set(market.ask_json("getPrices", country=2)["2"])
    assert market.ask_json("getServicesList", country=999)["services"] == []


@pytest.mark.parametrize(
    ("lang", "name"), [("", "Any other"), ("ru", "Любой другой"), ("cn", "任何其他")]
)
def test_the_language_of_service_names(market, lang, name):
    names = market.ask_json("getServicesList", lang=lang)["services"]
    assert {"code": "ot", "name": name} in names


def test_operators_of_one_country_and_of_all(market):
    here = market.ask_json("getOperators", country=2)
    assert {"tele2", "beeline", "activ", "altel"} <= set(here["countryOperators"]["2"])
    everywhere = market.ask_json("getOperators")["countryOperators"]
    assert len(everywhere) > 50
    assert everywhere["2"] == here["countryOperators"]["2"]


@pytest.mark.parametrize("country", [999, "Mars", -1])
def test_no_operators_without_a_country(market, country):
    assert market.ask("getOperators", country=country) == "OPERATORS_NOT_FOUND"


def test_every_country_has_mobile_numbers_of_its_own(open_shop, price_list):
    shop = open_shop(balance="100000")
    dials = {str(country.id): country.dial for country in countries()}
    phones = set()
    assert len(price_list) > 190
    for country, rows in price_list.items():
        service = max(rows, key=lambda code: int(rows[code]["physicalCount"]))
        reply = json.loads(shop.ask("getNumberV2", service=service, country=country))
        assert reply["phoneNumber"].startswith(dials[country])
        assert reply["phoneNumber"].isdigit()
        assert 7 <= len(reply["phoneNumber"]) <= 15
        phones.add(reply["phoneNumber"])
    assert len(phones) == len(price_list)

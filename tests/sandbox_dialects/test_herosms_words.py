"""HeroSMS: its catalogue, its prices, and refusals on demand."""

import json

import pytest

from .conftest import shape
from .test_herosms import info, refused

DIALECT = "herosms"


def test_the_catalogue(counter):
    countries = counter.json("getCountries")
    assert "0" not in countries
    assert "12" not in countries
    sample = {"id": 6, "rus": "", "eng": "", "chn": "", "visible": 1, "retry": 1, "rent": 1}
    assert shape(countries["6"]) == shape(sample)
    services = counter.json("getServicesList", lang="cn")
    assert shape(services["services"][0]) == {"code": "str", "name": "str"}
    names = [row["name"] for row in services["services"]]
    assert any(name != name.strip() for name in names)
    assert len(counter.json("getServicesList", country=6)["services"]) < len(names)
    operators = counter.json("getOperators", country=6)["countryOperators"]
    assert shape(operators["6"][0]) == "str"
    assert counter.refusal("getOperators", country=999) == (200, "OPERATORS_NOT_FOUND")


def test_the_stock_is_that_of_one_country(counter):
    reply = counter.ask("getNumbersStatus")
    assert refused(reply) == (422, "UNPROCESSABLE_ENTITY")
    assert info(reply)["field"] == "country"
    assert isinstance(counter.json("getNumbersStatus", country=6)["tg"], int)
    assert counter.json("getNumbersStatus", country=12) == {}


def test_prices_are_those_without_a_discount(counter):
    prices = counter.json("getPrices", service="tg", country=6)
    assert shape(prices) == shape({"6": {"tg": {"cost": 0.5, "count": 1, "physicalCount": 0}}})
    top = counter.json("getTopCountriesByService", service="tg")
    row = next(row for row in top.values() if row["country"] == 6)
    assert shape(row) == shape({"country": 73, "count": 1, "price": 0.4, "retail_price": 0.48})
    assert prices["6"]["tg"]["cost"] == row["retail_price"] > row["price"]
    assert counter.json("getPrices", service="nosuch") == {
        "status": "false",
        "msg": "service is incorrect",
    }
    assert counter.json("getPrices", service="tg", country=999) == {}


def test_free_prices_count_what_a_bid_reaches(counter):
    top = counter.json("getTopCountriesByServiceRank", service="tg", freePrice="true")
    for row in top.values():
        counts = list(row["freePriceMap"].values())
        assert counts == sorted(counts)
        assert counts[-1] == row["count"]
        assert all(len(price.split(".")[1]) == 4 for price in row["freePriceMap"])


def test_without_a_service_the_ranking_is_that_of_all(counter):
    assert counter.json("getTopCountriesByService")["tg"]["0"]["country"] == 6


FAULTS = {
    "NO_BALANCE": (402, "NO_BALANCE"),
    "NEW_OTP_RECEIVED": (409, "NEW_OTP_RECEIVED"),
    "SERVER_ERROR": (500, "SERVER_ERROR"),
    "SIM_OFFLINE": (403, "SIM_OFFLINE"),
    "WRONG_ACTIVATION_ID": (404, "NOT_FOUND"),
    "MAX_HOURS_EXCEED:1:336": (400, "MAX_HOURS_EXCEED"),
    "BANNED:1:2030-01-31 12:00:00": (403, "BANNED"),
    "WRONG_MAX_PRICE:1:0.25": (400, "WRONG_MAX_PRICE"),
    "FREEZE_PERIOD_NOT_REACHED": (400, "FREEZE_PERIOD_NOT_REACHED"),
}


@pytest.mark.parametrize(("fault", "answer"), FAULTS.items())
def test_a_fault_is_written_in_its_envelope(counter, fault, answer):
    counter.gateway.faults.set([fault if ":" in fault else f"{fault}:1"])
    assert refused(counter.ask("getBalance")) == answer


def test_faults_that_are_still_texts(counter):
    counter.gateway.faults.set(["ERROR_SQL:1"])
    assert counter.refusal("getBalance") == (200, "ERROR_SQL")
    counter.gateway.faults.set(["NO_NUMBERS:1"])
    assert counter.refusal("getNumberV2") == (200, "NO_NUMBERS")
    assert refused(counter.ask("getRentNumber")) == (404, "NO_NUMBERS")


def test_too_many_requests(counter):
    counter.gateway.faults.set(["429:1:5"])
    reply = counter.ask("getBalance")
    assert json.loads(reply.text) == {"title": "RATE_LIMIT", "details": ""}
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "5")


def test_faults_know_its_own_actions(counter):
    counter.gateway.faults.set(["NO_BALANCE@prolong:1"])
    assert refused(counter.ask("prolong", "POST", id="1")) == (402, "NO_BALANCE")
    assert counter.ask("getBalance").status_code == 200

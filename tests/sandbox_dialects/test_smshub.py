"""SMSHub: prices as maps, stock keys with a suffix, HTML where a code should be."""

import pytest

from .conftest import shape

DIALECT = "smshub"

ACTIVE = {
    "id": "1230000001",
    "activationId": "1230000001",
    "apiKeyId": "12345",
    "phone": "6281110001234",
    "status": "2",
    "moreCodes": "",
    "createDate": 1795881600,
    "receiveSmsDate": -62169993017,
    "finishDate": "0000-00-00 00:00:00",
    "activation": {},
    "code": '<img src="/assets/ico/loading.gif">',
    "countryCode": "6",
    "countryName": "…",
    "timer": 1200,
}


def test_a_wrong_key_has_its_own_word(counter):
    assert counter.refusal("nonsense", api_key="wrong") == (200, "API_KEY_NOT_VALID")


LACKING = "getActiveActivations getHistory getNumberV2 getStatusV2 getCountries getRentList"


@pytest.mark.parametrize("action", LACKING.split())
def test_what_it_lacks(counter, action):
    assert counter.refusal(action, service="tg", country=6) == (200, "BAD_ACTION")
    assert counter.bought() == 0


def test_the_stock_has_a_suffix_and_counts_as_text(counter):
    stock = counter.json("getNumbersStatus", country=6)
    assert isinstance(stock["tg_0"], str)
    assert all(key.endswith("_0") for key in stock)


def test_prices_are_maps(counter):
    (prices,) = counter.json("getPrices", service="tg", country=6)["6"].values()
    assert all(float(price) and isinstance(count, int) for price, count in prices.items())
    assert sum(prices.values()) == int(counter.json("getNumbersStatus", country=6)["tg_0"])


@pytest.mark.parametrize("name", ["maxPrice", "max_price"])
def test_a_limit_has_two_names(counter, name):
    asked = {"service": "tg", "country": 6}
    assert counter.text("getNumber", **asked, **{name: "0.01"}) == "NO_NUMBERS"
    assert counter.text("getNumber", **asked, **{name: "9"}).startswith("ACCESS_NUMBER:")


def test_a_currency_it_does_not_know(counter):
    asked = {"service": "tg", "country": 6}
    assert counter.text("getNumber", **asked, currency=978) == "BAD_CURRENCY"
    assert counter.text("getNumber", **asked, currency=643).startswith("ACCESS_NUMBER:")


def test_the_list_has_html_where_a_code_should_be(counter):
    empty = {"status": "fail", "msg": "no_activations"}
    assert counter.json("getCurrentActivations") == empty
    number = counter.buy()
    reply = counter.json("getCurrentActivations")
    assert shape(reply) == shape({"status": "success", "array": [ACTIVE], "time": 1795881630})
    for name in ("code", "status", "createDate", "receiveSmsDate", "finishDate", "timer"):
        assert reply["array"][0][name] == ACTIVE[name]
    counter.sandbox.step(30)
    counter.sandbox.send_sms(number, "482917")
    (row,) = counter.json("getCurrentActivations")["array"]
    assert (row["code"], row["receiveSmsDate"]) == ("482917", 1795881630)
    assert counter.text("getStatus", id=number) == "STATUS_OK:482917"


def test_the_states_of_a_number(counter):
    number = counter.buy()
    assert counter.text("setStatus", id=number, status=1) == "ACCESS_READY"
    assert counter.text("setStatus", id=number, status=8) == "EARLY_CANCEL_DENIED"
    assert counter.text("setStatus", id=number, status=-1) == "BAD_STATUS"
    counter.sandbox.send_sms(number, "482917")
    assert counter.text("setStatus", id=number, status=3) == "ACCESS_RETRY_GET"
    assert counter.text("setStatus", id=number, status=6) == "ACCESS_ACTIVATION"
    assert counter.refusal("getStatus", id="1") == (200, "NO_ACTIVATION")


def test_refusals_of_its_own(counter):
    for word in ("CURRENCY_CHANGE_UNAVAILABLE", "NO_ACTION", "API_KEY_NOT_VALID"):
        counter.gateway.faults.set([f"{word}:1"])
        assert counter.refusal("getNumber") == (200, word)


def test_a_look_at_the_list_moves_a_clock_that_ticks(open_counter):
    counter = open_counter(DIALECT, tick=30.0)
    before = counter.sandbox.clock.now()
    counter.text("getCurrentActivations")
    assert (counter.sandbox.clock.now() - before).total_seconds() == 30

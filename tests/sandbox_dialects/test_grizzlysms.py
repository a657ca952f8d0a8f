"""GrizzlySMS: bare lists, figures as text, two numbers that cancel, refusals that are sentences."""

import pytest

from .conftest import shape

DIALECT = "grizzlysms"


def test_a_wrong_key_and_a_lacking_action_are_texts_at_200(counter):
    assert counter.refusal("nonsense", api_key="wrong") == (200, "BAD_KEY")
    assert counter.refusal("nonsense") == (200, "BAD_ACTION")
    assert counter.refusal("getHistory") == (200, "BAD_ACTION")


def test_json_is_served_as_json(counter):
    assert counter.ask("getCountries").headers["content-type"] == "application/json"
    assert counter.ask("getBalance").headers["content-type"].startswith("text/html")


def test_the_reply_says_when_it_can_be_cancelled_and_when_it_ends(counter):
    bought = counter.json("getNumberV2", service="tg", country=52, orderId="x")
    assert shape(bought) == shape(
        {
            "activationId": 38000001,
            "phoneNumber": "66800001234",
            "activationCost": "0.30",
            "currency": 840,
            "countryCode": "52",
            "canGetAnotherSms": "1",
            "activationTime": "2026-11-28 16:00:00",
            "activationCancel": "2026-11-28 16:02:00",
            "activationEnd": "2026-11-28 16:20:00",
        }
    )
    assert bought["activationCancel"] == "2026-11-28 16:02:00"
    assert bought["activationEnd"] == "2026-11-28 16:20:00"
    counter.json("getNumberV2", service="tg", country=52, orderId="x")
    assert counter.bought() == 2


@pytest.mark.parametrize("country", [{}, {"country": "any"}])
def test_without_a_country_it_chooses(counter, country):
    assert counter.text("getNumber", service="tg", **country).startswith("ACCESS_NUMBER:")


def test_refusals_of_purchases(counter):
    reply = counter.text("getNumber", service="tg", country=6, maxPrice="0.01")
    word, _, price = reply.partition(":")
    assert word == "WRONG_MAX_PRICE"
    assert float(price) > 0.01
    assert counter.text("getNumber", service="tg", country=999) == "NO_NUMBERS"
    assert counter.text("getNumber", service="nosuch") == "BAD_SERVICE"


@pytest.mark.parametrize("status", ["8", "-1"])
def test_two_numbers_cancel(counter, status):
    number = counter.buy()
    assert counter.refusal("setStatus", id=number, status=status) == (200, "EARLY_CANCEL_DENIED")
    counter.sandbox.step(120)
    assert counter.text("setStatus", id=number, status=status) == "ACCESS_CANCEL"
    assert counter.text("getStatus", id=number) == "STATUS_CANCEL"


def test_an_unknown_id_is_no_activation(counter):
    for action in ("getStatus", "getStatusV2", "setStatus"):
        assert counter.refusal(action, id="1", status=8) == (200, "NO_ACTIVATION")


def test_the_list_is_bare(counter):
    assert counter.json("getActiveActivations") == []
    number = counter.buy()
    counter.sandbox.send_sms(number, "482917")
    (row,) = counter.json("getActiveActivations")
    assert row["activationId"] == number
    assert (row["smsCode"], row["serviceCode"], row["countryCode"]) == ("482917", "tg", "6")
    reply = counter.json("getStatusV2", id=number)
    assert list(reply) == ["verificationType", "sms", "call"]


def test_prices(counter):
    asked = {"service": "tg", "country": 6}
    plain = counter.json("getPrices", **asked)["6"]["tg"]
    assert shape(plain) == shape({"cost": "0.40", "count": "20"})
    exact = counter.json("getPricesV2", **asked)["6"]["tg"]
    assert sum(exact.values()) == int(plain["count"])
    row = counter.json("getPricesV3", **asked)["6"]["tg"]
    sample = {"count": 3, "price": [0.25], "provider_id": 5}
    assert shape(row["providers"]["5"]) == shape(sample)
    dear = counter.json("getNumberV2", **asked, providerIds="8")["activationCost"]
    assert float(dear) == row["providers"]["8"]["price"][0]
    least = counter.json("getNumberV2", **asked, minPrice=dear)["activationCost"]
    assert least == dear


def test_the_catalogue_is_made_of_lists(counter):
    assert shape(counter.json("getServicesList")[0]) == {"code": "str", "name": "str"}
    (row, *_) = counter.json("getCountries")
    assert list(row) == ["id", "rus", "eng", "chn", "tur", "spa", "hin", "ara", "fra"]


FAULTS = {
    "SERVICE_PROHIBITED": "The service is prohibited for sale by administration",
    "SERVICE_UNAVAILABLE_REGION": "SERVICE_UNAVAILABLE_REGION",
    "ERROR_SQL": "ERROR_SQL",
}


@pytest.mark.parametrize(("fault", "text"), FAULTS.items())
def test_refusals_of_its_own(counter, fault, text):
    counter.gateway.faults.set([f"{fault}@getNumber:1"])
    assert counter.refusal("getNumber", service="tg", country=6) == (200, text)
    assert counter.bought() == 0

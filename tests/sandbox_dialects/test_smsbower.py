"""SMSBower: GET only, no list at all, prices by partner, and a country without an id."""

import json

import pytest

from .conftest import shape

DIALECT = "smsbower"


def test_a_post_is_405_in_its_envelope(counter):
    reply = counter.ask("getBalance", "POST")
    assert reply.status_code == 405
    body = reply.json()
    assert list(body) == ["status", "message", "data"]
    assert (body["status"], body["data"]) == (0, [])
    assert body["message"].startswith("The POST method is not supported")


def test_a_wrong_key_is_401_in_its_envelope(counter):
    for action in ("getBalance", "nonsense"):
        status, text = counter.refusal(action, api_key="wrong")
        assert status == 401
        assert json.loads(text) == {"status": 0, "message": "No access", "data": []}


LACKING = (
    "getNumbersStatus getActiveActivations getFullSms getHistory getStatusV2 getRentNumber "
    "getRentList getTopCountriesByServiceRank getPricesExtended getExtraActivation nonsense"
)


@pytest.mark.parametrize("action", LACKING.split())
def test_what_it_lacks_is_plain_bad_action(counter, action):
    assert counter.refusal(action, id="1", country=6) == (200, "BAD_ACTION")


def test_a_purchase_in_both_versions(counter):
    assert counter.text("getNumber", service="tg", country=6).startswith("ACCESS_NUMBER:")
    bought = counter.json("getNumberV2", service="tg", country=6, operator="nosuch", orderId="x")
    assert shape(bought) == shape(
        {
            "activationId": "700000001",
            "phoneNumber": "6281110001234",
            "activationCost": "0.30",
            "countryCode": "6",
            "canGetAnotherSms": True,
            "activationTime": "2026-11-28 16:00:00",
            "activationOperator": "any",
        }
    )
    counter.json("getNumberV2", service="tg", country=6, orderId="x")
    assert counter.bought() == 3


def test_refusals_of_purchases(counter, open_counter):
    for action in ("getNumber", "getNumberV2"):
        assert counter.refusal(action, service="nosuch", country=6) == (200, "WRONG_SERVICE")
        assert counter.refusal(action, service="tg", country=6, maxPrice="0.01") == (
            200,
            "NO_NUMBERS",
        )
    poor = open_counter(DIALECT, balance="0.01")
    assert poor.refusal("getNumber", service="tg", country=6) == (200, "NO_BALANCE")


def test_partners_and_a_least_price_choose_the_number(counter):
    partners = counter.json("getPricesV3", service="tg", country=6)["6"]["tg"]
    cheap, dear = list(partners)[:2]
    buy = {"service": "tg", "country": 6}

    def cost(**params):
        return float(counter.json("getNumberV2", **buy, **params)["activationCost"])

    assert cost(providerIds=dear) == partners[dear]["price"]
    assert cost(exceptProviderIds=cheap) == partners[dear]["price"]
    assert cost(minPrice=partners[dear]["price"]) == partners[dear]["price"]
    assert cost() == partners[cheap]["price"]
    assert counter.text("getNumber", **buy, providerIds="1") == "NO_NUMBERS"


def test_the_states_of_a_number(counter):
    number = counter.buy()
    assert counter.text("getStatus", id=number) == "STATUS_WAIT_CODE"
    assert counter.text("setStatus", id=number, status=1) == "ACCESS_READY"
    assert counter.refusal("setStatus", id=number, status=8) == (200, "EARLY_CANCEL_DENIED")
    assert counter.text("setStatus", id=number, status=6) == "BAD_STATUS"
    assert counter.text("setStatus", id=number, status=-1) == "BAD_STATUS"
    counter.sandbox.send_sms(number, "482917")
    assert counter.text("getStatus", id=number) == "STATUS_OK:482917"
    assert counter.text("setStatus", id=number, status=3) == "ACCESS_RETRY_GET"
    assert counter.text("getStatus", id=number) == "STATUS_WAIT_RETRY:482917"
    assert counter.text("setStatus", id=number, status=6) == "ACCESS_ACTIVATION"
    other = counter.buy()
    counter.sandbox.step(120)
    assert counter.text("setStatus", id=other, status=8) == "ACCESS_CANCEL"
    assert counter.text("getStatus", id=other) == "STATUS_CANCEL"


@pytest.mark.parametrize("number", ["1", "abc", ""])
def test_an_unknown_id_is_no_activation(counter, number):
    assert counter.refusal("getStatus", id=number) == (200, "NO_ACTIVATION")
    assert counter.refusal("setStatus", id=number, status=8) == (200, "NO_ACTIVATION")


def test_prices_in_three_versions(counter):
    asked = {"service": "tg", "country": 6}
    plain, exact, partners = (
        counter.json(action, **asked)["6"]["tg"]
        for action in ("getPrices", "getPricesV2", "getPricesV3")
    )
    assert shape(plain) == shape({"cost": 2.592, "count": 213697})
    assert sum(exact.values()) == plain["count"]
    sample = {"count": 98, "price": 2.592, "provider_id": 2263}
    assert shape(partners["2263"]) == shape(sample)
    assert sum(row["count"] for row in partners.values()) == plain["count"]


def test_errors_of_prices(counter):
    for action in ("getPrices", "getPricesV2"):
        assert counter.json(action, service="nosuch") == {"error": "Bad service"}
        assert counter.json(action, country=999) == {"error": "Bad country"}
    assert counter.refusal("getPricesV3", service="nosuch") == (200, "BAD_SERVICE")
    assert counter.refusal("getPricesV3", country=999) == (200, "BAD_COUNTRY")


def test_one_country_has_no_id(counter):
    countries = counter.json("getCountries")
    assert shape(countries["187"]) == shape({"id": "187", "rus": "", "eng": "", "chn": ""})
    assert (countries[""]["id"], countries[""]["eng"]) == (None, "Faroe Islands")
    for action in ("getPrices", "getPricesV2", "getPricesV3"):
        assert "tg" in counter.json(action, service="tg")[""]


def test_top_countries_are_named_by_slug(counter):
    top = counter.json("getTopCountriesByService", service="tg")
    assert len(top) == 10
    assert "indonesia" in top
    assert all(name == name.lower() and " " not in name for name in top)
    row = next(iter(top["indonesia"].values()))
    assert sorted(row) == ["count", "price"]
    reply = counter.json("getTopCountriesByService", service="nosuch")
    assert reply == {"error": "BAD_SERVICE"}


def test_operators_are_none(counter):
    assert counter.json("getOperators", country=187) == {
        "status": "success",
        "countryOperators": {"187": []},
    }
    assert counter.json("getOperators", country=999)["countryOperators"] == []


def test_a_webhook_is_tried_again_after_one_minute_and_after_five(counter):
    assert counter.tries(600) == [0, 60, 360]


def test_a_fault_is_written_in_its_words(counter):
    counter.gateway.faults.set(["BAD_KEY:1"])
    assert counter.refusal("getBalance")[0] == 401
    counter.gateway.faults.set(["BAD_SERVICE:1"])
    assert counter.refusal("getNumber") == (200, "WRONG_SERVICE")

"""Tiger SMS: ids of 19 digits, costs as text, own numbers for states, lists of 50."""

import json

import pytest

from .conftest import shape

DIALECT = "tiger-sms"

BOUGHT = {
    "activationId": "557000001",
    "phoneNumber": "6281110001234",
    "activationCost": 0.05,
    "currency": 840,
    "countryCode": 6,
    "countryPhoneCode": 62,
    "canGetAnotherSms": True,
    "activationTime": "2026-11-28T16:00:00+00:00",
    "activationEndTime": "2026-11-28T16:20:00+00:00",
    "activationOperator": "any",
}
ACTIVE = {
    "activationId": "557000001",
    "serviceCode": "tg",
    "phoneNumber": "6281110001234",
    "activationCost": 0.1453,
    "activationStatus": "1",
    "smsCode": "",
    "smsText": "",
    "activationTime": "2026-11-28T16:00:00+00:00",
    "countryCode": 6,
    "countryName": "Indonesia",
    "canGetAnotherSms": True,
    "currency": 840,
}
LACKING = (
    "getTopCountriesByService getNumbersStatus getOperators getServices getFullSms getHistory "
    "getRentNumber getRentList getExtraActivation nonsense"
)


@pytest.mark.parametrize("action", LACKING.split())
def test_what_it_lacks_is_plain_bad_action(counter, action):
    assert counter.refusal(action, service="tg", country=6) == (200, "BAD_ACTION")


@pytest.mark.parametrize("action", ["getBalance", "getNumberV2", "nonsense"])
def test_a_wrong_key_is_401_in_plain_text(counter, action):
    assert counter.refusal(action, api_key="wrong") == (401, "BAD_KEY")


def test_both_methods_do(counter):
    assert counter.ask("getBalance", "POST").text == "ACCESS_BALANCE:1000.00"


def test_the_balance_has_a_second_form(counter):
    assert counter.json("getBalance", format="json") == {"balance": "1000.0000", "currency": 840}


def test_ids_have_19_digits(counter):
    number = counter.buy()
    assert len(number) == 19
    assert counter.text("getStatus", id=number) == "STATUS_WAIT_CODE"


def test_a_purchase_ignores_operator_and_least_price_without_a_word(counter):
    ignored = {"operator": "nosuch", "minPrice": 400, "phoneException": "62", "orderId": "same"}
    for _ in range(2):
        bought = counter.json("getNumberV2", service="tg", country=6, **ignored)
        assert shape(bought) == shape(BOUGHT)
        assert bought["activationTime"] == BOUGHT["activationTime"]
        assert bought["activationEndTime"] == BOUGHT["activationEndTime"]
    assert counter.bought() == 2


WRONG = [
    ({"service": "nosuch"}, "BAD_SERVICE", 200),
    ({"country": "any"}, "BAD_COUNTRY", 200),
    ({"maxPrice": "0.01"}, "NO_NUMBERS", 200),
    ({"maxPrice": "much"}, "BAD_MAX_PRICE", 422),
    ({"fixedPrice": "1"}, "BAD_FIXED_PRICE", 422),
    ({"multiple": "yes"}, "BAD_MULTIPLE", 422),
    ({"providerIds": "x"}, "BAD_PROVIDER_IDS", 422),
    ({"exceptProviderIds": "x"}, "BAD_EXCEPT_PROVIDER_IDS", 422),
    ({"activationType": "0"}, "BAD_ACTIVATION_TYPE", 422),
]


@pytest.mark.parametrize(("wrong", "word", "status"), WRONG)
def test_a_refusal_is_a_text_at_200_or_an_envelope(counter, wrong, word, status):
    params = {"service": "tg", "country": 6, **wrong}
    assert counter.refusal("getNumber", **params) == (200, word)
    sent, text = counter.refusal("getNumberV2", **params)
    body = json.loads(text)
    assert sent == status
    if status == 200:
        assert body["title"] == word
    else:
        assert body == {"title": "UNPROCESSABLE_ENTITY", "details": word}
    assert counter.bought() == 0


def test_no_money_is_402_in_both(open_counter):
    poor = open_counter(DIALECT, balance="0.01")
    assert poor.refusal("getNumber", service="tg", country=6) == (402, "NO_BALANCE")
    status, text = poor.refusal("getNumberV2", service="tg", country=6)
    assert (status, json.loads(text)["title"]) == (402, "NO_BALANCE")


def test_the_sentence_of_an_unknown_service(counter):
    assert counter.json("getNumberV2", service="nosuch", country=6) == {
        "title": "BAD_SERVICE",
        "details": "This service/country combination is not available",
    }


def test_the_states_of_a_number(counter):
    number = counter.buy()
    assert counter.json("getStatusV2", id=number) == {"verificationType": 0, "sms": None}
    counter.sandbox.send_sms(number, "Telegram code 852508")
    assert counter.text("getStatus", id=number) == "STATUS_OK:852508"
    whole = counter.text("getStatus", id=number, full_text="true")
    assert whole == "STATUS_OK:Telegram code 852508"
    sms = {
        "dateTime": "2026-11-28T16:00:00+00:00",
        "code": "852508",
        "text": "Telegram code 852508",
    }
    assert counter.json("getStatusV2", id=number) == {"verificationType": 1, "sms": sms}
    assert counter.text("setStatus", id=number, status=3) == "ACCESS_RETRY_GET"
    assert counter.text("getStatus", id=number) == "STATUS_WAIT_RETRY:852508"
    assert counter.json("setStatusV2", id=number, status=6) == {"status": "success"}


@pytest.mark.parametrize("status", ["8", "-1"])
def test_two_numbers_cancel(counter, status):
    number = counter.buy()
    assert counter.refusal("setStatus", id=number, status=status) == (200, "EARLY_CANCEL_DENIED")
    sent, text = counter.refusal("setStatusV2", id=number, status=status)
    assert (sent, json.loads(text)["info"]) == (409, {"minActivationTime": 120})
    counter.sandbox.step(120)
    assert counter.text("setStatus", id=number, status=status) == "ACCESS_CANCEL"
    assert counter.text("getStatus", id=number) == "ACCESS_CANCEL"
    assert counter.sandbox.account.balance == 1000


def test_a_wrong_status(counter):
    number = counter.buy()
    assert counter.refusal("setStatus", id=number, status=5) == (200, "BAD_STATUS")
    status, text = counter.refusal("setStatusV2", id=number, status=5)
    assert (status, json.loads(text)["title"]) == (200, "BAD_STATUS")


@pytest.mark.parametrize("number", ["1", "abc"])
def test_an_unknown_id(counter, number):
    assert counter.refusal("getStatus", id=number) == (200, "NO_ACTIVATION")
    assert counter.refusal("setStatus", id=number, status=8) == (200, "NO_ACTIVATION")
    for action in ("getStatusV2", "setStatusV2"):
        status, text = counter.refusal(action, id=number, status=8)
        assert (status, json.loads(text)["title"]) == (404, "NOT_FOUND")


def test_the_list_has_its_own_numbers_for_states(counter):
    assert counter.json("getActiveActivations") == {"status": "success", "data": []}
    number = counter.buy()
    reply = counter.json("getActiveActivations")
    assert shape(reply) == shape({"status": "success", "data": [ACTIVE]})
    assert reply["data"][0]["activationStatus"] == "1"
    assert (reply["data"][0]["smsCode"], reply["data"][0]["smsText"]) == ("", "")
    counter.sandbox.send_sms(number, "852508")
    assert counter.json("getActiveActivations")["data"][0]["activationStatus"] == "6"
    counter.text("setStatus", id=number, status=3)
    assert counter.json("getActiveActivations")["data"][0]["activationStatus"] == "3"


def test_a_page_has_50_rows_if_not_said_and_100_at_most(counter):
    numbers = [counter.buy() for _ in range(120)]

    def ids(**params):
        rows = counter.json("getActiveActivations", **params)["data"]
        return [row["activationId"] for row in rows]

    assert ids() == numbers[:50]
    assert ids(limit=1000) == numbers[:100]
    assert ids(start=100, limit=100) == numbers[100:]


def test_prices_are_text_and_counts_cumulative(counter):
    asked = {"service": "tg", "country": 6}
    plain = counter.json("getPrices", **asked)["6"]["tg"]
    assert shape(plain) == shape({"cost": "0.2500", "count": 44432})
    assert len(plain["cost"].split(".")[1]) == 4
    for action in ("getFreePrices", "getPricesV2"):
        row = counter.json(action, **asked)["6"]["tg"]
        assert list(row) == ["prices", "has_multi", "saleAveragePrice"]
        counts = list(row["prices"].values())
        assert counts == sorted(counts)
        assert counts[-1] == plain["count"]
    row = counter.json("getPricesV3", **asked)["6"]["tg"]
    assert list(row) == ["price", "count", "currency", "saleAveragePrice", "providers"]
    sample = {"count": 22518, "price": [0.25], "provider_id": 14}
    assert shape(row["providers"]["14"]) == shape(sample)
    assert counter.refusal("getPricesV3", service="tg") == (200, "BAD_VALUES")
    assert counter.json("getPrices", service="nosuch") == {}


def test_a_provider_can_be_asked_for(counter):
    providers = counter.json("getPricesV3", service="tg", country=6)["6"]["tg"]["providers"]
    dear = providers["27"]
    bought = counter.json("getNumberV2", service="tg", country=6, providerIds="27")
    assert bought["activationCost"] == dear["price"][0]
    price = {"maxPrice": dear["price"][0], "fixedPrice": "true"}
    fixed = counter.json("getNumberV2", service="tg", country=6, **price)
    assert fixed["activationCost"] == dear["price"][0]


def test_offers_are_by_service_first(counter):
    row = counter.json("getOffers", services="tg,nosuch", countries="6,999")["data"]["tg"]["6"]
    assert list(row) == ["prices", "counts", "map"]
    assert list(row["prices"]) == ["default", "avg", "retail", "min"]


def test_providers_are_json_within_a_page(counter):
    page = counter.text("getProviders")
    assert page.startswith("<html>")
    rows = json.loads(page[page.index("[") : page.rindex("]") + 1])
    sample = {"id": 14, "name": "", "numbers_count": 1, "delivery_percent": 8.95}
    assert shape(rows[0]) == shape({**sample, "number_lifetime": 20})
    assert rows[1]["delivery_percent"] is None


def test_the_catalogue(counter):
    countries = counter.json("getCountries")
    sample = {"id": 74, "rus": "", "eng": "", "chn": "", "visible": 1, "retry": 1}
    assert shape(countries[0]) == shape(sample)
    counts = counter.json("getServiceNumbersCount", service="tg")
    assert shape(counts[0]) == shape({"countryCode": 187, "numbersCount": 44432})
    assert counter.text("getServiceNumbersCount", service="nosuch") == "BAD_SERVICE"


def test_faults_in_its_words(counter):
    counter.gateway.faults.set(["ERROR_SQL:1"])
    assert counter.refusal("getNumberV2") == (200, "BAD_ACTION")
    counter.gateway.faults.set(["NO_PROVIDERS:1"])
    assert counter.refusal("getNumber") == (200, "NO_PROVIDERS")
    assert counter.json("getNumberV2")["title"] == "NO_PROVIDERS"
    counter.gateway.faults.set(["WRONG_MAX_PRICE:1:0.1453"])
    assert counter.refusal("getNumber") == (400, "WRONG_MAX_PRICE:0.1453")
    assert counter.json("getNumberV2")["info"] == {"min": 0.1453}
    counter.gateway.faults.set(["429:1:7"])
    reply = counter.ask("getNumber")
    assert (reply.status_code, reply.text) == (429, "Too Many Requests")
    assert reply.headers["retry-after"] == "7"

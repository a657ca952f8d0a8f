"""VirtualSMS: no ``.php``, words with statuses, five minutes until a cancel, stock by country."""

import httpx
import pytest

from sms_notebook.sandbox import serve

from .conftest import KEY, shape

DIALECT = "virtualsms"

LACKING = "getHistory getRentNumber getRentList getMultiServiceNumber buyPartnerProduct nonsense"


@pytest.mark.parametrize("action", LACKING.split())
def test_what_it_lacks_is_400_bad_action(counter, action):
    assert counter.refusal(action, service="tg") == (400, "BAD_ACTION")


def test_a_wrong_key_is_401(counter):
    assert counter.refusal("nonsense", api_key="wrong") == (401, "BAD_KEY")


def test_every_reply_says_how_often_one_may_ask(counter):
    for action in ("getBalance", "nonsense"):
        headers = counter.ask(action).headers
        assert headers["x-ratelimit-limit"].isdigit()
        assert headers["x-ratelimit-remaining"].isdigit()


def test_it_is_served_without_php(counter):
    with serve(counter.sandbox) as url:
        assert url.endswith("/stubs/handler_api")
        query = {"api_key": KEY, "action": "getBalance"}
        for address in (url, f"{url}.php"):
            reply = httpx.get(address, params=query, trust_env=False)
            assert reply.text == "ACCESS_BALANCE:1000.00"


def test_stock_is_keyed_by_service_and_country(counter):
    stock = counter.json("getNumbersStatus", country=73)
    assert isinstance(stock["tg_73"], int)
    assert all(key.endswith("_73") for key in stock)
    assert counter.refusal("getNumbersStatus") == (400, "WRONG_COUNTRY")


def test_operators_are_a_flat_list(counter):
    operators = counter.json("getOperators", country=73)["countryOperators"]
    assert operators[0] == "any"
    assert "claro" in operators
    assert counter.refusal("getOperators") == (400, "WRONG_COUNTRY")


def test_extended_prices_say_cnt(counter):
    asked = {"service": "wa", "country": 73}
    row = counter.json("getPricesExtended", **asked, freePrice="true")["73"]["wa"]
    assert list(row) == ["cnt", "physicalCount", "cost", "freePriceMap"]
    assert "freePriceMap" not in counter.json("getPricesExtended", **asked)["73"]["wa"]
    assert counter.json("getPricesExtended", service="nosuch")["errorCode"] == "NO_PRICES"


def test_a_pool_must_be_known(counter):
    asked = {"service": "tg", "country": 6}
    status, text = counter.refusal("getNumberV2", **asked, poolProvider="omega")
    assert status == 400
    assert text == ('{"status":"error","errorCode":"INVALID_PROVIDER","error":"Invalid provider"}')
    assert counter.refusal("getNumber", **asked, poolProvider="omega")[1] == "INVALID_PROVIDER"
    assert counter.json("getNumberV2", **asked, poolProvider="alpha")["activationId"]


def test_an_order_id_is_taken_once(counter):
    asked = {"service": "tg", "country": 6, "orderId": "same"}
    assert counter.json("getNumberV2", **asked)["activationId"]
    assert counter.json("getNumberV2", **asked)["errorCode"] == "ORDER_ALREADY_EXISTS"
    assert counter.bought() == 1


def test_refusals_have_a_status(counter, open_counter):
    asked = {"service": "tg", "country": 6}
    assert counter.refusal("getNumber", service="nosuch", country=6) == (400, "WRONG_SERVICE")
    assert counter.refusal("getNumber", service="tg", country=999) == (404, "NO_NUMBERS")
    assert open_counter(DIALECT, balance="0.01").refusal("getNumber", **asked) == (
        402,
        "NO_BALANCE",
    )
    assert open_counter(DIALECT, account="banned").refusal("getNumber", **asked) == (403, "BANNED")


def test_a_cancel_has_to_wait_five_minutes(counter):
    number = counter.buy()
    counter.sandbox.step(299)
    assert counter.refusal("setStatus", id=number, status=8) == (400, "EARLY_CANCEL_DENIED")
    counter.sandbox.step(1)
    assert counter.text("setStatus", id=number, status=8) == "ACCESS_CANCEL"
    assert counter.refusal("setStatus", id=number, status=8) == (400, "BAD_STATUS")


def test_an_unknown_id(counter):
    assert counter.refusal("getStatus", id="1") == (404, "NO_ACTIVATION")
    assert counter.refusal("setStatus", id="1", status=8) == (404, "NO_ACTIVATION")
    status, _ = counter.refusal("getStatusV2", id="1")
    assert (status, counter.json("getStatusV2", id="1")["errorCode"]) == (404, "NO_ACTIVATION")


def test_the_states_of_a_number(counter):
    number = counter.buy()
    assert counter.text("getStatus", id=number) == "STATUS_WAIT_CODE"
    counter.sandbox.send_sms(number, "482917")
    assert counter.text("getStatus", id=number) == "STATUS_OK:482917"
    assert counter.text("setStatus", id=number, status=3) == "ACCESS_RETRY_GET"
    assert counter.text("getStatus", id=number) == "STATUS_WAIT_RETRY"
    counter.sandbox.send_sms(number, "Welcome", "")
    assert counter.text("getStatus", id=number) == "FULL_SMS:Welcome"


def test_the_list_is_that_of_the_reference(counter):
    assert counter.refusal("getActiveActivations") == (200, "NO_ACTIVATIONS")
    number = counter.buy()
    (row,) = counter.json("getActiveActivations")["activeActivations"]
    assert row["activationId"] == number


def test_the_best_countries_may_not_be_known(counter):
    rows = counter.json("getListOfTopCountriesByService", service="tg")
    assert shape(rows[0]) == shape({"country": 6, "share": 6.5, "rate": 65})
    assert len(rows) == 10
    counter.gateway.faults.set(["NO_METRICS:1"])
    reply = counter.refusal("getListOfTopCountriesByService", service="tg")
    assert reply == (200, "NO_METRICS")


def test_a_number_again_is_asked_for_by_id(counter):
    number = counter.buy()
    counter.sandbox.send_sms(number, "482917")
    counter.text("setStatus", id=number, status=6)
    assert counter.json("checkExtraActivation", id=number)["status"] == "success"
    assert counter.text("getExtraActivation", id=number).startswith("ACCESS_NUMBER:")
    wrong = counter.refusal("checkExtraActivation", activationId=number)
    assert wrong == (400, "WRONG_ACTIVATION_ID")


def test_a_rate_limit_and_a_ban_share_a_word(counter):
    counter.gateway.faults.set(["429:1:3"])
    reply = counter.ask("getBalance")
    assert (reply.status_code, reply.text, reply.headers["retry-after"]) == (429, "BANNED", "3")
    counter.gateway.faults.set(["BANNED:1"])
    assert counter.refusal("getBalance") == (403, "BANNED")


STATUSES = {
    "PURCHASE_RESTRICTED": 403,
    "SERVICE_RESTRICTED": 403,
    "CONCURRENT_LIMIT": 429,
    "ERROR_SQL": 500,
    "RENEW_ACTIVATION_NOT_AVAILABLE": 400,
    "WRONG_SECURITY": 200,
}


@pytest.mark.parametrize(("word", "status"), STATUSES.items())
def test_faults_in_its_words(counter, word, status):
    counter.gateway.faults.set([f"{word}:1"])
    assert counter.refusal("getNumber") == (status, word)
    body = counter.json("getNumberV2")
    assert list(body) == ["status", "errorCode", "error"]
    assert body["errorCode"] == word
